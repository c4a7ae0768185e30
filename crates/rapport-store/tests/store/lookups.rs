//! What is read and written by one statement where it once took several: nothing of it may get lost or out of order.

use std::sync::{Arc, Barrier};

use rapport_domain::model::{Address, Attachment, Contact};
use rapport_domain::{
    AddressId, AddressKind, AttachmentId, ChannelAccountId, ContactId, ConversationId, MessageId, Timestamp,
    UserId,
};
use rapport_store::message::StoredAttachment;
use rapport_store::{Engine, Error, Tx, contact, conversation, message, params};

use crate::on_both_engines;
use crate::support::bench;

on_both_engines! {
    a_contact_is_read_with_its_addresses_in_their_order,
    every_word_of_a_contact_finds_it_however_many_there_are,
    the_first_message_id_that_is_known_says_what_is_answered,
    a_message_is_known_by_either_of_its_ids,
    the_files_of_a_message_keep_their_order_however_many_there_are,
}

const NOW: Timestamp = Timestamp::from_millis(1_000);

fn person(id: &str, name: &str) -> Contact {
    Contact {
        id: ContactId::from_stored(id),
        display_name: name.to_owned(),
        known: false,
        email: None,
        phone: None,
        company: None,
        city: None,
        country: None,
        language: None,
        external_id: None,
        ai_paused: false,
        addresses: Vec::new(),
        created_at: NOW,
        updated_at: NOW,
        version: 1,
    }
}

fn email(id: &str, value: &str) -> Address {
    Address {
        id: AddressId::from_stored(id),
        kind: AddressKind::Email,
        value: value.to_owned(),
        verified: false,
        created_at: NOW,
    }
}

fn add_conversation(tx: &mut Tx<'_>, id: &str, number: i64, contact: Option<&str>) -> Result<(), Error> {
    tx.execute(
        "insert into conversations (workspace_id, id, number, contact_id, scope_key, status, lifecycle, channel, channels, \
         origin, topic, priority, priority_rank, last_activity_at, created_at, updated_at) values (?1, ?2, ?3, ?4, ?2, \
         'open', 'open', 'email', '[\"email\"]', 'user', 'A topic', 'normal', 1, 0, 0, 0)",
        &params![id, number, contact],
    )?;
    Ok(())
}

fn add_mail(tx: &mut Tx<'_>, id: &str, conversation: &str, account: &str, at: i64) -> Result<(), Error> {
    tx.execute(
        "insert into messages (workspace_id, id, conversation_id, kind, direction, channel, channel_account_id, author_kind, \
         author_name, body_text, details, provider_message_id, sent_at, created_at) values (?1, ?2, ?3, 'message', 'inbound', \
         'email', ?4, 'contact', 'Ines', 'Hello', '{}', ?2, ?5, ?5)",
        &params![id, conversation, account, at],
    )?;
    Ok(())
}

async fn a_contact_is_read_with_its_addresses_in_their_order(engine: Engine) {
    let bench = bench(engine).await;
    bench
        .store
        .write(&bench.workspace, "k", |tx| -> Result<(), Error> {
            let (ines, ben) = (person("ctc_1", "Ines"), person("ctc_2", "Ben"));
            contact::create(tx, &ines)?;
            contact::create(tx, &ben)?;
            // Neither by id nor by value: the order in which they were given.
            for (id, value, normalised) in [
                ("adr_3", "m@tents.example", "m@tents.example"),
                ("adr_1", "z@tents.example", "z@tents.example"),
                ("adr_2", "a@bücher.example", "a@xn--bcher-kva.example"),
            ] {
                contact::add_address(tx, &ines.id, &email(id, value), normalised)?;
            }
            let found = contact::find(tx, &ines.id)?.expect("the contact");
            let order: Vec<&str> = found.addresses.iter().map(|address| address.id.as_str()).collect();
            assert_eq!(order, ["adr_3", "adr_1", "adr_2"]);
            assert_eq!(found.email.as_deref(), Some("m@tents.example"));
            assert_eq!(contact::find(tx, &ben.id)?, Some(ben));
            for (typed, address) in [("z@tents.example", "adr_1"), ("a@bücher.example", "adr_2")] {
                let by_address = contact::find_with_address(tx, AddressKind::Email, typed)?;
                let (whole, own) = by_address.expect("the contact");
                assert_eq!((whole, own.id.as_str()), (found.clone(), address));
            }
            assert!(contact::find_with_address(tx, AddressKind::Phone, "z@tents.example")?.is_none());
            Ok(())
        })
        .await
        .expect("done");
    let taken = bench
        .store
        .write(&bench.workspace, "k", |tx| {
            contact::add_address(
                tx,
                &ContactId::from_stored("ctc_2"),
                &email("adr_4", "z"),
                "z@tents.example",
            )
        })
        .await;
    assert!(taken.expect_err("it is taken").is_unique_on("contact_addresses_value"));
}

