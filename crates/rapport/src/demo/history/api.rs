//! Other systems of the shop, which speak through the API channel.

use anyhow::{Context, Result};
use rapport_domain::{AddressKind, Channel, Direction, Priority, Status};
use rapport_engine::conversation::{FirstMessage, NewConversation, Recipient};
use rapport_engine::message::NewMessage;

use super::plan::Act;
use super::scene::Scene;
use super::script::{Story, Turn};

pub async fn receive(scene: &mut Scene<'_>, act: &Act, story: &Story, turn: &Turn) -> Result<()> {
    let content = NewMessage { body_text: Some(turn.text.clone()), ..NewMessage::default() };
    if let Some(id) = scene.progress(act.story).conversation.clone() {
        scene.engine.send_message(&scene.stage.program, &id, Direction::Inbound, content).await?;
        return Ok(());
    }
    let id = story.customer.address.clone().context("another system has an id")?;
    let to = Recipient { kind: AddressKind::External, value: id, name: Some(story.customer.name.clone()) };
    let created = scene
        .engine
        .create_conversation(
            &scene.stage.program,
            NewConversation {
                contact_id: None,
                to: Some(to),
                channel: Channel::Api,
                channel_account_id: Some(scene.stage.state.api_account.clone()),
                subject: story.subject.clone(),
                topic: story.subject.clone(),
                priority: Priority::Normal,
                status: Status::Open,
                assignee: None,
                test: false,
                variables: serde_json::json!({ "source": "demo" }),
                message: Some(FirstMessage { direction: Direction::Inbound, content }),
            },
        )
        .await?;
    scene.progress(act.story).conversation = Some(created.id);
    Ok(())
}
