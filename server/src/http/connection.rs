//! Connections: accepted, bounded in number and in patience, and ended in order.

use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::ServiceExt;
use warp::filters::BoxedFilter;

use super::State;
use super::line::{Line, Parting, Socket, over};
use super::reply::Response;
use super::request::Peer;
use super::routes;

/// How long answers may take to go out once the listener stops. What waits for the disk has its time after that.
const FAREWELL: Duration = Duration::from_millis(350);

/// Serves a listener until `stop` becomes true or its sender is gone; then ends held polls and streams, and waits a moment for what
/// is being sent.
pub async fn accept(listener: TcpListener, state: Arc<State>, stop: watch::Receiver<bool>) {
    let filter = routes::filter(&state);
    let places = Arc::new(Semaphore::new(state.limits.connections));
    let mut connections = JoinSet::new();
    let mut stopping = stop.clone();
    loop {
        let accepted = tokio::select! {
            biased;
            // An error means that nobody is left who could stop it.
            _ = stopping.wait_for(|stop| *stop) => break,
            Some(ended) = connections.join_next() => {
                log_panic(ended);
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, remote)) => match places.clone().try_acquire_owned() {
                Ok(place) => {
                    let connection =
                        Connection { remote, filter: filter.clone(), state: state.clone(), stop: stop.clone(), _place: place };
                    connections.spawn(connection.serve(stream));
                }
                Err(_) => turn_away(&stream),
            },
            Err(error) => {
                // Out of file descriptors, most likely: existing connections must end first, and trying at once would spin.
                tracing::warn!("no connection can be accepted: {error}");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    let farewell = async {
        while let Some(ended) = connections.join_next().await {
            log_panic(ended);
        }
    };
    if timeout(FAREWELL, farewell).await.is_err() {
        connections.shutdown().await;
    }
}

fn log_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!("a connection's task panicked: {error}");
    }
}

/// Says so without waiting for anything, and closes.
fn turn_away(stream: &TcpStream) {
    let mut socket = &*SockRef::from(stream);
    const WORDS: &str = "the server is full: it has as many connections as it may\n";
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
         Retry-After: 5\r\nConnection: close\r\n\r\n{WORDS}",
        WORDS.len()
    );
    // What was asked is read away, or closing would be a reset, which overtakes the answer. Nothing may have come yet.
    let _asked = socket.read(&mut [0; 4096]);
    // Past the runtime, which has not heard yet that this socket can be written to.
    if let Err(error) = socket.write_all(answer.as_bytes()).and_then(|()| socket.shutdown(Shutdown::Write)) {
        tracing::debug!("a connection too many was closed without a word: {error}");
    }
}

struct Connection {
    remote: SocketAddr,
    filter: BoxedFilter<(Response,)>,
    state: Arc<State>,
    stop: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    async fn serve(self, stream: TcpStream) {
        if let Err(error) = self.run(stream).await {
            tracing::debug!("a connection ended: {error}");
        }
    }

    async fn run(&self, stream: TcpStream) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let head = Duration::from_millis(self.state.limits.head.0);
        let local = stream.local_addr()?;
        let stall = Duration::from_millis(self.state.limits.stall.0);
        configure(&stream, stall)?;
        if !speaks_plainly(&stream, head, &self.stop).await? {
            return Ok(());
        }
        let line = Arc::new(Line::new(stream));
        let socket = Socket::new(line.clone(), stall);
        let filter = warp::service(self.filter.clone());
        let service = service_fn(|mut request: hyper::Request<Incoming>| {
            let (remote, line, stop) = (self.remote, line.clone(), self.stop.clone());
            let peer = Peer { remote, local, version: request.version(), stop, line: line.clone() };
            note(&mut request, peer);
            let answer = filter.clone().oneshot(request);
            async move {
                line.begin().await;
                answer.await
            }
        });
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(head)
            .max_headers(64)
            .max_buf_size(64 << 10)
            .title_case_headers(true);
        let served = async {
            let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(socket), service));
            let mut stop = self.stop.clone();
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => {}
                ended = connection.as_mut() => return ended,
            }
            // Before the held polls see the stop, so that their answers say that the connection closes.
            connection.as_mut().graceful_shutdown();
            connection.await
        };
        let (parting, ended) = tokio::select! {
            biased;
            () = line.over() => (Parting::Cut, Err(over().into())),
            ended = served => (parting(&ended), ended.map_err(Into::into)),
        };
        let mut stop = self.stop.clone();
        tokio::select! {
            biased;
            () = line.part(parting) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
        ended
    }
}

