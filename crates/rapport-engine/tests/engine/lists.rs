//! Lists hold what their filters ask for, and nothing else.

use rapport_domain::{AddressKind, ConversationId, Status};
use rapport_engine::contact::NewAddress;
use rapport_engine::conversation::ListRequest;
use rapport_store::conversation_list::{ConversationFilter, Sort};

use crate::fixture::{Fixture, Mail, on_both_engines};

fn narrowed(text: &str) -> ListRequest {
    let filter = ConversationFilter::default();
    ListRequest { filter, text: Some(text.into()), sort: Sort::LastActivity, after: None, limit: 10 }
}

#[test]
fn a_list_narrowed_by_words_holds_only_what_says_them() {
    on_both_engines(|app: Fixture| async move {
        let maria = app.mail(&app.support, Mail::default()).await;
        app.mail(
            &app.support,
            Mail {
                id: "jo@customers.example",
                from: "Jo <jo@customers.example>",
                subject: "Invoice",
                body: "Where is it?",
                ..Mail::default()
            },
        )
        .await;
        let page = app.engine.list_conversations(&app.alice, narrowed("arrived")).await.expect("a page");
        assert_eq!(
            page.conversations.iter().map(|found| &found.id).collect::<Vec<_>>(),
            [&maria.conversation_id]
        );
        assert_eq!(page.total, 1);
        let page = app.engine.list_conversations(&app.alice, narrowed("nowhere")).await.expect("a page");
        assert!(page.conversations.is_empty());
        let page = app.engine.list_conversations(&app.alice, narrowed("jo")).await.expect("a page");
        assert_eq!(page.conversations.len(), 1, "found by who wrote");
    });
}

async fn found(app: &Fixture, text: &str) -> Vec<ConversationId> {
    let page = app.engine.list_conversations(&app.alice, narrowed(text)).await.expect("a page");
    page.conversations.into_iter().map(|found| found.id).collect()
}

#[test]
fn a_list_is_narrowed_by_number_id_and_what_is_known_of_the_contact() {
    on_both_engines(|app: Fixture| async move {
        let maria = app.mail(&app.support, Mail::default()).await.conversation_id;
        app.clock.advance_seconds(1);
        let jo = Mail {
            id: "jo@shop.example",
            from: "Jo <jo.smith@b\u{fc}cher.example>",
            subject: "Invoice",
            body: "Where is it?",
            ..Mail::default()
        };
        let jo = app.mail(&app.support, jo).await.conversation_id;
        let known = app.conversation(&jo).await;
        let contact = known.contact.expect("a contact").id;
        let phone = NewAddress { kind: AddressKind::Phone, value: "+49 170 1234567".into() };
        app.engine.add_contact_address(&app.alice, &contact, phone).await.expect("added");
        for text in [
            "jo.smith@b\u{fc}cher.example".to_owned(),
            "Jo.Smith@xn--bcher-kva.example".to_owned(),
            "+49 (0)170 123-4567".to_owned(),
            "0049 170 1234567".to_owned(),
            " invoice ".to_owned(),
            known.number.to_string(),
            format!("#{}", known.number),
            jo.to_string(),
            contact.to_string(),
        ] {
            assert_eq!(found(&app, &text).await, std::slice::from_ref(&jo), "{text}");
        }
        assert_eq!(found(&app, "maria@customers.example").await, [maria]);
        assert!(found(&app, "+49 170 7654321").await.is_empty());
        let closed = ConversationFilter { statuses: vec![Status::Closed], ..ConversationFilter::default() };
        let both = ListRequest { filter: closed, ..narrowed("jo.smith@b\u{fc}cher.example") };
        let page = app.engine.list_conversations(&app.alice, both).await.expect("a page");
        assert!(page.conversations.is_empty(), "the other filters hold as well");
    });
}

