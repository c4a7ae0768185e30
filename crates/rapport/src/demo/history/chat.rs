//! Visitors of the shop in the chat widget.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use rapport_domain::model::Message;
use rapport_engine::chat::{IdentityClaim, NewChatMessage, PageSeen, SessionRequest, Visit};
use rapport_simulator::site::sign_identity;

use super::plan::Act;
use super::scene::Scene;
use super::script::{Customer, Story, Turn};
use crate::demo::cast;

/// Visitors with this name gave none.
const NAMELESS: &str = "Visitor";
const SECONDS_TO_READ: i64 = 8;

pub async fn receive(scene: &mut Scene<'_>, act: &Act, story: &Story, turn: &Turn) -> Result<()> {
    let visit = match scene.progress(act.story).visit.clone() {
        Some(visit) => visit,
        None => arrive(scene, &story.customer).await?,
    };
    let new = NewChatMessage {
        client_id: format!("story-{}-{}", act.story, act.at.as_millis()),
        body_text: turn.text.clone(),
        attachment_ids: Vec::new(),
        page: Some(page(scene)),
        offline: None,
    };
    let sent = scene.engine.chat_send(&visit, new).await?;
    let progress = &mut scene.progress(act.story);
    progress.conversation = Some(sent.conversation.id);
    progress.visit = Some(visit);
    Ok(())
}

/// Opens the widget, with the shop's word for who it is where somebody is logged in, and says a name otherwise.
async fn arrive(scene: &Scene<'_>, customer: &Customer) -> Result<Visit> {
    let request = SessionRequest {
        key: scene.stage.state.widget_key.clone(),
        host: None,
        page: Some(page(scene)),
        identity: customer.identity.as_deref().map(|user_id| claim(scene, user_id)).transpose()?,
        token: None,
    };
    let opened = scene.engine.chat_open_session(request).await?;
    let visit = scene.engine.chat_visit(&opened.session.token).await?;
    if customer.identity.is_none() && customer.name != NAMELESS {
        let answers = BTreeMap::from([("name".to_owned(), customer.name.clone())]);
        scene.engine.chat_pre_chat(&visit, answers).await?;
    }
    Ok(visit)
}

fn claim(scene: &Scene<'_>, user_id: &str) -> Result<IdentityClaim> {
    let persona = cast::personas().into_iter().find(|persona| persona.user_id == user_id);
    let persona = persona.with_context(|| format!("nobody has the account {user_id}"))?;
    Ok(IdentityClaim {
        user_id: user_id.to_owned(),
        hash: Some(sign_identity(&scene.stage.state.identity_secret, user_id)),
        email: Some(persona.address),
        name: Some(persona.name),
    })
}

fn page(scene: &Scene<'_>) -> PageSeen {
    let url = format!("{}/demo/shop", scene.engine.config().public_url);
    PageSeen { url, title: Some(cast::SHOP_NAME.to_owned()), referrer: None }
}

/// The visitor is still there and reads the answer.
pub async fn see(scene: &mut Scene<'_>, act: &Act, message: &Message) -> Result<()> {
    let Some(visit) = scene.progress(act.story).visit.clone() else { return Ok(()) };
    scene.clock.tell(act.at.plus_seconds(SECONDS_TO_READ));
    scene.engine.chat_read(&visit, message.id.clone()).await?;
    Ok(())
}
