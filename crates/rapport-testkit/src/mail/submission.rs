//! Hands raw bytes to an SMTP or LMTP server, exactly as given, to play a foreign mail server.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Sends one message and returns the server's answer after the final dot.
///
/// Line ends are made CRLF and leading dots are doubled; nothing else of `raw` is changed.
/// A refusal at any step is an error that holds the server's words.
pub async fn submit_raw(server: SocketAddr, sender: &str, recipients: &[&str], raw: &[u8]) -> Result<String> {
    timeout(Duration::from_secs(30), converse(server, sender, recipients, raw))
        .await
        .context("the SMTP server took more than 30 seconds")?
}

async fn converse(server: SocketAddr, sender: &str, recipients: &[&str], raw: &[u8]) -> Result<String> {
    let stream = TcpStream::connect(server).await.context("connecting to the SMTP server")?;
    let mut connection = BufReader::new(stream);
    expect(&mut connection, '2', "greeting").await?;
    command(&mut connection, "EHLO sender.test", '2').await?;
    command(&mut connection, &format!("MAIL FROM:<{sender}>"), '2').await?;
    for recipient in recipients {
        command(&mut connection, &format!("RCPT TO:<{recipient}>"), '2').await?;
    }
    command(&mut connection, "DATA", '3').await?;
    connection.write_all(&dot_stuffed(raw)).await?;
    connection.flush().await?;
    let answer = expect(&mut connection, '2', "the message").await?;
    command(&mut connection, "QUIT", '2').await?;
    Ok(answer)
}

async fn command(connection: &mut BufReader<TcpStream>, line: &str, wanted: char) -> Result<String> {
    connection.write_all(format!("{line}\r\n").as_bytes()).await?;
    connection.flush().await?;
    expect(connection, wanted, line).await
}

/// Reads one answer of one or more lines, the last of which has no hyphen after its code.
async fn expect(connection: &mut BufReader<TcpStream>, wanted: char, step: &str) -> Result<String> {
    let mut answer = String::new();
    loop {
        let mut line = String::new();
        if connection.read_line(&mut line).await? == 0 {
            bail!("{step}: the server closed the connection after {answer:?}");
        }
        answer.push_str(&line);
        if line.as_bytes().get(3) != Some(&b'-') {
            break;
        }
    }
    if !answer.starts_with(wanted) {
        bail!("{step}: {}", answer.trim_end());
    }
    Ok(answer.trim_end().to_owned())
}

fn dot_stuffed(raw: &[u8]) -> Vec<u8> {
    let mut stuffed = Vec::with_capacity(raw.len() + 64);
    let raw = raw.strip_suffix(b"\n").unwrap_or(raw);
    for line in raw.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.starts_with(b".") {
            stuffed.push(b'.');
        }
        stuffed.extend_from_slice(line);
        stuffed.extend_from_slice(b"\r\n");
    }
    stuffed.extend_from_slice(b".\r\n");
    stuffed
}
