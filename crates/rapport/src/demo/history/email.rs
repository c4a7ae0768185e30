//! Customers' mails, written by the simulated provider and taken in as if they had come by the listener.

use anyhow::{Context, Result};
use bytes::Bytes;
use rapport_channels::email::{EmailAddress, Envelope};
use rapport_engine::ingest::EmailSource;
use rapport_simulator::mail::{CustomerFile, CustomerMail, compose, wire_date};

use super::files;
use super::plan::Act;
use super::scene::{Scene, SentAnswer};
use super::script::{Story, Turn};
use crate::demo::cast::{SHOP_NAME, SUPPORT_ADDRESS};

pub async fn receive(scene: &mut Scene<'_>, act: &Act, story: &Story, turn: &Turn) -> Result<()> {
    let address = story.customer.address.as_deref().context("mail comes from an address")?;
    let own_thread = scene.progress(act.story).last_answer.clone();
    let earlier = own_thread.or_else(|| story.again.then(|| scene.answers.get(address).cloned()).flatten());
    let mail = mail(story, turn, address, earlier.as_ref())?;
    let message_id = scene.stage.provider.new_message_id(address);
    let raw = Bytes::from(compose(&mail, &message_id, act.at)?);
    let envelope =
        Envelope { sender: Some(address.to_owned()), recipients: vec![SUPPORT_ADDRESS.to_owned()] };
    let source = EmailSource { envelope: Some(envelope), ..EmailSource::default() };
    let accepted = scene
        .engine
        .ingest_email(&scene.stage.state.workspace, &scene.stage.state.email_account, raw.clone(), source)
        .await?;
    scene.stage.provider.keep_sent(address, raw);
    scene.progress(act.story).conversation = Some(accepted.conversation_id);
    Ok(())
}

fn mail(story: &Story, turn: &Turn, address: &str, earlier: Option<&SentAnswer>) -> Result<CustomerMail> {
    let from = EmailAddress::named(&story.customer.name, address);
    let to = EmailAddress::named(SHOP_NAME, SUPPORT_ADDRESS);
    let subject = story.subject.clone().unwrap_or_default();
    let mut mail = CustomerMail::new(from, to, subject, turn.text.clone());
    mail.automatic = turn.automatic;
    if let Some(earlier) = earlier {
        mail.subject = rapport_channels::email::threading::reply_subject(&mail.subject);
        mail.in_reply_to = Some(earlier.message_id.clone());
        mail.references = earlier.references.clone();
        let quoted: String = earlier.text.lines().map(|line| format!("> {line}\n")).collect();
        let date = wire_date(earlier.at);
        mail.text = format!("{}\n\nOn {date}, {SHOP_NAME} wrote:\n{quoted}", turn.text);
    }
    if let Some(name) = &turn.html {
        mail.html = Some(files::html(name)?.to_owned());
    }
    for name in &turn.files {
        mail.files.push(customer_file(name, None)?);
    }
    if let Some(name) = &turn.inline {
        let content_id = format!("{name}@{}", address.rsplit('@').next().unwrap_or_default());
        let escaped = turn.text.replace('&', "&amp;").replace('<', "&lt;").replace("\n\n", "</p><p>");
        mail.html = Some(format!(
            "<p>{escaped}</p><p><img src=\"cid:{content_id}\" alt=\"{name}\" width=\"480\"></p>"
        ));
        mail.files.push(customer_file(name, Some(content_id))?);
    }
    Ok(mail)
}

fn customer_file(name: &str, content_id: Option<String>) -> Result<CustomerFile> {
    let file = files::find(name)?;
    Ok(CustomerFile {
        file_name: file.name.to_owned(),
        media_type: file.media_type.to_owned(),
        content_id,
        bytes: file.bytes.to_vec(),
    })
}
