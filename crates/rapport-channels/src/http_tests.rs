//! What the guarded client refuses, cuts and follows.

use std::net::SocketAddr;
use std::sync::Mutex;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

type Requests = Arc<Mutex<Vec<String>>>;

/// Answers every request with what `answer` makes of its first line; `None` drips bytes for ever.
async fn server(answer: fn(&str) -> Option<Vec<u8>>) -> (SocketAddr, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Requests::default();
    let seen = requests.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let seen = seen.clone();
            tokio::spawn(async move {
                let mut request = Vec::new();
                let mut buffer = [0_u8; 4_096];
                while !request.windows(4).any(|window| window == b"\r\n\r\n") {
                    match stream.read(&mut buffer).await {
                        Ok(count) if count > 0 => request.extend_from_slice(&buffer[..count]),
                        _ => return,
                    }
                }
                let request = String::from_utf8_lossy(&request).into_owned();
                let line = request.lines().next().unwrap_or_default().to_owned();
                seen.lock().unwrap().push(request);
                match answer(&line) {
                    Some(answer) => {
                        let _ = stream.write_all(&answer).await;
                    }
                    None => {
                        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
                        while stream.write_all(b"x").await.is_ok() {
                            tokio::time::sleep(Duration::from_millis(20)).await;
                        }
                    }
                }
            });
        }
    });
    (address, requests)
}

fn client(rules: &[String]) -> GuardedClient {
    GuardedClient::new(OutboundPolicy { allow: rules.iter().map(|rule| rule.parse().unwrap()).collect() })
        .unwrap()
}

fn response(status: &str, headers: &str, body: &[u8]) -> Option<Vec<u8>> {
    let head =
        format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
    Some([head.as_bytes(), body].concat())
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut image = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    image.extend(width.to_be_bytes());
    image.extend(height.to_be_bytes());
    image
}

#[tokio::test]
async fn requests_go_out_as_they_are_and_answers_come_back() {
    let (address, requests) = server(|_| response("202 Accepted", "x-a: b\r\n", b"done")).await;
    let client = client(&[address.to_string()]);
    let mut request = GuardedRequest::post(format!("http://{address}/hook?x=1"), "body");
    request.headers = vec![("x-secret".into(), "s".into())];
    let answer = client.send(request).await.unwrap();
    assert_eq!((answer.status, answer.body.as_ref()), (202, &b"done"[..]));
    assert_eq!(answer.headers.get("x-a").unwrap(), "b");
    let seen = requests.lock().unwrap()[0].clone();
    assert!(seen.starts_with("POST /hook?x=1 HTTP/1.1\r\n") && seen.contains("x-secret: s\r\n"), "{seen}");
}

