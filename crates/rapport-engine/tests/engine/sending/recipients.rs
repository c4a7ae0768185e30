//! Whom an answer goes to when its writer names nobody.

use rapport_domain::model::{Message, Recipient};
use rapport_domain::{ConversationId, Direction};
use rapport_engine::message::NewMessage;

use crate::fixture::{Fixture, Mail, on_both_engines};

fn person(address: &str) -> Recipient {
    Recipient { name: None, address: address.into() }
}

fn addresses(recipients: &[Recipient]) -> Vec<&str> {
    recipients.iter().map(|recipient| recipient.address.as_str()).collect()
}

/// Sends to these, or to nobody in particular.
async fn send(app: &Fixture, id: &ConversationId, to: &[&str], text: &str) -> Message {
    app.clock.advance_seconds(1);
    let to = (!to.is_empty()).then(|| to.iter().map(|to| person(to)).collect());
    let new = NewMessage { body_text: Some(text.into()), to, ..NewMessage::default() };
    app.engine.send_message(&app.alice, id, Direction::Outbound, new).await.expect("accepted")
}

/// What the composer would begin with, then what the message without recipients gets. They have to agree.
async fn answer(app: &Fixture, id: &ConversationId) -> Message {
    let shown = app.engine.find_conversation_detail(&app.alice, id).await.expect("shown");
    let shown = shown.email_reply.expect("it can be answered by email");
    let sent = send(app, id, &[], "Hello").await;
    assert_eq!(addresses(&shown.to), addresses(&sent.to));
    assert_eq!(addresses(&shown.cc), addresses(&sent.cc));
    assert_eq!(Some(shown.subject), sent.subject);
    sent
}

#[test]
fn after_a_word_with_a_supplier_the_answer_goes_to_the_customer() {
    on_both_engines(|app: Fixture| async move {
        let extra = "Cc: jo@customers.example\r\nReply-To: orders@customers.example\r\n";
        let id = app.mail(&app.support, Mail { extra, ..Mail::default() }).await.conversation_id;
        app.clock.advance_seconds(1);
        let new = NewMessage {
            body_text: Some("What does it cost us?".into()),
            subject: Some("Between us".into()),
            to: Some(vec![person("sales@supplier.example")]),
            cc: Some(vec![person("boss@supplier.example")]),
            ..NewMessage::default()
        };
        app.engine.send_message(&app.alice, &id, Direction::Outbound, new).await.expect("accepted");

        let first = answer(&app, &id).await;
        assert_eq!(addresses(&first.to), ["orders@customers.example"]);
        assert_eq!(addresses(&first.cc), ["jo@customers.example"]);
        assert_eq!(first.subject.as_deref(), Some("Re: Order 10234"));
        let second = answer(&app, &id).await;
        assert_eq!(addresses(&second.to), ["orders@customers.example"], "not a matter of what came last");

        // The thread goes on from what its readers have, and repeats nothing else to them.
        let store = app.engine.store();
        let parents = [first.id.clone(), second.id.clone()].map(|id| {
            store.read(&app.workspace, move |tx| -> Result<_, rapport_store::Error> {
                Ok(rapport_store::message::find(tx, &id)?.expect("stored").details.in_reply_to)
            })
        });
        let [one, two] = parents;
        assert_eq!(one.await.expect("read").as_deref(), Some("first@customers.example"));
        assert_eq!(two.await.expect("read"), first.email_message_id);
    });
}

#[test]
fn whoever_wrote_last_is_answered_and_what_programs_write_is_not() {
    on_both_engines(|app: Fixture| async move {
        let first = app.mail(&app.support, Mail::default()).await;
        let id = first.conversation_id;
        let asked = send(&app, &id, &["sales@supplier.example"], "Is it in stock?").await;
        let asked = asked.email_message_id.expect("an email has a Message-ID");
        app.clock.advance_seconds(1);
        let reply = Mail {
            id: "yes@supplier.example",
            from: "Sales <sales@supplier.example>",
            in_reply_to: Some(&asked),
            ..Mail::default()
        };
        assert_eq!(app.mail(&app.support, reply).await.conversation_id, id, "the supplier was written to");
        app.clock.advance_seconds(1);
        let away = Mail { id: "away@customers.example", ..Mail::default() };
        let away = Mail { extra: "Auto-Submitted: auto-replied\r\n", ..away };
        assert_eq!(app.mail(&app.support, away).await.conversation_id, id);
        assert_eq!(addresses(&answer(&app, &id).await.to), ["sales@supplier.example"]);
        app.clock.advance_seconds(1);
        app.mail(&app.support, Mail { id: "second@customers.example", ..Mail::default() }).await;
        assert_eq!(addresses(&answer(&app, &id).await.to), ["maria@customers.example"]);
    });
}

