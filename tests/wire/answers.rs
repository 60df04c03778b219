//! Answers on a subscriber location, `/sub/CH`: statuses and headers, to the byte where old clients depend on it. Which message is
//! answered is in `longpoll`.

use cometcam_tests::raw::{Raw, exchange};
use cometcam_tests::server::Server;
use hyper::Method;

/// A server with these messages on the channel `front`.
async fn with_messages(messages: &[&str]) -> Server {
    let server = Server::alone(&[]).await;
    for message in messages {
        let _stored = server.publish("front", message).await.expect(202);
    }
    server
}

#[tokio::test]
async fn a_first_that_means_nothing_is_400_with_a_sentence() {
    let server = with_messages(&["one"]).await;
    for first in ["0", "last", "1.5", "", "99999999999999999999999"] {
        let refused = server.get(&format!("/sub/front?first={first}")).await.expect(400);
        assert!(refused.text().contains("first"), "first={first}: {}", refused.text());
    }
}

#[tokio::test]
async fn a_timeout_that_means_nothing_is_400_with_a_sentence() {
    let server = with_messages(&["one"]).await;
    for timeout in ["-1", "soon", ""] {
        let refused = server.get(&format!("/sub/front?timeout={timeout}")).await.expect(400);
        assert!(refused.text().contains("timeout"), "timeout={timeout}: {}", refused.text());
    }
}

#[tokio::test]
async fn head_gives_the_headers_and_never_holds() {
    let server = with_messages(&["one"]).await;
    let head = server.call(Method::HEAD, "/sub/front").send().await.expect(200);
    assert!(head.body.is_empty());
    let _empty = server.call(Method::HEAD, "/sub/empty").send().await.expect(200);
}

#[tokio::test]
async fn another_method_is_405_and_told_which_ones_there_are() {
    let server = Server::alone(&[]).await;
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
        let refused = server.call(method, "/sub/front").send().await.expect(405);
        assert!(refused.header("Allow").unwrap_or_default().contains("GET"), "{}", refused.asked);
    }
}

#[tokio::test]
async fn every_answer_tells_the_servers_clock_and_version() {
    let server = with_messages(&["one"]).await;
    let one = server.get("/sub/front").await.expect(200);
    let nothing = server.get("/sub/front?poll&first=newest").await.expect(304);
    let wrong = server.get("/sub/front?first=0").await.expect(400);
    let refused = server.call(Method::POST, "/sub/front").send().await.expect(405);
    let now = server.get("/api/now").await.expect(200).json();
    for answer in [one, nothing, wrong, refused] {
        let clock: u64 = answer.header("Cometcam-Now-Ms").unwrap_or_default().parse().unwrap();
        assert!(now["now_ms"].as_u64().unwrap().abs_diff(clock) < 30_000, "{}: {clock}", answer.asked);
        assert_eq!(answer.header("Cometcam-Version"), now["version"].as_str(), "{}", answer.asked);
    }
}

#[tokio::test]
async fn a_message_is_never_cached_by_mistake_nor_sent_in_pieces() {
    let server = with_messages(&["one"]).await;
    let one = server.get("/sub/front").await.expect(200);
    assert_eq!(one.header("Vary"), Some("If-None-Match, If-Modified-Since"));
    assert_eq!(one.header("Content-Length"), Some("3"));
    assert_eq!(one.header("Transfer-Encoding"), None);
    assert_eq!(one.header("Cache-Control"), Some("no-store"));
    assert_eq!(one.header("X-Accel-Buffering"), Some("no"));
}

#[tokio::test]
async fn headers_are_spelt_as_old_clients_look_them_up() {
    let server = with_messages(&["one"]).await;
    let request = "GET /sub/front HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = exchange(server.address, request).await;
    let line =
        |name: &str| answer.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("no {name} in {answer}"));
    assert_eq!(line("Etag: "), "0");
    assert_eq!(line("Content-Type: "), "text/plain");
    let time = line("Last-Modified: ");
    assert!(time.len() == 29 && time.ends_with(" GMT") && time.as_bytes()[3] == b',', "Last-Modified: {time}");
}

#[tokio::test]
async fn a_request_of_bare_line_feeds_is_understood() {
    let server = with_messages(&["one"]).await;
    let answer = exchange(server.address, "GET /sub/front HTTP/1.1\nHost: localhost\nConnection: close\n\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\none"), "{answer}");
}

#[tokio::test]
async fn one_connection_carries_one_poll_after_another() {
    let server = with_messages(&["one", "two"]).await;
    let mut connection = Raw::connect(server.address).await;
    connection.send("GET /sub/front?first=1 HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(connection.head().await.starts_with("HTTP/1.1 200 "));
    assert_eq!(connection.body(3).await, b"one");
    connection.send("GET /sub/front?first=newest HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    server.held("front", 1).await;
    let _delivered = server.publish("front", "three").await.expect(201);
    assert!(connection.head().await.starts_with("HTTP/1.1 200 "));
    assert_eq!(connection.body(5).await, b"three");
}
