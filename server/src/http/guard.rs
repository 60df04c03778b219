//! Who may: names by which the server is reached, origins of pages, and keys.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::{HeaderMap, Version, header};

use super::State;
use super::reply::Refusal;
use super::request::Request;
use crate::config::ChannelRule;
use crate::keys::{Key, PublishKey};

/// The names by which this server is reached. A page that rebinds its own name to our address (DNS rebinding) uses another one.
#[derive(Debug)]
pub struct Hosts {
    /// This machine's own, without a domain; empty if it has none.
    short: String,
    names: HashSet<String>,
    /// Tells the search domains of the network that this machine is in now.
    domains: fn() -> Vec<String>,
    /// What it told, and when.
    told: Mutex<(Vec<String>, Instant)>,
    /// By which it is announced in the network, if that is another one.
    announced: Mutex<Option<String>>,
}

/// Domains that routers give to the machines of a network.
const HOME_DOMAINS: [&str; 4] = ["local", "lan", "home.arpa", "fritz.box"];
/// A laptop that is carried to another network is known there after this time.
const DOMAINS_STAY: Duration = Duration::from_secs(3);

impl Hosts {
    /// The names of a machine called `machine` in a network whose search domains `domains` tells, and those configured.
    pub fn new<'a>(machine: &str, domains: fn() -> Vec<String>, configured: impl IntoIterator<Item = &'a str>) -> Self {
        let machine = machine.to_lowercase();
        let short = machine.split('.').next().unwrap_or_default().to_owned();
        let mut names: HashSet<_> = configured.into_iter().map(|name| name.trim_end_matches('.').to_lowercase()).collect();
        names.insert("localhost".into());
        if !short.is_empty() {
            names.extend(HOME_DOMAINS.map(|domain| format!("{short}.{domain}")));
            names.extend([short.clone(), machine]);
        }
        Self { short, names, domains, told: Mutex::new((domains(), Instant::now())), announced: Mutex::default() }
    }

    /// From now on it is also reached by this name, and no more by the one that was told before.
    pub fn announce(&self, name: Option<&str>) {
        let name = name.map(|name| name.trim_end_matches('.').to_lowercase());
        *self.announced.lock().unwrap_or_else(PoisonError::into_inner) = name;
    }

    /// This machine's name in a network without a name server; `None` if it has none that a browser could look up.
    pub(super) fn local_name(&self) -> Option<String> {
        let is_plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let is_a_name = !self.short.is_empty() && self.short != "localhost" && is_plain(&self.short);
        is_a_name.then(|| format!("{}.local", self.short))
    }

    /// Whether a `Host` header's value, with or without a port, is an address or one of the names.
    #[must_use]
    pub fn allow(&self, host: &str) -> bool {
        let name = without_port(host);
        if let Some(address) = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
            return address.parse::<Ipv6Addr>().is_ok();
        }
        let plain = name.trim_end_matches('.').to_lowercase();
        name.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv4())
            || self.names.contains(&plain)
            || self.is_announced(&plain)
            || self.is_of_network(&plain)
    }

    fn is_announced(&self, name: &str) -> bool {
        self.announced.lock().unwrap_or_else(PoisonError::into_inner).as_deref() == Some(name)
    }

    /// Whether it is this machine's name in a search domain of the network.
    fn is_of_network(&self, name: &str) -> bool {
        let Some((short, domain)) = name.split_once('.') else { return false };
        if short.is_empty() || short != self.short {
            return false;
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |told: &[String]| told.iter().any(|known| known.trim_matches('.').eq_ignore_ascii_case(domain));
        if !known(&told.0) && told.1.elapsed() > DOMAINS_STAY {
            *told = ((self.domains)(), Instant::now());
        }
        known(&told.0)
    }
}

pub(super) fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) && !name.is_empty() => name,
        _ => host,
    }
}

/// Checks the name by which the server was called.
pub(super) fn check_host(state: &State, request: &Request) -> Result<(), Refusal> {
    match host(&request.headers) {
        Some(host) if state.hosts.allow(host) => Ok(()),
        Some(host) => Err(Refusal::Misdirected(misdirected_page(host, request.peer.local))),
        None if request.peer.version <= Version::HTTP_10 && !request.headers.contains_key(header::HOST) => Ok(()),
        None => Err(Refusal::NoHost),
    }
}

/// The one `Host` header; two of them are none.
pub(super) fn host(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::HOST).iter();
    let host = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(host)
}

fn misdirected_page(host: &str, local: SocketAddr) -> String {
    let name = escape(without_port(host));
    let address = SocketAddr::new(local.ip().to_canonical(), local.port());
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Wrong name</title><h1>Cometcam is not known as “{name}”</h1>\
         <p>Open <a href=\"http://{address}/\">http://{address}/</a> instead.\
         <p>If this name is meant to lead here, add it to the server's configuration: <code>hosts: [{name}]</code>\n"
    )
}

