//! Connections: those that say nothing, speak something else, or are held when the program ends.

use std::time::{Duration, Instant};

use cometcam_tests::deadline::{soon, within};
use cometcam_tests::raw::{Raw, exchange};
use cometcam_tests::server::Server;
use hyper::Method;
use rustix::process::Signal;

/// The first bytes of a browser that tries https: a TLS record that holds a ClientHello.
const TLS_HELLO: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";

#[tokio::test]
async fn a_browser_that_tries_tls_is_closed_at_once() {
    let server = Server::alone(&[]).await;
    let mut connection = Raw::connect(server.address).await;
    connection.send(TLS_HELLO).await;
    let said = within(Duration::from_secs(2), "the end of a TLS attempt", connection.rest()).await;
    assert!(!said.starts_with(b"HTTP/1.1 200"), "{said:?}");
}

#[tokio::test]
async fn what_is_not_http_is_400_and_closed() {
    let server = Server::alone(&[]).await;
    for nonsense in
        ["\r\n\r\nnonsense\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nHost localhost\r\n\r\n"]
    {
        let answer = exchange(server.address, nonsense).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{nonsense:?} gave {answer}");
    }
}

/// As RFC 9112 (6.3) has it: the chunks count, and the connection ends, so that nothing can hide behind the body.
#[tokio::test]
async fn a_body_with_a_length_and_chunks_ends_the_connection() {
    let server = Server::alone(&[]).await;
    let key = server.publish_key();
    let request = format!(
        "POST /pub/front HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nContent-Length: 5\r\n\
         Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/now HTTP/1.1\r\nHost: localhost\r\n\r\n"
    );
    let answer = exchange(server.address, request).await;
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
}

#[tokio::test]
async fn two_lengths_of_one_body_are_refused() {
    let server = Server::alone(&[]).await;
    let key = server.publish_key();
    for lengths in ["Content-Length: 3\r\nContent-Length: 4\r\n", "Content-Length: -3\r\n"] {
        let request =
            format!("POST /pub/front HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n{lengths}\r\n0\r\n\r\n");
        let answer = exchange(server.address, request).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{lengths:?} gave {answer}");
    }
}

#[tokio::test]
async fn on_sigterm_held_polls_get_304_and_the_program_ends_within_a_second() {
    for name in ["cometcam-server", "cometcam"] {
        let server = if name == "cometcam" { Server::headless(&[]).await } else { Server::alone(&[]).await };
        let _created = server.publisher(Method::PUT, "quiet").send().await.expect(200);
        let mut held = Raw::connect(server.address).await;
        held.send("GET /sub/quiet HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        server.held("quiet", 1).await;
        let mut idle = Raw::connect(server.address).await;
        idle.send("GET /api/now HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        assert!(idle.head().await.starts_with("HTTP/1.1 200 "));
        let mut stream = Raw::connect(server.address).await;
        stream.send("GET /live/front.mjpg HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        let _begun = stream.head().await;
        let asked = Instant::now();
        server.program.signal(Signal::TERM);
        assert!(server.program.end().await.success(), "{name}");
        let took = asked.elapsed();
        let head = held.head().await;
        assert!(head.starts_with("HTTP/1.1 304 ") && head.contains("\r\nConnection: close\r\n"), "{name}: {head}");
        assert!(held.rest().await.is_empty(), "{name}: the connection is closed after the 304");
        let _ended = (stream.rest().await, idle.rest().await);
        assert!(took < Duration::from_millis(1500), "{name} took {took:?} to end");
    }
}

#[tokio::test]
async fn ctrl_c_ends_in_order_too() {
    let server = Server::alone(&[]).await;
    server.program.signal(Signal::INT);
    assert!(server.program.end().await.success());
}

#[tokio::test]
async fn it_listens_on_ipv6_too() {
    let server = Server::alone(&["--bind", "[::1]:0"]).await;
    assert!(server.address.is_ipv6());
    let _answered = server.get("/api/now").await.expect(200);
}

#[tokio::test]
async fn a_connection_that_says_nothing_or_half_a_head_is_closed() {
    let server = Server::configured("limits: { head: 1s }", &[]).await;
    for said in ["", "GET /api/now HT", "GET /api/now HTTP/1.1\r\nHost: localhost\r\n"] {
        let mut connection = Raw::connect(server.address).await;
        connection.send(said).await;
        let answer = soon("the end of a silent connection", connection.rest()).await;
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 408 "), "{said:?} gave {answer:?}");
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_a_held_poll_is_not() {
    let server = Server::configured("limits: { head: 1s }", &[]).await;
    let _created = server.publisher(Method::PUT, "front").send().await.expect(200);
    let mut held = Raw::connect(server.address).await;
    held.send("GET /sub/front HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let mut idle = Raw::connect(server.address).await;
    idle.send("GET /api/now HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(idle.head().await.starts_with("HTTP/1.1 200 "));
    let _closed = soon("the end of an idle connection", idle.rest()).await;
    server.held("front", 1).await;
    let _delivered = server.publish("front", "one").await.expect(201);
    assert!(held.head().await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_body_that_stops_coming_is_given_up() {
    let server = Server::configured("limits: { stall: 200ms }", &[]).await;
    let key = server.publish_key();
    let mut connection = Raw::connect(server.address).await;
    let head =
        format!("POST /frames/front HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nContent-Length: 1000\r\n\r\n");
    connection.send(head + "only this").await;
    let answer = soon("the end of a stalled upload", connection.rest()).await;
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn connections_beyond_the_limit_leave_those_within_it_alone() {
    let server = Server::configured("limits: { connections: 8 }", &[]).await;
    let mut first = Raw::connect(server.address).await;
    first.send("GET /api/now HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let head = first.head().await;
    let length = head.to_lowercase().split_once("content-length: ").and_then(|(_, rest)| rest.lines().next()?.parse().ok());
    let _body = first.body(length.unwrap()).await;
    let mut others = Vec::new();
    for _ in 0..32 {
        others.push(Raw::connect(server.address).await);
    }
    first.send("GET /api/now HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(first.head().await.starts_with("HTTP/1.1 200 "));
    drop(others);
    // The server learns of their end in its own time.
    soon("room for another connection", async { while server.get("/api/now").await.status != 200 {} }).await;
}
