//! Which address to show: of all the adapters a machine has, the one that a phone in the same network can reach.
//!
//! [`rank`] is pure; [`adapters`] asks the system.

mod system;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

pub use self::system::adapters;

use crate::state::{Address, Audience};

/// One address of one network adapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adapter {
    /// In the system's words: `wlan0`, `en0`, `Wi-Fi`.
    pub name: String,
    /// One of its addresses; an adapter with several is several of these.
    pub ip: IpAddr,
    /// How it is connected, as far as the system tells.
    pub link: Link,
    /// How the system's table of routes values the way out through it, less being better; `None` if there is none, or none is told.
    pub way_out: Option<u32>,
}

/// How an adapter is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Like Wi-Fi or Ethernet: others can be on it.
    Shared,
    /// To one other end, as most tunnels are.
    PointToPoint,
    /// Not at all: no cable, or switched off.
    Down,
}

/// The addresses of this machine, and the one that it would reach the Internet from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Adapters {
    /// In the system's order.
    pub all: Vec<Adapter>,
    /// The own address on the default route.
    pub default_route: Option<IpAddr>,
}

/// How likely a viewer's device is behind an adapter; less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// Wi-Fi and Ethernet.
    Local,
    /// Reaches the devices that take part in the same private network.
    Tunnel,
    /// Reaches containers and virtual machines on this computer.
    Virtual,
    /// Nobody gave it an address.
    SelfAssigned,
}

/// Beginnings of adapter names, in lower case.
const TUNNELS: [&str; 16] = [
    "tun",
    "tap",
    "wg",
    "ppp",
    "utun",
    "ipsec",
    "tailscale",
    "zt",
    "zerotier",
    "nordlynx",
    "proton",
    "wireguard",
    "cscotun",
    "gpd",
    "ham",
    "nebula",
];
const VIRTUALS: [&str; 17] = [
    "docker",
    "br-",
    "veth",
    "virbr",
    "vmnet",
    "vboxnet",
    "vnet",
    "lxc",
    "lxdbr",
    "podman",
    "cni",
    "flannel",
    "vethernet",
    "virtualbox",
    "vmware",
    "hyper-v",
    "bridge1",
];

/// The addresses to show for a server that listens there, best first; empty if there is no network.
#[must_use]
pub fn rank(adapters: &Adapters, listening: SocketAddr, audience: Audience) -> Vec<Address> {
    let port = listening.port();
    if audience == Audience::ThisComputer {
        return vec![Address { url: format!("http://localhost:{port}/") }];
    }
    let answers = |adapter: &&Adapter| can_be_reached(adapter) && is_listened_on(adapter.ip, listening.ip());
    let mut usable: Vec<_> = adapters.all.iter().filter(answers).collect();
    if usable.iter().any(|adapter| reach(adapter) != Reach::SelfAssigned) {
        usable.retain(|adapter| reach(adapter) != Reach::SelfAssigned);
    }
    // A tunnel may have taken over the default route; the table still tells through which adapter the tunnel itself leaves.
    usable.sort_by_key(|adapter| {
        let off_route = Some(adapter.ip) != adapters.default_route;
        (reach(adapter), adapter.ip.is_ipv6(), off_route && adapter.way_out.is_none(), adapter.way_out.unwrap_or(0), off_route)
    });
    usable.into_iter().map(|adapter| Address { url: format!("http://{}/", SocketAddr::new(adapter.ip, port)) }).collect()
}

/// Whether a listener was bound to one address that this machine has no more: nobody can reach it there.
#[must_use]
pub fn is_gone(adapters: &Adapters, listening: IpAddr) -> bool {
    let one = !listening.is_unspecified() && !listening.is_loopback();
    one && !adapters.all.is_empty() && !adapters.all.iter().any(|adapter| adapter.ip == listening)
}

/// `[::]` takes IPv4 as well.
fn is_listened_on(ip: IpAddr, listening: IpAddr) -> bool {
    match listening {
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => true,
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => ip.is_ipv4(),
        one => ip == one,
    }
}

/// Whether any other device could open the address at all. `fe80::` addresses need a scope, which no browser takes.
fn can_be_reached(adapter: &Adapter) -> bool {
    let ip = adapter.ip;
    let scoped = matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
    adapter.link != Link::Down && !ip.is_loopback() && !ip.is_unspecified() && !ip.is_multicast() && !scoped
}

