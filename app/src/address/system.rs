//! What the system tells of its network adapters.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use super::{Adapter, Adapters, Link};

/// What this machine has now.
///
/// # Errors
/// If the system doesn't list its adapters.
pub fn adapters() -> io::Result<Adapters> {
    let ways_out = ways_out();
    let all = if_addrs::get_if_addrs()?
        .into_iter()
        .map(|interface| Adapter {
            ip: interface.ip(),
            link: match interface.oper_status {
                if_addrs::IfOperStatus::Down | if_addrs::IfOperStatus::NotPresent | if_addrs::IfOperStatus::LowerLayerDown => {
                    Link::Down
                }
                _ if interface.is_p2p => Link::PointToPoint,
                _ => Link::Shared,
            },
            way_out: ways_out.get(&interface.name).copied(),
            name: interface.name,
        })
        .collect();
    Ok(Adapters { all, default_route: default_route() })
}

/// Connecting a UDP socket sends nothing; it only makes the system choose a route. The other end is from the ranges kept for
/// documentation.
fn default_route() -> Option<IpAddr> {
    let route = |local: IpAddr, remote: IpAddr| {
        let socket = UdpSocket::bind((local, 0)).ok()?;
        socket.connect((remote, 9)).ok()?;
        socket.local_addr().ok().map(|address| address.ip())
    };
    route(Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into())
        .or_else(|| route(Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into()))
}

/// The adapters that lead out of their network, with the value of the best of their routes.
#[cfg(target_os = "linux")]
fn ways_out() -> HashMap<String, u32> {
    let table = |file: &str, read: fn(&str) -> Option<(String, u32)>| {
        // Without IPv6 there is no such file.
        std::fs::read_to_string(file).unwrap_or_default().lines().filter_map(read).collect::<Vec<_>>()
    };
    let mut best = HashMap::new();
    for (name, value) in
        table("/proc/net/ipv6_route", default_of_ipv6).into_iter().chain(table("/proc/net/route", default_of_ipv4))
    {
        best.entry(name).and_modify(|least: &mut u32| *least = value.min(*least)).or_insert(value);
    }
    best
}

/// Elsewhere the socket's choice above must do.
#[cfg(not(target_os = "linux"))]
fn ways_out() -> HashMap<String, u32> {
    HashMap::new()
}

/// `RTF_UP` and `RTF_REJECT` of Linux: a route that is used, and one that is there to refuse.
#[cfg(target_os = "linux")]
const UP_AND_REJECT: u32 = 0x0201;

/// A line of `/proc/net/route`: name, destination, gateway, flags, two counters, metric, mask, …
#[cfg(target_os = "linux")]
fn default_of_ipv4(line: &str) -> Option<(String, u32)> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [name, "00000000", _, flags, _, _, metric, "00000000", ..] = fields[..] else { return None };
    (u32::from_str_radix(flags, 16).ok()? & UP_AND_REJECT == 1).then_some((name.to_owned(), metric.parse().ok()?))
}

/// A line of `/proc/net/ipv6_route`: destination, its length, source, its length, next hop, metric, two counters, flags, name.
#[cfg(target_os = "linux")]
fn default_of_ipv6(line: &str) -> Option<(String, u32)> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [_, "00", _, _, _, metric, _, _, flags, name] = fields[..] else { return None };
    let used = u32::from_str_radix(flags, 16).ok()? & UP_AND_REJECT == 1;
    (used && name != "lo").then_some((name.to_owned(), u32::from_str_radix(metric, 16).ok()?))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_system_lists_at_least_loopback() {
        assert!(adapters().unwrap().all.iter().any(|adapter| adapter.ip.is_loopback()));
    }

    #[test]
    fn default_routes_are_read_with_their_metrics() {
        let of = |name: &str, metric| Some((name.to_owned(), metric));
        let head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT";
        assert_eq!(default_of_ipv4(head), None);
        assert_eq!(default_of_ipv4("wlp2s0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0"), of("wlp2s0", 600));
        assert_eq!(default_of_ipv4("wlp2s0\t0001A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0"), None);
        assert_eq!(default_of_ipv4("tun0\t00000000\t0101A8C0\t0003\t0\t0\t50\t00000080\t0\t0\t0"), None, "half of all");
        let (zero, hop) = ("0".repeat(32), "fe800000000000000000000000000001");
        let line = |flags: &str, name: &str| format!("{zero} 00 {zero} 00 {hop} 00000258 00000001 00000000 {flags}   {name}");
        assert_eq!(default_of_ipv6(&line("00000003", "wlp2s0")), of("wlp2s0", 600));
        assert_eq!(default_of_ipv6(&line("00200200", "lo")), None);
    }
}
