//! A database of the first version, with people, mail and what they have read, comes through every later migration.

use rapport_domain::{AddressKind, ContactId, ConversationId, MessageId, UserId, WorkspaceId};
use rapport_store::conversation_list::{self, ConversationFilter, Sort};
use rapport_store::migrate::{migrate_database, migrate_database_up_to};
use rapport_store::search::{SearchKind, SearchQuery};
use rapport_store::{Engine, Error, Store, Tx, params};
use rapport_testkit::database::empty;

use crate::on_both_engines;

on_both_engines! {
    what_was_there_in_the_first_version_is_there_in_the_newest,
}

/// One statement a line; both engines take them.
const HISTORY: &str = include_str!("v001.sql");
/// How the first version made the words of a message and of a contact findable.
const WORDS: [(&str, &str, &str); 2] =
    [("message", "msg_1", "the zeltstange is broken"), ("contact", "ctc_1", "ines prado tents sons")];

async fn fill(store: &Store, engine: Engine) {
    let filled = store.write_server("history", move |tx| -> Result<(), Error> {
        for statement in HISTORY.lines() {
            tx.execute(statement.trim_end_matches(';'), &[])?;
        }
        for (id, (kind, reference, words)) in (1..).zip(WORDS) {
            let columns = "workspace_id, kind, reference_id, conversation_id, contact_id, occurred_at";
            let values = "'wsp_1', ?1, ?2, 'cnv_2', 'ctc_1', 3000";
            match engine {
                Engine::Sqlite => {
                    let sql = format!("insert into search_documents (id, {columns}) values (?3, {values})");
                    tx.execute(&sql, &params![kind, reference, id])?;
                    let scope = format!("allwsp1 {kind}wsp1");
                    tx.execute(
                        "insert into search_index (rowid, scope, body) values (?1, ?2, ?3)",
                        &params![id, &scope, words],
                    )?;
                }
                Engine::Postgres => {
                    let sql = format!(
                        "insert into search_documents ({columns}, body) values ({values}, to_tsvector('simple', ?3))"
                    );
                    tx.execute(&sql, &params![kind, reference, words])?;
                }
            }
        }
        Ok(())
    });
    filled.await.expect("a history");
}

async fn what_was_there_in_the_first_version_is_there_in_the_newest(engine: Engine) {
    let database = empty(engine);
    let first = migrate_database_up_to(&database.config.url, 1).expect("the first version");
    assert_eq!((first.applied, first.version), (vec![1], 1));
    let store = database.open();
    fill(&store, engine).await;
    store.shutdown().await;

    let newest = migrate_database(&database.config.url).expect("the newest version");
    assert_eq!(newest.applied, (2..=newest.version).collect::<Vec<_>>());
    assert_eq!(newest.backup.is_some(), engine == Engine::Sqlite);

    let store = database.open();
    let workspace = WorkspaceId::from_stored("wsp_1");
    store
        .read(&workspace, |tx| -> Result<(), Error> {
            check_people(tx)?;
            check_conversation(tx)?;
            check_what_was_read(tx)?;
            check_search(tx)
        })
        .await
        .expect("everything can be read");
    store.shutdown().await;
}

fn check_people(tx: &mut Tx<'_>) -> Result<(), Error> {
    let contact = rapport_store::contact::find(tx, &ContactId::from_stored("ctc_1"))?.expect("the contact");
    let addresses: Vec<_> = contact.addresses.iter().map(|address| address.value.as_str()).collect();
    assert_eq!(addresses, ["ines@tents.example", "ines@xn--bcher-kva.example"]);
    assert_eq!(contact.company.as_deref(), Some("Tents & Sons"));
    // The address is known under the spelling that is canonical by now.
    let owner = rapport_store::contact::find_by_address(tx, AddressKind::Email, "ines@b\u{fc}cher.example")?;
    assert_eq!(owner.expect("an owner").0, contact.id);
    let listed = rapport_store::contact::list(tx, Some("ine"), None, 10)?;
    assert_eq!(listed.iter().map(|contact| contact.id.as_str()).collect::<Vec<_>>(), ["ctc_1"]);
    Ok(())
}

fn check_conversation(tx: &mut Tx<'_>) -> Result<(), Error> {
    let id = ConversationId::from_stored("cnv_2");
    let conversation = rapport_store::conversation::find(tx, &id)?.expect("the conversation");
    assert_eq!((conversation.number, conversation.subject.as_deref()), (2, Some("A pole")));
    assert_eq!(conversation.assignee.expect("an assignee").name, "Ana");
    let mut messages = rapport_store::message::list_before(tx, &id, None, 10)?;
    messages.reverse();
    let texts: Vec<_> = messages.iter().map(|stored| stored.message.body_text.as_str()).collect();
    assert_eq!(texts, ["The zeltstange is broken.", "Which one?", "And a pole."]);
    assert_eq!(messages[1].details.in_reply_to.as_deref(), Some("a@tents.example"));
    assert_eq!(messages[2].message.attachments[0].file_name, "pole.jpg");
    let known = rapport_store::message::list_by_email_id(tx, "a@tents.example")?;
    assert_eq!(known[0].message_id, MessageId::from_stored("msg_1"));
    let jobs = rapport_store::jobs::list_jobs(tx, "queued", None, 10)?;
    assert_eq!(jobs.iter().map(|job| job.id.as_str()).collect::<Vec<_>>(), ["job_1"]);
    assert_eq!(rapport_store::event::list_after(tx, 0, 10)?.len(), 1);
    Ok(())
}

fn check_what_was_read(tx: &mut Tx<'_>) -> Result<(), Error> {
    let [ana, ben] = ["usr_1", "usr_2"].map(UserId::from_stored);
    for (user, unread) in [(&ana, Some(1)), (&ben, Some(2))] {
        let filter = ConversationFilter::default();
        let listed = conversation_list::list(tx, user, &filter, Sort::LastActivity, None, 10)?;
        let counts: Vec<_> = listed.iter().map(|one| (one.id.as_str(), one.unread_count)).collect();
        assert_eq!(counts[0], ("cnv_2", unread));
    }
    let draft = rapport_store::read_state::find_draft(
        tx,
        &ben,
        &ConversationId::from_stored("cnv_2"),
        rapport_domain::DraftMode::Note,
    )?;
    assert!(format!("{draft:?}").contains("Ask the shop"), "{draft:?}");
    Ok(())
}

fn check_search(tx: &mut Tx<'_>) -> Result<(), Error> {
    for (text, kind, found) in [
        ("zeltstan", None, "msg_1"),
        ("broken", Some(SearchKind::Message), "msg_1"),
        ("prado", Some(SearchKind::Contact), "ctc_1"),
    ] {
        let query = SearchQuery { text, kind, limit: 10, before: None };
        let hits = rapport_store::search::search(tx, &query)?;
        assert_eq!(hits.iter().map(|hit| hit.reference_id.as_str()).collect::<Vec<_>>(), [found], "{text}");
    }
    Ok(())
}
