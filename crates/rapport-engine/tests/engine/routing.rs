//! Where mail goes: the order of the questions, and what cannot arise however mails arrive.

mod strangers;

use futures_util::future::join_all;
use rapport_domain::{ConversationScope, LinkKind, Status};
use rapport_engine::account::{SettingsChange, WorkspaceChange};
use rapport_engine::conversation::ConversationChange;
use rapport_engine::ingest::AcceptedStatus;

use crate::fixture::{Mail, on_both_engines};

#[test]
fn a_first_mail_makes_a_contact_and_an_open_conversation() {
    on_both_engines(|app| async move {
        let accepted = app.mail(&app.support, Mail::default()).await;
        let conversation = app.conversation(&accepted.conversation_id).await;
        assert_eq!(conversation.status, Status::Open);
        assert_eq!(conversation.subject.as_deref(), Some("Order 10234"));
        assert_eq!(conversation.unread_count, Some(1));
        let contact = conversation.contact.expect("a contact");
        assert_eq!(contact.display_name, "Maria");
        assert!(!contact.known);
        assert_eq!(conversation.topic, "Talking with 'Maria'");
    });
}

#[test]
fn a_mail_delivered_five_times_at_once_is_stored_once() {
    on_both_engines(|app| async move {
        let accepted = join_all((0..5).map(|_| app.mail(&app.support, Mail::default()))).await;
        let stored = accepted.iter().filter(|accepted| accepted.status == AcceptedStatus::Stored).count();
        assert_eq!(stored, 1);
        assert_eq!(app.messages(&accepted[0].conversation_id).await.len(), 1);
    });
}

#[test]
fn ten_first_mails_of_one_person_at_once_make_one_conversation() {
    on_both_engines(|app| async move {
        let ids: Vec<String> = (0..10).map(|number| format!("mail-{number}@customers.example")).collect();
        let accepted =
            join_all(ids.iter().map(|id| app.mail(&app.support, Mail { id, ..Mail::default() }))).await;
        assert!(accepted.iter().all(|other| other.conversation_id == accepted[0].conversation_id));
        assert_eq!(app.messages(&accepted[0].conversation_id).await.len(), 10);
        assert_eq!(app.conversation(&accepted[0].conversation_id).await.inbound_count, 10);
    });
}

#[test]
fn an_answer_goes_to_the_conversation_it_answers_and_reopens_it() {
    on_both_engines(|app| async move {
        let first = app.mail(&app.support, Mail::default()).await;
        for status in [Status::Waiting, Status::Pending, Status::Solved] {
            let change = ConversationChange { status: Some(status), ..ConversationChange::default() };
            app.engine
                .edit_conversation(&app.alice, &first.conversation_id, change)
                .await
                .expect("status set");
            let id = format!("answer-{status}@customers.example");
            let answer = app
                .mail(
                    &app.support,
                    Mail { id: &id, in_reply_to: Some("first@customers.example"), ..Mail::default() },
                )
                .await;
            assert_eq!(answer.conversation_id, first.conversation_id, "from {status}");
            assert_eq!(app.conversation(&first.conversation_id).await.status, Status::Open, "from {status}");
        }
    });
}

#[test]
fn an_answer_to_a_closed_conversation_opens_a_linked_follow_up() {
    on_both_engines(|app| async move {
        let first = app.mail(&app.support, Mail::default()).await;
        app.engine.close(&app.alice, &first.conversation_id).await.expect("closed");
        let reply = |id| Mail { id, in_reply_to: Some("first@customers.example"), ..Mail::default() };
        let second = app.mail(&app.support, reply("second@customers.example")).await;
        let third = app.mail(&app.support, reply("third@customers.example")).await;
        assert_ne!(second.conversation_id, first.conversation_id);
        assert_eq!(third.conversation_id, second.conversation_id, "one follow-up, not one a mail");
        assert_eq!(app.conversation(&first.conversation_id).await.status, Status::Closed);
        let follow_up = app.conversation(&second.conversation_id).await;
        assert_eq!(follow_up.follow_up_of.expect("says what it follows").id, first.conversation_id);
        let detail =
            app.engine.find_conversation_detail(&app.alice, &first.conversation_id).await.expect("detail");
        assert_eq!(detail.links.len(), 1);
        assert_eq!(detail.links[0].kind, LinkKind::FollowUp);
    });
}

