//! Bytes over TCP: for what no well-behaved client sends, and for answers that are looked at byte by byte.

use std::net::{IpAddr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::deadline::soon;

/// What a slow reader's system takes in for it unread, in bytes.
const UNREAD: u32 = 64 * 1024;

/// A connection.
#[derive(Debug)]
pub struct Raw(TcpStream);

impl Raw {
    /// Connects.
    ///
    /// # Panics
    /// If nobody listens.
    pub async fn connect(address: SocketAddr) -> Self {
        Self(soon("a connection", TcpStream::connect(address)).await.unwrap_or_else(|error| panic!("{address}: {error}")))
    }

    /// Connects from this address of the machine.
    ///
    /// # Panics
    /// If nobody listens, or the machine has no such address.
    pub async fn from(here: IpAddr, address: SocketAddr) -> Self {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
        let socket = socket.expect("a socket can be had");
        socket.bind(SocketAddr::new(here, 0)).expect("an address of this machine");
        Self(soon("a connection", socket.connect(address)).await.unwrap_or_else(|error| panic!("{address}: {error}")))
    }

    /// Connects as one for whom little is taken in unread, so that what is not read stays with the server.
    ///
    /// # Panics
    /// If nobody listens.
    pub async fn slow(address: SocketAddr) -> Self {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
        let socket = socket.expect("a socket can be had");
        socket.set_recv_buffer_size(UNREAD).expect("a socket's buffer can be small");
        Self(soon("a connection", socket.connect(address)).await.unwrap_or_else(|error| panic!("{address}: {error}")))
    }

    /// Sends these bytes; that the other side has closed already is for the reading to find out.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _seen_when_reading = soon("sending", self.0.write_all(bytes.as_ref())).await;
    }

    /// Says that nothing more will be sent.
    pub async fn finish(&mut self) {
        let _seen_when_reading = self.0.shutdown().await;
    }

    /// The head of the next answer, up to and with its blank line; less if the connection ends before.
    pub async fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match soon("an answer's head", self.0.read_u8()).await {
                Ok(byte) => head.push(byte),
                Err(_) => break,
            }
        }
        String::from_utf8_lossy(&head).into_owned()
    }

    /// Asks for something on a connection that stays, and takes the whole answer: its head, and its body behind it.
    pub async fn get(&mut self, path: &str) -> String {
        self.ask(path, "").await
    }

    /// Like [`Raw::get`], with more lines of the request's head, each with its CR LF.
    pub async fn ask(&mut self, path: &str, headers: &str) -> String {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n")).await;
        let head = self.head().await;
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok()).unwrap_or(0);
        let body = self.body(length).await;
        head + &String::from_utf8_lossy(&body)
    }

    /// So many bytes of a body; fewer if the connection ends before.
    pub async fn body(&mut self, length: usize) -> Vec<u8> {
        let mut body = vec![0; length];
        let mut filled = 0;
        while filled < length {
            match soon("an answer's body", self.0.read(&mut body[filled..])).await {
                Ok(0) | Err(_) => break,
                Ok(count) => filled += count,
            }
        }
        body.truncate(filled);
        body
    }

    /// Everything up to the connection's end, which a reset is too.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let _reset_is_an_end = soon("the end of a connection", self.0.read_to_end(&mut rest)).await;
        rest
    }
}

/// Sends a whole request, alone on its connection, and gives all that comes back.
pub async fn exchange(address: SocketAddr, request: impl AsRef<[u8]>) -> String {
    let mut connection = Raw::connect(address).await;
    connection.send(request).await;
    String::from_utf8_lossy(&connection.rest().await).into_owned()
}
