//! From which address a request comes. Forwarding headers count only when a proxy that we trust wrote them.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use ipnet::IpNet;
use rapport_engine::account::Peer;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// Kept in the request by the first middleware.
#[derive(Clone, Copy, Debug)]
pub struct PeerAddress(pub Option<IpAddr>);

/// Whoever is at the door: their address and what they call their browser.
pub struct Knock(pub Peer);

impl<S: Sync> FromRequestParts<S> for Knock {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let address = parts.extensions.get::<PeerAddress>().and_then(|peer| peer.0);
        let user_agent =
            parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Self(Peer { address, user_agent }))
    }
}

/// The socket's address, or, behind trusted proxies, the last one that no trusted proxy has.
pub fn peer_address(socket: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let socket = socket?.to_canonical();
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(&socket) {
        return Some(socket);
    }
    let mut nearest = socket;
    let hops =
        headers.get_all(FORWARDED_FOR).iter().rev().flat_map(|value| {
            value.to_str().unwrap_or_default().rsplit(',').map(str::trim).collect::<Vec<_>>()
        });
    for hop in hops {
        // What is left of something unreadable was written by we know not whom.
        let Ok(address) = hop.parse::<IpAddr>() else { break };
        nearest = address.to_canonical();
        if !is_trusted(&nearest) {
            break;
        }
    }
    Some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(socket: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, value.parse().expect("is a header value"));
        }
        let trusted = ["10.0.0.0/8".parse().expect("is a network")];
        let address = peer_address(socket.parse().ok(), &headers, &trusted);
        address.map(|address| address.to_string()).unwrap_or_default()
    }

    #[test]
    fn strangers_cannot_choose_their_address() {
        assert_eq!(seen("203.0.113.9", &["1.2.3.4"]), "203.0.113.9");
        assert_eq!(seen("::ffff:203.0.113.9", &["1.2.3.4"]), "203.0.113.9");
    }

    #[test]
    fn behind_proxies_the_last_untrusted_address_counts() {
        assert_eq!(seen("10.0.0.1", &["1.2.3.4, 198.51.100.7, 10.0.0.2"]), "198.51.100.7");
        assert_eq!(seen("10.0.0.1", &["1.2.3.4", "198.51.100.7"]), "198.51.100.7");
        assert_eq!(seen("10.0.0.1", &["198.51.100.7, <script>"]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
    }
}
