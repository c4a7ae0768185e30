//! One open event stream: what was missed from the log, then what happens, each event checked when it is sent.

use std::collections::VecDeque;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use rapport_domain::model::Message;
use rapport_domain::{EventEnvelope, Permission, UserId};
use rapport_engine::account::{CREDENTIALS_CHANGED, Presented};
use rapport_engine::presence::Connected;
use rapport_engine::realtime::Frame;
use rapport_engine::signed_url::Reader;
use rapport_engine::{Caller, Error, access};
use rapport_store::event::StoredEvent;
use serde::Deserialize;
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

use crate::state::AppState;

const PING: Duration = Duration::from_secs(15);
/// What was proved longer ago is proved again before anything is sent.
const PROOF_LASTS: Duration = Duration::from_secs(5);
/// Events read from the log at once; small, because many may catch up at the same time.
const PAGE: i64 = 50;

pub struct EventStream {
    state: AppState,
    presented: Presented,
    caller: Caller,
    proved_at: Instant,
    frames: broadcast::Receiver<Frame>,
    stopping: watch::Receiver<bool>,
    /// Everything up to this number was sent or may not be seen.
    seq: i64,
    /// The log holds more after `seq`.
    catching_up: bool,
    waiting: VecDeque<Bytes>,
    next_ping: Instant,
    _connected: Connected,
}

/// Whether the stream goes on.
enum Step {
    Go,
    End,
}

impl EventStream {
    /// Starts after the event `after`, or with what happens from now on.
    pub async fn open(
        state: AppState,
        presented: Presented,
        caller: Caller,
        after: Option<i64>,
    ) -> Result<Self, Error> {
        let engine = state.engine();
        // Listening first and reading the log then misses nothing in between.
        let frames = engine.hub().subscribe(&caller.workspace).await?;
        let last = engine
            .store()
            .read(&caller.workspace, |tx| Ok::<_, Error>(rapport_store::event::last_seq(tx)?))
            .await?;
        let newest = format!("{{\"seq\":{last}}}");
        let mut waiting = VecDeque::from([frame("hello", None, &newest)]);
        let seq = match after {
            // Nobody can have seen what has not happened: the client knows another database.
            Some(after) if after > last || after < 0 => {
                waiting.push_back(frame("resync_required", None, &newest));
                last
            }
            Some(after) => after,
            None => last,
        };
        let now = Instant::now();
        Ok(Self {
            stopping: state.stopping(),
            _connected: engine.presence().connect(&caller.workspace, caller.user_id()),
            presented,
            caller,
            proved_at: now,
            frames,
            catching_up: seq < last,
            seq,
            waiting,
            next_ping: now + PING,
            state,
        })
    }

