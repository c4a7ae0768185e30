//! Delivery reports, loops and other mail that programs write, and what people write about it.

use rapport_domain::{AuthorKind, DeliveryStatus};
use rapport_engine::ingest::{Accepted, AcceptedStatus};

use crate::fixture::{Fixture, Mail, on_both_engines};

/// Parts that say that Maria's address is unknown, with what is written above them.
fn report_parts(text: &str, original: &str) -> String {
    format!(
        "--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
         Final-Recipient: rfc822; maria@customers.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{original}>\r\nSubject: Re: Order\r\n\r\n--b--\r\n"
    )
}

fn daemons_report(id: &str, original: &str) -> String {
    format!(
        "From: Mail Delivery <mailer-daemon@mx.example>\r\nTo: support@bikes.example\r\nSubject: Undelivered\r\n\
         Message-ID: <{id}>\r\nReturn-Path: <>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n{}",
        report_parts("Your mail is spooled at host-7 for the postmaster.", original)
    )
}

fn passed_on(id: &str, original: &str) -> String {
    format!(
        "From: Zoe <zoe@customers.example>\r\nTo: support@bikes.example\r\nSubject: Fwd: problem\r\n\
         Message-ID: <{id}>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}",
        report_parts("I got this. What is wrong?", original)
    )
}

async fn take(app: &Fixture, raw: String) -> Accepted {
    app.engine
        .ingest_email(&app.workspace, &app.support, raw.into(), Default::default())
        .await
        .expect("the mail is taken")
}

#[test]
fn a_report_is_kept_with_the_message_that_came_back_and_nobody_answers_it() {
    on_both_engines(|app| async move {
        let first = app.mail(&app.support, Mail::default()).await;
        let id = &first.conversation_id;
        app.clock.advance_seconds(1);
        let sent = app.reply(&app.alice, id, "It is on its way.").await.expect("accepted");
        let original = sent.email_message_id.expect("an email has a Message-ID");
        app.clock.advance_seconds(1);
        let report = daemons_report("dsn@mx.example", &original);
        let accepted = take(&app, report.clone()).await;
        assert_eq!((accepted.status, &accepted.conversation_id), (AcceptedStatus::Stored, id));
        let messages = app.messages(id).await;
        let kept = messages.iter().find(|message| message.id == accepted.message_id).expect("kept");
        assert_eq!(kept.body_text, "Your mail is spooled at host-7 for the postmaster.");
        assert!(kept.automatic);
        assert_eq!((kept.author.kind, kept.author.name.as_str()), (AuthorKind::System, "Mail Delivery"));
        let conversation = app.conversation(id).await;
        assert!(conversation.requires_action.is_some());
        assert_eq!((conversation.inbound_count, conversation.waiting_since), (1, None));

        app.clock.advance_seconds(1);
        let again = app.reply(&app.alice, id, "Did you get it?").await.expect("accepted");
        assert_eq!(
            again.to.iter().map(|to| to.address.as_str()).collect::<Vec<_>>(),
            ["maria@customers.example"]
        );
        let repeated = take(&app, report).await;
        assert_eq!((repeated.status, repeated.message_id), (AcceptedStatus::Duplicate, accepted.message_id));

        app.engine.close(&app.alice, id).await.expect("closed");
        let late = take(&app, daemons_report("late@mx.example", &original)).await;
        assert_eq!(&late.conversation_id, id, "it opens nothing");
        assert_eq!(app.messages(id).await.iter().filter(|message| message.automatic).count(), 2);
    });
}

#[test]
fn a_mail_that_came_back_under_its_own_id_is_a_report_and_not_the_mail() {
    on_both_engines(|app| async move {
        let first = app.mail(&app.support, Mail::default()).await;
        let sent =
            app.reply(&app.alice, &first.conversation_id, "It is on its way.").await.expect("accepted");
        let original = sent.email_message_id.expect("an email has a Message-ID");
        let report = daemons_report(&original, &original);
        let accepted = take(&app, report.clone()).await;
        assert_eq!(accepted.status, AcceptedStatus::Stored);
        assert_ne!(accepted.message_id, sent.id);
        let repeated = take(&app, report).await;
        assert_eq!((repeated.status, repeated.message_id), (AcceptedStatus::Duplicate, accepted.message_id));
    });
}

#[test]
fn somebody_who_passes_a_report_on_is_heard_and_nothing_bounces() {
    on_both_engines(|app| async move {
        let first = app.mail(&app.support, Mail::default()).await;
        let sent =
            app.reply(&app.alice, &first.conversation_id, "It is on its way.").await.expect("accepted");
        let ours = sent.email_message_id.expect("an email has a Message-ID");
        let before = sent.delivery.expect("outbound").status;
        for (number, original) in [ours.as_str(), "foreign@customers.example"].into_iter().enumerate() {
            let accepted = take(&app, passed_on(&format!("zoe-{number}@customers.example"), original)).await;
            let messages = app.messages(&accepted.conversation_id).await;
            let message = messages.iter().find(|message| message.id == accepted.message_id).expect("stored");
            assert_eq!(message.body_text, "I got this. What is wrong?");
            assert!(!message.automatic, "{original}");
            assert_eq!(message.attachments.len(), 2, "with what was passed on");
            let conversation = app.conversation(&accepted.conversation_id).await;
            assert_eq!(conversation.inbound_count, number as i64 + 1);
            assert!(conversation.waiting_since.is_some());
        }
        let messages = app.messages(&first.conversation_id).await;
        let delivery =
            messages.into_iter().find(|message| message.id == sent.id).and_then(|sent| sent.delivery);
        let status = delivery.expect("outbound").status;
        assert_ne!(status, DeliveryStatus::Bounced);
        assert_eq!(status, before);
    });
}

#[test]
fn people_who_write_from_another_installation_are_heard_and_our_own_mail_is_quiet() {
    on_both_engines(|app| async move {
        let foreign = "X-Rapport-Loop: cha_01zzzzzzzzzzzzzzzzzzzzzzzz\r\n";
        let heard = app.mail(&app.support, Mail { extra: foreign, ..Mail::default() }).await;
        assert_eq!(app.conversation(&heard.conversation_id).await.unread_count, Some(1));

        let robot = format!("{foreign}Auto-Submitted: auto-replied\r\n");
        let loops = [robot, format!("X-Rapport-Loop: {}\r\n", app.billing)];
        for (number, extra) in loops.iter().enumerate() {
            let id = format!("{number}@other.example");
            app.mail(&app.support, Mail { id: &id, extra, ..Mail::default() }).await;
        }
        assert_eq!(app.messages(&heard.conversation_id).await.len(), 3, "all are kept");
        assert_eq!(app.conversation(&heard.conversation_id).await.inbound_count, 1);
    });
}

#[test]
fn a_mail_is_the_same_however_its_lines_end() {
    on_both_engines(|app| async move {
        let with_id = Mail::default().raw();
        let without_id = with_id.replace("Message-ID: <first@customers.example>\r\n", "");
        assert_ne!(with_id, without_id);
        for raw in [with_id, without_id.replace("Order 10234", "Order 10235")] {
            let stored = take(&app, raw.replace("\r\n", "\n")).await;
            assert_eq!(stored.status, AcceptedStatus::Stored);
            for other in [raw.clone(), format!("{raw}\r\n"), raw.trim_end().to_owned()] {
                let again = take(&app, other).await;
                assert_eq!(
                    (again.status, &again.message_id),
                    (AcceptedStatus::Duplicate, &stored.message_id)
                );
            }
        }
    });
}
