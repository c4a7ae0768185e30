//! A small HTTP/1.1 client that keeps its connection, so that what is measured is the server.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

pub struct Client {
    stream: BufReader<TcpStream>,
    /// The header lines that every request has.
    common: String,
    line: Vec<u8>,
}

pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

struct Head {
    status: u16,
    length: usize,
    chunked: bool,
}

impl Client {
    pub async fn connect(address: SocketAddr, token: Option<&str>) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let token = token.map_or_else(String::new, |token| format!("Authorization: Bearer {token}\r\n"));
        let common = format!("Host: {address}\r\n{token}");
        // Ten thousand of these wait at once, so their buffers are small.
        Ok(Self { stream: BufReader::with_capacity(1024, stream), common, line: Vec::new() })
    }

    pub async fn get(&mut self, path: &str) -> Result<Answer> {
        self.ask("GET", path, "").await?;
        self.answer().await
    }

    pub async fn post(&mut self, path: &str, json: &str) -> Result<Answer> {
        self.ask("POST", path, json).await?;
        self.answer().await
    }

    /// Opens an event stream; its lines are read with [`next_line`](Self::next_line).
    pub async fn subscribe(&mut self) -> Result<()> {
        self.ask("GET", "/api/v1/events", "").await?;
        let head = self.head().await?;
        if head.status != 200 {
            bail!("the event stream answered {}", head.status);
        }
        while !self.next_line().await?.starts_with("event: hello") {}
        Ok(())
    }

    /// A line of a stream. The lengths between its chunks come as lines too; no field of an event looks like one.
    pub async fn next_line(&mut self) -> Result<String> {
        self.line.clear();
        if self.stream.read_until(b'\n', &mut self.line).await? == 0 {
            bail!("the server ended the connection");
        }
        Ok(String::from_utf8_lossy(&self.line).trim_end().to_owned())
    }

    async fn ask(&mut self, method: &str, path: &str, json: &str) -> Result<()> {
        let kind = if json.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        let length =
            if method == "GET" { String::new() } else { format!("Content-Length: {}\r\n", json.len()) };
        let text = format!("{method} {path} HTTP/1.1\r\n{}{kind}{length}\r\n{json}", self.common);
        self.stream.get_mut().write_all(text.as_bytes()).await?;
        Ok(())
    }

    async fn answer(&mut self) -> Result<Answer> {
        let head = self.head().await?;
        let mut body = vec![0; head.length];
        self.stream.read_exact(&mut body).await?;
        let mut more = head.chunked;
        while more {
            let size = self.next_line().await?;
            let size =
                usize::from_str_radix(&size, 16).with_context(|| format!("a chunk of length {size:?}"))?;
            let start = body.len();
            body.resize(start + size, 0);
            self.stream.read_exact(&mut body[start..]).await?;
            self.next_line().await?;
            more = size > 0;
        }
        Ok(Answer { status: head.status, body })
    }

    async fn head(&mut self) -> Result<Head> {
        let first = self.next_line().await?;
        let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
        let mut head = Head { status: status.context("no HTTP answer")?, length: 0, chunked: false };
        loop {
            let line = self.next_line().await?.to_ascii_lowercase();
            if line.is_empty() {
                return Ok(head);
            }
            if let Some(length) = line.strip_prefix("content-length:") {
                head.length = length.trim().parse()?;
            }
            head.chunked |= line.starts_with("transfer-encoding:") && line.ends_with("chunked");
        }
    }
}
