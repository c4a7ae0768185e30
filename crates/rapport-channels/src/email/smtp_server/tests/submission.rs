//! The submission client against servers that misbehave, and against addresses that do.

use super::*;

/// A server that follows a script: it reads a line for every answer, then ends as told.
pub(super) async fn scripted(answers: &'static [&'static str], after_dot: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = tokio::io::BufReader::new(stream);
        for (index, answer) in answers.iter().enumerate() {
            if index > 0 {
                let mut line = String::new();
                tokio::io::AsyncBufReadExt::read_line(&mut stream, &mut line).await.unwrap();
            }
            stream.get_mut().write_all(answer.as_bytes()).await.unwrap();
        }
        let mut received = Vec::new();
        let mut buffer = [0_u8; 1024];
        while !received.ends_with(b"\r\n.\r\n") {
            match stream.read(&mut buffer).await {
                Ok(count) if count > 0 => received.extend_from_slice(&buffer[..count]),
                _ => return,
            }
        }
        if after_dot == "silence" {
            tokio::time::sleep(Duration::from_secs(5)).await;
        } else {
            let _ = stream.get_mut().write_all(after_dot.as_bytes()).await;
        }
    });
    port
}

async fn send_to(port: u16, tls: TlsMode) -> Result<crate::email::SubmitReceipt, DeliveryError> {
    let mut settings = settings_for(port, tls);
    settings.timeouts.command = Duration::from_millis(500);
    submit(&settings, &envelope(&["a@x.example"]), b"x\r\n", &policy()).await
}

#[tokio::test]
async fn a_cut_after_the_final_dot_is_an_unknown_outcome() {
    const START: &[&str] = &["220 hi\r\n", "250 hi\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n"];
    for after_dot in ["", "silence", "25", "nonsense\r\n"] {
        let result = send_to(scripted(START, after_dot).await, TlsMode::None).await;
        assert!(matches!(result, Err(DeliveryError::UnknownOutcome { .. })), "{after_dot:?}: {result:?}");
    }
    let refused = send_to(scripted(START, "554 5.7.1 spam\r\n").await, TlsMode::None).await;
    assert!(matches!(refused, Err(DeliveryError::Permanent { .. })), "{refused:?}");
    let accepted =
        send_to(scripted(START, "250 2.0.0 Ok: queued as Q1\r\n").await, TlsMode::None).await.unwrap();
    assert_eq!(accepted.remote_id.as_deref(), Some("Q1"));
}

#[tokio::test]
async fn a_cut_before_the_final_dot_can_be_retried() {
    const SCRIPTS: &[&[&str]] = &[
        &[],
        &["220 hi\r\n"],
        &["220 hi\r\n", "250 hi\r\n", "250 ok\r\n"],
        &["421 busy\r\n"],
        &["220 hi\r\n", "250 hi\r\n", "451 4.7.1 greylisted\r\n"],
        &["garbage\r\n"],
    ];
    for script in SCRIPTS {
        // The scripted server waits for content that never comes; dropping it cuts the connection.
        let port = scripted(script, "").await;
        let result = send_to(port, TlsMode::None).await;
        assert!(matches!(result, Err(DeliveryError::Retry { .. })), "{script:?}: {result:?}");
    }
}

#[tokio::test]
async fn a_server_without_start_tls_gets_no_mail() {
    const STRIPPED: &[&str] = &["220 hi\r\n", "250-hi\r\n250 SIZE 1000\r\n"];
    let result = send_to(scripted(STRIPPED, "").await, TlsMode::StartTls).await;
    assert!(
        matches!(result, Err(DeliveryError::Retry { ref reason, .. }) if reason.contains("STARTTLS")),
        "{result:?}"
    );
    const INJECTED: &[&str] = &["220 hi\r\n", "250-hi\r\n250 STARTTLS\r\n", "220 go\r\n250 injected\r\n"];
    let result = send_to(scripted(INJECTED, "").await, TlsMode::StartTls).await;
    assert!(matches!(result, Err(DeliveryError::Retry { .. })), "{result:?}");
}

#[tokio::test]
async fn a_blocked_destination_is_not_dialled() {
    let server = Server::smtp().await;
    let settings = settings_for(server.address.port(), TlsMode::None);
    let result =
        submit(&settings, &envelope(&["a@ours.example"]), b"x\r\n", &OutboundPolicy::default()).await;
    assert!(matches!(result, Err(DeliveryError::Permanent { .. })), "{result:?}");
    assert_eq!(server.stored(), 0);
}

#[tokio::test]
async fn addresses_cannot_carry_commands() {
    let server = Server::smtp().await;
    for address in [
        "a@ours.example>\r\nRCPT TO:<b@ours.example",
        "a@ours.example\n",
        "a b@ours.example",
        "a\0@ours.example",
    ] {
        let result = send(&server, &[address], b"x\r\n").await;
        assert!(matches!(result, Err(DeliveryError::Permanent { .. })), "{address:?}: {result:?}");
    }
    assert_eq!(server.stored(), 0);
}