#[test]
fn one_mail_to_two_of_our_addresses_makes_two_linked_conversations_in_any_order_of_arrival() {
    on_both_engines(|app| async move {
        let to = "support@bikes.example, billing@bikes.example";
        let mail = Mail { to, ..Mail::default() };
        let (one, two) =
            futures_util::future::join(app.mail(&app.support, mail), app.mail(&app.billing, mail)).await;
        assert_ne!(one.conversation_id, two.conversation_id);
        for id in [&one.conversation_id, &two.conversation_id] {
            let detail = app.engine.find_conversation_detail(&app.alice, id).await.expect("detail");
            assert_eq!(detail.links.len(), 1, "exactly one link on each side");
            assert_eq!(detail.links[0].kind, LinkKind::Linked);
        }
        let again = app.mail(&app.billing, mail).await;
        assert_eq!(again.status, AcceptedStatus::Duplicate);
    });
}

#[test]
fn a_stranger_with_copied_headers_does_not_join_somebody_elses_thread() {
    on_both_engines(|app| async move {
        let first = app.mail(&app.support, Mail::default()).await;
        let stranger = app
            .mail(
                &app.support,
                Mail {
                    id: "attack@evil.example",
                    from: "Mallory <mallory@evil.example>",
                    in_reply_to: Some("first@customers.example"),
                    ..Mail::default()
                },
            )
            .await;
        assert_ne!(stranger.conversation_id, first.conversation_id);
        assert_eq!(app.messages(&first.conversation_id).await.len(), 1);
    });
}

#[test]
fn a_colleague_of_the_customer_who_was_copied_joins_the_thread() {
    on_both_engines(|app| async move {
        let extra = "Cc: Jo <jo@customers.example>\r\n";
        let first = app.mail(&app.support, Mail { extra, ..Mail::default() }).await;
        let colleague = app
            .mail(
                &app.support,
                Mail {
                    id: "jo@customers.example",
                    from: "Jo <jo@customers.example>",
                    in_reply_to: Some("first@customers.example"),
                    ..Mail::default()
                },
            )
            .await;
        assert_eq!(colleague.conversation_id, first.conversation_id);
    });
}

#[test]
fn our_own_mail_that_comes_back_is_recognised() {
    on_both_engines(|app| async move {
        let first = app.mail(&app.support, Mail::default()).await;
        let sent =
            app.reply(&app.alice, &first.conversation_id, "It is on its way.").await.expect("accepted");
        let id = sent.email_message_id.expect("an email has a Message-ID");
        let back = app
            .mail(&app.billing, Mail { id: &id, from: "Support <support@bikes.example>", ..Mail::default() })
            .await;
        assert_eq!(back.status, AcceptedStatus::Duplicate);
        assert_eq!(back.message_id, sent.id);
    });
}

#[test]
fn a_bounce_is_tied_to_the_message_that_came_back() {
    on_both_engines(|app| async move {
        let first = app.mail(&app.support, Mail::default()).await;
        let sent =
            app.reply(&app.alice, &first.conversation_id, "It is on its way.").await.expect("accepted");
        let original = sent.email_message_id.expect("an email has a Message-ID");
        let report = format!(
            "From: Mail Delivery <mailer-daemon@mx.example>\r\nTo: support@bikes.example\r\nSubject: Undelivered\r\n\
             Message-ID: <dsn@mx.example>\r\nReturn-Path: <>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
             --b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n\
             --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
             Final-Recipient: rfc822; maria@customers.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\
             Diagnostic-Code: smtp; 550 no such user\r\n\r\n\
             --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{original}>\r\nSubject: Re: Order\r\n\r\n--b--\r\n"
        );
        // The job that would send is not run here, so the message is still queued; a bounce says it did leave.
        let accepted = app
            .engine
            .ingest_email(&app.workspace, &app.support, report.into(), Default::default())
            .await
            .expect("taken");
        assert_eq!(accepted.conversation_id, first.conversation_id);
        let message =
            app.messages(&first.conversation_id).await.into_iter().find(|message| message.id == sent.id);
        let delivery = message.expect("still there").delivery.expect("outbound");
        assert_eq!(delivery.status.as_str(), "bounced");
        assert_eq!(delivery.code.as_deref(), Some("5.1.1"));
        let conversation = app.conversation(&first.conversation_id).await;
        assert!(conversation.requires_action.is_some());
        assert_eq!(conversation.inbound_count, 1, "a bounce is no message of the customer");
    });
}

