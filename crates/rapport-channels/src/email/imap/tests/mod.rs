//! The fetch loop against a small server that can be told to misbehave.

mod reader;
mod server;

use super::*;
use reader::{Run, Seen, settings, stored};
use server::{Mailbox, mailbox, serve};

const CURSOR: Option<ImapCursor> = Some(ImapCursor { uid_validity: 1, last_uid: 4 });

#[tokio::test]
async fn a_message_announced_with_another_answer_is_fetched_at_once() {
    let late = Some((5, b"Subject: 5\r\n\r\nbody 5".to_vec()));
    let (address, _) = serve(Mailbox { capabilities: "IDLE", late, ..mailbox(&[]) }).await;
    // Far beyond the patience of the test: only the announcement can bring it.
    let settings = ImapSettings { poll_interval: Duration::from_secs(3_600), ..settings(address) };
    let mut run = Run::start(settings, CURSOR, Vec::new());
    assert_eq!(run.next_message().await, stored(5));
    run.stop().await;
}

#[tokio::test]
async fn new_messages_come_once_and_in_order_by_polling_and_by_idle() {
    for capabilities in ["", "IDLE"] {
        let (address, state) = serve(Mailbox { capabilities, ..mailbox(&[3, 4, 7, 6]) }).await;
        let mut settings = settings(address);
        settings.mark_seen = true;
        // With IDLE the news comes long before the next poll.
        if capabilities == "IDLE" {
            settings.poll_interval = Duration::from_secs(300);
        }
        let mut run = Run::start(settings, CURSOR, vec![]);
        assert_eq!(run.next().await, Seen::Connected);
        assert_eq!(run.next().await, stored(6));
        assert_eq!(run.next().await, stored(7));
        state.lock().unwrap().messages.push((9, b"Subject: 9\r\n\r\nbody 9".to_vec()));
        assert_eq!(run.next().await, stored(9));
        run.stop().await;
        assert_eq!(state.lock().unwrap().seen.get(..2), Some(&[6, 7][..]));
        assert_eq!(state.lock().unwrap().connections, 1);
    }
}

#[tokio::test]
async fn the_first_position_follows_the_choice() {
    let cases = [(FirstSync::FromNow, 7), (FirstSync::LastDays(6), 2), (FirstSync::Everything, 0)];
    for (first_sync, expected) in cases {
        let (address, _) = serve(mailbox(&[3, 7])).await;
        let mut run = Run::start(ImapSettings { first_sync, ..settings(address) }, None, vec![]);
        assert_eq!(run.next().await, Seen::Advanced(1, expected), "{first_sync:?}");
        run.stop().await;
    }
}

#[tokio::test]
async fn renumbered_messages_are_read_again_from_a_date() {
    let (address, _) = serve(Mailbox { uid_validity: 2, ..mailbox(&[2, 3]) }).await;
    let mut run = Run::start(settings(address), CURSOR, vec![]);
    assert_eq!(run.next().await, Seen::Advanced(2, 1));
    assert_eq!(run.next_message().await, stored(2));
    assert_eq!(run.next_message().await, stored(3));
    run.stop().await;
}

#[tokio::test]
async fn large_messages_give_their_header_and_vanished_ones_are_passed_over() {
    let mut mailbox = mailbox(&[5, 6, 7]);
    mailbox.messages[0].1.extend(b"x".repeat(2_000));
    mailbox.vanished = Some(6);
    let (address, _) = serve(mailbox).await;
    let mut run = Run::start(settings(address), CURSOR, vec![]);
    assert_eq!(
        run.next_message().await,
        Seen::Stored { uid: 5, raw: "Subject: 5\r\n\r\n".into(), headers_only: true }
    );
    assert_eq!(run.next_message().await, stored(7));
    run.stop().await;
}

#[tokio::test]
async fn a_position_behind_a_vanished_message_is_kept() {
    let (address, _) = serve(Mailbox { vanished: Some(6), ..mailbox(&[6]) }).await;
    let mut run = Run::start(settings(address), CURSOR, vec![]);
    assert_eq!(run.next_message().await, Seen::Advanced(1, 6));
    run.stop().await;
}

#[tokio::test]
async fn a_poison_message_is_set_aside_and_the_rest_goes_on() {
    let (address, state) = serve(mailbox(&[5, 6])).await;
    let failures = vec![SinkError::Permanent("no".into()); 3];
    let mut run = Run::start(settings(address), CURSOR, failures);
    assert_eq!(
        run.next_message().await,
        Seen::Quarantined { uid: 5, raw: "Subject: 5\r\n\r\nbody 5".into() }
    );
    assert_eq!(run.next_message().await, stored(6));
    assert_eq!(state.lock().unwrap().connections, 1);
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_busy_store_delays_but_loses_nothing() {
    let (address, _) = serve(mailbox(&[5])).await;
    let failures = vec![SinkError::Temporary("busy".into()); 5];
    let mut run = Run::start(settings(address), CURSOR, failures);
    assert_eq!(run.next().await, Seen::Connected);
    assert_eq!(run.next().await, Seen::Disconnected { needs_reauthorisation: false });
    assert_eq!(run.next_message().await, stored(5));
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_breaks_the_connection_is_set_aside() {
    let (address, _) = serve(Mailbox { cut_at: Some(5), ..mailbox(&[5, 6]) }).await;
    let mut run = Run::start(settings(address), CURSOR, vec![]);
    assert_eq!(run.next_message().await, Seen::Quarantined { uid: 5, raw: "Subject: 5\r\n\r\n".into() });
    assert_eq!(run.next_message().await, stored(6));
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_lies_about_sizes_is_survived() {
    let mut mailbox = mailbox(&[5, 6]);
    mailbox.messages[0].1.extend(b"x".repeat(200_000));
    mailbox.size_lie = Some(10);
    let (address, _) = serve(mailbox).await;
    let mut run = Run::start(settings(address), CURSOR, vec![]);
    assert_eq!(run.next_message().await, Seen::Quarantined { uid: 5, raw: "Subject: 5\r\n\r\n".into() });
    assert_eq!(run.next_message().await, stored(6));
    run.stop().await;
}

#[tokio::test]
async fn a_refused_login_asks_for_authorisation() {
    let (address, _) = serve(Mailbox { refuse_login: true, ..mailbox(&[5]) }).await;
    let mut run = Run::start(settings(address), CURSOR, vec![]);
    assert_eq!(run.next().await, Seen::Disconnected { needs_reauthorisation: true });
    run.stop().await;
}

#[test]
fn retries_spread_and_stay_within_bounds() {
    for failures in 1..100 {
        let wait = backoff(failures, 1);
        assert!(wait >= SHORTEST_BACKOFF / 2 && wait <= LONGEST_BACKOFF, "{failures}: {wait:?}");
    }
    assert!(backoff(20, 1) > backoff(1, 1) * 10);
    assert_ne!(backoff(5, 1), backoff(5, 2));
}
