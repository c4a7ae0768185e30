//! One blocking request per connection, so that a test sees exactly when the server answered and when it did not.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// Longer than any write waits for a database that is away.
const ANSWER_PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Debug)]
pub struct Client {
    address: SocketAddr,
    token: Option<String>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body, if this is the status.
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

impl Client {
    pub fn new(address: SocketAddr, token: Option<String>) -> Self {
        Self { address, token }
    }

    pub fn token(&self) -> Option<String> {
        self.token.clone()
    }

    pub fn get(&self, path: &str) -> Result<Answer> {
        self.send("GET", path, "application/json", &[])
    }

    pub fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send("POST", path, "application/json", body.to_string().as_bytes())
    }

    pub fn patch(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send("PATCH", path, "application/json", body.to_string().as_bytes())
    }

    pub fn post_mail(&self, path: &str, raw: &str) -> Result<Answer> {
        self.send("POST", path, "message/rfc822", raw.as_bytes())
    }

    /// `Err` when there was no complete answer: the request may have been carried out or not.
    fn send(&self, method: &str, path: &str, media_type: &str, body: &[u8]) -> Result<Answer> {
        let mut reader = self.open(method, path, media_type, body)?;
        let (status, headers) = read_head(&mut reader)?;
        let length =
            |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let body = if length("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
            let mut whole = Vec::new();
            while let Some(chunk) = read_chunk(&mut reader)? {
                whole.extend(chunk);
            }
            whole
        } else {
            let length: usize = length("content-length").unwrap_or("0").parse().context("content-length")?;
            let mut whole = vec![0; length];
            reader.read_exact(&mut whole)?;
            whole
        };
        Ok(Answer { status, headers, body })
    }

    /// Numbers of the logged events after `after`, in the order in which they came, up to the newest at the start.
    pub fn event_numbers(&self, after: i64) -> Result<Vec<i64>> {
        let mut reader =
            self.open("GET", &format!("/api/v1/events?after={after}"), "application/json", &[])?;
        let (status, _) = read_head(&mut reader)?;
        if status != 200 {
            bail!("the event stream answered {status}");
        }
        let mut text = String::new();
        let mut newest = None;
        let mut numbers = Vec::new();
        loop {
            if newest.is_some_and(|newest| numbers.last().copied().unwrap_or(after) >= newest) {
                return Ok(numbers);
            }
            let chunk = read_chunk(&mut reader)?.context("the event stream ended early")?;
            text.push_str(&String::from_utf8_lossy(&chunk));
            while let Some((frame, rest)) = text.split_once("\n\n") {
                if frame.contains("event: hello") || frame.contains("event:hello") {
                    newest = hello(frame);
                } else if frame.contains("resync_required") {
                    bail!("the server no longer knows event {after}");
                }
                let id = frame.lines().find_map(|line| line.strip_prefix("id:"));
                numbers.extend(id.and_then(|id| id.trim().parse::<i64>().ok()));
                text = rest.to_owned();
            }
        }
    }

    fn open(&self, method: &str, path: &str, media_type: &str, body: &[u8]) -> Result<BufReader<TcpStream>> {
        let mut stream = TcpStream::connect_timeout(&self.address, CONNECT_PATIENCE)?;
        stream.set_read_timeout(Some(ANSWER_PATIENCE))?;
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\n",
            self.address,
            body.len()
        );
        if let Some(token) = &self.token {
            request.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        request.push_str("Connection: close\r\n\r\n");
        let mut bytes = request.into_bytes();
        bytes.extend_from_slice(body);
        stream.write_all(&bytes)?;
        Ok(BufReader::new(stream))
    }
}

fn hello(frame: &str) -> Option<i64> {
    let data = frame.lines().find_map(|line| line.strip_prefix("data:"))?;
    serde_json::from_str::<Value>(data.trim()).ok()?["seq"].as_i64()
}

fn read_head(reader: &mut impl BufRead) -> Result<(u16, Vec<(String, String)>)> {
    let first = read_line(reader)?;
    let status = first.split(' ').nth(1).and_then(|word| word.parse().ok());
    let status = status.with_context(|| format!("no status in {first:?}"))?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(reader)?;
        if line.is_empty() {
            return Ok((status, headers));
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
}

fn read_chunk(reader: &mut impl BufRead) -> Result<Option<Vec<u8>>> {
    let length = usize::from_str_radix(read_line(reader)?.trim(), 16).context("a chunk's length")?;
    let mut chunk = vec![0; length];
    reader.read_exact(&mut chunk)?;
    read_line(reader)?;
    Ok(if length == 0 { None } else { Some(chunk) })
}

fn read_line(reader: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 || !line.ends_with('\n') {
        bail!("the connection ended in the middle of an answer");
    }
    Ok(line.trim_end().to_owned())
}