#[test]
fn an_automatic_answer_neither_reopens_nor_marks_unread() {
    on_both_engines(|app| async move {
        let first = app.mail(&app.support, Mail::default()).await;
        let change = ConversationChange { status: Some(Status::Solved), ..ConversationChange::default() };
        app.engine.edit_conversation(&app.alice, &first.conversation_id, change).await.expect("solved");
        let answer = app
            .mail(
                &app.support,
                Mail {
                    id: "away@customers.example",
                    in_reply_to: Some("first@customers.example"),
                    extra: "Auto-Submitted: auto-replied\r\n",
                    ..Mail::default()
                },
            )
            .await;
        assert_eq!(answer.conversation_id, first.conversation_id);
        let conversation = app.conversation(&first.conversation_id).await;
        assert_eq!(conversation.status, Status::Solved);
        assert_eq!(conversation.inbound_count, 1);
    });
}

#[test]
fn another_mail_under_a_message_id_that_was_seen_is_not_lost() {
    on_both_engines(|app| async move {
        let first = app.mail(&app.support, Mail::default()).await;
        let other = Mail { body: "A broken sender used the id again.", ..Mail::default() };
        let second = app.mail(&app.support, other).await;
        assert_eq!(second.status, AcceptedStatus::Stored);
        assert_eq!(app.mail(&app.support, other).await.status, AcceptedStatus::Duplicate);
        assert_eq!(app.messages(&first.conversation_id).await.len(), 2);
    });
}

#[test]
fn in_a_mailbox_of_threads_each_thread_is_a_conversation_and_stays_one() {
    on_both_engines(|app| async move {
        let threads = app.threads_mailbox("Press", "press@bikes.example").await;
        let to = "press@bikes.example";
        let one = app.mail(&threads, Mail { id: "one@customers.example", to, ..Mail::default() }).await;
        let two = app.mail(&threads, Mail { id: "two@customers.example", to, ..Mail::default() }).await;
        assert_ne!(one.conversation_id, two.conversation_id);
        let unknown = Some("sent-long-ago@customers.example");
        let three = app
            .mail(
                &threads,
                Mail { id: "three@customers.example", to, in_reply_to: unknown, ..Mail::default() },
            )
            .await;
        let four = app
            .mail(
                &threads,
                Mail { id: "four@customers.example", to, in_reply_to: unknown, ..Mail::default() },
            )
            .await;
        assert_eq!(three.conversation_id, four.conversation_id, "both answer a mail that we never saw");
    });
}

#[test]
fn somebody_who_joined_by_a_token_is_known_by_headers_from_then_on_and_draws_nothing_else_there() {
    on_both_engines(|app| async move {
        let first = app.mail(&app.support, Mail::default()).await;
        let answer = app.reply(&app.alice, &first.conversation_id, "On its way.").await.expect("accepted");
        let answer_id = answer.email_message_id.expect("an email has a Message-ID");
        let token = app.reply_address(&first.conversation_id, "bikes.example");
        let paul = Mail { from: "Paul <paul@elsewhere.example>", ..Mail::default() };
        let in_reply_to = Some(answer_id.as_str());

        let copied = app.mail(&app.support, Mail { id: "0@elsewhere.example", in_reply_to, ..paul }).await;
        assert_ne!(copied.conversation_id, first.conversation_id, "headers alone are no invitation");
        app.mail(&app.support, Mail { id: "1@elsewhere.example", to: &token, ..paul }).await;
        let later = app.mail(&app.support, Mail { id: "2@elsewhere.example", in_reply_to, ..paul }).await;
        assert_eq!(later.conversation_id, first.conversation_id);
        for message in app.messages(&first.conversation_id).await {
            let joined = message.author.name == "Paul";
            assert_eq!(message.warnings.contains(&"new_participant".to_owned()), joined, "{message:?}");
        }
        let other = app.mail(&app.support, Mail { id: "3@elsewhere.example", ..paul }).await;
        assert_eq!(
            other.conversation_id, copied.conversation_id,
            "what is not an answer is their own affair"
        );
    });
}

#[test]
fn an_automatic_answer_to_a_closed_conversation_begins_nothing() {
    on_both_engines(|app| async move {
        let first = app.mail(&app.support, Mail::default()).await;
        app.engine.close(&app.alice, &first.conversation_id).await.expect("closed");
        let in_reply_to = Some("first@customers.example");
        let extra = "Auto-Submitted: auto-replied\r\n";
        let away = app
            .mail(&app.support, Mail { id: "away@customers.example", in_reply_to, extra, ..Mail::default() });
        assert_eq!(away.await.conversation_id, first.conversation_id);
        assert_eq!(app.messages(&first.conversation_id).await.len(), 2, "it is kept");
        assert_eq!(app.conversation(&first.conversation_id).await.status, Status::Closed);
    });
}

