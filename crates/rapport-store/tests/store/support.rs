//! What the tests of this crate share.

use rapport_domain::WorkspaceId;
use rapport_store::{Engine, Error, NewEvent, NewJob, Store, params};
use rapport_testkit::database::{TestDatabase, fresh};

/// Runs each named async function on both engines.
#[macro_export]
macro_rules! on_both_engines {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(rapport_store::Engine::Sqlite).await;
            })*
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(rapport_store::Engine::Postgres).await;
            })*
        }
    };
}

/// A store with two workspaces and a table to write to.
pub struct Bench {
    pub store: Store,
    pub workspace: WorkspaceId,
    pub other: WorkspaceId,
    /// Dropped after the store.
    pub database: TestDatabase,
}

pub async fn bench(engine: Engine) -> Bench {
    let database = fresh(engine);
    let store = database.open();
    let workspace = WorkspaceId::from_stored("wsp_1");
    let other = WorkspaceId::from_stored("wsp_2");
    store
        .write_server("setup", |tx| -> Result<(), Error> {
            for id in ["wsp_1", "wsp_2"] {
                tx.execute(
                    "insert into workspaces (id, name, settings, created_at) values (?1, ?1, '{}', 0)",
                    &params![id],
                )?;
            }
            tx.execute(
                "create table samples (workspace_id text not null, id text not null, number bigint,
                 real_number double precision, flag boolean, primary key (workspace_id, id))",
                &[],
            )?;
            tx.execute("create unique index samples_number on samples (workspace_id, number)", &[])?;
            Ok(())
        })
        .await
        .expect("the tables of the test");
    Bench { store, workspace, other, database }
}

impl Bench {
    pub async fn count(&self, table: &str) -> i64 {
        let sql = format!("select count(*) from {table} where workspace_id = ?1");
        self.store
            .read(&self.workspace, move |tx| -> Result<i64, Error> {
                tx.query(&sql, &[])?.first().map_or(Ok(-1), |row| row.get(0))
            })
            .await
            .expect("a count")
    }
}

pub const INSERT: &str = "insert into samples (workspace_id, id, number) values (?1, ?2, ?3)";

pub fn event(actor: &str) -> NewEvent {
    NewEvent {
        name: "message.received",
        version: 1,
        actor_kind: "contact",
        actor_id: None,
        actor_name: actor.to_owned(),
        conversation_id: Some("cnv_1".to_owned()),
        contact_id: None,
        visible_to_user: None,
        occurred_at: 1_000,
        payload: "{}".to_owned(),
    }
}

pub fn job(id: &str, key: Option<&str>, run_at: i64) -> NewJob {
    NewJob {
        id: id.to_owned(),
        kind: "deliver",
        key: key.map(str::to_owned),
        payload: "{\"n\":1}".to_owned(),
        run_at,
        max_attempts: 3,
    }
}
