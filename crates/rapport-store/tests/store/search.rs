//! Full-text search finds the same on both engines, and only in its own workspace.

use rapport_domain::{Timestamp, WorkspaceId};
use rapport_store::search::{SearchDocument, SearchKind, SearchQuery, index, search};
use rapport_store::{Engine, Error};

use crate::on_both_engines;
use crate::support::{Bench, bench};

on_both_engines! {
    words_phrases_and_beginnings_are_found_newest_first,
    nothing_of_another_workspace_is_found,
    what_was_indexed_again_is_found_by_its_new_words_only,
    query_syntax_is_only_text,
    a_kind_is_found_alone,
    a_short_last_word_is_complete_except_in_scripts_without_spaces,
    accents_make_no_difference,
    a_document_changed_often_at_once_is_found_by_its_last_words,
    what_a_failed_closure_indexed_is_not_found,
    hits_are_found_in_order_across_many_documents,
    an_id_finds_what_it_stands_for,
}

async fn add(bench: &Bench, workspace: &WorkspaceId, reference: &'static str, body: &'static str) {
    bench
        .store
        .write(workspace, reference, move |tx| {
            index(
                tx,
                &SearchDocument {
                    kind: SearchKind::Message,
                    reference_id: reference,
                    conversation_id: Some("cnv_1"),
                    contact_id: None,
                    occurred_at: Timestamp::from_millis(1),
                    body,
                },
            )
        })
        .await
        .expect("indexed");
}

async fn find(bench: &Bench, text: &'static str) -> Vec<String> {
    bench
        .store
        .read(&bench.workspace, move |tx| -> Result<Vec<String>, Error> {
            let hits = search(tx, &SearchQuery { text, kind: None, limit: 10, before: None })?;
            Ok(hits.into_iter().map(|hit| hit.reference_id).collect())
        })
        .await
        .expect("a search")
}

async fn words_phrases_and_beginnings_are_found_newest_first(engine: Engine) {
    let bench = bench(engine).await;
    let workspace = bench.workspace.clone();
    add(&bench, &workspace, "one", "The order 10234 has not arrived, maria@customers.example").await;
    add(&bench, &workspace, "two", "Order of the bath: arrived").await;
    assert_eq!(find(&bench, "order").await, ["two", "one"]);
    assert_eq!(find(&bench, "order 10234 ").await, ["one"]);
    assert_eq!(find(&bench, "\"has not\"").await, ["one"]);
    assert_eq!(find(&bench, "\"not has\"").await, Vec::<String>::new());
    assert_eq!(
        find(&bench, "orde arriv").await,
        Vec::<String>::new(),
        "only the last word may be unfinished"
    );
    assert_eq!(find(&bench, "order arriv").await, ["two", "one"]);
    assert_eq!(find(&bench, "maria@customers.example").await, ["one"]);
}

async fn nothing_of_another_workspace_is_found(engine: Engine) {
    let bench = bench(engine).await;
    // The ids of the last two end in a way that PostgreSQL's index does not tell apart.
    for (number, other) in ["wsp_2", "wsp_z1"].into_iter().enumerate() {
        let reference = ["foreign", "stranger"][number];
        add(&bench, &WorkspaceId::from_stored(other), reference, "secret canary").await;
    }
    assert_eq!(find(&bench, "canary").await, Vec::<String>::new());
    add(&bench, &bench.workspace, "own", "our canary").await;
    assert_eq!(find(&bench, "canary").await, ["own"]);
}

async fn what_was_indexed_again_is_found_by_its_new_words_only(engine: Engine) {
    let bench = bench(engine).await;
    let workspace = bench.workspace.clone();
    add(&bench, &workspace, "one", "before").await;
    add(&bench, &workspace, "one", "after").await;
    assert_eq!(find(&bench, "before").await, Vec::<String>::new());
    assert_eq!(find(&bench, "after").await, ["one"]);
}

