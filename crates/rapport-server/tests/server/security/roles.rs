//! Who may do what, for every operation.

use rapport_domain::Role;
use rapport_testkit::app::TestApp;

use super::operations::{operations, unknown_id};
use crate::on_both_engines;
use crate::support::office;

on_both_engines! {
    nothing_is_open_to_strangers,
    who_may_only_read_can_change_nothing,
    people_without_the_right_administer_nothing,
}

/// What everybody may do with what is theirs alone.
const ONES_OWN: &[&str] = &[
    "log_out",
    "change_password",
    "change_me",
    "mark_conversation_read",
    "mark_conversation_unread",
    "note_presence",
];

fn some_path(operation: &super::operations::Operation) -> String {
    operation.path_with(|name, pattern| {
        unknown_id(pattern)
            .unwrap_or_else(|| if name == "mode" { "reply".into() } else { "rpi_unknown".into() })
    })
}

async fn nothing_is_open_to_strangers(app: TestApp) {
    office(&app, "acme").await;
    let stranger = app.stranger();
    let impostor = stranger.with_token("rpt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    for operation in operations().into_iter().filter(|operation| operation.needs_login) {
        for client in [&stranger, &impostor] {
            let answer = operation.call(client, &some_path(&operation)).await;
            assert_eq!(answer.refusal(401), "unauthenticated", "{}", operation.id);
        }
    }
}

async fn who_may_only_read_can_change_nothing(app: TestApp) {
    let (acme, _) = office(&app, "acme").await;
    let reader = acme.user("Rita", Role::ReadOnly).await;
    let mut refused = 0;
    for operation in operations() {
        if !operation.changes() || !operation.needs_login || ONES_OWN.contains(&operation.id.as_str()) {
            continue;
        }
        let answer = operation.call(&reader, &some_path(&operation)).await;
        assert_eq!(answer.refusal(403), "forbidden", "{}", operation.id);
        refused += 1;
    }
    assert!(refused >= 25, "only {refused} operations were tried");
}

async fn people_without_the_right_administer_nothing(app: TestApp) {
    let (acme, _) = office(&app, "acme").await;
    let administration = [
        "change_workspace",
        "change_user",
        "list_invitations",
        "create_invitation",
        "revoke_invitation",
        "create_channel_account",
        "change_channel_account",
        "delete_channel_account",
        "test_channel_account",
        "rotate_identity_secret",
        "list_jobs",
        "replay_job",
    ];
    for role in [Role::User, Role::Supervisor] {
        let person = acme.user(role.as_str(), role).await;
        let all = operations();
        let operations = all.iter().filter(|operation| administration.contains(&operation.id.as_str()));
        let mut tried = 0;
        for operation in operations {
            let answer = operation.call(&person, &some_path(operation)).await;
            assert_eq!(answer.refusal(403), "forbidden", "{} as {role}", operation.id);
            tried += 1;
        }
        assert_eq!(tried, administration.len());
    }
}
