//! A second start of the window brings the first one to the front, and passes it nothing else.
//!
//! The program that has the data folder says in a file of it at which address it can be asked, and its operator key is what proves
//! that the asker may look into that folder.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cometcam_server::files::write_whole_private;
use cometcam_server::frames::{is_claimed, window_file};
use cometcam_server::server::default_data;

use crate::cli::BroadcastArguments;
use crate::settings::Settings;

/// How long an answer may take: the first one may be busy opening a camera.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a program that has the folder may take to say that it has a window: it may have been started a moment ago.
const STARTING: Duration = Duration::from_millis(1_500);
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// More than the head of the answer.
const ANSWER: u64 = 4_096;

/// Asks the window that has the data folder already to come to the front. Whether there is one, and it will.
#[must_use]
pub fn raises_the_first(arguments: &BroadcastArguments) -> bool {
    let Some(data) = data(arguments) else { return false };
    let Some(address) = address(&data) else { return false };
    let raised = ask(&data, address);
    raised.inspect_err(|error| tracing::debug!("the window at {address} doesn't come: {error}")).is_ok()
}

/// Says at which address the window that has `data` can be asked.
///
/// # Errors
/// Those of the file system.
pub fn tell(data: &Path, listening: SocketAddr) -> io::Result<()> {
    let here = match listening.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        one => one,
    };
    write_whole_private(&window_file(data), SocketAddr::new(here, listening.port()).to_string().as_bytes())
}

/// Where this start would keep its pictures.
fn data(arguments: &BroadcastArguments) -> Option<PathBuf> {
    let remembered = || Settings::read(arguments.server.config.as_deref()).ok().and_then(|settings| settings.server.data);
    arguments.server.data.clone().or_else(remembered).or_else(default_data)
}

/// Where the window can be asked that has the folder now.
fn address(data: &Path) -> Option<SocketAddr> {
    let deadline = Instant::now() + STARTING;
    while is_claimed(data) {
        if let Ok(text) = fs::read_to_string(window_file(data)) {
            return text.trim().parse().ok();
        }
        if Instant::now() >= deadline {
            break;
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    None
}

fn ask(data: &Path, address: SocketAddr) -> io::Result<()> {
    let key = match std::env::var("COMETCAM_OPERATOR_KEY") {
        Ok(key) => key,
        Err(_) => fs::read_to_string(data.join("operator-key"))?,
    };
    let mut line = TcpStream::connect_timeout(&address, PATIENCE)?;
    line.set_read_timeout(Some(PATIENCE))?;
    line.set_write_timeout(Some(PATIENCE))?;
    let head = format!(
        "POST /api/window/raise HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nContent-Length: 0\r\n\
         Connection: close\r\n\r\n",
        key.trim()
    );
    line.write_all(head.as_bytes())?;
    let mut answer = String::new();
    line.take(ANSWER).read_to_string(&mut answer)?;
    if answer.starts_with("HTTP/1.1 204 ") {
        return Ok(());
    }
    Err(io::Error::other(answer.lines().next().unwrap_or_default().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_listens_everywhere_is_asked_on_this_computer() {
        let data = tempfile::tempdir().unwrap();
        for (listening, told) in
            [("[::]:8060", "[::1]:8060"), ("0.0.0.0:8060", "127.0.0.1:8060"), ("192.168.1.20:80", "192.168.1.20:80")]
        {
            tell(data.path(), listening.parse().unwrap()).unwrap();
            assert_eq!(fs::read_to_string(window_file(data.path())).unwrap(), told);
        }
    }

    #[test]
    fn what_a_window_left_behind_is_not_asked() {
        let data = tempfile::tempdir().unwrap();
        tell(data.path(), "127.0.0.1:9".parse().unwrap()).unwrap();
        assert_eq!(address(data.path()), None, "nobody has the folder");
    }
}
