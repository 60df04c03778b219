//! Guesses at a password or a code: what they cost, and whom.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use cometcam_tests::deadline::soon;
use cometcam_tests::server::Server;
use hyper::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

use crate::access::{LOCKED, code};
use crate::access_guests::another;

/// A word that comes from another address of this machine: the status, and the whole answer.
async fn entering_from(last: u8, server: SocketAddr, word: &str) -> (u16, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0))).unwrap();
    let mut stream = soon("a connection", socket.connect(server)).await.unwrap();
    let body = format!("word={word}&next=/watch/locked");
    let request =
        format!("POST /enter HTTP/1.1\r\nHost: {server}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    soon("an answer", stream.read_to_string(&mut answer)).await.unwrap();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

#[tokio::test]
async fn a_code_dies_by_wrong_guesses_from_wherever_they_come() {
    let server = Server::configured(LOCKED, &[]).await;
    let code = code(&server).await;
    let wrong = another(&code);
    let mut guesses = 0;
    for address in [2, 3, 4, 2, 3, 4, 2, 3, 4] {
        let (status, answer) = entering_from(address, server.address, &wrong).await;
        assert_eq!(status, 403, "{answer}");
        guesses += 1;
    }
    assert_eq!(guesses, 9);
    assert_eq!(entering_from(5, server.address, &code).await.0, 303, "it is still good");
    assert_eq!(entering_from(5, server.address, &wrong).await.0, 403, "the tenth");
    assert_eq!(entering_from(6, server.address, &code).await.0, 403, "and dead");
}

#[tokio::test]
async fn who_guesses_waits_longer_and_longer_and_keeps_nobody_else_out() {
    let server = Server::configured(LOCKED, &[]).await;
    let begun = Instant::now();
    for _ in 0..4 {
        assert_eq!(entering_from(2, server.address, "wrong").await.0, 403);
    }
    assert!(begun.elapsed().as_millis() >= 1000, "each takes its time: {:?}", begun.elapsed());
    let (status, answer) = entering_from(2, server.address, "open+sesame").await;
    assert_eq!(status, 429, "not even the right one is looked at: {answer}");
    assert!(answer.contains("Retry-After: ") && answer.contains("Wait ") && answer.contains("<form"), "{answer}");
    let by_basic = server.call(Method::GET, "/live/locked.jpg").header("Authorization", "Basic Om9wZW4gc2VzYW1l");
    let _other_address = by_basic.send().await.expect(404);
    assert_eq!(entering_from(3, server.address, "open+sesame").await.0, 303);
}

#[tokio::test]
async fn many_guesses_at_once_are_one() {
    let server = Server::configured(LOCKED, &[]).await;
    let words = ["a", "b", "c", "open+sesame", "d", "e", "f", "open+sesame"];
    let all = words.map(|word| tokio::spawn(entering_from(2, server.address, word)));
    let mut looked_at = 0;
    for one in all {
        looked_at += usize::from(one.await.unwrap().0 != 429);
    }
    assert!((1..=3).contains(&looked_at), "{looked_at} of 8 guesses were looked at");
}
