//! What only the system knows. Each function answers with less where it doesn't tell.

use std::fs;

/// This machine's name; empty if it has none.
#[must_use]
pub fn machine_name() -> String {
    gethostname::gethostname().to_string_lossy().into_owned()
}

/// The search domains of this machine's network. Known on Unix alone.
#[must_use]
pub fn search_domains() -> Vec<String> {
    let text = fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let lists = text.lines().filter_map(|line| line.trim().strip_prefix("search").or_else(|| line.trim().strip_prefix("domain")));
    lists.flat_map(str::split_whitespace).filter(|domain| *domain != ".").map(str::to_owned).collect()
}

/// Who listens on a TCP port, as the end of a clause; empty if the system doesn't tell.
#[must_use]
pub fn port_owner(port: u16) -> String {
    let all = listeners::get_all().unwrap_or_default();
    let listening = |of: &&listeners::Listener| {
        of.socket.port() == port && of.protocol == listeners::Protocol::TCP && of.state == listeners::SocketState::Listen
    };
    let owner = all.iter().find(listening).map(|listener| &listener.process);
    owner.map_or_else(String::new, |process| format!(" by {} (process {})", process.name, process.pid))
}

/// Connections that the system's limit of open files allows, after raising it as far as it goes; some are left for files.
#[must_use]
pub fn connections_possible() -> usize {
    const FOR_FILES: u64 = 256;
    let limit = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(1024);
    usize::try_from(limit.saturating_sub(FOR_FILES)).unwrap_or(usize::MAX).max(16)
}
