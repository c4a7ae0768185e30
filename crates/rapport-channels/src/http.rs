//! The one client for HTTP requests to addresses that a setting or a message names.
//! Each hop is resolved, checked and pinned before it is dialled; size, time and redirects are bounded.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
pub use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{StatusCode, Url};
use tokio::time::Instant;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::guard::{self, GuardError, OutboundPolicy};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_IMAGE_BYTES: usize = 5 * 1024 * 1024;
const IMAGE_TIMEOUT: Duration = Duration::from_secs(15);
/// More pixels than any mail shows, and few enough for a browser to decode.
const MAX_IMAGE_PIXELS: u64 = 50_000_000;
const USER_AGENT: &str = concat!("Rapport/", env!("CARGO_PKG_VERSION"));

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    #[error("not a usable web address")]
    InvalidUrl,
    #[error("the request holds a header that cannot be sent")]
    InvalidHeader,
    #[error("this destination is not allowed")]
    Blocked,
    #[error("the server could not be reached")]
    Unreachable,
    #[error("the server did not answer in time")]
    TimedOut,
    #[error("the answer is larger than allowed")]
    TooLarge,
    #[error("too many redirects")]
    TooManyRedirects,
    #[error("the server answered with status {0}")]
    Status(u16),
    #[error("the answer is not an image that can be shown")]
    NotAnImage,
    #[error("the HTTP client could not be set up")]
    Setup,
}

/// One request; redirects are not followed unless `max_redirects` says so.
#[derive(Debug, Clone)]
pub struct GuardedRequest {
    pub method: Method,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// For everything from name resolution to the last byte.
    pub timeout: Duration,
    pub max_response_bytes: usize,
    pub max_redirects: usize,
}

impl GuardedRequest {
    /// A GET with thirty seconds, one megabyte and no redirects.
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            url: url.into(),
            headers: Vec::new(),
            body: Bytes::new(),
            timeout: Duration::from_secs(30),
            max_response_bytes: 1024 * 1024,
            max_redirects: 0,
        }
    }

    /// A POST with the same limits.
    pub fn post(url: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self { method: Method::POST, body: body.into(), ..Self::get(url) }
    }
}

