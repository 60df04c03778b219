//! How a display reaches this server, and whether that lasts.

use std::net::{IpAddr, SocketAddr};

use super::super::guard::{Hosts, host, without_port};
use super::super::request::Request;

/// The ways to this server, the best one first.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Addresses {
    /// Each as `NAME:PORT`.
    all: Vec<String>,
    asked: String,
    lasting: Lasting,
}

/// What outlives a new address of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lasting {
    /// The name by which it was asked.
    Name,
    /// Its name in a network without a name server, if the display's network knows it.
    LocalName,
    /// The same, where it was asked on this computer by an address that only this computer can use.
    LocalNameHere,
    /// Nothing: it has no name.
    Nothing,
}

impl Addresses {
    /// By what the request asked for.
    pub(super) fn of(request: &Request, hosts: &Hosts) -> Self {
        Self::by(host(&request.headers), request.peer.local, hosts.local_name())
    }

    fn by(host: Option<&str>, local: SocketAddr, local_name: Option<String>) -> Self {
        let local = SocketAddr::new(local.ip().to_canonical(), local.port());
        // A name may be configured that no command line could take.
        let asked = host.filter(|host| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte)));
        let asked = asked.map_or_else(|| local.to_string(), |host| host.trim_end_matches(':').to_owned());
        let name = without_port(&asked);
        let port = asked.get(name.len()..).unwrap_or_default();
        let is_name = !is_ip(name) && !is_local(name);
        // Behind a proxy this end of the connection is none of the display's.
        let is_direct = port == format!(":{}", local.port()) || (port.is_empty() && local.port() == 80);
        let of_socket = local.to_string();
        if is_name {
            let all = [Some(asked.clone()), (is_direct && is_elsewhere(local.ip())).then_some(of_socket)];
            return Self { all: all.into_iter().flatten().collect(), asked, lasting: Lasting::Name };
        }
        let lasting = match local_name {
            Some(_) if is_here(name) => Lasting::LocalNameHere,
            Some(_) => Lasting::LocalName,
            None => Lasting::Nothing,
        };
        let local_name = local_name.map(|name| format!("{name}{port}"));
        Self { all: local_name.into_iter().chain([asked.clone()]).collect(), asked, lasting }
    }

    /// The best of them.
    pub(super) fn first(&self) -> String {
        format!("http://{}", self.all.first().unwrap_or(&self.asked))
    }

    /// All of them, in the order in which they are to be tried.
    pub(super) fn all(&self) -> impl Iterator<Item = String> {
        self.all.iter().map(|address| format!("http://{address}"))
    }

    /// The one that surely works from elsewhere, since it was just used; the best, if that was used on this computer itself.
    pub(super) fn proven(&self) -> String {
        if is_here(without_port(&self.asked)) {
            return self.first();
        }
        format!("http://{}", self.asked)
    }

    pub(super) fn lasting(&self) -> Lasting {
        self.lasting
    }

    /// The name, and the address behind it, for people.
    pub(super) fn hosts(&self) -> (&str, &str) {
        (without_port(self.all.first().unwrap_or(&self.asked)), without_port(&self.asked))
    }
}

fn is_ip(name: &str) -> bool {
    name.starts_with('[') || name.parse::<IpAddr>().is_ok()
}

fn is_local(name: &str) -> bool {
    name.trim_end_matches('.').eq_ignore_ascii_case("localhost")
}

/// Whether a name or address leads every computer to itself.
fn is_here(name: &str) -> bool {
    let ip = name.trim_start_matches('[').trim_end_matches(']');
    is_local(name) || ip.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether other computers can use it, as it stands.
fn is_elsewhere(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !ip.is_loopback() && !ip.is_unspecified(),
        IpAddr::V6(ip) => !ip.is_loopback() && !ip.is_unspecified() && !ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(host: Option<&str>, local: &str, name: Option<&str>) -> (Vec<String>, Lasting, String) {
        let addresses = Addresses::by(host, local.parse().unwrap(), name.map(str::to_owned));
        (addresses.all.clone(), addresses.lasting, addresses.proven())
    }

    #[test]
    fn the_name_comes_first_for_it_outlives_an_address() {
        let (all, lasting, proven) = by(Some("192.168.1.20:8060"), "192.168.1.20:8060", Some("laptop.local"));
        assert_eq!(all, ["laptop.local:8060", "192.168.1.20:8060"]);
        assert_eq!((lasting, proven.as_str()), (Lasting::LocalName, "http://192.168.1.20:8060"));
        let (all, lasting, _) = by(Some("cam.example.org:8060"), "192.168.1.20:8060", Some("laptop.local"));
        assert_eq!((all, lasting), (vec!["cam.example.org:8060".to_owned(), "192.168.1.20:8060".into()], Lasting::Name));
        let (all, lasting, _) = by(Some("192.168.1.20"), "192.168.1.20:80", None);
        assert_eq!((all, lasting), (vec!["192.168.1.20".to_owned()], Lasting::Nothing));
    }

    #[test]
    fn what_no_display_could_use_is_left_out() {
        let (all, ..) = by(Some("cam.example.org"), "127.0.0.1:8060", None);
        assert_eq!(all, ["cam.example.org"], "behind a proxy");
        let (all, ..) = by(Some("laptop:8060"), "[fe80::1]:8060", None);
        assert_eq!(all, ["laptop:8060"]);
        let (all, lasting, proven) = by(Some("localhost:8060"), "[::1]:8060", Some("laptop.local"));
        assert_eq!((all, lasting), (vec!["laptop.local:8060".to_owned(), "localhost:8060".into()], Lasting::LocalNameHere));
        assert_eq!(proven, "http://laptop.local:8060");
        let (all, ..) = by(Some("a'b $(x)"), "[::ffff:10.0.0.1]:8060", None);
        assert_eq!(all, ["10.0.0.1:8060"]);
        let (all, ..) = by(None, "10.0.0.1:8060", None);
        assert_eq!(all, ["10.0.0.1:8060"]);
    }
}
