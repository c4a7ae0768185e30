//! A visitor's live connection: what was missed, then what happens, until the visitor, the server or the session ends.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use rapport_engine::chat::{ChatError, VisitorFrame, VisitorStream};
use rapport_engine::realtime::Frame;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

use super::guard::{OwnPage, Visiting};
use super::limits::Act;
use super::streams::{End, Entry, Streams};
use crate::extract::Params;
use crate::problem::Problem;
use crate::state::AppState;

const PING: Duration = Duration::from_secs(15);
const LAST_EVENT_ID: &str = "last-event-id";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamParams {
    #[serde(default)]
    after: Option<String>,
}

pub async fn stream(
    State(state): State<AppState>,
    Extension(streams): Extension<Streams>,
    page: OwnPage,
    visiting: Visiting,
    Params(params): Params<StreamParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    visiting.count(&state, Act::Read)?;
    let resumed = headers.get(LAST_EVENT_ID).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let after = resumed.or(params.after).filter(|text| !text.is_empty());
    // A cursor that is none of ours is like one from another time: everything is loaded anew.
    let after = after.map(|text| text.parse::<i64>().ok().filter(|seq| *seq >= 0).unwrap_or(i64::MAX));
    let entry = streams.enter(visiting.visit.token_key(), page.peer)?;
    // Listening first and reading the log then misses nothing in between.
    let frames = state.engine().hub().subscribe(&visiting.visit.workspace).await?;
    let (stream, first) = state.engine().chat_stream(&visiting.visit, after).await?;
    let live = Live {
        frames,
        stream,
        stopping: state.stopping(),
        entry,
        waiting: VecDeque::new(),
        next_ping: Instant::now() + PING,
        over: false,
    };
    Ok(live.begin(first).into_response())
}

/// What a stream waited for.
enum Next {
    Stop,
    End(End),
    Ping,
    Received(Result<Frame, RecvError>),
}

struct Live {
    frames: broadcast::Receiver<Frame>,
    stream: VisitorStream,
    stopping: watch::Receiver<bool>,
    entry: Entry,
    waiting: VecDeque<Bytes>,
    next_ping: Instant,
    /// Nothing comes after what is waiting.
    over: bool,
}

impl Live {
    fn begin(mut self, first: Vec<VisitorFrame>) -> Self {
        self.push(first);
        self
    }

    fn into_response(self) -> Response {
        let bytes = futures_util::stream::unfold(self, |mut live| async move {
            let bytes = live.next().await?;
            Some((Ok::<_, Infallible>(bytes), live))
        });
        let mut response = Response::new(Body::from_stream(bytes));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
        response
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.waiting.pop_front() {
                return Some(bytes);
            }
            if self.over {
                return None;
            }
            self.listen().await;
        }
    }

    async fn listen(&mut self) {
        let next = tokio::select! {
            biased;
            _ = self.stopping.wait_for(|stopping| *stopping) => Next::Stop,
            end = &mut self.entry.ended => Next::End(end.unwrap_or(End::Replaced)),
            () = tokio::time::sleep_until(self.next_ping) => Next::Ping,
            received = self.frames.recv() => Next::Received(received),
        };
        match next {
            Next::Stop | Next::Received(Err(RecvError::Closed)) => self.over = true,
            Next::End(end) => self.end(end),
            Next::Ping => self.ping().await,
            Next::Received(Ok(frame)) => {
                let frames = self.stream.translate(&frame).await;
                self.take(frames);
            }
            Next::Received(Err(RecvError::Lagged(_))) => {
                let frames = self.stream.catch_up().await;
                self.take(frames);
            }
        }
    }

    /// After a fault the browser resumes where it was, once the database is back.
    fn take(&mut self, frames: Result<Vec<VisitorFrame>, ChatError>) {
        match frames {
            Ok(frames) => self.push(frames),
            Err(error) => {
                tracing::warn!(%error, "a visitor's stream is ended");
                self.over = true;
            }
        }
    }

    fn push(&mut self, frames: Vec<VisitorFrame>) {
        for frame in frames {
            if self.over {
                return;
            }
            self.over = frame.is_last();
            self.waiting.push_back(encode(&frame));
        }
    }

    fn end(&mut self, end: End) {
        if end == End::Revoked {
            self.push(vec![VisitorFrame::passing("session_ended", json!({ "code": "token_invalid" }))]);
        }
        self.over = true;
    }

    async fn ping(&mut self) {
        self.next_ping = Instant::now() + PING;
        self.waiting.push_back(Bytes::from_static(b": ping\n\n"));
        // The token may have been revoked by another process, and the widget's rules may have changed there.
        match self.stream.recheck().await {
            Ok(frame) => self.push(frame.into_iter().collect()),
            // Nothing is sent while this lasts, so a database that is away need not end every stream.
            Err(error) => tracing::debug!(%error, "a visitor could not be looked up again"),
        }
    }
}

/// JSON has no line breaks of its own, so one `data` line is enough.
fn encode(frame: &VisitorFrame) -> Bytes {
    match frame.id {
        Some(id) => format!("id: {id}\nevent: {}\ndata: {}\n\n", frame.event, frame.data).into(),
        None => format!("event: {}\ndata: {}\n\n", frame.event, frame.data).into(),
    }
}