#[test]
fn mails_whose_senders_cannot_be_read_are_kept_apart() {
    on_both_engines(|app| async move {
        let mut seen = Vec::new();
        for (number, from) in ["", "undisclosed:;", "not an address"].into_iter().enumerate() {
            let id = format!("{number}@customers.example");
            let accepted = app.mail(&app.support, Mail { id: &id, from, ..Mail::default() }).await;
            assert!(!seen.contains(&accepted.conversation_id), "{from}");
            seen.push(accepted.conversation_id);
        }
        let in_reply_to = Some("1@customers.example");
        let answer = Mail { id: "4@customers.example", from: "", in_reply_to, ..Mail::default() };
        assert_eq!(app.mail(&app.support, answer).await.conversation_id, seen[1], "a thread stays one");
    });
}

#[test]
fn what_is_open_goes_on_under_whatever_scope_it_began() {
    on_both_engines(|app| async move {
        let to = "support@bikes.example, billing@bikes.example";
        let one = app.mail(&app.support, Mail { to, ..Mail::default() }).await;
        let two = app.mail(&app.billing, Mail { to, ..Mail::default() }).await;
        app.engine.close(&app.alice, &one.conversation_id).await.expect("closed");
        let fresh = app.mail(&app.billing, Mail { id: "fresh@customers.example", ..Mail::default() }).await;
        assert_eq!(fresh.conversation_id, two.conversation_id, "the linked one goes on");

        let jo = Mail { from: "Jo <jo@customers.example>", ..Mail::default() };
        let first = app.mail(&app.support, Mail { id: "jo-1@customers.example", ..jo }).await;
        let scopes = [ConversationScope::ContactAndSender, ConversationScope::Contact];
        for (number, scope) in scopes.into_iter().enumerate() {
            let settings = SettingsChange { conversation_scope: Some(scope), ..SettingsChange::default() };
            let change = WorkspaceChange { name: None, settings };
            app.engine.update_workspace(&app.alice, change).await.expect("set");
            let id = format!("jo-support-{number}@customers.example");
            let same = app.mail(&app.support, Mail { id: &id, ..jo }).await;
            assert_eq!(same.conversation_id, first.conversation_id, "{scope:?}");
            let id = format!("jo-billing-{number}@customers.example");
            let other = app.mail(&app.billing, Mail { id: &id, ..jo }).await;
            let separate = scope == ConversationScope::ContactAndSender;
            assert_eq!(other.conversation_id != first.conversation_id, separate, "{scope:?}");
        }
    });
}

#[test]
fn people_whom_a_forged_mail_could_name_are_not_answered_unless_somebody_chooses_them() {
    on_both_engines(|app| async move {
        let first = app.mail(&app.support, Mail::default()).await;
        app.clock.advance_seconds(1);
        for (number, extra) in
            ["Cc: mallory@evil.example\r\n", "Reply-To: mallory@evil.example\r\n"].into_iter().enumerate()
        {
            let id = format!("forged-{number}@evil.example");
            let forged = app.mail(&app.support, Mail { id: &id, extra, ..Mail::default() }).await;
            assert_eq!(forged.conversation_id, first.conversation_id);
            app.clock.advance_seconds(1);
            let answer = app.reply(&app.alice, &first.conversation_id, "Hello").await.expect("accepted");
            let to: Vec<&str> =
                answer.to.iter().chain(&answer.cc).map(|recipient| recipient.address.as_str()).collect();
            assert_eq!(to, ["maria@customers.example"], "{extra}");
            app.clock.advance_seconds(1);
        }
        let knowing = Mail {
            id: "copied@customers.example",
            in_reply_to: Some("first@customers.example"),
            extra: "Cc: jo@customers.example\r\n",
            ..Mail::default()
        };
        let knowing = app.mail(&app.support, knowing).await;
        app.clock.advance_seconds(1);
        let answer = app.reply(&app.alice, &knowing.conversation_id, "Hello").await.expect("accepted");
        assert_eq!(answer.cc[0].address, "jo@customers.example", "who knows the thread may bring somebody");
        let plain = Mail { id: "plain@customers.example", to: "Support+x@Bikes.example", ..Mail::default() };
        app.mail(&app.support, plain).await;
        let messages = app.messages(&first.conversation_id).await;
        let plain = messages
            .iter()
            .find(|message| message.email_message_id.as_deref() == Some("plain@customers.example"));
        assert!(plain.expect("stored").warnings.is_empty());
    });
}
