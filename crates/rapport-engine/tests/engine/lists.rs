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
