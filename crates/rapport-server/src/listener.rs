//! Accepts connections and speaks HTTP/1.1 on them; TLS and HTTP/2 are the business of the proxy in front.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::{Router, http};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rapport_engine::Engine;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt;

use crate::state::AppState;
use crate::{ServerOptions, router};

/// A request whose head takes longer is cut off.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Per direction and connection.
const MAX_BUFFER_BYTES: usize = 64 * 1024;
/// A peer that acknowledges nothing for so long is gone, and so is the presence of whoever it was.
const PEER_TIMEOUT: Duration = Duration::from_secs(60);
/// How long new connections still get answers after the stop, so that a load balancer sees that we are not ready.
const ANNOUNCEMENT: Duration = Duration::from_millis(500);
/// Accepting fails when there are no more file descriptors; some time helps.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `shutdown` completes, then ends streams, lets requests finish, and returns.
pub async fn serve(
    engine: Engine,
    listener: TcpListener,
    options: ServerOptions,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let most = options.max_connections.clamp(1, u32::MAX as usize);
    let grace = options.shutdown_grace;
    let state = AppState::new(engine, options);
    let router = router::with_state(state.clone());
    let connections = Arc::new(Semaphore::new(most));
    let (closing, _) = watch::channel(false);
    let mut accepting = Box::pin(accept(&listener, &router, &connections, &closing));
    tokio::select! {
        () = &mut accepting => {}
        () = shutdown => {}
    }
    state.stop();
    // The timeout is the point: accepting never ends by itself.
    let _ = tokio::time::timeout(ANNOUNCEMENT, accepting).await;
    drop(listener);
    closing.send_replace(true);
    if tokio::time::timeout(grace, connections.acquire_many(most as u32)).await.is_err() {
        tracing::warn!("some requests did not finish in time and are cut off");
    }
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    router: &Router,
    connections: &Arc<Semaphore>,
    closing: &watch::Sender<bool>,
) {
    loop {
        let Ok(permit) = connections.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, peer)) => {
                let connection = connection(stream, peer, router.clone(), closing.subscribe());
                tokio::spawn(async move {
                    connection.await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, mut closing: watch::Receiver<bool>) {
    notice_dead_peers(&stream);
    let service = service_fn(move |request: http::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let outcome = tokio::select! {
        outcome = &mut connection => outcome,
        _ = closing.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        // Peers hang up and send nonsense all the time.
        tracing::trace!(%error, "a connection ended early");
    }
}

fn notice_dead_peers(stream: &TcpStream) {
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new().with_time(PEER_TIMEOUT / 2).with_interval(PEER_TIMEOUT / 6);
    // Where the system cannot, its own and longer times apply.
    let _ = socket.set_tcp_keepalive(&keepalive);
    let _ = socket.set_tcp_nodelay(true);
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(PEER_TIMEOUT));
}
