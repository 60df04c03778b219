//! A connection's socket below HTTP: the last point before the system, where no byte of a broadcast that is over passes, no reader
//! is waited for without end, and a peer that has gone is seen whatever it left unread.

use std::io;
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use crate::access::Pass;
use crate::frames::Interval;

/// The least that a peer sends of a body, or takes of an answer, in bytes a second: slower ones would hold memory for hours.
pub(super) const LEAST_RATE: u64 = 5000;

/// What is known of a socket by all who deal with it.
#[derive(Debug)]
pub(super) struct Line {
    stream: TcpStream,
    /// The broadcast of the picture that is being sent, until the next request.
    shown: watch::Sender<Option<Arc<Interval>>>,
    /// Leave to give the answer, until the next request.
    pass: watch::Sender<Pass>,
    /// Whether another picture begins: its reader's patience does, too.
    begins: AtomicBool,
    /// Whether all answers are in the system's hands.
    flushed: watch::Sender<bool>,
}

impl Line {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            shown: watch::Sender::default(),
            pass: watch::Sender::default(),
            begins: AtomicBool::new(false),
            flushed: watch::Sender::new(true),
        }
    }

    /// Waits until the answer before has gone out, and begins the next one.
    pub(super) async fn begin(&self) {
        // Only an error could end it earlier, and the sender is here.
        drop(self.flushed.subscribe().wait_for(|flushed| *flushed).await);
        self.shown.send_replace(None);
        self.pass.send_replace(Pass::default());
    }

    /// From here on the answer breaks off when this is over.
    pub(super) fn allow(&self, pass: Pass) {
        self.pass.send_replace(pass);
    }

    /// From here on the answer has bytes of a broadcast, and breaks off when that is over.
    pub(super) fn show(&self, interval: Option<Arc<Interval>>) {
        self.shown.send_replace(interval);
        self.begins.store(true, Ordering::Relaxed);
    }

    /// Resolves when the answer has bytes of a broadcast.
    pub(super) async fn shows(&self) {
        // Only an error could end it earlier, and the sender is here.
        drop(self.shown.subscribe().wait_for(Option::is_some).await);
    }

    /// Resolves when the broadcast of the picture that was sent last is over, or the leave to give the answer.
    pub(super) async fn over(&self) {
        let (mut shown, mut passes) = (self.shown.subscribe(), self.pass.subscribe());
        loop {
            let interval = shown.borrow_and_update().clone();
            let pass = passes.borrow_and_update().clone();
            let ended = async {
                match &interval {
                    Some(interval) => interval.ended().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = ended => return,
                () = pass.over() => return,
                _ = shown.changed() => {}
                _ = passes.changed() => {}
            }
        }
    }

    /// Resolves when the peer has closed its side or the connection is broken. HTTP looks for that only as long as nothing of the
    /// peer's is unread. Known on Linux alone; elsewhere it never resolves.
    pub(super) async fn gone(&self) {
        #[cfg(target_os = "linux")]
        // Out of band data is not listened for, which leaves of this interest the peer's end.
        drop(self.stream.ready(tokio::io::Interest::PRIORITY).await);
        #[cfg(not(target_os = "linux"))]
        std::future::pending::<()>().await;
    }

    /// After the last answer, if that was a picture: waits until the peer has taken it and closes, so that a broadcast's end still
    /// reaches what the system holds of it. What was broken off is cut.
    pub(super) async fn part(&self, parting: Parting) {
        /// More than a system holds of an answer.
        const HELD: u64 = 4 << 20;
        if self.shown.borrow().is_none() {
            return;
        }
        if parting == Parting::Cut {
            return self.cut();
        }
        if let Err(error) = SockRef::from(&self.stream).shutdown(Shutdown::Write) {
            tracing::debug!("a connection was closed already: {error}");
        }
        let closed = async {
            let mut thrown_away = [0; 1024];
            while self.stream.readable().await.is_ok() {
                match self.stream.try_read(&mut thrown_away) {
                    Ok(0) => return,
                    Err(error) if error.kind() != io::ErrorKind::WouldBlock => return,
                    _ => {}
                }
            }
        };
        tokio::select! {
            () = closed => {}
            () = self.over() => self.cut(),
            () = sleep(Duration::from_secs(HELD / LEAST_RATE)) => self.cut(),
        }
    }

    /// What the system still holds for the peer goes nowhere once the socket is closed.
    fn cut(&self) {
        if let Err(error) = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)) {
            tracing::debug!("a connection can't be cut: {error}");
        }
    }

    /// Writes, unless the broadcast is over; one that ends at this moment waits for the system to take the bytes, not longer.
    fn write(&self, write: impl FnOnce(&TcpStream) -> io::Result<usize>) -> io::Result<usize> {
        if self.pass.borrow().is_over() {
            return Err(over());
        }
        let interval = self.shown.borrow().clone();
        match interval {
            None => write(&self.stream),
            Some(interval) => interval.unless_over(|| write(&self.stream)).unwrap_or_else(|| Err(over())),
        }
    }
}

