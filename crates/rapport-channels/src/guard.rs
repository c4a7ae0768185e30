//! The address policy for every connection that a setting or a message can cause.
//! Names are resolved first, each address is checked, and exactly the checked address is dialled.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use tokio::net::TcpStream;

/// Which destinations outside the public internet may be reached. By default none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutboundPolicy {
    pub allow: Vec<AllowRule>,
}

/// A destination that an administrator has opened, in one of the forms `host`, `host:port,port`,
/// `10.1.0.0/16`, `10.1.0.0/16:25`, `::1`, `[fd00::/8]:993`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowRule {
    target: AllowTarget,
    /// Empty means every port.
    ports: Vec<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum AllowTarget {
    Host(String),
    Network { address: IpAddr, prefix: u8 },
}

/// Why no connection was made. The text never tells open ports from closed ones inside the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GuardError {
    #[error("this destination is not allowed")]
    Blocked,
    #[error("the host name could not be resolved")]
    Unresolvable,
    #[error("the host could not be reached")]
    Unreachable,
    #[error("the connection timed out")]
    TimedOut,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a host, address or network with optional ports: {0}")]
pub struct InvalidAllowRule(String);

impl OutboundPolicy {
    /// True when `address`, reached under the name `host`, may be dialled on `port`.
    pub fn permits(&self, host: &str, address: IpAddr, port: u16) -> bool {
        is_public(address) || self.allow.iter().any(|rule| rule.matches(host, address, port))
    }
}

impl AllowRule {
    fn matches(&self, host: &str, address: IpAddr, port: u16) -> bool {
        let port_matches = self.ports.is_empty() || self.ports.contains(&port);
        port_matches
            && match &self.target {
                AllowTarget::Host(name) => *name == canonical_host(host),
                AllowTarget::Network { address: network, prefix } => contains(*network, *prefix, address),
            }
    }
}

impl FromStr for AllowRule {
    type Err = InvalidAllowRule;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidAllowRule(text.to_owned());
        let text = text.trim();
        let (target, ports) = split_ports(text).ok_or_else(invalid)?;
        let ports = match ports {
            None => Vec::new(),
            Some(list) => list
                .split(',')
                .map(|port| port.trim().parse::<u16>().ok().filter(|port| *port != 0))
                .collect::<Option<Vec<_>>>()
                .ok_or_else(invalid)?,
        };
        let target = parse_target(target).ok_or_else(invalid)?;
        Ok(Self { target, ports })
    }
}

fn split_ports(text: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (inner, after) = rest.split_once(']')?;
        return match after {
            "" => Some((inner, None)),
            _ => after.strip_prefix(':').map(|ports| (inner, Some(ports))),
        };
    }
    // More than one colon is an IPv6 address or network without brackets, which has no ports.
    match text.matches(':').count() {
        1 => text.split_once(':').map(|(target, ports)| (target, Some(ports))),
        _ => Some((text, None)),
    }
}

fn parse_target(target: &str) -> Option<AllowTarget> {
    if let Some((address, prefix)) = target.split_once('/') {
        let address: IpAddr = address.parse().ok()?;
        let prefix: u8 = prefix.parse().ok()?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        return (prefix <= longest).then_some(AllowTarget::Network { address, prefix });
    }
    if let Ok(address) = target.parse::<IpAddr>() {
        let prefix = if address.is_ipv4() { 32 } else { 128 };
        return Some(AllowTarget::Network { address, prefix });
    }
    let valid = !target.is_empty()
        && target.len() <= 253
        && target.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    valid.then(|| AllowTarget::Host(canonical_host(target)))
}

