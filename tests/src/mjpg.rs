//! A viewer of `/live/CH.mjpg`: the parts of the stream, one by one.

use std::net::SocketAddr;

use hyper::Method;

use crate::http::{Call, Opened};

/// A stream that is open.
#[derive(Debug)]
pub struct Parts {
    opened: Opened,
    received: Vec<u8>,
}

/// A picture of a stream.
#[derive(Debug)]
pub struct Part {
    /// Milliseconds of the Unix epoch.
    pub captured_at: u64,
    /// The whole of it.
    pub picture: Vec<u8>,
}

impl Parts {
    /// Opens the stream of the channel `front`.
    ///
    /// # Panics
    /// If there is none.
    pub async fn open(address: SocketAddr) -> Self {
        let opened = Call::new(address, Method::GET, "/live/front.mjpg").open().await;
        assert_eq!(opened.status, 200, "a stream of a channel that is live");
        Self::of(opened)
    }

    /// Reads the answer to a request for a stream.
    #[must_use]
    pub fn of(opened: Opened) -> Self {
        Self { opened, received: Vec::new() }
    }

    /// The next part, once all of it is there; `None` at the stream's end. Who stops waiting loses nothing.
    ///
    /// # Panics
    /// If it is none of the format.
    pub async fn next(&mut self) -> Option<Part> {
        loop {
            if let Some(part) = self.take() {
                return Some(part);
            }
            let piece = self.opened.piece().await?;
            self.received.extend_from_slice(&piece);
        }
    }

    fn take(&mut self) -> Option<Part> {
        let begin = self.received.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let head = String::from_utf8_lossy(&self.received[..begin]).into_owned();
        let field = |name: &str| {
            head.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("a part has {name}: {head}"))
        };
        let length: usize = field("Content-Length: ").parse().expect("a length is a number");
        let captured_at = field("X-Timestamp: ").replace('.', "").parse().expect("a time is a number");
        let picture = self.received.get(begin..begin + length)?.to_vec();
        self.received.drain(..begin + length);
        Some(Part { captured_at, picture })
    }
}
