//! Mail that other servers hand over: whose it is, and what the envelope tells.

mod names;

use bytes::Bytes;
use rapport_channels::email::smtp_server::{DeliveryVerdict, MailReceiver, RecipientVerdict};
use rapport_channels::email::{Envelope, ReceivedEnvelope};
use rapport_domain::{Channel, ChannelAccountId};
use rapport_engine::channel_account::NewAccount;
use rapport_engine::ingest::Listener;
use rapport_engine::{Caller, Error};
use serde_json::json;

use crate::fixture::{Fixture, Mail, on_both_engines};

async fn listening(app: &Fixture, name: &str, address: &str) -> ChannelAccountId {
    let config = json!({
        "address": address, "inbound": { "kind": "listener" }, "outbound": { "kind": "none" },
    });
    app.email_account(name, config).await
}

fn envelope(sender: Option<&str>, recipients: &[&str]) -> ReceivedEnvelope {
    ReceivedEnvelope {
        envelope: Envelope {
            sender: sender.map(str::to_owned),
            recipients: recipients.iter().map(ToString::to_string).collect(),
        },
        peer: None,
        helo: "mx.customers.example".into(),
        tls: false,
        smtp_utf8: false,
    }
}

#[test]
fn the_postmaster_of_a_domain_we_serve_is_heard_and_of_no_other() {
    on_both_engines(|app: Fixture| async move {
        let listener = Listener::new(app.engine.clone());
        for address in ["postmaster", "postmaster@harbour.example"] {
            assert_eq!(listener.accepts(address).await, RecipientVerdict::Unknown, "nobody is served yet");
        }
        let help = listening(&app, "Help", "help@harbour.example").await;
        app.clock.advance_seconds(1);
        listening(&app, "Sales", "sales@harbour.example").await;
        for address in
            ["postmaster", "Postmaster", "postmaster@harbour.example", "POSTMASTER@Harbour.Example"]
        {
            assert_eq!(listener.accepts(address).await, RecipientVerdict::Accept, "{address}");
        }
        for address in [
            // Fetched elsewhere, so that somebody else is its postmaster.
            "postmaster@bikes.example",
            "postmaster@elsewhere.example",
            "postmaster@sub.harbour.example",
            "postmaster@_arbour.example",
            "postmaster@%",
            "postmaster+x@harbour.example",
            "abuse@harbour.example",
            "postmaster@harbour.example@elsewhere.example",
        ] {
            assert_eq!(listener.accepts(address).await, RecipientVerdict::Unknown, "{address}");
        }

        let raw = Bytes::from(Mail { to: "postmaster@harbour.example", ..Mail::default() }.raw());
        let from = envelope(Some("maria@customers.example"), &["postmaster@harbour.example"]);
        assert_eq!(listener.deliver(from, raw).await, [DeliveryVerdict::Accept]);
        let message = app.only_message().await;
        assert_eq!(message.channel_account_id, Some(help), "the domain's oldest mailbox takes it");
    });
}

#[test]
fn a_mailbox_named_postmaster_keeps_its_own_mail() {
    on_both_engines(|app: Fixture| async move {
        listening(&app, "Help", "help@harbour.example").await;
        app.clock.advance_seconds(1);
        let own = listening(&app, "Postmaster", "postmaster@harbour.example").await;
        let listener = Listener::new(app.engine.clone());
        let from = envelope(Some("maria@customers.example"), &["Postmaster@harbour.example"]);
        assert_eq!(
            listener.deliver(from, Bytes::from(Mail::default().raw())).await,
            [DeliveryVerdict::Accept]
        );
        assert_eq!(app.only_message().await.channel_account_id, Some(own));
    });
}

#[test]
fn a_blind_copy_goes_where_the_envelope_says() {
    on_both_engines(|app: Fixture| async move {
        let help = listening(&app, "Help", "help@harbour.example").await;
        let listener = Listener::new(app.engine.clone());
        let raw = Bytes::from(Mail { to: "somebody@elsewhere.example", ..Mail::default() }.raw());
        let from = envelope(Some("maria@customers.example"), &["help+orders@harbour.example"]);
        assert_eq!(listener.deliver(from, raw).await, [DeliveryVerdict::Accept]);
        let message = app.only_message().await;
        assert_eq!(message.channel_account_id, Some(help));
        assert!(!message.automatic);
    });
}

#[test]
fn what_nobody_wants_an_answer_to_is_automatic_even_if_its_headers_look_personal() {
    on_both_engines(|app: Fixture| async move {
        listening(&app, "Help", "help@harbour.example").await;
        let listener = Listener::new(app.engine.clone());
        let raw = Bytes::from(Mail { to: "help@harbour.example", ..Mail::default() }.raw());
        let verdicts = listener.deliver(envelope(None, &["help@harbour.example"]), raw).await;
        assert_eq!(verdicts, [DeliveryVerdict::Accept]);
        assert!(app.only_message().await.automatic, "the empty sender asks for no answer");
    });
}

