//! How many statements a message costs that comes in. On PostgreSQL each is a round trip, and their number decides
//! what a server takes in. Beginning and committing are left out: messages that come at once share them.

use bytes::Bytes;
use rapport_domain::model::{Attachment, Message};
use rapport_domain::{AddressKind, Channel, ConversationId, Direction, Priority, Status};
use rapport_engine::Engine;
use rapport_engine::conversation::{FirstMessage, NewConversation, Recipient};
use rapport_engine::ingest::{Accepted, EmailSource};
use rapport_engine::message::NewMessage;
use rapport_store::Engine as Database;
use rapport_store::db::record::Recorder;
use serde_json::json;

use crate::fixture::{Fixture, Mail, on_both_engines};

/// An engine whose statements are counted.
struct Counted {
    app: Fixture,
    engine: Engine,
    recorder: Recorder,
}

impl Counted {
    fn new(app: Fixture) -> Self {
        let (engine, recorder) = app.recorded_engine();
        Self { app, engine, recorder }
    }

    /// Fails when the writes since the last call took more statements. On SQLite, where a statement is no round trip,
    /// each thing that is found by its words takes one more, and each word of a new contact is inserted by itself.
    fn at_most(&self, statements: usize, more_on_sqlite: usize) {
        let writes = self.recorder.take().into_iter().filter(|transaction| transaction.writes);
        let texts: Vec<_> =
            writes.flat_map(|write| write.statements).map(|statement| statement.sql).collect();
        let bound = match self.engine.store().engine() {
            Database::Sqlite => statements + more_on_sqlite,
            Database::Postgres => statements,
        };
        assert!(!texts.is_empty(), "nothing was recorded");
        assert!(texts.len() <= bound, "{} instead of {bound}:\n{}", texts.len(), texts.join("\n"));
    }

    async fn begin(&self, message: NewMessage) -> ConversationId {
        let new = NewConversation {
            contact_id: None,
            to: Some(Recipient {
                kind: AddressKind::External,
                value: "customer-1".into(),
                name: Some("Maria Kovac".into()),
            }),
            channel: Channel::Api,
            channel_account_id: None,
            subject: None,
            topic: None,
            priority: Priority::Normal,
            status: Status::Open,
            assignee: None,
            test: false,
            variables: json!({}),
            message: Some(FirstMessage { direction: Direction::Inbound, content: message }),
        };
        self.engine.create_conversation(&self.app.alice, new).await.expect("created").id
    }

    async fn report(&self, id: &ConversationId, message: NewMessage) {
        self.engine.send_message(&self.app.alice, id, Direction::Inbound, message).await.expect("stored");
    }

    async fn mail(&self, mail: Mail<'_>) -> Accepted {
        let raw = Bytes::from(mail.raw());
        let (workspace, account) = (&self.app.workspace, &self.app.support);
        self.engine.ingest_email(workspace, account, raw, EmailSource::default()).await.expect("taken")
    }
}

fn text(text: &str) -> NewMessage {
    NewMessage { body_text: Some(text.into()), ..NewMessage::default() }
}

#[test]
fn a_message_into_an_open_conversation_costs_eight_statements() {
    on_both_engines(|app| async move {
        let counted = Counted::new(app);
        let id = counted.begin(text("Where is my order?")).await;
        counted.recorder.take();
        // Lock and read the conversation; read the account; read the contact; write the message, its words and the
        // conversation; count and write the event.
        counted.report(&id, text("It was to come on Monday.")).await;
        counted.at_most(8, 1);
        // One more asks whether the client has sent it before.
        counted.report(&id, NewMessage { client_id: Some("third".into()), ..text("Hello?") }).await;
        counted.at_most(9, 1);
        // One more notes once a minute that the account takes something in.
        counted.app.clock.advance_seconds(61);
        counted.report(&id, text("Is anybody there?")).await;
        counted.at_most(9, 1);
        counted.report(&id, text("Please answer.")).await;
        counted.at_most(8, 1);
    });
}

#[test]
fn a_new_contact_with_a_new_conversation_costs_twenty_five_statements() {
    on_both_engines(|app| async move {
        let counted = Counted::new(app);
        // The contact takes five with its words, the conversation five, and what begins and ends the request the rest
        // beside the message; each of the three events is written by itself.
        counted.begin(text("Where is my order?")).await;
        counted.at_most(25, 6);
    });
}

#[test]
fn a_mail_into_an_open_conversation_costs_ten_statements() {
    on_both_engines(|app| async move {
        let counted = Counted::new(app);
        let first = counted.mail(Mail::default()).await;
        // The first mail of a new contact.
        counted.at_most(21, 5);
        // Ask what is known of the mail, who wrote it and what it answers; lock and read the conversation; write the
        // message, its Message-ID, its words and the conversation; count and write the event.
        let in_reply_to = Some("first@customers.example");
        let second =
            counted.mail(Mail { id: "second@customers.example", in_reply_to, ..Mail::default() }).await;
        counted.at_most(10, 1);
        // Without a thread, the contact's conversations are asked for, and who is known in the one it joins.
        let third = counted.mail(Mail { id: "third@customers.example", ..Mail::default() }).await;
        counted.at_most(13, 1);
        assert!([second, third].iter().all(|other| other.conversation_id == first.conversation_id));
    });
}

#[test]
fn what_the_contact_said_is_answered_as_it_was_stored() {
    on_both_engines(|app| async move {
        let counted = Counted::new(app);
        let id = counted.begin(text("Where is my order?")).await;
        let (engine, alice) = (&counted.engine, &counted.app.alice);
        let mut attachment_ids = Vec::new();
        for name in ["a.txt", "b.txt"] {
            let file =
                engine.upload(alice, name, "text/plain", Bytes::from_static(b"file")).await.expect("kept");
            attachment_ids.push(file.id);
        }
        let new = NewMessage {
            attachment_ids,
            subject: Some("Photos".into()),
            client_id: Some("photos".into()),
            ..text("Two of them.")
        };
        let answered =
            engine.send_message(alice, &id, Direction::Inbound, new.clone()).await.expect("stored");
        let stored = counted.app.messages(&id).await.into_iter().find(|message| message.id == answered.id);
        let unsigned = |message: Message| Message {
            attachments: message
                .attachments
                .into_iter()
                .map(|file| Attachment { url: String::new(), preview_url: None, ..file })
                .collect(),
            ..message
        };
        assert_eq!(stored.map(unsigned), Some(unsigned(answered.clone())));
        let again = engine.send_message(alice, &id, Direction::Inbound, new).await.expect("known");
        assert_eq!(unsigned(again), unsigned(answered));
    });
}
