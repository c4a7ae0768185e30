//! Lists hold what their filters ask for, and nothing else.

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