#[tokio::test]
async fn private_destinations_are_never_dialled() {
    let (address, requests) = server(|_| response("200 OK", "", b"x")).await;
    let port = address.port();
    let client = client(&[]);
    for host in [
        "127.0.0.1",
        "localhost",
        "localhost.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "0.0.0.0",
        "127.1",
    ] {
        let result = client.send(GuardedRequest::get(format!("http://{host}:{port}/"))).await;
        assert!(matches!(result, Err(HttpError::Blocked | HttpError::Unreachable)), "{host}: {result:?}");
    }
    for url in
        ["ftp://x.example/", "file:///etc/passwd", "http://user@x.example/", "unix:/x", "", "http://", "//x"]
    {
        assert_eq!(client.send(GuardedRequest::get(url)).await.unwrap_err(), HttpError::InvalidUrl, "{url}");
    }
    assert!(requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn every_hop_of_a_redirect_is_checked() {
    let (inner, inner_requests) = server(|_| response("200 OK", "", b"secret")).await;
    static INNER: Mutex<String> = Mutex::new(String::new());
    *INNER.lock().unwrap() = inner.to_string();
    let (outer, _) = server(|line| {
        let location = if line.contains("/in") {
            format!("http://{}/", INNER.lock().unwrap())
        } else {
            "/in".to_owned()
        };
        response("302 Found", &format!("location: {location}\r\n"), b"")
    })
    .await;
    let following = GuardedRequest {
        max_redirects: 5,
        headers: vec![("authorization".into(), "secret".into())],
        ..GuardedRequest::get(format!("http://{outer}/"))
    };
    let only_outer = client(&[outer.to_string()]);
    assert_eq!(only_outer.send(following.clone()).await.unwrap_err(), HttpError::Blocked);
    assert!(inner_requests.lock().unwrap().is_empty());

    let both = client(&[outer.to_string(), inner.to_string()]);
    assert_eq!(both.send(following.clone()).await.unwrap().body.as_ref(), b"secret");
    assert!(!inner_requests.lock().unwrap()[0].contains("authorization"));
    let not_following = GuardedRequest { max_redirects: 0, ..following.clone() };
    assert_eq!(both.send(not_following).await.unwrap().status, 302);
    let too_few = GuardedRequest { max_redirects: 1, ..following };
    assert_eq!(both.send(too_few).await.unwrap_err(), HttpError::TooManyRedirects);
}

#[tokio::test]
async fn size_and_time_are_bounded() {
    let (large, _) = server(|_| response("200 OK", "", &b"x".repeat(2_000))).await;
    let small_limit = |address| GuardedRequest {
        max_response_bytes: 1_000,
        ..GuardedRequest::get(format!("http://{address}/"))
    };
    assert_eq!(client(&[large.to_string()]).send(small_limit(large)).await.unwrap_err(), HttpError::TooLarge);
    let (unannounced, _) =
        server(|_| Some([b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &b"x".repeat(2_000)].concat())).await;
    assert_eq!(
        client(&[unannounced.to_string()]).send(small_limit(unannounced)).await.unwrap_err(),
        HttpError::TooLarge
    );
    let (slow, _) = server(|_| None).await;
    let hasty = GuardedRequest {
        timeout: Duration::from_millis(300),
        ..GuardedRequest::get(format!("http://{slow}/"))
    };
    assert_eq!(client(&[slow.to_string()]).send(hasty).await.unwrap_err(), HttpError::TimedOut);
    let (endless, _) =
        server(|_| Some([b"HTTP/1.1 200 OK\r\n".as_slice(), &b"a: b\r\n".repeat(200_000)].concat())).await;
    assert!(client(&[endless.to_string()]).send(small_limit(endless)).await.is_err());
}

#[tokio::test]
async fn only_real_images_pass_the_proxy() {
    let (address, requests) = server(|line| match line.split(' ').nth(1) {
        Some("/ok.png") => response("200 OK", "content-type: text/html\r\nset-cookie: a=b\r\n", &png(10, 10)),
        Some("/huge.png") => response("200 OK", "", &png(100_000, 100_000)),
        Some("/x.svg") => response("200 OK", "content-type: image/png\r\n", b"<svg onload=x>"),
        Some("/x.html") => response("200 OK", "content-type: image/png\r\n", b"<html>"),
        _ => response("404 Not Found", "", &png(1, 1)),
    })
    .await;
    let client = client(&[address.to_string()]);
    let fetch = |path: &str| {
        let url = format!("http://{address}{path}");
        let client = client.clone();
        async move { client.fetch_image(&url).await }
    };
    assert_eq!(
        fetch("/ok.png").await.unwrap(),
        FetchedImage { media_type: "image/png", bytes: png(10, 10).into() }
    );
    for path in ["/huge.png", "/x.svg", "/x.html"] {
        assert_eq!(fetch(path).await.unwrap_err(), HttpError::NotAnImage, "{path}");
    }
    assert_eq!(fetch("/none").await.unwrap_err(), HttpError::Status(404));
    let requests = requests.lock().unwrap().join("\n").to_lowercase();
    assert!(!requests.contains("cookie") && !requests.contains("referer"));
}

#[test]
fn dimensions_are_read_without_decoding() {
    assert_eq!(shown_image(b"GIF89a\x10\0\x10\0rest"), Some("image/gif"));
    assert_eq!(shown_image(b"GIF89a\xff\xff\xff\xffrest"), None);
    let jpeg = b"\xff\xd8\xff\xe0\x00\x04xx\xff\xc0\x00\x11\x08\x00\x10\x00\x20";
    assert_eq!(jpeg_pixels(jpeg), Some(512));
    assert_eq!(shown_image(b"\xff\xd8\xff\xe0\x00\x00\x00\x00"), None);
    assert_eq!(shown_image(b"\x89PNG\r\n\x1a\n"), None);
    assert_eq!(shown_image(b"%PDF-1.4"), None);
}

#[test]
fn forms_cannot_be_broken_out_of() {
    assert_eq!(form(&[("a", "x&b=y"), ("c", "1 +%\u{fc}\r\n")]), "a=x%26b%3Dy&c=1+%2B%25%C3%BC%0D%0A");
    assert_eq!(form(&[]), "");
}