async fn every_word_of_a_contact_finds_it_however_many_there_are(engine: Engine) {
    let bench = bench(engine).await;
    let words: Vec<String> = (0..70).map(|number| format!("word{number:02}")).collect();
    bench
        .store
        .write(&bench.workspace, "k", move |tx| -> Result<(), Error> {
            let contact = person("ctc_1", &words.join(" "));
            contact::create(tx, &contact)?;
            contact::add_words(tx, &contact)?;
            for word in &words {
                assert_eq!(contact::list(tx, Some(word), None, 10)?.len(), 1, "{word}");
            }
            contact::save_words(tx, &person("ctc_1", "Ines"))?;
            assert!(contact::list(tx, Some("word00"), None, 10)?.is_empty());
            assert_eq!(contact::list(tx, Some("ines"), None, 10)?.len(), 1);
            Ok(())
        })
        .await
        .expect("done");
}

/// Three conversations; a mail that came to both accounts is in the first two.
fn add_mails(tx: &mut Tx<'_>) -> Result<(), Error> {
    for (number, id) in [(1, "cnv_1"), (2, "cnv_2"), (3, "cnv_3")] {
        add_conversation(tx, id, number, None)?;
    }
    for (id, conversation, account, at, email_id) in [
        ("msg_1", "cnv_1", "acc_1", 1, "both@tents.example"),
        ("msg_2", "cnv_2", "acc_2", 2, "both@tents.example"),
        ("msg_3", "cnv_3", "acc_1", 3, "other@tents.example"),
    ] {
        add_mail(tx, id, conversation, account, at)?;
        message::add_email_id(tx, email_id, &MessageId::from_stored(id))?;
    }
    Ok(())
}

async fn the_first_message_id_that_is_known_says_what_is_answered(engine: Engine) {
    let bench = bench(engine).await;
    bench
        .store
        .write(&bench.workspace, "k", |tx| -> Result<(), Error> {
            add_mails(tx)?;
            for (candidates, account, expected) in [
                (["unknown", "both@tents.example", "other@tents.example"], "acc_1", Some(1)),
                (["unknown", "both@tents.example", "other@tents.example"], "acc_2", Some(2)),
                (["unknown", "both@tents.example", "other@tents.example"], "acc_3", Some(1)),
                (["other@tents.example", "unknown", "both@tents.example"], "acc_2", Some(3)),
                (["unknown", "unheard of", "never"], "acc_1", None),
            ] {
                let candidates = candidates.map(str::to_owned);
                let account = ChannelAccountId::from_stored(account);
                let found = message::find_answered(tx, &candidates, &account)?;
                assert_eq!(found.map(|found| found.number), expected, "{candidates:?} at {account}");
            }
            let none = message::find_answered(tx, &[], &ChannelAccountId::from_stored("acc_1"))?;
            assert!(none.is_none());
            Ok(())
        })
        .await
        .expect("done");
}

async fn a_message_is_known_by_either_of_its_ids(engine: Engine) {
    let bench = bench(engine).await;
    bench
        .store
        .write(&bench.workspace, "k", |tx| -> Result<(), Error> {
            add_mails(tx)?;
            let [first, second] = ["acc_1", "acc_2"].map(ChannelAccountId::from_stored);
            let both = message::find_seen(tx, &first, Some("both@tents.example"), Some("msg_3"))?;
            let ids: Vec<&str> = both.by_email_id.iter().map(|known| known.message_id.as_str()).collect();
            assert_eq!(ids, ["msg_1", "msg_2"]);
            assert_eq!(both.by_provider_id.expect("the message").1, ConversationId::from_stored("cnv_3"));
            let elsewhere = message::find_seen(tx, &second, None, Some("msg_3"))?;
            assert!(elsewhere.by_provider_id.is_none() && elsewhere.by_email_id.is_empty());
            let by_mail = message::find_seen(tx, &second, Some("other@tents.example"), None)?;
            assert!(by_mail.by_provider_id.is_none() && by_mail.by_email_id.len() == 1);
            Ok(())
        })
        .await
        .expect("done");
}