    pub fn into_response(self) -> Response {
        let bytes = stream::unfold(self, |mut stream| async move {
            let bytes = stream.next().await?;
            Some((Ok::<_, std::convert::Infallible>(bytes), stream))
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
            let step = if self.catching_up { self.catch_up().await } else { self.listen().await };
            if let Step::End = step {
                return None;
            }
        }
    }

    async fn catch_up(&mut self) -> Step {
        let after = self.seq;
        let read = self
            .state
            .engine()
            .store()
            .read(&self.caller.workspace, move |tx| {
                Ok::<_, Error>(rapport_store::event::list_after(tx, after, PAGE)?)
            })
            .await;
        let Ok(events) = read else { return Step::End };
        self.catching_up = events.len() as i64 == PAGE;
        for event in &events {
            self.seq = event.envelope.seq;
            let Ok(json) = serde_json::to_string(&event.envelope) else { return Step::End };
            if let Step::End = self.send(event, &json).await {
                return Step::End;
            }
        }
        Step::Go
    }

    async fn listen(&mut self) -> Step {
        let heard = tokio::select! {
            biased;
            _ = self.stopping.wait_for(|stopping| *stopping) => return Step::End,
            received = self.frames.recv() => Some(received),
            () = tokio::time::sleep_until(self.next_ping) => None,
        };
        match heard {
            Some(Ok(received)) => self.receive(received).await,
            Some(Err(broadcast::error::RecvError::Lagged(_))) => {
                self.catching_up = true;
                Step::Go
            }
            Some(Err(broadcast::error::RecvError::Closed)) => Step::End,
            None => self.ping().await,
        }
    }

    async fn receive(&mut self, received: Frame) -> Step {
        match received {
            Frame::Durable { event, .. } if event.envelope.seq <= self.seq => Step::Go,
            Frame::Durable { event, .. } if event.envelope.seq > self.seq + 1 => {
                self.catching_up = true;
                Step::Go
            }
            Frame::Durable { event, json } => {
                self.seq = event.envelope.seq;
                self.send(&event, &json).await
            }
            Frame::Ephemeral { name: CREDENTIALS_CHANGED, json, .. } => {
                if json.contains(self.caller.user_id().as_str()) { self.prove().await } else { Step::Go }
            }
            Frame::Ephemeral { name, json, except } => {
                self.send_ephemeral(name, &json, except.as_ref()).await
            }
        }
    }

    async fn send(&mut self, event: &StoredEvent, json: &str) -> Step {
        if let Step::End = self.prove_if_stale().await {
            return Step::End;
        }
        if access::may_see_event(&self.caller, event) {
            let envelope = &event.envelope;
            let signed = self.with_paths(envelope);
            self.waiting.push_back(frame(
                &envelope.name,
                Some(envelope.seq),
                signed.as_deref().unwrap_or(json),
            ));
        }
        Step::Go
    }

    /// The event with the paths of its message's files, which differ from reader to reader.
    fn with_paths(&self, envelope: &EventEnvelope) -> Option<String> {
        let carried = envelope.data.get("message")?;
        if carried.get("attachments")?.as_array()?.is_empty() {
            return None;
        }
        let mut message = Message::deserialize(carried).ok()?;
        let reader = Reader::User(self.caller.user_id().clone());
        self.state.engine().sign_message(&self.caller.workspace, &reader, &mut message);
        let mut envelope = envelope.clone();
        envelope.data["message"] = serde_json::to_value(message).ok()?;
        serde_json::to_string(&envelope).ok()
    }

    async fn send_ephemeral(&mut self, name: &str, json: &str, except: Option<&UserId>) -> Step {
        if except == Some(self.caller.user_id()) {
            return Step::Go;
        }
        if let Step::End = self.prove_if_stale().await {
            return Step::End;
        }
        let needed = match name {
            "presence.changed" | "contact.typing" => Permission::ConversationRead,
            "user.online" => Permission::UserRead,
            _ => return Step::Go,
        };
        if self.caller.may(needed) {
            self.waiting.push_back(frame(name, None, json));
        }
        Step::Go
    }

    async fn ping(&mut self) -> Step {
        self.next_ping = Instant::now() + PING;
        self.waiting.push_back(Bytes::from_static(b": ping\n\n"));
        match self.state.engine().authenticate(&self.presented).await {
            Ok(caller) => {
                self.proved(caller);
                Step::Go
            }
            Err(Error::Unauthenticated) => Step::End,
            // Nothing is sent while this lasts, so a database that is away need not end every stream.
            Err(_) => Step::Go,
        }
    }

    async fn prove_if_stale(&mut self) -> Step {
        if self.proved_at.elapsed() < PROOF_LASTS { Step::Go } else { self.prove().await }
    }

    /// Looks up the session or token again, with what its user may do now.
    async fn prove(&mut self) -> Step {
        match self.state.engine().authenticate(&self.presented).await {
            Ok(caller) => {
                self.proved(caller);
                Step::Go
            }
            Err(_) => Step::End,
        }
    }

    fn proved(&mut self, caller: Caller) {
        self.caller = caller;
        self.proved_at = Instant::now();
    }
}

/// JSON has no line breaks of its own, so one `data` line is enough.
fn frame(name: &str, id: Option<i64>, json: &str) -> Bytes {
    match id {
        Some(id) => format!("id: {id}\nevent: {name}\ndata: {json}\n\n").into(),
        None => format!("event: {name}\ndata: {json}\n\n").into(),
    }
}
