//! Values come back from both engines as they were bound.

use rapport_domain::Timestamp;
use rapport_store::{Engine, Error, params};

use crate::on_both_engines;
use crate::support::bench;

on_both_engines! { values_come_back_as_they_were_bound, a_column_of_another_type_is_named, refusals_name_their_constraint }

const INSERT: &str =
    "insert into samples (workspace_id, id, number, real_number, flag) values (?1, ?2, ?3, ?4, ?5)";
const SELECT: &str = "select id, number, real_number, flag from samples where workspace_id = ?1 and id = ?2";

async fn values_come_back_as_they_were_bound(engine: Engine) {
    let bench = bench(engine).await;
    let outcome = bench
        .store
        .write(&bench.workspace, "k", |tx| -> Result<(), Error> {
            let text = "Grüße, 'quoted' ?1 \u{1F600}";
            tx.execute(INSERT, &params![text, i64::MIN, 1.5, true])?;
            tx.execute(INSERT, &params!["empty", None::<i64>, None::<f64>, false])?;
            let row = tx.query_opt(SELECT, &params![text.to_owned()])?.expect("the first row");
            assert_eq!(row.get::<String>(0)?, text);
            assert_eq!(row.get::<i64>(1)?, i64::MIN);
            assert_eq!(row.get::<Option<Timestamp>>(1)?, Some(Timestamp::from_millis(i64::MIN)));
            assert_eq!(row.get::<f64>(2)?.to_bits(), 1.5f64.to_bits());
            assert!(row.get::<bool>(3)?);
            let row = tx.query_one_for_update(SELECT, &params!["empty"])?.expect("the second row");
            assert_eq!((row.get::<Option<i64>>(1)?, row.get::<Option<f64>>(2)?), (None, None));
            assert_eq!(row.get::<Option<bool>>(3)?, Some(false));
            assert!(tx.query_opt(SELECT, &params!["unknown"])?.is_none());
            Ok(())
        })
        .await;
    assert_eq!(outcome, Ok(()));
}

async fn a_column_of_another_type_is_named(engine: Engine) {
    let bench = bench(engine).await;
    bench
        .store
        .write(&bench.workspace, "k", |tx| tx.execute(INSERT, &params!["a", 7, 1.0, true]))
        .await
        .unwrap();
    bench
        .store
        .read(&bench.workspace, |tx| -> Result<(), Error> {
            let row = tx.query_opt(SELECT, &params!["a"])?.expect("the row");
            assert!(matches!(row.get::<i64>(0), Err(Error::Column(_))));
            assert!(matches!(row.get::<String>(1), Err(Error::Column(_))));
            assert!(matches!(row.get::<String>(4), Err(Error::Column(_))));
            Ok(())
        })
        .await
        .unwrap();
}

async fn refusals_name_their_constraint(engine: Engine) {
    let bench = bench(engine).await;
    let store = &bench.store;
    store
        .write_server("k", |tx| -> Result<(), Error> {
            tx.execute(
                "create table others (workspace_id text not null references workspaces (id), a text not null,
                 b bigint check (b > 0), unique (workspace_id, a))",
                &[],
            )
            .map(drop)
        })
        .await
        .unwrap();
    let insert = "insert into others (workspace_id, a, b) values (?1, ?2, ?3)";
    store.write(&bench.workspace, "k", |tx| tx.execute(insert, &params!["x", 1])).await.unwrap();
    let twice = store.write(&bench.workspace, "k", |tx| tx.execute(insert, &params!["x", 1])).await;
    assert_eq!(twice, Err(Error::Unique { constraint: "others_workspace_id_a_key".to_owned() }));
    let negative = store.write(&bench.workspace, "k", |tx| tx.execute(insert, &params!["y", -1])).await;
    assert!(matches!(negative, Err(Error::Check(_))), "{negative:?}");
    let missing =
        store.write(&bench.workspace, "k", |tx| tx.execute(insert, &params![None::<&str>, 1])).await;
    assert!(matches!(missing, Err(Error::Check(_))), "{missing:?}");
    let unknown = rapport_domain::WorkspaceId::from_stored("wsp_unknown");
    let orphan = store.write(&unknown, "k", |tx| tx.execute(insert, &params!["z", 1])).await;
    assert!(matches!(orphan, Err(Error::ForeignKey(_))), "{orphan:?}");
}
