//! Two people, one conversation: exactly one gets it.

use futures_util::future::join_all;
use rapport_domain::model::{User, UserReference};
use rapport_domain::{Clock, Role, SystemEntropy, UserId};
use rapport_engine::conversation::{Assignment, TimelineItem};
use rapport_engine::{Caller, Engine, Error};
use rapport_store::Engine as Database;

use crate::fixture::{Fixture, Mail, on_both_engines, on_engine};

fn take(caller: &Caller) -> Assignment {
    Assignment { user: Some(caller.user.id.clone()), expected: None }
}

/// So many different people, with all roles that can answer in turn.
async fn crowd(app: &Fixture, size: usize) -> Vec<Caller> {
    let roles = [Role::Admin, Role::Supervisor, Role::User];
    let now = app.clock.now();
    let people: Vec<User> = (0..size)
        .map(|number| User {
            id: UserId::generate(now, &SystemEntropy),
            name: format!("Taker {number}"),
            email: Some(format!("taker{number}@bikes.example")),
            role: roles[number % roles.len()],
            active: true,
            created_at: now,
            last_seen_at: None,
            online: false,
        })
        .collect();
    let created = people.clone();
    app.engine
        .store()
        .write(&app.workspace, "users", move |tx| {
            for user in &created {
                let email = user.email.as_deref().unwrap_or_default();
                rapport_store::user::create(tx, user, email, None)?;
            }
            Ok::<_, rapport_store::Error>(())
        })
        .await
        .expect("the people are there");
    let caller = |user: User| Caller {
        user: UserReference { id: user.id, name: user.name },
        role: user.role,
        ..app.alice.clone()
    };
    people.into_iter().map(caller).collect()
}

/// A hundred people of all roles take one conversation through these servers.
async fn race(app: &Fixture, servers: &[Engine]) {
    let id = app.mail(&app.support, Mail::default()).await.conversation_id;
    let takers = crowd(app, 100).await;
    let attempts = takers
        .iter()
        .enumerate()
        .map(|(number, taker)| servers[number % servers.len()].assign(taker, &id, take(taker)));
    let outcomes = join_all(attempts).await;
    let holder = app.conversation(&id).await.assignee.expect("somebody has it");
    let mut winners = Vec::new();
    for (taker, outcome) in takers.iter().zip(&outcomes) {
        match outcome {
            Ok(conversation) => {
                assert_eq!(conversation.assignee.as_ref(), Some(&taker.user));
                winners.push(&taker.user);
            }
            Err(Error::Conflict { code, current, .. }) => {
                let told = current.as_ref().and_then(|current| current["assignee"]["id"].as_str());
                assert_eq!((*code, told), ("already_assigned", Some(holder.id.as_str())));
            }
            Err(other) => panic!("unexpected: {other}"),
        }
    }
    assert_eq!(winners, [&holder]);
    let timeline = app.engine.list_timeline(&app.alice, &id, None, 100).await.expect("timeline");
    let assigned = timeline.iter().filter(
        |item| matches!(item, TimelineItem::Activity { activity } if activity.name == "conversation.assigned"),
    );
    assert_eq!(assigned.count(), 1, "one event for one assignment");
}

#[test]
fn of_many_who_take_a_conversation_at_once_one_gets_it() {
    on_both_engines(|app: Fixture| async move { race(&app, std::slice::from_ref(&app.engine)).await });
}

#[test]
fn of_many_who_take_it_on_two_servers_one_gets_it() {
    on_engine(Database::Postgres, &|app: Fixture| async move {
        race(&app, &[app.engine.clone(), app.second_engine()]).await;
    });
}

#[test]
fn what_a_colleague_has_is_taken_only_by_naming_the_colleague() {
    on_both_engines(|app: Fixture| async move {
        let id = app.mail(&app.support, Mail::default()).await.conversation_id;
        app.engine.assign(&app.bob, &id, take(&app.bob)).await.expect("taken");
        let supervisor = crowd(&app, 2).await.remove(1);
        for taker in [&app.alice, &supervisor] {
            let unaware = app.engine.assign(taker, &id, take(taker)).await;
            assert!(matches!(unaware, Err(Error::Conflict { code: "already_assigned", .. })), "{unaware:?}");
        }
        let aware = Assignment { expected: Some(Some(app.bob.user.id.clone())), ..take(&supervisor) };
        let taken = app.engine.assign(&supervisor, &id, aware.clone()).await.expect("taken over");
        assert_eq!(taken.assignee.as_ref(), Some(&supervisor.user));
        let outdated = Assignment { user: Some(app.alice.user.id.clone()), ..aware };
        let refused = app.engine.assign(&app.alice, &id, outdated).await;
        assert!(matches!(refused, Err(Error::Conflict { code: "already_assigned", .. })), "{refused:?}");
        // A permission is needed all the same.
        let aware = Assignment { expected: Some(Some(supervisor.user.id.clone())), ..take(&app.bob) };
        let refused = app.engine.assign(&app.bob, &id, aware).await;
        assert!(matches!(refused, Err(Error::Conflict { code: "already_assigned", .. })), "{refused:?}");
    });
}

#[test]
fn a_closed_conversation_cannot_be_assigned() {
    on_both_engines(|app: Fixture| async move {
        let id = app.mail(&app.support, Mail::default()).await.conversation_id;
        app.engine.close(&app.alice, &id).await.expect("closed");
        let refused = app.engine.assign(&app.alice, &id, take(&app.alice)).await;
        assert!(matches!(refused, Err(Error::Conflict { code: "conversation_closed", .. })), "{refused:?}");
    });
}

#[test]
fn an_ordinary_user_cannot_move_what_a_colleague_has() {
    on_both_engines(|app: Fixture| async move {
        let id = app.mail(&app.support, Mail::default()).await.conversation_id;
        app.engine.assign(&app.alice, &id, take(&app.alice)).await.expect("taken");
        let unassign = Assignment { user: None, expected: None };
        let refused = app.engine.assign(&app.bob, &id, unassign).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
        let taken = app.engine.assign(&app.bob, &id, take(&app.bob)).await;
        assert!(matches!(taken, Err(Error::Conflict { code: "already_assigned", .. })), "{taken:?}");
    });
}
