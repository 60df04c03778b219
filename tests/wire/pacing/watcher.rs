//! Those who watch in these tests, a hundred at a time: they do what a page does, without a browser.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cometcam_tests::clock::now_ms;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;

/// A picture that was there, whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Painted {
    pub at_ms: u64,
    /// Since its capture.
    pub age_ms: u64,
    /// From the moment in which it was asked for.
    pub took_ms: u64,
}

/// What one of them has seen.
#[derive(Debug, Clone, Default)]
pub(super) struct Watcher(Arc<watch::Sender<Vec<Painted>>>);

/// How fast one takes what comes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reader {
    Quick,
    /// So many bytes in a tenth of a second.
    Slow(usize),
}

impl Watcher {
    pub(super) fn painted(&self) -> Vec<Painted> {
        self.0.borrow().clone()
    }

    /// Resolves when it has seen so many.
    pub(super) async fn has(&self, count: usize) {
        let mut painted = self.0.subscribe();
        painted.wait_for(|painted| painted.len() >= count).await.expect("its sender is here");
    }

    fn paint(&self, captured_ms: u64, asked_ms: u64) {
        let at_ms = now_ms();
        let painted = Painted { at_ms, age_ms: at_ms.saturating_sub(captured_ms), took_ms: at_ms.saturating_sub(asked_ms) };
        self.0.send_modify(|all| all.push(painted));
    }

    /// As a page does: asks for the newest message again and again, the next time before it fetches the picture of this one, and
    /// fetches one at a time: of those it was told of meanwhile the newest.
    pub(super) async fn page(self, server: SocketAddr, token: usize, reader: Reader) {
        let (told, mut newest) = watch::channel(None);
        let polls = async {
            let mut connection = Connection::open(server, Reader::Quick).await;
            let mut place = String::new();
            loop {
                let path = format!("/sub/front?latest&timeout=25&viewer={token}");
                let (head, body) = connection.ask(&path, &place).await;
                if head.starts_with("HTTP/1.1 200 ") {
                    let [time, tag] = ["Last-Modified", "Etag"].map(|name| field(&head, name));
                    place = format!("If-Modified-Since: {time}\r\nIf-None-Match: {tag}\r\n");
                    told.send_replace(Some(body));
                }
            }
        };
        let pictures = async {
            let mut connection = Connection::open(server, reader).await;
            while newest.changed().await.is_ok() {
                let message = newest.borrow_and_update().clone().unwrap();
                let message: serde_json::Value = serde_json::from_slice(&message).unwrap();
                let (Some(url), Some(captured)) = (message["url"].as_str(), message["captured_at_ms"].as_u64()) else { continue };
                let asked = now_ms();
                let (head, _picture) = connection.ask(url, "").await;
                assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
                self.paint(captured, asked);
            }
        };
        tokio::join!(polls, pictures);
    }

    /// As an `<img>` does: takes an endless stream of pictures, all of it.
    pub(super) async fn stream(self, server: SocketAddr) {
        let mut connection = Connection::open(server, Reader::Quick).await;
        // Without chunks, as that version has none.
        connection.send(&format!("GET /live/front.mjpg HTTP/1.0\r\nHost: {server}\r\n\r\n")).await;
        let head = connection.head().await;
        assert!(head.contains(" 200 "), "{head}");
        loop {
            let asked = now_ms();
            let head = connection.head().await;
            if head.is_empty() {
                return;
            }
            let captured = field(&head, "X-Timestamp").replace('.', "").parse().unwrap();
            let _picture = connection.body(field(&head, "Content-Length").parse().unwrap()).await;
            // The end of the line behind it, and then the boundary with the next head.
            let _line = connection.body(2).await;
            self.paint(captured, asked);
        }
    }
}

/// The value of a line of a head.
fn field<'a>(head: &'a str, name: &str) -> &'a str {
    let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("there should be {name}: {head}"))
}

/// A connection on which one thing is asked after the other.
struct Connection {
    server: SocketAddr,
    stream: BufReader<TcpStream>,
    reader: Reader,
}

impl Connection {
    async fn open(server: SocketAddr, reader: Reader) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        if let Reader::Slow(_) = reader {
            // What it does not read is to stay with the server.
            socket.set_recv_buffer_size(4096).unwrap();
        }
        let stream = socket.connect(server).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { server, stream: BufReader::new(stream), reader }
    }

    async fn send(&mut self, request: &str) {
        self.stream.get_mut().write_all(request.as_bytes()).await.unwrap();
    }

    async fn ask(&mut self, path: &str, headers: &str) -> (String, Vec<u8>) {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", self.server);
        self.send(&request).await;
        let head = self.head().await;
        let length = if head.contains("Content-Length: ") { field(&head, "Content-Length").parse().unwrap() } else { 0 };
        let body = self.body(length).await;
        (head, body)
    }

    /// Up to the blank line; empty at the end of the connection.
    async fn head(&mut self) -> String {
        let mut head = String::new();
        loop {
            let before = head.len();
            if self.stream.read_line(&mut head).await.unwrap() == 0 {
                return String::new();
            }
            if &head[before..] == "\r\n" {
                return head;
            }
        }
    }

    async fn body(&mut self, length: usize) -> Vec<u8> {
        let mut body = vec![0; length];
        let at_once = if let Reader::Slow(bytes) = self.reader { bytes } else { length.max(1) };
        for piece in body.chunks_mut(at_once) {
            if let Reader::Slow(_) = self.reader {
                // This is how slow it is: nothing is waited for but time.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            self.stream.read_exact(piece).await.unwrap();
        }
        body
    }
}