fn canonical_host(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

fn contains(network: IpAddr, prefix: u8, address: IpAddr) -> bool {
    match (network, unmapped(address)) {
        (IpAddr::V4(network), IpAddr::V4(address)) => contains_v4(network, prefix, address),
        (IpAddr::V6(network), IpAddr::V6(address)) => contains_v6(network, prefix, address),
        _ => false,
    }
}

fn contains_v4(network: Ipv4Addr, prefix: u8, address: Ipv4Addr) -> bool {
    let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
    network.to_bits() & mask == address.to_bits() & mask
}

fn contains_v6(network: Ipv6Addr, prefix: u8, address: Ipv6Addr) -> bool {
    let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
    network.to_bits() & mask == address.to_bits() & mask
}

fn unmapped(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

/// Special-purpose IPv4 ranges (IANA registry), multicast and the reserved top.
const RESERVED_V4: &[(Ipv4Addr, u8)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(192, 175, 48, 0), 24),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Only 2000::/3 is public; these ranges inside it are not.
const RESERVED_V6: &[(Ipv6Addr, u8)] = &[
    // Protocol assignments, with Teredo, ORCHID and benchmarking.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    // 6to4 hides an IPv4 address.
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48),
    (Ipv6Addr::new(0x3ffe, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// True for addresses of the public internet. IPv4 addresses inside IPv6 ones are judged as IPv4;
/// translated forms such as 64:ff9b::/96 are never public, since the translator may be ours.
pub fn is_public(address: IpAddr) -> bool {
    match unmapped(address) {
        IpAddr::V4(address) => {
            !RESERVED_V4.iter().any(|(network, prefix)| contains_v4(*network, *prefix, address))
        }
        IpAddr::V6(address) => {
            contains_v6(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3, address)
                && !RESERVED_V6.iter().any(|(network, prefix)| contains_v6(*network, *prefix, address))
        }
    }
}

/// The addresses of `host` that may be dialled, in the resolver's order.
/// One forbidden address among them blocks all: a name that points both ways is not to be trusted.
pub async fn resolve(policy: &OutboundPolicy, host: &str, port: u16) -> Result<Vec<SocketAddr>, GuardError> {
    let host = host.trim().trim_start_matches('[').trim_end_matches(']');
    if host.is_empty() || host.contains(['\0', '/', '\\', '%']) || port == 0 {
        return Err(GuardError::Blocked);
    }
    let found: Vec<SocketAddr> = match host.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => {
            tokio::net::lookup_host((host, port)).await.map_err(|_| GuardError::Unresolvable)?.collect()
        }
    };
    if found.is_empty() {
        return Err(GuardError::Unresolvable);
    }
    if found.iter().all(|address| policy.permits(host, address.ip(), port)) {
        Ok(found)
    } else {
        Err(GuardError::Blocked)
    }
}

/// Resolves, checks and connects; `timeout` covers all of it.
pub async fn connect(
    policy: &OutboundPolicy,
    host: &str,
    port: u16,
    timeout: Duration,
) -> Result<TcpStream, GuardError> {
    let attempt = async {
        let addresses = resolve(policy, host, port).await?;
        // Each address gets its share of the time, so that a dead IPv6 route does not use it all up.
        let share = timeout / u32::try_from(addresses.len()).unwrap_or(1).max(1);
        let mut failure = GuardError::Unreachable;
        for address in addresses {
            match tokio::time::timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    // Small commands and answers alternate; waiting to fill packets only slows them.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(_)) => failure = GuardError::Unreachable,
                Err(_) => failure = GuardError::TimedOut,
            }
        }
        Err(failure)
    };
    tokio::time::timeout(timeout, attempt).await.unwrap_or(Err(GuardError::TimedOut))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn edges_of_every_reserved_range_are_exact() {
        for (network, prefix) in RESERVED_V4 {
            let first = network.to_bits();
            let last = first | (u32::MAX.checked_shr(u32::from(*prefix)).unwrap_or(0));
            assert!(!is_public(IpAddr::V4(Ipv4Addr::from_bits(first))), "{network}/{prefix}");
            assert!(!is_public(IpAddr::V4(Ipv4Addr::from_bits(last))), "{network}/{prefix}");
        }
        let pairs = [
            ("9.255.255.255", "11.0.0.0"),
            ("100.63.255.255", "100.128.0.0"),
            ("126.255.255.255", "128.0.0.0"),
            ("169.253.255.255", "169.255.0.0"),
            ("172.15.255.255", "172.32.0.0"),
            ("192.167.255.255", "192.169.0.0"),
            ("198.17.255.255", "198.20.0.0"),
            ("223.255.255.255", "1.0.0.0"),
            ("2001:200::", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2001:db9::", "2003::"),
            ("2000::", "3ffd:ffff::"),
        ];
        for (below, above) in pairs {
            assert!(is_public(ip(below)), "{below}");
            assert!(is_public(ip(above)), "{above}");
        }
    }

    #[test]
    fn private_addresses_are_seen_in_every_spelling() {
        let private = [
            "127.0.0.1",
            "0.0.0.0",
            "169.254.169.254",
            "100.64.0.1",
            "10.0.0.1",
            "255.255.255.255",
            "224.0.0.1",
            "::1",
            "::",
            "fd00::1",
            "fe80::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.1.2.3",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001::1",
            "100::1",
            "5f00::1",
            "4000::1",
        ];
        for address in private {
            assert!(!is_public(ip(address)), "{address}");
        }
        for address in ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "::ffff:8.8.8.8"] {
            assert!(is_public(ip(address)), "{address}");
        }
    }

    #[test]
    fn rules_open_exactly_what_they_name() {
        let policy = OutboundPolicy {
            allow: ["10.1.0.0/16:25,587", "mail.internal:993", "[fd00::/8]", "127.0.0.1"]
                .iter()
                .map(|rule| rule.parse().unwrap())
                .collect(),
        };
        assert!(policy.permits("x", ip("10.1.255.255"), 25));
        assert!(!policy.permits("x", ip("10.1.0.1"), 26));
        assert!(!policy.permits("x", ip("10.2.0.0"), 25));
        assert!(policy.permits("Mail.Internal.", ip("192.168.3.4"), 993));
        assert!(!policy.permits("mail.internal.evil", ip("192.168.3.4"), 993));
        assert!(policy.permits("x", ip("fdff::1"), 1));
        assert!(policy.permits("x", ip("::ffff:127.0.0.1"), 80));
        assert!(!policy.permits("x", ip("127.0.0.2"), 80));
    }

    #[test]
    fn broken_rules_are_refused() {
        for rule in
            ["", "10.0.0.0/33", "10.0.0.0/x", "host:0", "host:70000", "host:", "[::1", "a b", "host:25,"]
        {
            assert!(rule.parse::<AllowRule>().is_err(), "{rule:?}");
        }
        assert!("0.0.0.0/0".parse::<AllowRule>().is_ok());
    }

    #[tokio::test]
    async fn every_way_to_write_loopback_is_blocked() {
        let policy = OutboundPolicy::default();
        for host in
            ["127.0.0.1", "[::1]", "localhost", "localhost.", "2130706433", "0x7f.1", "0177.0.0.1", "0", ""]
        {
            let result = resolve(&policy, host, 80).await;
            assert!(
                matches!(result, Err(GuardError::Blocked | GuardError::Unresolvable)),
                "{host}: {result:?}"
            );
        }
    }

    #[tokio::test]
    async fn an_allowed_address_is_dialled() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let open = OutboundPolicy { allow: vec![format!("127.0.0.1:{port}").parse().unwrap()] };
        assert!(connect(&open, "127.0.0.1", port, Duration::from_secs(5)).await.is_ok());
        let closed = connect(&OutboundPolicy::default(), "127.0.0.1", port, Duration::from_secs(5)).await;
        assert_eq!(closed.unwrap_err(), GuardError::Blocked);
    }
}