async fn the_files_of_a_message_keep_their_order_however_many_there_are(engine: Engine) {
    let bench = bench(engine).await;
    bench
        .store
        .write(&bench.workspace, "k", |tx| -> Result<(), Error> {
            add_mails(tx)?;
            let message = MessageId::from_stored("msg_1");
            // Ids that fall as positions grow.
            let files: Vec<StoredAttachment> = (0..70)
                .map(|number| StoredAttachment {
                    attachment: Attachment {
                        id: AttachmentId::from_stored(format!("att_{}", 99 - number)),
                        file_name: format!("{number}.txt"),
                        media_type: "text/plain".into(),
                        size_bytes: number,
                        inline: number % 2 == 0,
                        content_id: (number % 3 == 0).then(|| number.to_string()),
                        url: String::new(),
                        preview_url: None,
                    },
                    blob_key: "key".into(),
                    message_id: Some(message.clone()),
                    uploaded_by: None,
                    created_at: NOW,
                })
                .collect();
            message::create_attachments(tx, &files)?;
            let stored = message::list_attachments(tx, &message)?;
            let expected: Vec<Attachment> = files.into_iter().map(|file| file.attachment).collect();
            assert_eq!(stored, expected);
            Ok(())
        })
        .await
        .expect("done");
}

/// The one before gives the conversation to a person who was not there yet when the other began to wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_that_was_waited_for_is_read_as_it_is_now() {
    let bench = bench(Engine::Postgres).await;
    let id = ConversationId::from_stored("cnv_1");
    bench
        .store
        .write(&bench.workspace, "k", |tx| -> Result<(), Error> {
            contact::create(tx, &person("ctc_1", "Ines"))?;
            add_conversation(tx, "cnv_1", 1, Some("ctc_1"))
        })
        .await
        .expect("a conversation");
    let (other, locked) = (bench.database.open(), Arc::new(Barrier::new(2)));
    let (id_, locked_) = (id.clone(), locked.clone());
    let before = bench.store.write(&bench.workspace, "k", move |tx| -> Result<(), Error> {
        conversation::find_for_update(tx, &id_)?.expect("the conversation");
        locked_.wait();
        wait_until_waited_for(tx)?;
        tx.execute(
            "insert into users (workspace_id, id, email, name, role, created_at) \
             values (?1, 'usr_1', 'nora@tents.example', 'Nora', 'user', 0)",
            &params![],
        )?;
        contact::save(tx, &person("ctc_1", "Ines of Tents & Sons"))?;
        let nora = UserId::from_stored("usr_1");
        assert!(conversation::compare_and_set_assignee(tx, &id_, None, Some(&nora), NOW)?);
        Ok(())
    });
    let after = other.write(&bench.workspace, "k", move |tx| {
        locked.wait();
        conversation::find_for_update(tx, &id)
    });
    let (before, after) = tokio::join!(before, after);
    before.expect("given to Nora");
    let found = after.expect("read").expect("the conversation");
    assert_eq!(found.version, 2);
    assert_eq!(found.assignee.expect("an assignee").name, "Nora");
    assert_eq!(found.contact.expect("a contact").display_name, "Ines of Tents & Sons");
    other.shutdown().await;
}

/// Goes on once another transaction waits for the end of this one.
fn wait_until_waited_for(tx: &mut Tx<'_>) -> Result<(), Error> {
    let waiting = "select 1 from pg_locks where not granted and locktype = 'transactionid' \
                   and transactionid = cast(pg_current_xact_id() as xid) and 'workspace_id' <> ?1";
    for _ in 0..100_000 {
        if tx.query_opt(waiting, &params![])?.is_some() {
            return Ok(());
        }
        std::thread::yield_now();
    }
    Err(Error::Database("nobody waits".into()))
}