/// How a connection comes to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parting {
    /// What was answered goes out.
    InOrder,
    /// Nothing goes out any more.
    Cut,
}

/// Breaks a connection off.
pub(super) fn over() -> io::Error {
    io::Error::other("the broadcast is over")
}

/// What HTTP reads from and writes to.
#[derive(Debug)]
pub(super) struct Socket {
    line: Arc<Line>,
    /// How long the peer may take nothing of an answer.
    stall: Duration,
    /// In bytes a second.
    least_rate: u64,
    /// When the peer must have taken all that was written, at the least rate; `None` while nothing waits to be written.
    due: Option<Instant>,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Socket {
    pub(super) fn new(line: Arc<Line>, stall: Duration) -> Self {
        Self { line, stall, least_rate: LEAST_RATE, due: None, waiting: None }
    }

    fn poll_some(
        &mut self,
        context: &mut Context<'_>,
        write: impl Fn(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        self.line.flushed.send_replace(false);
        if self.line.begins.swap(false, Ordering::Relaxed) {
            // Of an endless stream each picture has its own time: who is slow gets fewer.
            self.due = None;
            self.waiting = None;
        }
        loop {
            if self.line.stream.poll_write_ready(context)?.is_pending() {
                return self.poll_patience(context);
            }
            match self.line.write(&write) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => {
                    self.waiting = None;
                    if let (Some(due), Ok(count)) = (&mut self.due, &written) {
                        *due += Duration::from_micros(*count as u64 * 1_000_000 / self.least_rate);
                    }
                    return Poll::Ready(written);
                }
            }
        }
    }

    fn poll_patience(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let stalled = Instant::now() + self.stall;
        let due = *self.due.get_or_insert(stalled);
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep_until(due.min(stalled))));
        ready!(waiting.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.line.stream.poll_read_ready(context))?;
            match self.line.stream.try_read_buf(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return Poll::Ready(read.map(|_| ())),
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_some(context, |stream| stream.try_write(bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_some(context, |stream| stream.try_write_vectored(slices))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.due = None;
        self.line.flushed.send_replace(true);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(SockRef::from(&self.line.stream).shutdown(Shutdown::Write))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    async fn connected() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (listener.accept().await.unwrap().0, peer)
    }

    #[tokio::test]
    async fn a_reader_that_takes_a_little_now_and_then_is_given_up() {
        let (stream, mut peer) = connected().await;
        let line = Arc::new(Line::new(stream));
        // No reader can keep up, but each time it takes something.
        let mut socket = Socket { least_rate: u64::MAX, ..Socket::new(line, Duration::from_millis(200)) };
        let reading = async { while peer.read(&mut [0; 64 << 10]).await.is_ok_and(|count| count > 0) {} };
        let writing = async {
            loop {
                if let Err(error) = socket.write_all(&[0; 4 << 20]).await {
                    return error.kind();
                }
            }
        };
        tokio::select! {
            kind = writing => assert_eq!(kind, io::ErrorKind::TimedOut),
            () = reading => panic!("the writer is there"),
        }
    }

    #[tokio::test]
    async fn each_picture_of_a_stream_has_its_own_time() {
        let (stream, _peer) = connected().await;
        let line = Arc::new(Line::new(stream));
        let mut socket = Socket { due: Some(Instant::now()), ..Socket::new(line.clone(), Duration::from_secs(30)) };
        socket.write_all(b"more of it").await.unwrap();
        assert!(socket.due.is_some());
        line.show(None);
        socket.write_all(b"the next one").await.unwrap();
        assert!(socket.due.is_none());
    }

    #[tokio::test]
    async fn what_was_answered_goes_out_also_when_no_request_follows_and_nothing_does_once_it_is_cut() {
        for parting in [Parting::InOrder, Parting::Cut] {
            let (stream, mut peer) = connected().await;
            let line = Arc::new(Line::new(stream));
            let mut socket = Socket::new(line.clone(), Duration::from_secs(30));
            line.show(Some(Arc::default()));
            socket.write_all(b"a picture").await.unwrap();
            drop(socket);
            let parted = tokio::spawn(async move {
                line.part(parting).await;
                drop(line);
            });
            let mut taken = Vec::new();
            let read = peer.read_to_end(&mut taken).await;
            assert_eq!(read.is_ok(), parting == Parting::InOrder, "{read:?}");
            drop(peer);
            parted.await.unwrap();
        }
    }

    #[tokio::test]
    async fn an_end_is_seen_behind_what_is_unread_and_nothing_is_written_once_a_broadcast_is_over() {
        let (stream, mut peer) = connected().await;
        let line = Arc::new(Line::new(stream));
        let mut socket = Socket::new(line.clone(), Duration::from_secs(30));
        let interval = Arc::<Interval>::default();
        line.show(Some(interval.clone()));
        socket.write_all(b"seen").await.unwrap();
        interval.end();
        line.over().await;
        assert!(socket.write_all(b"unseen").await.is_err());
        peer.write_all(b"unread").await.unwrap();
        drop(peer);
        line.gone().await;
    }
}
