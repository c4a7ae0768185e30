//! Addresses with letters beyond ASCII, both ways (RFC 6531).

use super::submission::scripted;
use super::*;

async fn send_between(
    port: u16,
    sender: &str,
    recipients: &[&str],
    message: &str,
) -> Result<(), DeliveryError> {
    let envelope = Envelope { sender: Some(sender.to_owned()), ..envelope(recipients) };
    submit(&settings_for(port, TlsMode::None), &envelope, message.as_bytes(), &policy()).await.map(drop)
}

#[tokio::test]
async fn a_name_in_another_script_is_taken_where_both_sides_know_how() {
    let server = Server::smtp().await;
    let port = server.address.port();
    let message = "To: \u{7528}\u{6236}@ours.example\r\n\r\n\u{fc}\r\n";
    send_between(port, "j\u{f6}rg@client.example", &["\u{7528}\u{6236}@ours.example"], message)
        .await
        .unwrap();
    send_between(port, "plain@client.example", &["\u{7528}\u{6236}@ours.example"], "x\r\n").await.unwrap();
    send_between(port, "plain@client.example", &["plain@ours.example"], message).await.unwrap();
    send_between(port, "plain@client.example", &["plain@ours.example"], "x\r\n\r\n\u{fc}\r\n").await.unwrap();
    let stored = server.mailbox.stored.lock().unwrap();
    assert_eq!(stored[0].0.envelope.sender.as_deref(), Some("j\u{f6}rg@client.example"));
    assert_eq!(stored[0].0.envelope.recipients, ["\u{7528}\u{6236}@ours.example"]);
    assert_eq!(stored[0].1, message.as_bytes());
    let asked_for: Vec<bool> = stored.iter().map(|(received, _)| received.smtp_utf8).collect();
    assert_eq!(asked_for, [true, true, true, false], "a body beyond ASCII needs only 8BITMIME");
}

#[tokio::test]
async fn where_the_server_cannot_the_message_fails_with_the_code_for_it() {
    const PLAIN: &[&str] = &["220 hi\r\n", "250-hi\r\n250 8BITMIME\r\n"];
    let cases = [
        ("a@x.example", "\u{7528}\u{6236}@x.example", "x\r\n"),
        ("j\u{f6}rg@x.example", "a@x.example", "x\r\n"),
        ("a@x.example", "a@x.example", "Cc: j\u{f6}rg@x.example\r\n\r\nx\r\n"),
    ];
    for (sender, recipient, message) in cases {
        let port = scripted(PLAIN, "").await;
        let failed = send_between(port, sender, &[recipient], message).await;
        let Err(DeliveryError::Permanent { reason, code, .. }) = failed else { panic!("{failed:?}") };
        assert_eq!(code.as_deref(), Some("5.6.7"), "{recipient}: {reason}");
    }
}

#[tokio::test]
async fn a_domain_in_another_script_goes_out_in_the_spelling_of_the_name_system() {
    let server = Server::smtp().await;
    let outcome =
        send_between(server.address.port(), "a@M\u{fc}ller.example", &["a@b\u{fc}ro.example"], "x\r\n").await;
    // The test's mailbox knows one domain only, and says which one it was asked for.
    let Err(DeliveryError::Permanent { refused, .. }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(refused[0].code, 550);
    assert_eq!(refused[0].address, "a@b\u{fc}ro.example", "people see what they wrote");
    assert_eq!(*server.mailbox.asked.lock().unwrap(), ["a@xn--bro-hoa.example"]);
}

#[tokio::test]
async fn such_addresses_are_refused_without_the_extension() {
    let server = Server::smtp().await;
    let without = server.talk("EHLO c\r\nMAIL FROM:<j\u{f6}rg@c.example>\r\nQUIT\r\n".as_bytes()).await;
    assert!(without.contains("553 5.6.7"), "{without}");
    let recipient = "EHLO c\r\nMAIL FROM:<a@c.example>\r\nRCPT TO:<j\u{f6}rg@ours.example>\r\nQUIT\r\n";
    let without = server.talk(recipient.as_bytes()).await;
    assert!(without.contains("553 5.6.7"), "{without}");
    let old = server.talk(b"HELO c\r\nMAIL FROM:<a@c.example> SMTPUTF8\r\nQUIT\r\n").await;
    assert!(old.contains("555 5.5.4"), "{old}");
    let with = "EHLO c\r\nMAIL FROM:<j\u{f6}rg@c.example> SMTPUTF8\r\nRCPT TO:<j\u{f6}rg@ours.example>\r\n\
                DATA\r\nx\r\n.\r\nQUIT\r\n";
    let with = server.talk(with.as_bytes()).await;
    assert!(with.contains("250 2.6.0 stored"), "{with}");
}