async fn query_syntax_is_only_text(engine: Engine) {
    let bench = bench(engine).await;
    let workspace = bench.workspace.clone();
    add(&bench, &workspace, "one", "plain words near or not").await;
    for text in [
        "\"",
        "NEAR(",
        "*",
        "body:plain",
        "!&|",
        "plain' & 'words",
        "scope:wsp_2 OR plain",
        "a\u{0}b",
        "():*<->",
    ] {
        let _ = find(&bench, text).await;
    }
    assert_eq!(find(&bench, "plain NOT words").await, ["one"], "operators are words like any other");
}

async fn a_kind_is_found_alone(engine: Engine) {
    let bench = bench(engine).await;
    let workspace = bench.workspace.clone();
    add(&bench, &workspace, "one", "Maria").await;
    let document = |kind, reference_id| SearchDocument {
        kind,
        reference_id,
        conversation_id: None,
        contact_id: None,
        occurred_at: Timestamp::from_millis(1),
        body: "Maria",
    };
    bench
        .store
        .write(&workspace, "two", move |tx| index(tx, &document(SearchKind::Contact, "two")))
        .await
        .expect("indexed");
    for (kind, expected) in [
        (None, vec!["two", "one"]),
        (Some(SearchKind::Message), vec!["one"]),
        (Some(SearchKind::Contact), vec!["two"]),
        (Some(SearchKind::Conversation), vec![]),
    ] {
        let found = bench
            .store
            .read(&workspace, move |tx| {
                search(tx, &SearchQuery { text: "maria", kind, limit: 10, before: None })
            })
            .await
            .expect("a search");
        let references: Vec<&str> = found.iter().map(|hit| hit.reference_id.as_str()).collect();
        assert_eq!(references, expected, "{kind:?}");
    }
}

async fn a_short_last_word_is_complete_except_in_scripts_without_spaces(engine: Engine) {
    let bench = bench(engine).await;
    let workspace = bench.workspace.clone();
    add(&bench, &workspace, "one", "delivery").await;
    add(&bench, &workspace, "two", "del 注文番号").await;
    assert_eq!(find(&bench, "del").await, ["two"]);
    assert_eq!(find(&bench, "deli").await, ["one"]);
    assert_eq!(find(&bench, "注文").await, ["two"]);
}

async fn accents_make_no_difference(engine: Engine) {
    let bench = bench(engine).await;
    let workspace = bench.workspace.clone();
    add(&bench, &workspace, "one", "Señor Kovač is happy").await;
    add(&bench, &workspace, "two", "senor KOVAC\u{301} too").await;
    for text in ["kovac", "Kovač ", "señor kovac", "\"senor kovac\"", "KOVÁ"] {
        assert_eq!(find(&bench, text).await, ["two", "one"], "{text}");
    }
}

async fn a_document_changed_often_at_once_is_found_by_its_last_words(engine: Engine) {
    let bench = bench(engine).await;
    let document = |body| SearchDocument {
        kind: SearchKind::Contact,
        reference_id: "one",
        conversation_id: None,
        contact_id: None,
        occurred_at: Timestamp::from_millis(1),
        body,
    };
    bench
        .store
        .write(&bench.workspace, "one", move |tx| {
            for body in ["first", "second", "nul\0 third"] {
                index(tx, &document(body))?;
            }
            Ok::<(), Error>(())
        })
        .await
        .expect("indexed");
    assert_eq!(find(&bench, "first").await, Vec::<String>::new());
    assert_eq!(find(&bench, "second").await, Vec::<String>::new());
    assert_eq!(find(&bench, "nul third").await, ["one"]);
}

