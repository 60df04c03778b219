//! What the server owes to those who read pictures and to those who only hold a connection.

use cometcam_tests::deadline::soon;
use cometcam_tests::jpeg;
use cometcam_tests::raw::Raw;
use cometcam_tests::server::Server;
use hyper::Method;
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

/// A JPEG of this many bytes: its scan goes on with nothing in it.
fn big(bytes: usize) -> Vec<u8> {
    let mut picture = jpeg::jpeg(64, 48, RED);
    let end = picture.split_off(picture.len() - 2);
    picture.resize(bytes - end.len(), 0);
    picture.extend(end);
    picture
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
    const TAKEN_IN: usize = 128 * 1024;
    let server = Server::alone(&[]).await;
    // One that no system holds as a whole, and one that is wholly in its hands, so that the answer is complete for the server.
    for size in [12_000_000, 1_000_000] {
        let frame = server.upload("front?publish", "image/jpeg", big(size)).await.expect(201).json();
        let url = frame["url"].as_str().unwrap();
        let mut readers = Vec::new();
        for request in [
            format!("GET {url} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            format!("GET {url} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
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