/// An answer may still be on its way when no further request comes, or none that can be read.
fn parting(ended: &hyper::Result<()>) -> Parting {
    match ended {
        Err(error) if !error.is_timeout() && !error.is_parse() => Parting::Cut,
        _ => Parting::InOrder,
    }
}

/// What a request is told of its connection.
fn note(request: &mut hyper::Request<Incoming>, peer: Peer) {
    request.extensions_mut().insert(peer);
    // Where the request line names the server as well, that name counts: RFC 9112, section 3.2.2.
    if let Some(Ok(name)) = request.uri().authority().map(|name| HeaderValue::from_str(name.as_str())) {
        request.headers_mut().insert(header::HOST, name);
    }
}

fn configure(stream: &TcpStream, stall: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    // A viewer that vanished without a word is noticed within 30 seconds.
    let keepalive = TcpKeepalive::new().with_time(Duration::from_secs(15)).with_interval(Duration::from_secs(5)).with_retries(3);
    SockRef::from(stream).set_tcp_keepalive(&keepalive)?;
    // Beyond what is on its way to the peer the system holds little: it would be memory for slow readers, and out of our hands.
    #[cfg(target_os = "linux")]
    SockRef::from(stream).set_tcp_notsent_lowat(64 << 10)?;
    // Nor is what the peer has not acknowledged sent again and again for many minutes.
    #[cfg(target_os = "linux")]
    SockRef::from(stream).set_tcp_user_timeout(Some(stall))?;
    #[cfg(not(target_os = "linux"))]
    let _unknown_there = stall;
    Ok(())
}

/// Whether the peer's first byte can be HTTP. Browsers that try TLS first must see at once that there is none.
async fn speaks_plainly(stream: &TcpStream, patience: Duration, stop: &watch::Receiver<bool>) -> io::Result<bool> {
    const TLS_HANDSHAKE: u8 = 0x16;
    let mut first = [0];
    let mut stop = stop.clone();
    let peeked = tokio::select! {
        // Whose request is here already is answered, also at the end: closed with it unread, a connection would be reset.
        _ = stop.wait_for(|stop| *stop) => return Ok(has_spoken(stream)),
        peeked = timeout(patience, stream.peek(&mut first)) => peeked,
    };
    match peeked {
        Ok(peeked) => Ok(peeked? == 1 && first[0] != TLS_HANDSHAKE),
        Err(_) => Ok(false),
    }
}

/// Whether something of the peer's has come. What it is the runtime may not have heard yet.
fn has_spoken(stream: &TcpStream) -> bool {
    SockRef::from(stream).peek(&mut [MaybeUninit::uninit()]).is_ok_and(|bytes| bytes > 0)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn who_has_asked_before_the_end_is_answered_and_who_has_not_is_not_waited_for() {
        let (_stop, stopped) = watch::channel(true);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        // Which of the two the runtime sees first is left to chance.
        for asks in [true; 30].into_iter().chain([false]) {
            let mut peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            if asks {
                peer.write_all(b"G").unwrap();
            }
            let (stream, _) = listener.accept().await.unwrap();
            assert_eq!(speaks_plainly(&stream, Duration::from_secs(30), &stopped).await.unwrap(), asks);
        }
    }
}
