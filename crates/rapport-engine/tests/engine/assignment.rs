//! Two people, one conversation: exactly one gets it.

use futures_util::future::join_all;
use rapport_engine::conversation::Assignment;
use rapport_engine::{Caller, Error};

use crate::fixture::{Fixture, Mail, on_both_engines};

fn take(caller: &Caller) -> Assignment {
    Assignment { user: Some(caller.user.id.clone()), expected: None }
}

#[test]
fn of_many_who_take_a_conversation_at_once_one_gets_it() {
    on_both_engines(|app: Fixture| async move {
        let id = app.mail(&app.support, Mail::default()).await.conversation_id;
        let carol = Caller { user: app.bob.user.clone(), ..app.bob.clone() };
        let racers: Vec<&Caller> =
            (0..50).map(|number| if number % 2 == 0 { &app.alice } else { &carol }).collect();
        // Administrators may reassign; to race on equal terms everybody is an ordinary user here.
        let racers: Vec<Caller> = racers
            .into_iter()
            .map(|caller| Caller { role: rapport_domain::Role::User, ..caller.clone() })
            .collect();
        let outcomes =
            join_all(racers.iter().map(|caller| app.engine.assign(caller, &id, take(caller)))).await;
        let holder = app.conversation(&id).await.assignee.expect("somebody has it").id;
        for (racer, outcome) in racers.iter().zip(&outcomes) {
            match outcome {
                Ok(conversation) => {
                    assert_eq!(conversation.assignee.as_ref().map(|user| &user.id), Some(&racer.user.id));
                    assert_eq!(racer.user.id, holder);
                }
                Err(Error::Conflict { code, current, .. }) => {
                    assert_eq!(*code, "already_assigned");
                    assert!(current.is_some(), "the loser is told who has it");
                    assert_ne!(racer.user.id, holder);
                }
                Err(other) => panic!("unexpected: {other}"),
            }
        }
        let activity = app.engine.list_timeline(&app.alice, &id, None, 100).await.expect("timeline");
        let assigned = activity
            .iter()
            .filter(|item| matches!(item, rapport_engine::conversation::TimelineItem::Activity { activity } if activity.name == "conversation.assigned"))
            .count();
        assert_eq!(assigned, 1, "one event for one assignment");
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
