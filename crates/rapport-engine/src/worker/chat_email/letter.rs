//! The mail that a visitor who has left gets.

use rapport_channels::email::reply_token::{AddressTokens, Separator, TokenPurpose};
use rapport_channels::email::{
    EmailAddress, OutgoingAttachment, OutgoingAutomatic, OutgoingEmail, threading,
};
use rapport_channels::html;
use rapport_store::visitor::history::ChatMessage;

use super::Prepared;
use crate::Engine;
use crate::worker::deliver::wire_time;
use crate::worker::signature;

/// The Message-ID, the same for every attempt, so that mail servers can tell a repetition.
pub(super) fn email_id(prepared: &Prepared) -> String {
    let domain = prepared.account.config.address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let first = prepared.answers.first().map_or("", |answer| answer.id.as_str());
    threading::message_id(prepared.conversation.id.as_str(), first, domain)
}

pub(super) fn outgoing(
    engine: &Engine,
    prepared: &Prepared,
    attachments: Vec<OutgoingAttachment>,
) -> OutgoingEmail {
    let config = &prepared.account.config;
    let name = config.display_name.clone().or_else(|| Some(prepared.site_name.clone()));
    let reply_to =
        prepared.conversation.id.to_bytes().zip(prepared.account.token_domain()).map(|(id, domain)| {
            let tokens = AddressTokens::new(engine.keys().addresses());
            EmailAddress {
                name: name.clone(),
                address: tokens.address(TokenPurpose::Reply, id, "", &domain, Separator::Plus),
            }
        });
    let sent_at =
        prepared.answers.last().map_or(prepared.conversation.last_activity_at, |answer| answer.sent_at);
    let (text, html) = bodies(&prepared.answers, &prepared.site_name, config.signature_html.as_deref());
    OutgoingEmail {
        from: EmailAddress { name, address: config.address.clone() },
        to: vec![prepared.to.clone()],
        cc: Vec::new(),
        reply_to,
        subject: format!("Your chat with {}", prepared.site_name),
        message_id: email_id(prepared),
        in_reply_to: None,
        references: Vec::new(),
        date: wire_time(sent_at),
        text,
        html: Some(html),
        attachments,
        automatic: OutgoingAutomatic::No,
        loop_account: prepared.account.account.id.as_str().to_owned(),
        list_unsubscribe: None,
    }
}

/// What the mail says as text and as HTML: the answers, why it comes, and the mailbox's signature.
fn bodies(answers: &[ChatMessage], site_name: &str, signature: Option<&str>) -> (String, String) {
    let (mut text, mut rich) = (String::new(), String::new());
    for answer in answers {
        text.push_str(&format!("{}:\n", answer.author_name));
        rich.push_str(&html::text_to_html(&format!("{}:", answer.author_name)));
        if !answer.body_text.trim().is_empty() {
            text.push_str(answer.body_text.trim_end());
            text.push('\n');
            rich.push_str(&html::text_to_html(answer.body_text.trim_end()));
        }
        for attachment in &answer.attachments {
            let line = format!("[{}]", attachment.file_name);
            text.push_str(&format!("{line}\n"));
            rich.push_str(&html::text_to_html(&line));
        }
        text.push('\n');
        rich.push_str("<br>");
    }
    let why = format!(
        "You get this email because you left a chat with {site_name} before the answer came.\n\
         Reply to it to go on with the conversation."
    );
    text.push_str(&format!("--\n{why}\n"));
    rich.push_str(&html::text_to_html(&why));
    signature::append(signature, &mut text, &mut rich);
    (text, rich)
}

#[cfg(test)]
mod tests {
    use rapport_domain::{AuthorKind, ConversationId, Direction, MessageId, Timestamp};

    use super::*;

    fn answer(author: &str, text: &str) -> ChatMessage {
        ChatMessage {
            id: MessageId::from_stored("msg_1"),
            conversation_id: ConversationId::from_stored("cnv_1"),
            direction: Direction::Outbound,
            author_kind: AuthorKind::User,
            author_name: author.into(),
            body_text: text.into(),
            provider_message_id: None,
            delivery_status: None,
            delivery_reason: None,
            delivery_code: None,
            sent_at: Timestamp::from_millis(0),
            attachments: Vec::new(),
        }
    }

    #[test]
    fn a_mail_says_the_same_as_text_and_as_html_and_carries_the_signature() {
        let answers = [answer("Bob", "Tomorrow at noon.\n1 < 2\n"), answer("<Al>", "Bring it.")];
        let (text, rich) = bodies(&answers, "Bikes & Co", Some("<b>Harbour</b> Bikes<script>x</script>"));
        for said in
            ["Bob:", "Tomorrow at noon.", "1 < 2", "<Al>:", "Bring it.", "Bikes & Co", "Harbour Bikes"]
        {
            assert!(text.contains(said), "{said}: {text}");
            assert!(html::to_text(&rich).contains(said), "{said}: {rich}");
        }
        assert!(text.ends_with("\n\n-- \nHarbour Bikes"), "{text}");
        assert!(
            rich.contains("<b>Harbour</b>") && !rich.contains("script") && !rich.contains("<Al>"),
            "{rich}"
        );
        let (text, rich) = bodies(&answers, "Bikes", None);
        assert!(!text.contains("\n-- \n") && !rich.contains("data-signature"), "{text} {rich}");
    }
}
