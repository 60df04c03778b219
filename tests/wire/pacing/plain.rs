//! A plain MJPEG streamer, to compare with: writes every picture to everyone, and leaves what is too much to the network.

use std::net::SocketAddr;
use std::time::Duration;

use cometcam_tests::clock::now_ms;
use cometcam_tests::jpeg;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

/// Serves pictures of so many bytes at this address, and tells which port it has. Goes on until it is dropped.
pub(super) async fn serve(address: SocketAddr, bytes: usize, interval: Duration, told: oneshot::Sender<SocketAddr>) {
    let listener = TcpListener::bind(address).await.unwrap();
    told.send(listener.local_addr().unwrap()).unwrap();
    let picture = jpeg::big(bytes);
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(write(stream, picture.clone(), interval));
    }
}

async fn write(mut stream: TcpStream, picture: Vec<u8>, interval: Duration) {
    // The request, whatever it is.
    let _asked = stream.read(&mut [0; 1000]).await;
    let mut next = Instant::now();
    let mut part = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n--b\r\n".to_vec();
    loop {
        // A picture that should have gone out long ago is taken from where it was kept: its time is that of its capture.
        sleep_until(next).await;
        let captured_ms = now_ms() - u64::try_from(next.elapsed().as_millis()).unwrap();
        let timestamp = format!("{}.{:03}", captured_ms / 1000, captured_ms % 1000);
        part.extend(format!("Content-Length: {}\r\nX-Timestamp: {timestamp}\r\n\r\n", picture.len()).bytes());
        part.extend(&picture);
        part.extend(b"\r\n--b\r\n");
        if stream.write_all(&part).await.is_err() {
            return;
        }
        part.clear();
        next += interval;
    }
}