#[derive(Debug, Clone)]
pub struct GuardedResponse {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// An answer that is read piece by piece, within the limits of its request.
#[derive(Debug)]
pub struct GuardedStream {
    pub status: u16,
    pub headers: HeaderMap,
    response: reqwest::Response,
    deadline: Instant,
    remaining: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedImage {
    pub media_type: &'static str,
    pub bytes: Bytes,
}

#[derive(Clone)]
pub struct GuardedClient {
    policy: Arc<OutboundPolicy>,
    tls: ClientConfig,
}

impl GuardedClient {
    pub fn new(policy: OutboundPolicy) -> Result<Self, HttpError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(crate::roots::system().iter().cloned());
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|_| HttpError::Setup)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { policy: Arc::new(policy), tls })
    }

    /// Sends and reads the whole answer, whatever its status.
    pub async fn send(&self, request: GuardedRequest) -> Result<GuardedResponse, HttpError> {
        let mut stream = self.start(request).await?;
        let announced = stream.response.content_length().unwrap_or(0);
        if announced > stream.remaining as u64 {
            return Err(HttpError::TooLarge);
        }
        let mut body = Vec::new();
        while let Some(chunk) = stream.next_chunk().await? {
            body.extend_from_slice(&chunk);
        }
        Ok(GuardedResponse { status: stream.status, headers: stream.headers, body: body.into() })
    }

    /// Sends and returns as soon as the headers of the answer are there.
    pub async fn start(&self, request: GuardedRequest) -> Result<GuardedStream, HttpError> {
        let deadline = Instant::now() + request.timeout;
        tokio::time::timeout_at(deadline, self.follow(request, deadline))
            .await
            .unwrap_or(Err(HttpError::TimedOut))
    }

    /// Fetches an image for the image proxy: pixels only, told by content, without cookies or referrer.
    pub async fn fetch_image(&self, url: &str) -> Result<FetchedImage, HttpError> {
        let request = GuardedRequest {
            headers: vec![("accept".to_owned(), "image/png, image/jpeg, image/gif, image/webp".to_owned())],
            timeout: IMAGE_TIMEOUT,
            max_response_bytes: MAX_IMAGE_BYTES,
            max_redirects: 5,
            ..GuardedRequest::get(url)
        };
        let response = self.send(request).await?;
        if response.status != 200 {
            return Err(HttpError::Status(response.status));
        }
        let media_type = shown_image(&response.body).ok_or(HttpError::NotAnImage)?;
        Ok(FetchedImage { media_type, bytes: response.body })
    }

    async fn follow(
        &self,
        mut request: GuardedRequest,
        deadline: Instant,
    ) -> Result<GuardedStream, HttpError> {
        let mut url = parse_url(&request.url)?;
        let mut headers = header_map(&request.headers)?;
        for _ in 0..=request.max_redirects {
            let response = self.one_hop(&url, &request, headers.clone()).await?;
            let status = response.status();
            let target = redirect_target(&url, status, response.headers());
            let (Some(target), true) = (target, request.max_redirects > 0) else {
                return Ok(GuardedStream {
                    status: status.as_u16(),
                    headers: response.headers().clone(),
                    response,
                    deadline,
                    remaining: request.max_response_bytes,
                });
            };
            let target = target?;
            if target.origin() != url.origin() {
                // What is meant for one server, above all its secrets, is no business of another.
                headers.retain_public();
            }
            if status == StatusCode::SEE_OTHER
                || (matches!(status.as_u16(), 301 | 302) && request.method == Method::POST)
            {
                request.method = Method::GET;
                request.body = Bytes::new();
                headers.remove(CONTENT_TYPE);
            }
            url = target;
        }
        Err(HttpError::TooManyRedirects)
    }

    /// A client of its own for each hop: its name leads to the checked addresses and nowhere else.
    async fn one_hop(
        &self,
        url: &Url,
        request: &GuardedRequest,
        headers: HeaderMap,
    ) -> Result<reqwest::Response, HttpError> {
        let host = url.host_str().ok_or(HttpError::InvalidUrl)?;
        let port = url.port_or_known_default().ok_or(HttpError::InvalidUrl)?;
        let addresses = guard::resolve(&self.policy, host, port).await.map_err(|error| match error {
            GuardError::Blocked => HttpError::Blocked,
            GuardError::TimedOut => HttpError::TimedOut,
            GuardError::Unresolvable | GuardError::Unreachable => HttpError::Unreachable,
        })?;
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(self.tls.clone())
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_max_idle_per_host(0)
            .user_agent(USER_AGENT)
            .resolve_to_addrs(host, &addresses)
            .build()
            .map_err(|_| HttpError::Setup)?;
        let sent = client
            .request(request.method.clone(), url.clone())
            .headers(headers)
            .body(request.body.clone())
            .send()
            .await;
        sent.map_err(|error| if error.is_timeout() { HttpError::TimedOut } else { HttpError::Unreachable })
    }
}

impl GuardedStream {
    /// The next piece of the body; `None` at its end.
    pub async fn next_chunk(&mut self) -> Result<Option<Bytes>, HttpError> {
        let chunk = tokio::time::timeout_at(self.deadline, self.response.chunk())
            .await
            .map_err(|_| HttpError::TimedOut)?
            .map_err(|_| HttpError::Unreachable)?;
        if let Some(chunk) = &chunk {
            self.remaining = self.remaining.checked_sub(chunk.len()).ok_or(HttpError::TooLarge)?;
        }
        Ok(chunk)
    }
}

/// A form as browsers send it (`application/x-www-form-urlencoded`).
pub(crate) fn form(fields: &[(&str, &str)]) -> Bytes {
    // Only its query is used, and that is written in the same way.
    let Ok(mut url) = Url::parse("http://form.invalid/") else { return Bytes::new() };
    url.query_pairs_mut().extend_pairs(fields);
    url.query().unwrap_or_default().to_owned().into()
}