/// Text as HTML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// Whether a page of another origin sent this request.
pub(super) fn is_foreign(request: &Request) -> bool {
    let Some(origin) = request.headers.get(header::ORIGIN) else { return false };
    let Ok(origin) = origin.to_str() else { return true };
    let own = host(&request.headers).is_some_and(|host| {
        let of_origin = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        of_origin.is_some_and(|of_origin| of_origin.eq_ignore_ascii_case(host))
    });
    !own
}

/// Whether a channel's configuration lets pages of this origin read.
pub(super) fn allows(rule: &ChannelRule, origin: &str) -> bool {
    rule.cross_origin.iter().flatten().any(|allowed| allowed.matches(origin))
}

/// The keys that let publish on the channel with these rules: the server's and its own. Open publishing opens only channels that have
/// no key of their own; with it there may be none.
pub(super) fn keys_of(state: &State, rules: &[ChannelRule]) -> Vec<Key> {
    let of_server = match &state.keys.publish {
        PublishKey::None => None,
        PublishKey::Key(key) => Some(key.clone()),
    };
    let of_channel = rules.first().and_then(|rule| rule.publish_key.as_deref());
    of_channel.and_then(Key::new).into_iter().chain(of_server).collect()
}

/// Checks the key of a publisher.
pub(super) async fn check_publisher(state: &State, request: &Request, rules: &[ChannelRule]) -> Result<(), Refusal> {
    let keys = keys_of(state, rules);
    if keys.is_empty() {
        return Ok(());
    }
    let guess = key(request).ok_or(Refusal::NoKey)?;
    if keys.iter().any(|key| key.is(guess)) { Ok(()) } else { Err(wrong_key(state, request).await) }
}

/// Checks the key of an operator.
pub(super) async fn check_operator(state: &State, request: &Request) -> Result<(), Refusal> {
    let guess = bearer(request).ok_or(Refusal::NoKey)?;
    if state.keys.operator.is(guess) { Ok(()) } else { Err(wrong_key(state, request).await) }
}

/// The key that was sent, for whatever it is.
pub(super) fn key(request: &Request) -> Option<&[u8]> {
    bearer(request).or_else(|| request.headers.get("x-cps-publish-key").map(http::HeaderValue::as_bytes))
}

fn bearer(request: &Request) -> Option<&[u8]> {
    let value = request.headers.get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, key) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| key.trim_ascii())
}

/// All who guess wait in one line, so that many connections guess no faster than one.
pub(super) async fn wrong_key(state: &State, request: &Request) -> Refusal {
    let wait = async {
        let _place = state.guesses.acquire().await;
        tokio::time::sleep(Duration::from_millis(250)).await;
    };
    tokio::select! {
        () = wait => Refusal::WrongKey,
        () = request.peer.left() => Refusal::Busy,
    }
}

/// Who is at the head of that line.
pub(crate) const GUESSES: usize = 1;

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn own_names_and_addresses_are_allowed_and_no_others() {
        let hosts = Hosts::new("Laptop.example.net", || vec!["corp.example".into()], ["cam.example.org"]);
        for own in [
            "localhost",
            "LOCALHOST:8060",
            "127.0.0.1:80",
            "192.168.1.20",
            "[::1]:8060",
            "[fe80::1]",
            "laptop",
            "Laptop:1",
            "laptop.local:8060",
            "laptop.lan",
            "laptop.home.arpa",
            "laptop.fritz.box",
            "laptop.corp.example",
            "laptop.example.net",
            "cam.example.org",
            "localhost.",
        ] {
            assert!(hosts.allow(own), "{own}");
        }
        for foreign in [
            "",
            "evil.example",
            "evil.example:8060",
            "localhost.evil.example",
            "other.local",
            "::1",
            "[evil]",
            "127.0.0.1.evil",
            "1",
            ":80",
        ] {
            assert!(!hosts.allow(foreign), "{foreign}");
        }
    }

    #[test]
    fn the_name_in_a_network_that_is_joined_later_is_ours() {
        static JOINED: AtomicBool = AtomicBool::new(false);
        let domains = || if JOINED.load(Ordering::Relaxed) { vec!["cafe.example.".into()] } else { Vec::new() };
        let hosts = Hosts::new("laptop", domains, []);
        JOINED.store(true, Ordering::Relaxed);
        assert!(!hosts.allow("laptop.cafe.example"), "the network is not asked for each request");
        let long_ago = Instant::now().checked_sub(DOMAINS_STAY * 2).unwrap();
        hosts.told.lock().unwrap().1 = long_ago;
        assert!(hosts.allow("laptop.Cafe.example:8060") && !hosts.allow("other.cafe.example"));
        assert!(!hosts.allow("laptop-2.local"));
        hosts.announce(Some("Laptop-2.local."));
        assert!(hosts.allow("laptop-2.local:8060"), "another machine has its name, so the network knows it by this one");
        hosts.announce(None);
        assert!(!hosts.allow("laptop-2.local") && hosts.allow("laptop.local"));
    }

    #[test]
    fn the_page_for_a_wrong_name_shows_it_as_text() {
        let page = misdirected_page("<script>\"x", "[::ffff:10.0.0.1]:80".parse().unwrap());
        assert!(page.contains("&lt;script&gt;&quot;x") && page.contains("http://10.0.0.1:80/"));
    }
}
