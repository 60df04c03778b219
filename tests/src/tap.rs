//! A tap on the way to a server: what a program asks that can't be asked about it itself.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::deadline::soon;

/// An address that leads to a server, and remembers the paths that were asked for on the way. Drop closes it.
#[derive(Debug)]
pub struct Tap {
    /// What to connect to.
    pub address: SocketAddr,
    asked: watch::Receiver<Vec<String>>,
    accepting: JoinHandle<()>,
}

/// The requests that are remembered.
const KEPT: usize = 1000;

impl Tap {
    /// Leads to the server at this address.
    ///
    /// # Panics
    /// If there is no port to be had.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port can be had");
        let address = listener.local_addr().expect("a listener has an address");
        let (tell, asked) = watch::channel(Vec::new());
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(lead(client, server, tell.clone()));
            }
        });
        Self { address, asked, accepting }
    }

    /// Waits until `wanted` is true of the paths that were asked for, in their order.
    ///
    /// # Panics
    /// If it never is.
    pub async fn asked(&self, what: &str, wanted: impl Fn(&[String]) -> bool) {
        let mut asked = self.asked.clone();
        drop(soon(what, asked.wait_for(|asked| wanted(asked))).await.expect("the tap is there as long as this"));
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Passes all on; of what the client sends, each request line is remembered.
async fn lead(client: TcpStream, server: SocketAddr, tell: watch::Sender<Vec<String>>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) = (client.into_split(), server.into_split());
    let asking = async {
        let mut bytes = [0; 16 * 1024];
        while let Ok(count @ 1..) = from_client.read(&mut bytes).await {
            // Programs of this kind send a request at once, and wait for its answer.
            let line = String::from_utf8_lossy(&bytes[..count]).lines().next().unwrap_or_default().to_owned();
            if let Some(path) = line.strip_prefix("GET ").and_then(|rest| rest.split(' ').next()) {
                tell.send_if_modified(|asked| {
                    asked.len() < KEPT && {
                        asked.push(path.to_owned());
                        true
                    }
                });
            }
            if to_server.write_all(&bytes[..count]).await.is_err() {
                break;
            }
        }
    };
    // Whichever side is done first ends both.
    tokio::select! {
        () = asking => {}
        _ = tokio::io::copy(&mut from_server, &mut to_client) => {}
    }
}
