//! Leases of mailboxes: one holder at a time, fenced, handed over when they run out.

use rapport_domain::{ChannelAccountId, Timestamp};
use rapport_store::mailbox_lease::{MailboxLease, claim, holds, release, release_all, renew_all};
use rapport_store::{Engine, Error, params};

use crate::on_both_engines;
use crate::support::{Bench, bench};

on_both_engines! {
    a_mailbox_has_one_holder_until_the_lease_runs_out,
    of_many_who_claim_a_mailbox_at_once_one_gets_it,
    what_was_released_is_free_at_once,
}

async fn mailbox(engine: Engine) -> (Bench, ChannelAccountId) {
    let bench = bench(engine).await;
    let account = ChannelAccountId::from_stored("cha_1");
    bench
        .store
        .write(&bench.workspace, "k", |tx| {
            tx.execute(
                "insert into channel_accounts (workspace_id, id, channel, name, active, config, secrets, created_at) \
                 values (?1, 'cha_1', 'email', 'Help', ?2, '{}', '', 0)",
                &params![true],
            )
        })
        .await
        .unwrap();
    (bench, account)
}

async fn claim_at(bench: &Bench, account: &ChannelAccountId, holder: &str, now: i64) -> Option<MailboxLease> {
    let (account, holder) = (account.clone(), holder.to_owned());
    let at = Timestamp::from_millis;
    bench
        .store
        .write(&bench.workspace, &holder.clone(), move |tx| {
            claim(tx, &account, &holder, at(now), at(now + 100))
        })
        .await
        .unwrap()
}

async fn counts(bench: &Bench, account: &ChannelAccountId, lease: &MailboxLease) -> bool {
    let (account, lease) = (account.clone(), lease.clone());
    bench.store.write(&bench.workspace, "k", move |tx| holds(tx, &account, &lease)).await.unwrap()
}

async fn renew(bench: &Bench, holder: &str, until: i64) -> Vec<(ChannelAccountId, i64)> {
    let holder = holder.to_owned();
    bench
        .store
        .write_server("k", move |tx| renew_all(tx, &holder, Timestamp::from_millis(until)))
        .await
        .unwrap()
}

async fn a_mailbox_has_one_holder_until_the_lease_runs_out(engine: Engine) {
    let (bench, account) = mailbox(engine).await;
    let first = claim_at(&bench, &account, "one", 1_000).await.unwrap();
    assert_eq!(claim_at(&bench, &account, "two", 1_050).await, None);
    assert_eq!(renew(&bench, "one", 1_200).await, [(account.clone(), first.fence)]);
    assert_eq!(claim_at(&bench, &account, "two", 1_150).await, None, "it was renewed");
    assert!(counts(&bench, &account, &first).await);

    let second = claim_at(&bench, &account, "two", 1_200).await.unwrap();
    assert!(second.fence > first.fence);
    assert!(!counts(&bench, &account, &first).await, "the first one is late");
    assert!(counts(&bench, &account, &second).await);
    assert_eq!(renew(&bench, "one", 9_000).await, [], "a late holder renews nothing");

    let again = claim_at(&bench, &account, "two", 1_210).await.unwrap();
    assert!(again.fence > second.fence, "its own reader of before is late, too");
    assert!(!counts(&bench, &account, &second).await);
}

async fn of_many_who_claim_a_mailbox_at_once_one_gets_it(engine: Engine) {
    let (bench, account) = mailbox(engine).await;
    for round in 1..=5 {
        let at = round * 1_000;
        let claimed = tokio::join!(
            claim_at(&bench, &account, "one", at),
            claim_at(&bench, &account, "two", at),
            claim_at(&bench, &account, "three", at),
            claim_at(&bench, &account, "four", at),
        );
        let claimed = [claimed.0, claimed.1, claimed.2, claimed.3];
        assert_eq!(claimed.iter().flatten().count(), 1, "{claimed:?}");
    }
}

async fn what_was_released_is_free_at_once(engine: Engine) {
    let (bench, account) = mailbox(engine).await;
    let first = claim_at(&bench, &account, "one", 1_000).await.unwrap();
    let (account_, lease) = (account.clone(), first.clone());
    let let_go = bench.store.write(&bench.workspace, "k", move |tx| release(tx, &account_, &lease)).await;
    let_go.unwrap();
    assert_eq!(renew(&bench, "one", 2_000).await, [], "what was let go is not taken back by renewing");
    let second = claim_at(&bench, &account, "two", 1_001).await.unwrap();
    let (account_, late) = (account.clone(), first);
    bench.store.write(&bench.workspace, "k", move |tx| release(tx, &account_, &late)).await.unwrap();
    assert_eq!(claim_at(&bench, &account, "three", 1_002).await, None, "a late release changes nothing");
    bench.store.write_server("k", |tx| -> Result<(), Error> { release_all(tx) }).await.unwrap();
    assert!(claim_at(&bench, &account, "three", 1_003).await.is_some());
    assert!(!counts(&bench, &account, &second).await);
}