#[test]
fn as_long_as_nobody_has_written_it_goes_to_whom_we_wrote() {
    on_both_engines(|app: Fixture| async move {
        let first = app.mail(&app.support, Mail::default()).await;
        app.engine.close(&app.alice, &first.conversation_id).await.expect("closed");
        let next = app.engine.create_follow_up(&app.alice, &first.conversation_id).await.expect("begun");
        assert_eq!(addresses(&answer(&app, &next.id).await.to), ["maria@customers.example"], "the contact");
        send(&app, &next.id, &["jo@customers.example", "ana@customers.example"], "Hello").await;
        let both = answer(&app, &next.id).await;
        assert_eq!(addresses(&both.to), ["jo@customers.example", "ana@customers.example"]);
    });
}

#[test]
fn we_never_write_to_ourselves_whichever_of_our_addresses_stands_in_a_mail() {
    on_both_engines(|app: Fixture| async move {
        let first = app.mail(&app.support, Mail::default()).await;
        let token = app.reply_address(&first.conversation_id, "bikes.example");
        app.clock.advance_seconds(1);
        let to = format!(
            "Support+Orders@Bikes.example, billing@bikes.example, {token}, Jo <jo@customers.example>"
        );
        let extra = "Cc: support+a+b@bikes.example, supports@bikes.example, x+support@bikes.example\r\n";
        let mail = Mail {
            id: "many@customers.example",
            to: &to,
            extra,
            in_reply_to: Some("first@customers.example"),
            ..Mail::default()
        };
        assert_eq!(app.mail(&app.support, mail).await.conversation_id, first.conversation_id);
        let sent = answer(&app, &first.conversation_id).await;
        assert_eq!(addresses(&sent.to), ["maria@customers.example"]);
        let others = ["jo@customers.example", "supports@bikes.example", "x+support@bikes.example"];
        assert_eq!(addresses(&sent.cc), others, "what only looks like ours is somebody else's");

        app.clock.advance_seconds(1);
        let extra = "Reply-To: support+loop@bikes.example\r\n";
        let mail = Mail { id: "loop@customers.example", to: &token, extra, ..Mail::default() };
        app.mail(&app.support, mail).await;
        let sent = answer(&app, &first.conversation_id).await;
        assert_eq!(addresses(&sent.to), ["maria@customers.example"], "not to where it would come back");
    });
}

#[test]
fn a_mail_from_one_of_our_own_addresses_is_answered_to_whom_it_went() {
    on_both_engines(|app: Fixture| async move {
        for (number, from) in ["support+shop@bikes.example", "billing@bikes.example"].into_iter().enumerate()
        {
            app.clock.advance_seconds(1);
            let id = format!("form-{number}@bikes.example");
            let to = "support@bikes.example, Jo <jo@customers.example>";
            let mail = Mail { id: &id, from, to, extra: "Cc: ana@customers.example\r\n", ..Mail::default() };
            let accepted = app.mail(&app.support, mail).await;
            let taken = &app.messages(&accepted.conversation_id).await[0];
            assert!(taken.automatic, "what we sent ourselves wakes nobody: {from}");
            let sent = answer(&app, &accepted.conversation_id).await;
            assert_eq!(addresses(&sent.to), ["jo@customers.example"], "{from}");
            assert_eq!(addresses(&sent.cc), ["ana@customers.example"], "{from}");
        }
    });
}

#[test]
fn a_mail_to_many_is_answered_to_its_sender_unless_the_writer_names_them() {
    on_both_engines(|app: Fixture| async move {
        for (count, expected) in [(19, 19), (20, 0), (60, 0)] {
            app.clock.advance_seconds(1);
            let many: Vec<String> = (0..count).map(|number| format!("p{number}@customers.example")).collect();
            let extra = format!("Cc: {}\r\n", many.join(",\r\n "));
            let (id, from) = (format!("{count}@customers.example"), format!("m{count}@customers.example"));
            let mail = Mail { id: &id, from: &from, extra: &extra, ..Mail::default() };
            let accepted = app.mail(&app.support, mail).await;
            let sent = answer(&app, &accepted.conversation_id).await;
            assert_eq!(addresses(&sent.to), [from.as_str()]);
            assert_eq!(sent.cc.len(), expected, "of {count}");
        }
        let many: Vec<String> = (0..40).map(|number| format!("p{number}@evil.example")).collect();
        let extra = format!("Reply-To: {}\r\n", many.join(",\r\n "));
        let mail =
            Mail { id: "many@evil.example", from: "eve@evil.example", extra: &extra, ..Mail::default() };
        let accepted = app.mail(&app.support, mail).await;
        let sent = answer(&app, &accepted.conversation_id).await;
        assert_eq!(addresses(&sent.to), ["eve@evil.example"]);
        let named = NewMessage {
            body_text: Some("All of you".into()),
            cc: Some(many[..30].iter().map(|to| person(to)).collect()),
            ..NewMessage::default()
        };
        let sent = app.engine.send_message(&app.alice, &accepted.conversation_id, Direction::Outbound, named);
        assert_eq!(sent.await.expect("accepted").cc.len(), 30);
    });
}