trait PublicHeaders {
    fn retain_public(&mut self);
}

impl PublicHeaders for HeaderMap {
    fn retain_public(&mut self) {
        let mut kept = HeaderMap::new();
        for name in ["accept", "content-type"] {
            if let Some(value) = self.get(name) {
                kept.insert(name, value.clone());
            }
        }
        *self = kept;
    }
}

fn parse_url(text: &str) -> Result<Url, HttpError> {
    let url = Url::parse(text.trim()).map_err(|_| HttpError::InvalidUrl)?;
    check_url(&url)?;
    Ok(url)
}

fn check_url(url: &Url) -> Result<(), HttpError> {
    let web = matches!(url.scheme(), "http" | "https");
    // A user name in an address only serves to make it look like another one.
    let plain = url.username().is_empty() && url.password().is_none();
    if web && plain && url.host_str().is_some_and(|host| !host.is_empty()) {
        Ok(())
    } else {
        Err(HttpError::InvalidUrl)
    }
}

fn header_map(headers: &[(String, String)]) -> Result<HeaderMap, HttpError> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::try_from(name).map_err(|_| HttpError::InvalidHeader)?;
        let value = HeaderValue::try_from(value).map_err(|_| HttpError::InvalidHeader)?;
        map.append(name, value);
    }
    Ok(map)
}

/// Where a redirect leads; an error when it may not be followed, `None` when there is none.
fn redirect_target(from: &Url, status: StatusCode, headers: &HeaderMap) -> Option<Result<Url, HttpError>> {
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = headers.get(LOCATION)?.to_str().ok()?;
    let target = from.join(location).map_err(|_| HttpError::InvalidUrl);
    Some(target.and_then(|target| {
        check_url(&target)?;
        // What was asked for over a protected connection is not fetched over an open one.
        if from.scheme() == "https" && target.scheme() == "http" {
            Err(HttpError::Blocked)
        } else {
            Ok(target)
        }
    }))
}

/// The type of an image that may be shown, from its content and its dimensions.
fn shown_image(bytes: &[u8]) -> Option<&'static str> {
    let media_type = crate::email::sniff(bytes)?;
    let pixels = match media_type {
        "image/png" => u64::from(read_u32(bytes, 16)?) * u64::from(read_u32(bytes, 20)?),
        "image/gif" => u64::from(read_u16_little(bytes, 6)?) * u64::from(read_u16_little(bytes, 8)?),
        "image/jpeg" => jpeg_pixels(bytes)?,
        // A WebP image is at most 16,383 pixels wide and high, unless it is an animation.
        "image/webp" if !bytes.get(..64)?.windows(4).any(|chunk| chunk == b"ANIM") => 1,
        _ => return None,
    };
    (pixels > 0 && pixels <= MAX_IMAGE_PIXELS).then_some(media_type)
}

fn read_u32(bytes: &[u8], position: usize) -> Option<u32> {
    bytes.get(position..position + 4)?.try_into().ok().map(u32::from_be_bytes)
}

fn read_u16(bytes: &[u8], position: usize) -> Option<u16> {
    bytes.get(position..position + 2)?.try_into().ok().map(u16::from_be_bytes)
}

fn read_u16_little(bytes: &[u8], position: usize) -> Option<u16> {
    bytes.get(position..position + 2)?.try_into().ok().map(u16::from_le_bytes)
}

/// The size in the first start-of-frame segment.
fn jpeg_pixels(bytes: &[u8]) -> Option<u64> {
    let mut position = 2;
    while let Some(&[0xff, marker]) = bytes.get(position..position + 2) {
        match marker {
            0xff => position += 1,
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let height = read_u16(bytes, position + 5)?;
                return Some(u64::from(height) * u64::from(read_u16(bytes, position + 7)?));
            }
            _ => position += 2 + usize::from(read_u16(bytes, position + 2)?),
        }
    }
    None
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
