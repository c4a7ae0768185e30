//! Real mail takes the whole way: SMTP to Postfix, LMTP to Dovecot, IMAP to the reader.

use std::process::Command;

use anyhow::Result;
use rapport_testkit::mail::{Dovecot, MailServers, Postfix, PostfixOptions, submit_raw};

const MARIA: (&str, &str) = ("maria@customer.test", "secret of maria");
const SUPPORT: (&str, &str) = ("support@company.test", "secret of support");

fn start() -> Result<MailServers> {
    MailServers::start(&["customer.test", "company.test"], &[MARIA, SUPPORT])
}

fn letter(from: &str, to: &str, subject: &str) -> String {
    format!(
        "From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{subject}@sender.test>\r\n\r\nHello.\r\n.\r\n..bye\r\n"
    )
}

#[tokio::test]
async fn mail_from_outside_reaches_the_mailbox() -> Result<()> {
    let servers = start()?;
    let raw = letter("stranger@elsewhere.test", SUPPORT.0, "order");
    let answer =
        submit_raw(servers.postfix.smtp_address(), "stranger@elsewhere.test", &[SUPPORT.0], raw.as_bytes())
            .await?;
    assert!(answer.contains("queued"), "{answer}");

    let mail = servers.dovecot.mailbox(SUPPORT.0)?.wait_for_subject("order").await?;
    assert_eq!(mail.header("Message-ID").as_deref(), Some("<order@sender.test>"));
    assert_eq!(mail.header("Return-Path").as_deref(), Some("<stranger@elsewhere.test>"));
    assert!(mail.text().is_some_and(|text| text.contains("Hello.\r\n.\r\n..bye")), "dots survive the way");
    assert!(!mail.seen, "reading leaves the message unseen");
    assert!(servers.dovecot.mailbox(MARIA.0)?.messages().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn nothing_is_relayed_without_a_login() -> Result<()> {
    let servers = start()?;
    let raw = letter(MARIA.0, "victim@elsewhere.test", "spam");
    let refusal =
        submit_raw(servers.postfix.smtp_address(), MARIA.0, &["victim@elsewhere.test"], raw.as_bytes())
            .await
            .expect_err("a foreign domain is refused");
    assert!(refusal.to_string().contains("554 5.7.1"), "{refusal:#}");
    Ok(())
}

#[tokio::test]
async fn an_unknown_address_bounces_to_the_sender() -> Result<()> {
    let servers = start()?;
    let raw = letter(SUPPORT.0, "nobody@customer.test", "lost");
    submit_raw(servers.postfix.smtp_address(), SUPPORT.0, &["nobody@customer.test"], raw.as_bytes()).await?;
    let bounce = servers
        .dovecot
        .mailbox(SUPPORT.0)?
        .wait_for(|mail| {
            mail.header("Content-Type").is_some_and(|kind| kind.contains("report-type=delivery-status"))
        })
        .await?;
    let text = String::from_utf8_lossy(&bounce.raw).into_owned();
    assert!(text.contains("Final-Recipient: rfc822; nobody@customer.test"), "{text}");
    assert!(text.contains("Status: 5.1.1"), "{text}");
    Ok(())
}

/// swaks is an independent client, so this also proves STARTTLS, implicit TLS and the logins.
#[tokio::test]
async fn a_mailbox_owner_submits_with_a_password_over_tls() -> Result<()> {
    let servers = start()?;
    let ports = servers.postfix.ports();
    for (subject, port, tls) in [("starttls", ports.smtp, "--tls"), ("implicit", ports.smtps, "--tlsc")] {
        let output = Command::new("swaks")
            .args(["--server", "127.0.0.1", "--port", &port.to_string(), tls])
            .args(["--auth", "PLAIN", "--auth-user", SUPPORT.0, "--auth-password", SUPPORT.1])
            .args(["--from", SUPPORT.0, "--to", MARIA.0, "--header", &format!("Subject: {subject}")])
            .output()?;
        let dialogue = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{dialogue}");
        assert!(dialogue.contains("235 2.7.0 Authentication successful"), "{dialogue}");
        servers.dovecot.mailbox(MARIA.0)?.wait_for_subject(subject).await?;
    }

    let refused = Command::new("swaks")
        .args(["--server", "127.0.0.1", "--port", &ports.smtp.to_string(), "--tls"])
        .args(["--auth", "PLAIN", "--auth-user", SUPPORT.0, "--auth-password", "wrong"])
        .args(["--from", SUPPORT.0, "--to", MARIA.0])
        .output()?;
    assert!(!refused.status.success());
    Ok(())
}

#[tokio::test]
async fn a_forwarded_domain_waits_for_its_server() -> Result<()> {
    let dovecot = Dovecot::start(&[MARIA])?;
    let [port] = rapport_testkit::free_ports()?;
    let forwards = vec![("inbox.test".to_owned(), (std::net::Ipv4Addr::LOCALHOST, port).into())];
    let postfix = Postfix::start(&dovecot, PostfixOptions { domains: Vec::new(), forwards })?;
    let raw = letter(MARIA.0, "help@inbox.test", "forwarded");
    submit_raw(postfix.smtp_address(), MARIA.0, &["help@inbox.test"], raw.as_bytes()).await?;

    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let received = tokio::time::timeout(std::time::Duration::from_secs(20), receive_one(&listener)).await??;
    assert!(received.contains("Subject: forwarded"), "{received}");
    assert!(received.contains("RCPT TO:<help@inbox.test>"), "{received}");
    Ok(())
}

/// Just enough of an SMTP server to take one message; returns everything that the client said.
async fn receive_one(listener: &tokio::net::TcpListener) -> Result<String> {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    let (stream, _) = listener.accept().await?;
    let mut connection = BufReader::new(stream);
    connection.write_all(b"220 inbox.test\r\n").await?;
    let (mut said, mut in_data) = (String::new(), false);
    loop {
        let mut line = String::new();
        if connection.read_line(&mut line).await? == 0 {
            return Ok(said);
        }
        said.push_str(&line);
        let answer: &[u8] = match (in_data, line.trim_end()) {
            (true, ".") => {
                in_data = false;
                b"250 2.0.0 taken\r\n"
            }
            (true, _) => continue,
            (false, "DATA") => {
                in_data = true;
                b"354 go on\r\n"
            }
            (false, "QUIT") => return Ok(said),
            (false, _) => b"250 ok\r\n",
        };
        connection.write_all(answer).await?;
    }
}

#[tokio::test]
async fn a_renewed_mailbox_keeps_its_mail_and_changes_its_identity() -> Result<()> {
    let mut dovecot = Dovecot::start(&[MARIA])?;
    let mailbox = dovecot.mailbox(MARIA.0)?;
    mailbox.append(letter(MARIA.0, MARIA.0, "kept").as_bytes()).await?;
    let before = mailbox.uid_validity().await?;
    dovecot.renew_uid_validity(MARIA.0)?;
    mailbox.wait_for_subject("kept").await?;
    assert_ne!(mailbox.uid_validity().await?, before);
    Ok(())
}

#[tokio::test]
async fn a_stopped_server_refuses_connections_and_comes_back_with_its_mail() -> Result<()> {
    let mut dovecot = Dovecot::start(&[MARIA])?;
    let mailbox = dovecot.mailbox(MARIA.0)?;
    mailbox.append(letter(MARIA.0, MARIA.0, "durable").as_bytes()).await?;
    dovecot.stop()?;
    assert!(mailbox.messages().await.is_err());
    dovecot.start_again()?;
    mailbox.wait_for_subject("durable").await?;
    Ok(())
}
