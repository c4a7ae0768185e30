//! What a transaction refuses: statements without a workspace, and writing while reading.

use rapport_store::{Engine, Error, params};

use crate::on_both_engines;
use crate::support::{INSERT, bench, event, job};

on_both_engines! {
    a_statement_without_its_workspace_is_refused,
    reading_refuses_to_write,
    a_read_sees_one_moment,
    a_workspace_does_not_see_another,
    a_text_with_a_null_character_is_refused,
    a_wrong_number_of_parameters_is_refused,
}

async fn a_statement_without_its_workspace_is_refused(engine: Engine) {
    let bench = bench(engine).await;
    for sql in [
        "delete from samples",
        "delete from samples where workspace_id = ?2",
        "delete from samples where id = ?1",
    ] {
        let outcome = bench
            .store
            .write(&bench.workspace, "k", move |tx| -> Result<(), Error> {
                tx.execute(INSERT, &params!["a", 1])?;
                // Ignoring the refusal does not help.
                let _ = tx.execute(sql, &[]);
                Ok(())
            })
            .await;
        assert_eq!(outcome, Err(Error::Unscoped(sql.to_owned())));
        let outcome = bench
            .store
            .read(&bench.workspace, move |tx| -> Result<(), Error> { tx.query(sql, &[]).map(drop) })
            .await;
        assert_eq!(outcome, Err(Error::Unscoped(sql.to_owned())));
    }
    assert_eq!(bench.count("samples").await, 0);
}

async fn reading_refuses_to_write(engine: Engine) {
    let bench = bench(engine).await;
    let refused = Err(Error::Database("a read transaction refuses to write".to_owned()));
    let store = &bench.store;
    let insert = store.read(&bench.workspace, |tx| tx.execute(INSERT, &params!["a", 1]).map(drop)).await;
    assert_eq!(insert, refused);
    let emit = store
        .read(&bench.workspace, |tx| {
            tx.emit(event("a"));
            Ok(())
        })
        .await;
    assert_eq!(emit, refused);
    let enqueue = store.read(&bench.workspace, |tx| tx.enqueue(job("job_1", None, 0))).await;
    assert_eq!(enqueue, refused);
    let server = store
        .read_server(|tx| tx.execute("delete from workspaces where id = ?1", &params!["wsp_1"]).map(drop))
        .await;
    assert_eq!(server, refused);
    assert_eq!((bench.count("samples").await, bench.count("events").await), (0, 0));
    assert!(bench.store.healthy());
}

async fn a_read_sees_one_moment(engine: Engine) {
    let bench = bench(engine).await;
    let (go_on, held) = std::sync::mpsc::channel::<()>();
    let (entered, waiting) = tokio::sync::oneshot::channel();
    let (store, workspace) = (bench.store.clone(), bench.workspace.clone());
    let reading = tokio::spawn(async move {
        store
            .read(&workspace, move |tx| -> Result<(i64, i64), Error> {
                let sql = "select count(*) from samples where workspace_id = ?1";
                let before = tx.query(sql, &[])?[0].get(0)?;
                entered.send(()).unwrap();
                held.recv().unwrap();
                Ok((before, tx.query(sql, &[])?[0].get(0)?))
            })
            .await
    });
    waiting.await.unwrap();
    let written = bench.store.write(&bench.workspace, "k", |tx| tx.execute(INSERT, &params!["a", 1])).await;
    assert_eq!(written, Ok(1));
    go_on.send(()).unwrap();
    assert_eq!(reading.await.unwrap(), Ok((0, 0)));
    assert_eq!(bench.count("samples").await, 1);
}

async fn a_workspace_does_not_see_another(engine: Engine) {
    let bench = bench(engine).await;
    bench.store.write(&bench.other, "k", |tx| tx.execute(INSERT, &params!["a", 1])).await.unwrap();
    assert_eq!(bench.count("samples").await, 0);
}

async fn a_text_with_a_null_character_is_refused(engine: Engine) {
    let bench = bench(engine).await;
    let outcome =
        bench.store.write(&bench.workspace, "k", |tx| tx.execute(INSERT, &params!["a\0b", 1])).await;
    assert!(matches!(outcome, Err(Error::Check(_))));
}

async fn a_wrong_number_of_parameters_is_refused(engine: Engine) {
    let bench = bench(engine).await;
    for params in [vec![], params!["a", 1, 2].to_vec()] {
        let outcome = bench.store.write(&bench.workspace, "k", move |tx| tx.execute(INSERT, &params)).await;
        assert!(matches!(outcome, Err(Error::Database(_))), "{outcome:?}");
    }
}
