//! How much one peer may ask of the listener.

use super::*;

#[tokio::test]
async fn messages_under_way_share_what_memory_there_is() {
    let limits = SmtpLimits { message_bytes: 1024 * 1024, memory_bytes: 0, ..SmtpLimits::default() };
    let server = Server::start(Protocol::Smtp, limits).await;
    let begin = b"EHLO c\r\nMAIL FROM:<s@c>\r\nRCPT TO:<a@ours.example>\r\nDATA\r\n";
    let body = [b"y".repeat(1024 * 1024 - 100).as_slice(), b"\r\n"].concat();
    let end = b".\r\nQUIT\r\n";
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    slow.write_all(&[begin.as_slice(), &body].concat()).await.unwrap();
    let large = [begin.as_slice(), &body, end].concat();
    // The slow one has its memory once a mail that only says its size is told that there is none.
    let mut declared = String::new();
    for _ in 0..1_000 {
        declared = server.talk(b"EHLO c\r\nMAIL FROM:<s@c> SIZE=900000\r\n").await;
        if declared.contains("452 4.3.1") {
            break;
        }
    }
    assert!(declared.contains("452 4.3.1"), "{declared}");
    let answer = server.talk(&large).await;
    assert!(answer.contains("452 4.3.1") && answer.ends_with("221 2.0.0 goodbye\r\n"), "{answer}");
    let small = server.talk(&[begin.as_slice(), b"small\r\n", end].concat()).await;
    assert!(small.contains("250 2.6.0"), "{small}");
    slow.write_all(end).await.unwrap();
    let mut rest = String::new();
    slow.read_to_string(&mut rest).await.unwrap();
    assert!(rest.contains("250 2.6.0"), "{rest}");
    assert_eq!(server.stored(), 2);
    assert!(server.talk(&large).await.contains("250 2.6.0"), "there is room again");
}

#[tokio::test]
async fn a_slow_peer_keeps_nobody_else_out() {
    const MIB: usize = 1024 * 1024;
    let limits = SmtpLimits { message_bytes: MIB, memory_bytes: 8 * MIB, ..SmtpLimits::default() };
    let server = Server::start(Protocol::Smtp, limits).await;
    let large = b"EHLO c\r\nMAIL FROM:<s@c> SIZE=1000000\r\n";
    let begin = b"EHLO c\r\nMAIL FROM:<s@c>\r\nRCPT TO:<a@ours.example>\r\nDATA\r\n";
    let mut slow = Vec::new();
    for _ in 0..2 {
        let mut stream = server.connect_from("127.0.0.1").await;
        stream.write_all(&[begin.as_slice(), &b"y".repeat(MIB - 100)].concat()).await.unwrap();
        slow.push(stream);
    }
    let mut refused = String::new();
    for _ in 0..1_000 {
        refused = server.talk(large).await;
        if refused.contains("452 4.3.1") {
            break;
        }
    }
    assert!(refused.contains("452 4.3.1"), "{refused}");
    let small = server.talk(&[begin.as_slice(), b"small\r\n.\r\n"].concat()).await;
    assert!(small.contains("250 2.6.0"), "{small}");
    let other = server.talk_from("127.0.0.2", large).await;
    assert!(other.contains("250 2.1.0") && !other.contains("452"), "{other}");
}

#[test]
fn the_addresses_of_one_customer_count_as_one_peer() {
    let network = |address: &str| network_of(address.parse().unwrap());
    assert_eq!(network("2001:db8:1:2:3::4"), network("2001:db8:1:2:ffff::1"));
    assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
    assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
    assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
}

#[tokio::test]
async fn a_line_that_is_too_long_is_refused_and_the_next_one_is_heard() {
    let server = Server::smtp().await;
    for length in [2_047, 2_048, 2_049, 100_000, 1_000_000] {
        let line = [b"NOOP ".as_slice(), &b"x".repeat(length - 7), b"\r\n"].concat();
        assert_eq!(line.len(), length);
        let answer = server.talk(&[b"EHLO c\r\n".as_slice(), &line, b"RSET\r\nQUIT\r\n"].concat()).await;
        let reply = if length > 2_048 { "500 5.5.2 line too long" } else { "250 2.0.0 ok" };
        assert!(answer.contains(reply), "{length}: {answer}");
        assert!(answer.ends_with("250 2.0.0 reset\r\n221 2.0.0 goodbye\r\n"), "{length}: {answer}");
    }
    // The tail of a line is no command, however it looks.
    let hidden = [b"x".repeat(3_000).as_slice(), b"\rQUIT\r\nNOOP\r\n"].concat();
    let answer = server.talk(&hidden).await;
    assert!(answer.ends_with("250 2.0.0 ok\r\n") && !answer.contains("221"), "{answer}");
}

#[tokio::test]
async fn connections_of_one_address_are_limited() {
    let limits = SmtpLimits { connections_per_address: 2, ..SmtpLimits::default() };
    let server = Server::start(Protocol::Smtp, limits).await;
    let mut held = Vec::new();
    for expected in ["220", "220", "421"] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let mut start = [0_u8; 3];
        stream.read_exact(&mut start).await.unwrap();
        assert_eq!(start, expected.as_bytes());
        held.push(stream);
    }
}