#[test]
fn an_answer_finds_its_conversation_by_the_envelope_alone() {
    on_both_engines(|app: Fixture| async move {
        listening(&app, "Help", "help@harbour.example").await;
        let listener = Listener::new(app.engine.clone());
        let first = Bytes::from(Mail { to: "help@harbour.example", ..Mail::default() }.raw());
        let from = || envelope(Some("maria@customers.example"), &["help@harbour.example"]);
        assert_eq!(listener.deliver(from(), first).await, [DeliveryVerdict::Accept]);
        let conversation = app.only_message().await.conversation_id;
        let token = app.reply_address(&conversation, "harbour.example");
        let stranger = Mail {
            id: "second@elsewhere.example",
            from: "Paul <paul@elsewhere.example>",
            to: "undisclosed-recipients:;",
            ..Mail::default()
        };
        let raw = Bytes::from(stranger.raw());
        let from = envelope(Some("paul@elsewhere.example"), &[&token]);
        assert_eq!(listener.deliver(from, raw).await, [DeliveryVerdict::Accept]);
        let messages = app.messages(&conversation).await;
        assert_eq!(messages.len(), 2);
        assert!(messages.iter().any(|message| message.warnings.contains(&"new_participant".to_owned())));
    });
}

#[test]
fn a_domain_in_another_script_is_known_in_both_spellings() {
    on_both_engines(|app: Fixture| async move {
        listening(&app, "B\u{fc}ro", "hilfe@b\u{fc}ro.example").await;
        listening(&app, "Wire", "hilfe@xn--mller-kva.example").await;
        let listener = Listener::new(app.engine.clone());
        for domain in
            ["b\u{fc}ro.example", "xn--bro-hoa.example", "m\u{fc}ller.example", "xn--mller-kva.example"]
        {
            for name in ["hilfe", "Hilfe+x", "postmaster"] {
                let address = format!("{name}@{domain}");
                assert_eq!(listener.accepts(&address).await, RecipientVerdict::Accept, "{address}");
            }
            let unknown = format!("j\u{f6}rg@{domain}");
            assert_eq!(listener.accepts(&unknown).await, RecipientVerdict::Unknown, "{unknown}");
        }
    });
}

#[test]
fn no_other_workspace_gets_the_mail_that_goes_with_an_address() {
    on_both_engines(|app: Fixture| async move {
        listening(&app, "Help", "help@harbour.example").await;
        let neighbour = app.neighbour().await;
        let claim = async |caller: &Caller, address: &str| {
            let config = json!({
                "address": address, "inbound": { "kind": "listener" }, "outbound": { "kind": "none" },
            });
            let new = NewAccount {
                channel: Channel::Email,
                name: address.into(),
                active: true,
                config,
                secrets: Default::default(),
            };
            app.engine.create_channel_account(caller, new).await.map(|created| created.account.id)
        };
        let refused = |outcome: Result<ChannelAccountId, Error>| {
            matches!(outcome, Err(Error::Conflict { code: "address_in_use", .. }))
        };
        for address in [
            "help@harbour.example",
            "help+vip@harbour.example",
            "Help+VIP@Harbour.example",
            "postmaster@harbour.example",
            "reply@harbour.example",
            "bounces+x@harbour.example",
        ] {
            assert!(refused(claim(&neighbour, address).await), "{address}");
        }
        for address in ["helper@harbour.example", "boats+vip@harbour.example", "reply@boats.example"] {
            claim(&neighbour, address).await.expect(address);
        }
        // The other way round, too.
        assert!(refused(claim(&app.alice, "boats@harbour.example").await));
        for address in ["boats+bikes@harbour.example", "help+vip@harbour.example"] {
            claim(&app.alice, address).await.expect(address);
        }
    });
}

#[test]
fn a_mail_to_many_addresses_of_one_mailbox_is_taken_in_once() {
    on_both_engines(|app: Fixture| async move {
        listening(&app, "Help", "help@harbour.example").await;
        let listener = Listener::new(app.engine.clone());
        let first = Bytes::from(Mail { to: "help@harbour.example", ..Mail::default() }.raw());
        let from = envelope(Some("maria@customers.example"), &["help@harbour.example"]);
        assert_eq!(listener.deliver(from, first).await, [DeliveryVerdict::Accept]);
        let conversation = app.only_message().await.conversation_id;
        let token = app.reply_address(&conversation, "harbour.example");
        let paul =
            Mail { id: "second@elsewhere.example", from: "Paul <paul@elsewhere.example>", ..Mail::default() };
        let recipients = ["help+1@harbour.example", "gone@harbour.example", &token, "help+2@harbour.example"];
        let from = envelope(Some("paul@elsewhere.example"), &recipients);
        let verdicts = listener.deliver(from, Bytes::from(paul.raw())).await;
        let unknown = DeliveryVerdict::Reject("no such mailbox here".into());
        let taken = DeliveryVerdict::Accept;
        assert_eq!(verdicts, [taken.clone(), unknown, taken.clone(), taken]);
        // Each of them would otherwise be looked at alone, and the first would begin a conversation of its own.
        assert_eq!(app.messages(&conversation).await.len(), 2, "the token among them counts");
    });
}
