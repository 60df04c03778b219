//! What the server owes to those who read pictures and to those who only hold a connection.

use std::time::{Duration, Instant};

use cometcam_tests::deadline::{soon, within};
use cometcam_tests::jpeg;
use cometcam_tests::raw::{Raw, exchange};
use cometcam_tests::server::Server;
use hyper::Method;
use rustix::process::Signal;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::{TcpSocket, TcpStream};

const RED: [u8; 3] = [200, 30, 30];

#[tokio::test]
async fn the_live_picture_says_when_it_was_taken_and_where_it_stays() {
    let server = Server::configured("channels: { front: { cross_origin: [\"http://elsewhere.example\"] } }", &[]).await;
    let frame = server.upload("front?publish", "image/jpeg", jpeg::jpeg(64, 48, RED)).await.expect(201).json();
    let at = frame["captured_at_ms"].as_u64().unwrap();
    for method in [Method::GET, Method::HEAD] {
        let live = server.call(method.clone(), "/live/front.jpg").header("Origin", "http://elsewhere.example").send().await;
        let live = live.expect(200);
        assert_eq!(live.header("Content-Location"), frame["url"].as_str(), "{method}");
        assert_eq!(live.header("X-Timestamp"), Some(format!("{}.{:03}", at / 1000, at % 1000).as_str()), "{method}");
        let exposed = live.header("Access-Control-Expose-Headers").unwrap();
        assert!(exposed.contains("X-Timestamp") && exposed.contains("Content-Location"), "{method}: {exposed}");
    }
}

#[tokio::test]
async fn who_goes_while_held_is_gone_whatever_it_left_unread() {
    let server = Server::alone(&[]).await;
    let _created = server.publisher(Method::PUT, "quiet").send().await.expect(200);
    let held = "GET /sub/quiet HTTP/1.1\r\nHost: localhost\r\n";
    let answered_before = format!("GET /api/now HTTP/1.1\r\nHost: localhost\r\n\r\n{held}\r\n");
    for (form, request) in [
        ("a body that is announced and does not come", format!("{held}Content-Length: 1\r\n\r\n")),
        ("a body that is not read", format!("{held}Content-Length: 3\r\n\r\nxxx")),
        ("the first byte of another request", format!("{held}\r\nG")),
        ("a reset", answered_before),
    ] {
        let mut connection = Raw::connect(server.address).await;
        connection.send(request).await;
        server.held("quiet", 1).await;
        // What was not read of an answer makes a reset of this.
        drop(connection);
        soon(form, server.held("quiet", 0)).await;
        let _nobody = server.publish("quiet", "one").await.expect(202);
        let _cleared = server.publisher(Method::DELETE, "quiet").send().await.expect(200);
        let _created = server.publisher(Method::PUT, "quiet").send().await.expect(200);
    }
}

/// Asks as one whose system takes in little unread, and reads the answer's first byte.
async fn begin_to_read(server: &Server, request: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    let mut reader = socket.connect(server.address).await.unwrap();
    reader.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(soon("an answer", reader.read_u8()).await.unwrap(), b'H');
    reader
}