/// Whether an adapter of this name leads to containers and virtual machines on this computer.
#[must_use]
pub fn is_virtual(name: &str) -> bool {
    let name = name.to_lowercase();
    VIRTUALS.iter().any(|known| name.starts_with(known)) || name.contains("wsl")
}

fn reach(adapter: &Adapter) -> Reach {
    let name = adapter.name.to_lowercase();
    let begins = |known: &[&str]| known.iter().any(|known| name.starts_with(known));
    match adapter.ip {
        IpAddr::V4(ip) if ip.is_link_local() => Reach::SelfAssigned,
        _ if is_virtual(&name) => Reach::Virtual,
        ip if begins(&TUNNELS) || name.contains("vpn") || adapter.link == Link::PointToPoint || is_tunnel_range(ip) => {
            Reach::Tunnel
        }
        _ => Reach::Local,
    }
}

/// 100.64.0.0/10 is shared by carriers and by mesh networks such as Tailscale; a home or office network never hands it out.
fn is_tunnel_range(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V4(ip) if ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapter(name: &str, ip: &str) -> Adapter {
        Adapter { name: name.to_owned(), ip: ip.parse().unwrap(), link: Link::Shared, way_out: None }
    }

    fn everywhere(port: u16) -> SocketAddr {
        SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port)
    }

    /// `list` is `name ip` pairs; the answer is the ranked hosts.
    fn ranked(list: &[(&str, &str)], default_route: Option<&str>) -> Vec<String> {
        let all = list.iter().map(|(name, ip)| adapter(name, ip)).collect();
        let adapters = Adapters { all, default_route: default_route.map(|ip| ip.parse().unwrap()) };
        rank(&adapters, everywhere(8060), Audience::ThisNetwork)
            .into_iter()
            .map(|address| address.url.trim_start_matches("http://").trim_end_matches(":8060/").to_owned())
            .collect()
    }

    #[test]
    fn a_laptop_at_home_shows_its_wifi_address() {
        let found = ranked(&[("lo", "127.0.0.1"), ("lo", "::1"), ("wlan0", "192.168.1.20"), ("wlan0", "fe80::1")], None);
        assert_eq!(found, ["192.168.1.20"]);
    }

    #[test]
    fn a_vpn_comes_after_the_local_network_even_if_it_is_the_default_route() {
        let mut cases = vec![("Mullvad VPN", "10.64.0.2"), ("en5", "100.101.102.103")];
        cases.extend(
            ["tun0", "tap0", "wg0", "ppp0", "utun3", "tailscale0", "zt7nnig26", "ZeroTier One"].map(|name| (name, "10.8.0.6")),
        );
        for (name, ip) in cases {
            let found = ranked(&[(name, ip), ("enp3s0", "192.168.1.20")], Some(ip));
            assert_eq!(found, ["192.168.1.20", ip], "{name}");
        }
    }

    #[test]
    fn a_tunnel_is_known_by_its_other_end_too() {
        let tunnel = Adapter { link: Link::PointToPoint, ..adapter("office", "10.9.0.2") };
        let adapters = Adapters { all: vec![tunnel, adapter("eth0", "10.0.0.5")], default_route: None };
        assert_eq!(rank(&adapters, everywhere(80), Audience::ThisNetwork)[0].url, "http://10.0.0.5:80/");
    }

    #[test]
    fn virtual_adapters_come_last() {
        let names = ["docker0", "br-1f2e3d", "veth12", "virbr0", "vmnet8", "vboxnet0", "vEthernet (WSL)", "lxdbr0"];
        for name in names {
            let found = ranked(&[(name, "172.17.0.1"), ("wg0", "10.0.0.9"), ("wlp2s0", "192.168.1.20")], None);
            assert_eq!(found, ["192.168.1.20", "10.0.0.9", "172.17.0.1"], "{name}");
        }
    }

    #[test]
    fn a_bridge_that_carries_the_network_is_no_virtual_adapter() {
        assert_eq!(ranked(&[("br0", "192.168.1.20"), ("docker0", "172.17.0.1")], None), ["192.168.1.20", "172.17.0.1"]);
    }

    #[test]
    fn a_self_assigned_address_is_shown_only_if_there_is_nothing_else() {
        assert_eq!(ranked(&[("eth0", "169.254.7.8"), ("wlan0", "192.168.1.20")], None), ["192.168.1.20"]);
        assert_eq!(ranked(&[("eth0", "169.254.7.8"), ("docker0", "172.17.0.1")], None), ["172.17.0.1"]);
        assert_eq!(ranked(&[("lo", "127.0.0.1"), ("eth0", "169.254.7.8")], None), ["169.254.7.8"]);
    }

    #[test]
    fn of_two_networks_the_one_with_the_default_route_is_first() {
        let networks = [("eth0", "10.0.0.5"), ("wlan0", "192.168.1.20")];
        assert_eq!(ranked(&networks, Some("192.168.1.20")), ["192.168.1.20", "10.0.0.5"]);
        assert_eq!(ranked(&networks, Some("10.0.0.5")), ["10.0.0.5", "192.168.1.20"]);
        assert_eq!(ranked(&networks, None), ["10.0.0.5", "192.168.1.20"]);
    }

    #[test]
    fn of_two_networks_the_one_with_the_better_way_out_is_first_also_while_a_tunnel_is_the_default_route() {
        let with = |name, ip, way_out| Adapter { way_out, ..adapter(name, ip) };
        let first = |all: Vec<Adapter>, default_route: Option<&str>| {
            let adapters = Adapters { all, default_route: default_route.map(|ip| ip.parse().unwrap()) };
            rank(&adapters, everywhere(80), Audience::ThisNetwork)[0].url.clone()
        };
        let (lab, wifi, cable) = (("eth1", "10.1.0.5"), ("wlan0", "192.168.1.20"), ("enp3s0", "192.168.1.7"));
        let tunnel = with("tun0", "10.8.0.6", Some(50));
        let all = vec![tunnel, with(lab.0, lab.1, None), with(wifi.0, wifi.1, Some(600)), with(cable.0, cable.1, Some(100))];
        assert_eq!(first(all.clone(), Some("10.8.0.6")), "http://192.168.1.7:80/", "a lab's network leads nowhere");
        assert_eq!(first(all[..3].to_vec(), Some("10.8.0.6")), "http://192.168.1.20:80/");
        assert_eq!(first(all[..2].to_vec(), Some("10.8.0.6")), "http://10.1.0.5:80/");
    }

    #[test]
    fn an_address_that_was_bound_and_is_no_more_is_noticed() {
        let adapters = Adapters { all: vec![adapter("lo", "127.0.0.1"), adapter("wlan0", "192.168.1.20")], default_route: None };
        let gone = |ip: &str| is_gone(&adapters, ip.parse().unwrap());
        assert!(gone("192.168.7.7"));
        assert!(!gone("192.168.1.20") && !gone("0.0.0.0") && !gone("::") && !gone("127.0.0.1"));
        assert!(!is_gone(&Adapters::default(), "192.168.7.7".parse().unwrap()), "the system told nothing");
    }

    #[test]
    fn ipv4_comes_before_ipv6_and_ipv6_is_written_in_brackets() {
        let found = ranked(&[("wlan0", "2001:db8::5"), ("wlan0", "192.168.1.20")], Some("2001:db8::5"));
        assert_eq!(found, ["192.168.1.20", "[2001:db8::5]"]);
    }

    #[test]
    fn only_addresses_that_are_listened_on_are_shown() {
        let all = ["192.168.1.20", "10.0.0.5", "2001:db8::5"].map(|ip| adapter("eth0", ip)).to_vec();
        let adapters = Adapters { all, default_route: None };
        let shown = |listening: &str| -> Vec<_> {
            let ranked = rank(&adapters, listening.parse().unwrap(), Audience::ThisNetwork);
            ranked.into_iter().map(|address| address.url).collect()
        };
        assert_eq!(shown("10.0.0.5:8060"), ["http://10.0.0.5:8060/"]);
        assert_eq!(shown("0.0.0.0:8060"), ["http://192.168.1.20:8060/", "http://10.0.0.5:8060/"]);
        assert_eq!(shown("[::]:8060").len(), 3);
    }

    #[test]
    fn an_adapter_that_is_down_is_not_shown() {
        let down = Adapter { link: Link::Down, ..adapter("eth0", "192.168.1.7") };
        let adapters = Adapters { all: vec![down], default_route: None };
        assert_eq!(rank(&adapters, everywhere(8060), Audience::ThisNetwork), []);
    }

    #[test]
    fn this_computer_has_one_address_whatever_the_network() {
        let adapters = Adapters { all: vec![adapter("wlan0", "192.168.1.20")], default_route: None };
        let only = Address { url: "http://localhost:8060/".to_owned() };
        assert_eq!(rank(&adapters, everywhere(8060), Audience::ThisComputer), [only]);
    }
}
