//! The server on a real socket: how it stops, and what it cuts off.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rapport_domain::Role;
use rapport_store::Engine;
use rapport_testkit::app::TestApp;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

async fn run(app: &TestApp) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let options = rapport_server::ServerOptions::new(app.engine());
    let shutdown = async move {
        let _ = stopped.await;
    };
    let server = tokio::spawn(rapport_server::serve(app.engine().clone(), listener, options, shutdown));
    Running { address, stop, server }
}

/// Sends a request and returns the connection.
async fn ask(address: SocketAddr, path: &str, headers: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost:7700\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Reads until the text has come, or the connection has ended.
async fn read_until(stream: &mut TcpStream, wanted: &str) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while !text.contains(wanted) {
        let read = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut buffer)).await;
        match read.expect("something comes within twenty seconds") {
            Ok(0) | Err(_) => break,
            Ok(count) => text.push_str(&String::from_utf8_lossy(&buffer[..count])),
        }
    }
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_told_to_stop_says_so_ends_streams_and_returns() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ana = app.workspace("acme").await.user("Ana", Role::Admin).await;
    let token = ana.post("/api/v1/tokens", &json!({"name": "Listener"})).await.expect(201);
    let bearer = format!("Authorization: Bearer {}\r\n", token["token"].as_str().unwrap());
    let running = run(&app).await;
    let ready = read_until(&mut ask(running.address, "/readyz", "").await, "ready\n").await;
    assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");
    let mut stream = ask(running.address, "/api/v1/events", &bearer).await;
    assert!(read_until(&mut stream, "event: hello").await.contains("text/event-stream"));
    let told = Instant::now();
    running.stop.send(()).unwrap();
    let rest = read_until(&mut stream, "0\r\n\r\n").await;
    assert!(rest.ends_with("0\r\n\r\n"), "the stream ends in order: {rest}");
    let stopping = read_until(&mut ask(running.address, "/readyz", "").await, "stopping\n").await;
    assert!(stopping.starts_with("HTTP/1.1 503"), "{stopping}");
    running.server.await.unwrap().unwrap();
    assert!(told.elapsed() < Duration::from_secs(10));
    TcpStream::connect(running.address).await.expect_err("nobody listens any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_whose_head_does_not_end_is_cut_off() {
    let app = TestApp::start(Engine::Sqlite).await;
    let running = run(&app).await;
    let mut dripping = TcpStream::connect(running.address).await.unwrap();
    dripping.write_all(b"GET / HTTP/1.1\r\nHost: localhost:7700\r\nX-Drip: a").await.unwrap();
    let mut huge = TcpStream::connect(running.address).await.unwrap();
    huge.write_all(b"GET / HTTP/1.1\r\nHost: localhost:7700\r\nX-Huge: ").await.unwrap();
    // The connection may end while this is still being written.
    let _ = huge.write_all(&vec![b'a'; 1024 * 1024]).await;
    let refused = read_until(&mut huge, "\r\n\r\n").await;
    assert!(refused.is_empty() || refused.starts_with("HTTP/1.1 431"), "{refused}");
    let cut = read_until(&mut dripping, "\r\n\r\n").await;
    assert!(cut.is_empty() || cut.starts_with("HTTP/1.1 408"), "{cut}");
    running.stop.send(()).unwrap();
    running.server.await.unwrap().unwrap();
}
