//! What a measurement replays on the bare driver is what the store did.

use rapport_store::db::bare::Bare;
use rapport_store::db::record::Recorder;
use rapport_store::{Engine, Error, Store, Tx, params};
use rapport_testkit::database::TestDatabase;

use crate::on_both_engines;
use crate::support::{Bench, bench, event};

on_both_engines! {
    a_recording_replayed_on_the_bare_driver_leaves_the_same_rows,
    what_was_rolled_back_is_not_recorded,
}

/// The bench's database, opened again with a recorder.
async fn recorded(engine: Engine) -> (Bench, Store, Recorder) {
    let bench = bench(engine).await;
    let recorder = Recorder::default();
    let config =
        rapport_store::StoreConfig { recorder: Some(recorder.clone()), ..bench.database.config.clone() };
    let store = Store::open(config).expect("the store opens");
    (bench, store, recorder)
}

fn add(tx: &mut Tx<'_>, id: &str, number: i64) -> Result<(), Error> {
    tx.execute("insert into samples (workspace_id, id, number) values (?1, ?2, ?3)", &params![id, number])?;
    tx.emit(event(id));
    Ok(())
}

async fn rows(database: &TestDatabase, bench: &Bench) -> Vec<(String, i64, i64)> {
    let store = database.open();
    store
        .read(&bench.workspace, |tx| {
            tx.query(
                "select s.id, s.number, e.seq from samples s join events e on e.workspace_id = s.workspace_id \
                 and e.actor_name = s.id where s.workspace_id = ?1 order by s.number",
                &params![],
            )?
            .iter()
            .map(|row| Ok::<_, Error>((row.get(0)?, row.get(1)?, row.get(2)?)))
            .collect()
        })
        .await
        .expect("the rows")
}

async fn a_recording_replayed_on_the_bare_driver_leaves_the_same_rows(engine: Engine) {
    let (original, store, recorder) = recorded(engine).await;
    for number in 0..20_i64 {
        store
            .write(&original.workspace, "one key", move |tx| add(tx, &format!("sample-{number:02}"), number))
            .await
            .expect("written");
    }
    store.shutdown().await;
    let recording = recorder.take();
    assert!(recording.iter().all(|transaction| transaction.writes));

    let copy = bench(engine).await;
    let url = copy.database.config.url.clone();
    std::thread::spawn(move || {
        let mut bare = Bare::open(&url).expect("a bare connection");
        for transaction in &recording {
            bare.replay(transaction).expect("the replay");
        }
    })
    .join()
    .expect("the thread of the replay");
    let expected = rows(&original.database, &original).await;
    assert_eq!(expected.len(), 20);
    assert_eq!(rows(&copy.database, &copy).await, expected);
}

async fn what_was_rolled_back_is_not_recorded(engine: Engine) {
    let (bench, store, recorder) = recorded(engine).await;
    let outcome: Result<(), Error> = store
        .write(&bench.workspace, "one key", |tx| {
            add(tx, "refused", 1)?;
            Err(Error::Check("no".into()))
        })
        .await;
    assert!(outcome.is_err());
    store.write(&bench.workspace, "one key", |tx| add(tx, "kept", 2)).await.expect("written");
    store.shutdown().await;
    let texts: Vec<String> = recorder
        .take()
        .into_iter()
        .flat_map(|transaction| transaction.statements)
        .map(|statement| format!("{:?}", statement.params))
        .collect();
    assert!(
        texts.iter().any(|text| text.contains("kept")) && !texts.iter().any(|text| text.contains("refused"))
    );
}
