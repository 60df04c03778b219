//! Connections: those that say nothing, speak something else, or are held when the program ends.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use cometcam_tests::deadline::{soon, within};
use cometcam_tests::http::Call;
use cometcam_tests::jpeg;
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
    assert_eq!(said, b"", "a browser takes any word for an answer to its hello");
}

#[tokio::test]
async fn what_is_not_http_is_400_and_closed() {
    let server = Server::alone(&[]).await;
    for nonsense in
        ["\r\n\r\nnonsense\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nHost localhost\r\n\r\n"]
    {
        let answer = exchange(server.address, nonsense).await;
        assert!(
            answer.starts_with("HTTP/1.1 400 ") && answer.contains("\r\nConnection: close\r\n"),
            "{nonsense:?} gave {answer}"
        );
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

/// A program that is asked to end: it does, in order, and within a second.
async fn ends_within_a_second(server: &Server, what: &str) {
    let asked = Instant::now();
    server.program.signal(Signal::TERM);
    assert!(server.program.end().await.success(), "{what}");
    let took = asked.elapsed();
    assert!(took <= Duration::from_secs(1), "{what} took {took:?} to end");
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
        ends_within_a_second(&server, name).await;
        let head = held.head().await;
        assert!(head.starts_with("HTTP/1.1 304 ") && head.contains("\r\nConnection: close\r\n"), "{name}: {head}");
        assert!(held.rest().await.is_empty(), "{name}: the connection is closed after the 304");
        let _ended = (stream.rest().await, idle.rest().await);
    }
}

#[tokio::test]
async fn a_client_that_takes_nothing_holds_up_the_end_for_no_more_than_a_second() {
    const BIG: usize = 12_000_000;
    let server = Server::alone(&[]).await;
    let frame = server.upload("front?publish", "image/jpeg", jpeg::big(BIG)).await.expect(201).json();
    let mut reader = Raw::slow(server.address).await;
    reader.send(format!("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", frame["url"].as_str().unwrap())).await;
    assert!(reader.head().await.starts_with("HTTP/1.1 200 "));
    // So much that the disk has to do at the end, too.
    for _ in 0..10 {
        let _saved = server.upload("front", "image/jpeg", jpeg::big(BIG)).await.expect(201);
    }
    ends_within_a_second(&server, "with a client that takes nothing").await;
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
async fn all_addresses_of_ipv6_are_those_of_ipv4_too() {
    let server = Server::alone(&["--bind", "[::]:0"]).await;
    let port = server.address.port();
    for address in [SocketAddr::from((Ipv4Addr::LOCALHOST, port)), SocketAddr::from((Ipv6Addr::LOCALHOST, port))] {
        let _answered = Call::new(address, Method::GET, "/api/now").send().await.expect(200);
    }
}

#[tokio::test]
async fn a_connection_that_says_nothing_or_half_a_head_is_closed() {
    let server = Server::configured("limits: { head: 1s }", &[]).await;
    for said in ["", "GET /api/now HT", "GET /api/now HTTP/1.1\r\nHost: localhost\r\n"] {
        let mut connection = Raw::connect(server.address).await;
        connection.send(said).await;
        let answer = soon("the end of a silent connection", connection.rest()).await;
        assert!(answer.is_empty(), "{said:?} gave {answer:?}");
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
    assert!(answer.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn connections_beyond_the_limit_get_503_and_leave_those_within_it_alone() {
    let server = Server::configured("limits: { connections: 8 }", &[]).await;
    let mut first = Raw::connect(server.address).await;
    assert!(first.get("/api/now").await.starts_with("HTTP/1.1 200 "));
    let mut others = Vec::new();
    for _ in 0..32 {
        others.push(Raw::connect(server.address).await);
    }
    // They are accepted in the order in which they came.
    for beyond in others.split_off(7) {
        let said = String::from_utf8_lossy(&{ beyond }.rest().await).into_owned();
        assert!(said.starts_with("HTTP/1.1 503 ") && said.contains("full"), "{said}");
    }
    for within in others.iter_mut().chain([&mut first]) {
        assert!(within.get("/api/now").await.starts_with("HTTP/1.1 200 "));
    }
    drop(others);
    // The server learns of their end in its own time.
    soon("room for another connection", async { while server.get("/api/now").await.status != 200 {} }).await;
}
