//! Two workspaces never share the name of an address, however closely they claim it.

use std::collections::BTreeMap;

use rapport_domain::{Channel, ChannelAccountId, WorkspaceId};
use rapport_engine::channel_account::{AccountChange, NewAccount};
use rapport_engine::{Caller, Engine, Error};
use rapport_store::Engine as Database;
use rapport_store::migrate::{migrate_database, migrate_database_up_to};
use rapport_testkit::database::empty;
use serde_json::json;

use crate::fixture::{Fixture, on_both_engines, on_engine};

async fn claim(
    engine: &Engine,
    caller: &Caller,
    kind: &str,
    addresses: &[&str],
) -> Result<ChannelAccountId, Error> {
    let new = NewAccount {
        channel: Channel::Email,
        name: addresses[0].into(),
        active: true,
        config: config(kind, addresses),
        secrets: BTreeMap::default(),
    };
    engine.create_channel_account(caller, new).await.map(|created| created.account.id)
}

fn config(kind: &str, addresses: &[&str]) -> serde_json::Value {
    json!({
        "address": addresses[0], "additional_addresses": addresses[1..],
        "inbound": { "kind": kind }, "outbound": { "kind": "none" },
    })
}

fn is_in_use<T: std::fmt::Debug>(outcome: &Result<T, Error>) -> bool {
    match outcome {
        Ok(_) => false,
        Err(Error::Conflict { code: "address_in_use", .. }) => true,
        Err(other) => panic!("neither taken nor in use: {other}"),
    }
}

async fn claim_at_once(app: &Fixture, neighbours_engine: &Engine) {
    let neighbour = app.neighbour().await;
    for round in 0..12 {
        for (one, other) in [
            ("help@{}", "help@{}"),
            ("help@{}", "help+vip@{}"),
            ("help+vip@{}", "help@{}"),
            ("reply+x@{}", "reply@{}"),
        ] {
            let domain = format!("d{round}-{}.example", one.len() * 100 + other.len());
            let [one, other] = [one, other].map(|address| address.replace("{}", &domain));
            let (first, second) = futures_util::future::join(
                claim(&app.engine, &app.alice, "http", &[&one]),
                claim(neighbours_engine, &neighbour, "http", &[&other]),
            )
            .await;
            let refused = [is_in_use(&first), is_in_use(&second)];
            assert!(refused == [true, false] || refused == [false, true], "{one}, {other}: {refused:?}");
        }
    }
}

#[test]
fn of_two_workspaces_that_claim_a_name_at_once_one_gets_it() {
    on_engine(Database::Sqlite, &|app: Fixture| async move {
        claim_at_once(&app, &app.engine).await;
    });
    // Each server decides for itself, and only the database knows of both.
    on_engine(Database::Postgres, &|app: Fixture| async move {
        let other_server = app.second_engine();
        claim_at_once(&app, &other_server).await;
    });
}

#[test]
fn a_name_is_free_again_when_its_address_is_given_up() {
    on_both_engines(|app: Fixture| async move {
        let neighbour = app.neighbour().await;
        let (ours, theirs) = ("help@harbour.example", "help+vip@harbour.example");
        let id = claim(&app.engine, &app.alice, "http", &[ours, "shop@harbour.example"]).await.expect("free");
        assert!(is_in_use(&claim(&app.engine, &neighbour, "http", &[theirs]).await));
        let update = |addresses: &[&str]| {
            let change =
                AccountChange { config: Some(config("http", addresses)), ..AccountChange::default() };
            app.engine.update_channel_account(&app.alice, &id, change)
        };
        update(&["shop@harbour.example"]).await.expect("given up");
        let below = claim(&app.engine, &neighbour, "http", &[theirs]).await.expect("free by now");
        assert!(is_in_use(&update(&[ours]).await));
        update(&["help+x@harbour.example"]).await.expect("a part of the name is free");
        app.engine.delete_channel_account(&neighbour, &below).await.expect("deleted");
        update(&["shop@harbour.example", ours]).await.expect("the whole of it, too");
        app.engine.delete_channel_account(&app.alice, &id).await.expect("deleted");
        claim(&app.engine, &neighbour, "http", &[theirs, ours]).await.expect("free again");
    });
}

const SHARED_NAMES: &str = "
insert into workspaces (id, name, settings, created_at) values ('wsp_1', 'Bikes', '{}', 1)
insert into workspaces (id, name, settings, created_at) values ('wsp_2', 'Boats', '{}', 1)
insert into channel_accounts (workspace_id, id, channel, name, config, secrets, created_at) values ('wsp_1', 'cha_1', 'email', 'Help', '{\"inbound\":{\"kind\":\"listener\"}}', '', 1)
insert into channel_accounts (workspace_id, id, channel, name, config, secrets, created_at) values ('wsp_2', 'cha_2', 'email', 'Help', '{}', '', 1)
insert into channel_account_addresses (workspace_id, address, channel_account_id) values ('wsp_1', 'help@bikes.example', 'cha_1')
insert into channel_account_addresses (workspace_id, address, channel_account_id) values ('wsp_1', 'shop+eu@bikes.example', 'cha_1')
insert into channel_account_addresses (workspace_id, address, channel_account_id) values ('wsp_2', 'help+vip@bikes.example', 'cha_2')
insert into channel_account_addresses (workspace_id, address, channel_account_id) values ('wsp_2', 'shop+us@bikes.example', 'cha_2')
insert into channel_account_addresses (workspace_id, address, channel_account_id) values ('wsp_2', 'reply@bikes.example', 'cha_2')";

/// In one database, two workspaces had come to share names before that was impossible.
#[test]
fn names_that_were_shared_before_stay_usable_and_belong_to_the_plain_address() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    for engine in [Database::Sqlite, Database::Postgres] {
        let database = empty(engine);
        migrate_database_up_to(&database.config.url, 8).expect("the version before");
        runtime.block_on(async {
            let store = database.open();
            let fill = store.write_server("history", |tx| -> Result<(), rapport_store::Error> {
                for statement in SHARED_NAMES.trim().lines() {
                    tx.execute(statement, &[])?;
                }
                Ok(())
            });
            fill.await.expect("a history");
            store.shutdown().await;
        });
        migrate_database(&database.config.url).expect("the newest version");
        runtime.block_on(async {
            let store = database.open();
            let read = store.read_server(|tx| -> Result<_, rapport_store::Error> {
                let rows = tx.query("select name, workspace_id from address_names order by name", &[])?;
                rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
            });
            let names: Vec<(String, Option<String>)> = read.await.expect("names");
            let expected = [
                ("bounces@bikes.example", None),
                ("help@bikes.example", Some("wsp_1")),
                ("postmaster@bikes.example", None),
                ("reply@bikes.example", Some("wsp_2")),
                ("shop@bikes.example", None),
            ];
            let expected = expected.map(|(name, holder)| (name.to_owned(), holder.map(str::to_owned)));
            assert_eq!(names, expected, "{engine:?}");
            let boats = WorkspaceId::from_stored("wsp_2");
            let kept = store.read(&boats, rapport_store::channel_account::list_addresses);
            assert_eq!(kept.await.expect("addresses").len(), 3);
            store.shutdown().await;
        });
    }
}
