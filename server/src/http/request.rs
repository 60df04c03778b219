//! A request, as the handlers see it.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use http::header::AsHeaderName;
use http::{HeaderMap, Method, Version, header};
use percent_encoding::percent_decode_str;
use tokio::sync::watch;

use super::body::Body;
use super::line::Line;
use super::reply::Refusal;

/// The connection that a request came on.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    /// Its socket.
    pub line: Arc<Line>,
    /// The other end.
    pub remote: SocketAddr,
    /// This end: an address that works for that peer.
    pub local: SocketAddr,
    /// Of HTTP.
    pub version: Version,
    /// Becomes true when the listener stops.
    pub stop: watch::Receiver<bool>,
}

/// Where somebody sits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Machine {
    /// At the computer of this server, whichever of its addresses is used.
    This,
    /// At another device.
    Other,
}

/// In a network elsewhere a device has as many addresses of IPv6 as it likes, so that counts as a whole. In the one here it would be
/// everyone.
fn place(there: IpAddr, here: IpAddr) -> IpAddr {
    let network = |address: Ipv6Addr| u128::from(address) >> 64 << 64;
    let is_local = |address: Ipv6Addr| address.is_loopback() || address.is_unicast_link_local() || address.is_unique_local();
    match (there, here) {
        (IpAddr::V6(there), IpAddr::V6(here)) if !is_local(there) && network(there) != network(here) => {
            IpAddr::V6(network(there).into())
        }
        _ => there,
    }
}

impl Peer {
    /// Where the peer is. What a system sends to one of its own addresses it sends from that address.
    pub(super) fn machine(&self) -> Machine {
        let remote = self.remote.ip().to_canonical();
        if remote.is_loopback() || remote == self.local.ip().to_canonical() { Machine::This } else { Machine::Other }
    }

    /// The peer's address, or its whole network if that is another one than here.
    pub(super) fn place(&self) -> IpAddr {
        place(self.remote.ip().to_canonical(), self.local.ip().to_canonical())
    }

    /// Resolves when the listener stops.
    pub(super) async fn stopped(&self) {
        let mut stop = self.stop.clone();
        // An error means that the listener is gone, which is the same.
        drop(stop.wait_for(|stop| *stop).await);
    }

    /// Resolves when there is nobody to wait for any more: the listener stops, or the peer is gone.
    pub(super) async fn left(&self) {
        tokio::select! {
            () = self.stopped() => {}
            () = self.line.gone() => {}
        }
    }
}

#[derive(Debug)]
pub(super) struct Request {
    pub method: Method,
    /// As sent, percent-encoded.
    pub path: String,
    /// As sent, without the question mark.
    pub query: String,
    pub headers: HeaderMap,
    pub peer: Peer,
    pub body: Body,
}

impl Request {
    /// A header's value, if it is there and readable.
    pub(super) fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A field of the query, percent-decoded; a field without `=` is empty.
    pub(super) fn field(&self, name: &str) -> Option<String> {
        self.raw_field(name).map(|value| percent_decode_str(value).decode_utf8_lossy().into_owned())
    }

    /// A field of the query as sent.
    pub(super) fn raw_field(&self, name: &str) -> Option<&str> {
        self.query.split('&').find_map(|field| {
            let (key, value) = field.split_once('=').unwrap_or((field, ""));
            (key == name).then_some(value)
        })
    }

    /// The peer's address, an IPv4 one as such.
    pub(super) fn address(&self) -> IpAddr {
        self.peer.remote.ip().to_canonical()
    }

    /// Whether `If-None-Match` says that the peer has this version already.
    pub(super) fn has(&self, etag: &str) -> bool {
        let tags = self.headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
        tags.flat_map(|tags| tags.split(',')).any(|tag| {
            let tag = tag.trim();
            tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag
        })
    }

    pub(super) fn is_head(&self) -> bool {
        self.method == Method::HEAD
    }
}

/// Channels of one subscriber.
const MAX_CHANNELS: usize = 64;

/// A segment of a path, decoded once.
pub(super) fn decode(segment: &str) -> Result<String, Refusal> {
    percent_decode_str(segment).decode_utf8().map(Into::into).map_err(|_| Refusal::NotUtf8)
}

/// The one channel that a segment names.
pub(super) fn channel(segment: &str) -> Result<String, Refusal> {
    if segment.contains(',') { Err(Refusal::OneChannel) } else { name(segment) }
}

fn name(segment: &str) -> Result<String, Refusal> {
    crate::channel::name(&decode(segment)?).map_err(|_| Refusal::ChannelName)
}

/// The channels that a segment names, joined by raw commas; one that is named twice counts once.
pub(super) fn channels(segment: &str) -> Result<Vec<String>, Refusal> {
    let mut names: Vec<String> = Vec::new();
    for part in segment.split(',') {
        let name = name(part)?;
        if !names.contains(&name) {
            names.push(name);
        }
        if names.len() > MAX_CHANNELS {
            return Err(Refusal::TooManyChannels(MAX_CHANNELS));
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_first_and_decoded_once() {
        assert_eq!(channels("a,b%2Cc,d%2Fe,%252F").unwrap(), ["a", "b,c", "d/e", "%2F"]);
        assert_eq!(channels("a,a").unwrap(), ["a"]);
        for wrong in ["", "a,", "%00", "a%0Ab", "%FF", &"x".repeat(513)] {
            assert!(channels(wrong).is_err(), "{wrong}");
        }
        assert!(channel("a,b").is_err() && channel("a%2Cb").is_ok());
        assert!(channels(&"x".repeat(512)).is_ok());
        assert!(channels(&(0..65).map(|n| n.to_string()).collect::<Vec<_>>().join(",")).is_err());
    }

    #[test]
    fn a_network_of_ipv6_elsewhere_is_one_place_and_in_the_one_here_each_address_is() {
        let placed = |there: &str, here: &str| place(there.parse().unwrap(), here.parse().unwrap()).to_string();
        assert_eq!(placed("2001:db8:1:2:3::4", "2001:db8:9::1"), "2001:db8:1:2::");
        for (there, here) in [
            ("2001:db8:1:2:3::4", "2001:db8:1:2::1"),
            ("fd00::2", "2001:db8::1"),
            ("fe80::2", "fe80::1"),
            ("10.0.0.7", "192.0.2.1"),
        ] {
            assert_eq!(placed(there, here), there);
        }
    }
}