#[test]
fn contacts_are_found_by_numbers_and_domains_in_any_spelling() {
    on_both_engines(|app: Fixture| async move {
        let jo = Mail { from: "Jo <jo@b\u{fc}cher.example>", ..Mail::default() };
        let jo = app.mail(&app.support, jo).await.conversation_id;
        let jo = app.conversation(&jo).await.contact.expect("a contact").id;
        let phone = NewAddress { kind: AddressKind::Phone, value: "+5511912345678".into() };
        app.engine.add_contact_address(&app.alice, &jo, phone).await.expect("added");
        let maria = Mail { id: "2@customers.example", ..Mail::default() };
        app.mail(&app.support, maria).await;
        for text in [
            "+55 11 91234-5678",
            "0055 (11) 91234 5678",
            "5511.91234",
            "+55 11 9",
            "jo@xn--bcher-kva.example",
            "B\u{fc}cher.example",
            "xn--bcher-kva.example",
            "jo 5511912345678",
        ] {
            let contacts =
                app.engine.list_contacts(&app.alice, Some(text.into()), None, 10).await.expect("read");
            assert_eq!(contacts.iter().map(|contact| &contact.id).collect::<Vec<_>>(), [&jo], "{text}");
        }
        let contacts =
            app.engine.list_contacts(&app.alice, Some("55 12".into()), None, 10).await.expect("read");
        assert!(contacts.is_empty());
    });
}

#[test]
fn the_count_of_all_is_that_of_the_list_of_all() {
    on_both_engines(|app: Fixture| async move {
        let closed = app.mail(&app.support, Mail::default()).await.conversation_id;
        let jo = Mail { id: "jo@customers.example", from: "Jo <jo@customers.example>", ..Mail::default() };
        app.mail(&app.support, jo).await;
        app.engine.close(&app.alice, &closed).await.expect("closed");
        let counts = app.engine.count_conversations(&app.alice).await.expect("counts");
        let everything = ListRequest { text: None, ..narrowed("") };
        let page = app.engine.list_conversations(&app.alice, everything).await.expect("a page");
        assert_eq!((counts.views.all, page.total), (2, 2));
        assert_eq!(counts.views.unassigned, 1, "a closed conversation waits for nobody");
    });
}

#[test]
fn contacts_are_found_by_the_beginnings_of_their_words() {
    on_both_engines(|app: Fixture| async move {
        for (from, id) in [
            ("Ana Kovač <ana.kovac@adriatic.example>", "1@adriatic.example"),
            ("Anatol Petit <petit@lune.example>", "2@lune.example"),
            ("50%_off <deals@shop.example>", "3@shop.example"),
        ] {
            app.mail(&app.support, Mail { id, from, ..Mail::default() }).await;
        }
        for (text, expected) in [
            ("a", &["Ana Kovač", "Anatol Petit"][..]),
            ("ANA kov", &["Ana Kovač"]),
            ("kovač ana", &["Ana Kovač"]),
            ("ana@", &["Ana Kovač", "Anatol Petit"]),
            ("adriatic", &["Ana Kovač"]),
            ("ana petit lune", &["Anatol Petit"]),
            ("50%", &["50%_off"]),
            ("ovac", &[]),
            ("%", &[]),
        ] {
            let found =
                app.engine.list_contacts(&app.alice, Some(text.to_owned()), None, 10).await.expect("a list");
            let mut names: Vec<&str> = found.iter().map(|contact| contact.display_name.as_str()).collect();
            names.sort_unstable();
            assert_eq!(names, expected, "{text}");
        }
        let page =
            app.engine.list_contacts(&app.alice, Some("ana".to_owned()), None, 1).await.expect("a list");
        let after = Some((page[0].updated_at, page[0].id.clone()));
        let next =
            app.engine.list_contacts(&app.alice, Some("ana".to_owned()), after, 1).await.expect("a list");
        assert_ne!(next[0].id, page[0].id);
        let ana = page.iter().chain(&next).find(|contact| contact.display_name == "Ana Kovač").expect("Ana");
        let renamed = rapport_engine::contact::ContactChange {
            display_name: Some("Maja".to_owned()),
            ..Default::default()
        };
        app.engine.edit_contact(&app.alice, &ana.id, renamed).await.expect("a contact");
        let gone = app.engine.list_contacts(&app.alice, Some("kovač maj".to_owned()), None, 1).await;
        assert_eq!(gone.expect("a list").len(), 1, "the address still says kovac");
    });
}