#[tokio::test]
async fn at_the_end_not_even_what_the_system_holds_of_a_picture_goes_out() {
    /// More than the reader's own system takes in unread.
    const TAKEN_IN: usize = 64 * 1024;
    const LARGE: usize = 12_000_000;
    let server = Server::alone(&[]).await;
    // One that no system holds as a whole, and one that is nearly or wholly in its hands, so that the answer is complete for the server.
    for size in [LARGE, 90_000] {
        let behind = if size == LARGE { "GET /sub/quiet HTTP/1.1\r\nHost: localhost\r\n\r\n" } else { "" };
        let frame = server.upload("front?publish", "image/jpeg", jpeg::big(size)).await.expect(201).json();
        let url = frame["url"].as_str().unwrap();
        let mut readers = Vec::new();
        for request in [
            format!("GET {url} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            format!("GET {url} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
            // Another request behind it. That waits until the picture is in the system's hands, and then its answer must not be cut: so
            // only of a picture that no system holds as a whole nothing can come any more.
            format!("GET {url} HTTP/1.1\r\nHost: localhost\r\n\r\n{behind}"),
            "GET /live/front.jpg HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
            "GET /live/front.mjpg HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
        ] {
            readers.push((begin_to_read(&server, &request).await, request));
        }
        let status = json!({"type": "status", "state": "ended", "at_ms": 0});
        let ended = server.publisher(Method::POST, "front").body("application/json", status.to_string()).send().await;
        assert!(ended.status.is_success());
        for (mut reader, request) in readers {
            // The end of the connection, seen with all that came before it unread.
            soon("a cut", reader.ready(Interest::PRIORITY)).await.unwrap();
            let mut rest = Vec::new();
            let _reset_is_an_end = soon("the end", reader.read_to_end(&mut rest)).await;
            assert!(rest.len() < TAKEN_IN, "{} of {size} bytes came after the end for {request}", rest.len());
        }
    }
}

#[tokio::test]
async fn a_chunked_upload_that_is_too_large_is_answered_and_not_reset() {
    let server = Server::configured("limits: { picture: 100 kB }", &[]).await;
    let key = server.publish_key();
    let mut connection = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "POST /frames/front HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let chunk = [&b"10000\r\n"[..], &[0; 0x10000], b"\r\n"].concat();
    // Written to its end before anything is read, as many clients do.
    for _ in 0..64 {
        soon("a chunk", connection.write_all(&chunk)).await.expect("it is read on");
    }
    connection.write_all(b"0\r\n\r\n").await.unwrap();
    connection.shutdown().await.unwrap();
    let mut answer = Vec::new();
    soon("an answer", connection.read_to_end(&mut answer)).await.expect("no reset");
    assert!(answer.starts_with(b"HTTP/1.1 413 "), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn slow_readers_of_saved_pictures_hold_no_files() {
    const READERS: usize = 20;
    let server = Server::configured("limits: { memory: 1 MB }", &[]).await;
    let frame = server.upload("front?publish", "image/jpeg", jpeg::big(12_000_000)).await.expect(201).json();
    // Drives the first one out of memory, onto the disk alone.
    let _next = server.upload("front?publish", "image/jpeg", jpeg::jpeg(8, 8, RED)).await.expect(201);
    let url = frame["url"].as_str().unwrap();
    soon("the picture on disk", async { while server.get(url).await.status != 200 {} }).await;
    let mut readers = Vec::new();
    for _ in 0..READERS {
        readers.push(begin_to_read(&server, &format!("GET {url} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await);
    }
    let open = || {
        let files = std::fs::read_dir(format!("/proc/{}/fd", server.program.pid())).unwrap().flatten();
        files.filter(|file| std::fs::read_link(file.path()).is_ok_and(|to| to.extension() == Some("jpg".as_ref()))).count()
    };
    // Less than a reader that takes nothing is waited for.
    within(Duration::from_secs(10), "the files closed", async {
        while open() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    for mut reader in readers {
        let mut taken = vec![0; 1_000_000];
        soon("more of it", reader.read_exact(&mut taken)).await.unwrap();
    }
}

#[tokio::test]
async fn one_connection_too_many_reads_why_it_is_closed() {
    let server = Server::configured("limits: { connections: 8 }", &[]).await;
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(begin_to_read(&server, "GET /api/now HTTP/1.1\r\nHost: localhost\r\n\r\n").await);
    }
    for _ in 0..20 {
        let answer = exchange(server.address, "GET /api/now HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 503 ") && answer.ends_with("as it may\n"), "{answer}");
    }
}

#[tokio::test]
async fn a_hold_on_a_fresh_channel_that_ends_without_news_tells_a_place_that_loses_nothing() {
    let server = Server::alone(&[]).await;
    let nothing = server.get("/sub/fresh,other?first=newest&timeout=0").await.expect(304);
    let (date, tag) = (nothing.header("Last-Modified").unwrap(), nothing.header("Etag").unwrap());
    let _stored = server.publish("fresh", "between the polls").await.expect(202);
    let next = server.call(Method::GET, "/sub/fresh,other?first=newest&timeout=0").header("If-Modified-Since", date);
    let next = next.header("If-None-Match", tag).send().await.expect(200);
    assert_eq!((next.text().as_str(), next.header("Cometcam-Missed")), ("between the polls", None));
}

/// How long a server takes to end while some read slowly and some have not sent all, or wait for a refusal.
async fn end_amid_others() -> Duration {
    let server = Server::alone(&[]).await;
    let frame = server.upload("front?publish", "image/jpeg", jpeg::big(12_000_000)).await.expect(201).json();
    let key = server.publish_key();
    let (mut slow, mut waiting) = (Vec::new(), Vec::new());
    for path in [frame["url"].as_str().unwrap(), "/live/front.mjpg"] {
        slow.push(begin_to_read(&server, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await);
    }
    for request in [
        format!(
            "POST /frames/front HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nContent-Length: 100\r\n\r\nhalf"
        ),
        "POST /pub/front HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer wrong\r\nContent-Length: 0\r\n\r\n".to_owned(),
    ] {
        let mut connection = TcpStream::connect(server.address).await.unwrap();
        connection.write_all(request.as_bytes()).await.unwrap();
        waiting.push(connection);
    }
    // All of them are being served by now: what came later was answered.
    let _answered = server.get("/api/now").await.expect(200);
    let asked = Instant::now();
    server.program.signal(Signal::TERM);
    assert!(server.program.end().await.success());
    let took = asked.elapsed();
    for mut connection in waiting {
        let mut answer = Vec::new();
        soon("an answer", connection.read_to_end(&mut answer)).await.expect("no reset");
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with("HTTP/1.1 503 ") || answer.starts_with("HTTP/1.1 403 "), "{answer}");
    }
    took
}

#[tokio::test]
async fn an_end_waits_for_nobody() {
    /// A busy machine may make an end late now and then, but not most of them.
    const ENDS: usize = 5;
    let mut took = Vec::new();
    for _ in 0..ENDS {
        took.push(end_amid_others().await);
    }
    took.sort_unstable();
    assert!(took[ENDS / 2] <= Duration::from_secs(1), "{took:?}");
    println!("{took:?}");
}