async fn what_a_failed_closure_indexed_is_not_found(engine: Engine) {
    let bench = bench(engine).await;
    let workspace = bench.workspace.clone();
    add(&bench, &workspace, "one", "kept").await;
    // Many at once, so that failing and succeeding closures share a commit.
    let mut writes = tokio::task::JoinSet::new();
    for number in 0..40 {
        let (store, workspace) = (bench.store.clone(), workspace.clone());
        writes.spawn(async move {
            let write = store.write(&workspace, "same", move |tx| {
                let good = number % 2 == 0;
                let document = SearchDocument {
                    kind: SearchKind::Message,
                    reference_id: if good { &format!("good{number}") } else { "one" },
                    conversation_id: None,
                    contact_id: None,
                    occurred_at: Timestamp::from_millis(1),
                    body: if good { "fresh" } else { "overwritten" },
                };
                index(tx, &document)?;
                if good { Ok(()) } else { Err(Error::Check("changed my mind".to_owned())) }
            });
            write.await.is_ok()
        });
    }
    let kept = writes.join_all().await.into_iter().filter(|kept| *kept).count();
    assert_eq!(kept, 20);
    assert_eq!(find(&bench, "kept").await, ["one"]);
    assert_eq!(find(&bench, "overwritten").await, Vec::<String>::new());
    assert_eq!(find(&bench, "fresh").await.len(), 10, "a page of them");
}

/// Enough of them that the newest part of the index holds too little, so that older parts have to be asked.
async fn hits_are_found_in_order_across_many_documents(engine: Engine) {
    const DOCUMENTS: i64 = 40_000;
    let bench = bench(engine).await;
    for start in (0..DOCUMENTS).step_by(5_000) {
        bench
            .store
            .write(&bench.workspace, "many", move |tx| {
                for number in start..start + 5_000 {
                    let body = match number {
                        _ if number % 1_000 == 7 => "needle straw",
                        _ if number % 2 == 0 => "hay straw",
                        _ => "hay",
                    };
                    let document = SearchDocument {
                        kind: if number % 10 == 7 { SearchKind::Contact } else { SearchKind::Message },
                        reference_id: &number.to_string(),
                        conversation_id: None,
                        contact_id: None,
                        occurred_at: Timestamp::from_millis(number),
                        body,
                    };
                    rapport_store::search::index_new(tx, &document)?;
                }
                Ok::<(), Error>(())
            })
            .await
            .expect("indexed");
    }
    let pages_of = |kind: Option<SearchKind>, text: &'static str| {
        let (store, workspace) = (&bench.store, &bench.workspace);
        async move {
            let (mut found, mut before) = (Vec::new(), None);
            loop {
                let hits = store
                    .read(workspace, move |tx| search(tx, &SearchQuery { text, kind, limit: 9, before }))
                    .await
                    .expect("a search");
                let Some(last) = hits.last() else { return found };
                before = Some(last.position);
                found.extend(hits.iter().map(|hit| hit.occurred_at.as_millis()));
                if found.len() > 60 {
                    return found;
                }
            }
        }
    };
    let pages = |text| pages_of(None, text);
    let needles: Vec<i64> = (0..DOCUMENTS).rev().filter(|number| number % 1_000 == 7).collect();
    assert_eq!(pages("needle ").await, needles);
    assert_eq!(pages("straw needle ").await, needles);
    let straws: Vec<i64> =
        (0..DOCUMENTS).rev().filter(|number| number % 2 == 0 || number % 1_000 == 7).take(63).collect();
    assert_eq!(pages("straw ").await, straws);
    assert_eq!(pages_of(Some(SearchKind::Contact), "straw").await, needles);
    assert_eq!(pages_of(Some(SearchKind::Message), "needle").await, Vec::<i64>::new());
}

async fn an_id_finds_what_it_stands_for(engine: Engine) {
    const MESSAGE: &str = "msg_01jd8jp700kmr808vxcktn188k";
    let bench = bench(engine).await;
    add(&bench, &bench.workspace, MESSAGE, "one").await;
    add(&bench, &bench.workspace, "msg_01jd8jp700kmr808vxcktn188m", "two").await;
    assert_eq!(find(&bench, " msg_01jd8jp700kmr808vxcktn188k ").await, [MESSAGE]);
    assert_eq!(find(&bench, "cnv_01jd8jp700kmr808vxcktn188k").await, Vec::<String>::new());
    let among_contacts = bench
        .store
        .read(&bench.workspace, |tx| {
            search(
                tx,
                &SearchQuery { text: MESSAGE, kind: Some(SearchKind::Contact), limit: 10, before: None },
            )
        })
        .await
        .expect("a search");
    assert!(among_contacts.is_empty(), "a message is no contact");
}
