//! Every list of the inbox walks an index of its own; none sorts or passes over what it does not show.

use rapport_domain::{Channel, Status, UserId};
use rapport_store::conversation_list::{AssigneeFilter, ConversationFilter, Sort, count, count_unread, list};
use rapport_store::db::bare::Bare;
use rapport_store::db::record::Recorder;
use rapport_store::{Engine, Error, Store, StoreConfig};

use crate::on_both_engines;
use crate::support::bench;

on_both_engines! {
    statuses_in_any_order_and_number_are_accepted,
}

fn of(statuses: &[Status]) -> ConversationFilter {
    ConversationFilter { statuses: statuses.to_vec(), ..ConversationFilter::default() }
}

async fn statuses_in_any_order_and_number_are_accepted(engine: Engine) {
    let bench = bench(engine).await;
    for statuses in [&[][..], &[Status::Solved], &[Status::Waiting, Status::Open], Status::ALL] {
        let filter = of(statuses);
        let found = bench
            .store
            .read(&bench.workspace, move |tx| {
                let viewer = UserId::from_stored("usr_1");
                count(tx, &viewer, &filter, 10)?;
                list(tx, &viewer, &filter, Sort::LastActivity, None, 10)
            })
            .await
            .expect("a list");
        assert!(found.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_view_reads_its_own_index_in_order() {
    let bench = bench(Engine::Sqlite).await;
    let recorder = Recorder::default();
    let config = StoreConfig { recorder: Some(recorder.clone()), ..bench.database.config.clone() };
    let store = Store::open(config).expect("the store opens");
    let active = of(&[Status::Pending, Status::Open, Status::Waiting]);
    let mine = Some(AssigneeFilter::User(UserId::from_stored("usr_1")));
    let unassigned = Some(AssigneeFilter::Unassigned);
    let views = [
        (active.clone(), Sort::LastActivity, "conversations_active"),
        (of(&[Status::Open]), Sort::LastActivity, "conversations_active"),
        (
            ConversationFilter { assignee: mine.clone(), ..active.clone() },
            Sort::LastActivity,
            "conversations_mine",
        ),
        (
            ConversationFilter { assignee: unassigned, ..active.clone() },
            Sort::LastActivity,
            "conversations_unassigned",
        ),
        (active.clone(), Sort::OldestUnanswered, "conversations_waiting"),
        (active.clone(), Sort::Priority, "conversations_priority"),
        (active, Sort::Created, "conversations_created"),
        (of(&[Status::Solved]), Sort::LastActivity, "conversations_solved"),
        (ConversationFilter::default(), Sort::LastActivity, "conversations_recent"),
        (
            ConversationFilter { assignee: mine.clone(), ..ConversationFilter::default() },
            Sort::LastActivity,
            "conversations_of_assignee",
        ),
        (
            ConversationFilter { assignee: mine, ..ConversationFilter::default() },
            Sort::Created,
            "conversations_created_of_assignee",
        ),
    ];
    let mut bare = Bare::open(&bench.database.config.url).expect("a bare connection");
    for (filter, sort, index) in views {
        let viewer = UserId::from_stored("usr_1");
        store
            .read(&bench.workspace, move |tx| -> Result<(), Error> {
                list(tx, &viewer, &filter, sort, None, 50).map(drop)
            })
            .await
            .expect("a list");
        let recorded = recorder.take();
        let statement = &recorded[0].statements[0];
        let plan = bare.plan(statement).expect("a plan");
        assert!(plan[0].contains(&format!("USING INDEX {index} ")), "{index}: {plan:#?}");
        assert!(!plan.iter().any(|line| line.contains("TEMP B-TREE")), "{index} is sorted again: {plan:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unread_conversations_are_counted_from_indexes_alone() {
    let bench = bench(Engine::Sqlite).await;
    let recorder = Recorder::default();
    let config = StoreConfig { recorder: Some(recorder.clone()), ..bench.database.config.clone() };
    let store = Store::open(config).expect("the store opens");
    store
        .read(&bench.workspace, |tx| {
            count_unread(tx, &UserId::from_stored("usr_1"), &[Channel::Email, Channel::Chat])
        })
        .await
        .expect("counts");
    let recorded = recorder.take();
    let mut bare = Bare::open(&bench.database.config.url).expect("a bare connection");
    let plan = bare.plan(&recorded[0].statements[0]).expect("a plan");
    assert!(plan[0].contains("USING COVERING INDEX conversations_active "), "{plan:#?}");
    assert!(plan[1].starts_with("SEARCH r USING PRIMARY KEY "), "{plan:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_unread_of_a_channel_are_found_in_an_index_alone() {
    let bench = bench(Engine::Sqlite).await;
    let recorder = Recorder::default();
    let config = StoreConfig { recorder: Some(recorder.clone()), ..bench.database.config.clone() };
    let store = Store::open(config).expect("the store opens");
    let filter = ConversationFilter {
        unread: true,
        channel: Some(Channel::Chat),
        ..of(&[Status::Open, Status::Waiting, Status::Pending])
    };
    store
        .read(&bench.workspace, move |tx| -> Result<(), Error> {
            list(tx, &UserId::from_stored("usr_1"), &filter, Sort::LastActivity, None, 50).map(drop)
        })
        .await
        .expect("a list");
    let recorded = recorder.take();
    let mut bare = Bare::open(&bench.database.config.url).expect("a bare connection");
    let plan = bare.plan(&recorded[0].statements[0]).expect("a plan");
    assert!(plan.iter().any(|line| line.contains("USING COVERING INDEX conversations_active ")), "{plan:#?}");
}
