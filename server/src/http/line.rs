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
    /// Until the next request.
    leave: watch::Sender<Leave>,
    /// Whether another picture begins: its reader's patience does, too.
    begins: AtomicBool,
    /// Whether all answers are in the system's hands.
    flushed: watch::Sender<bool>,
}

/// Until when an answer goes out.
#[derive(Debug, Clone, Default)]
struct Leave {
    /// It has bytes of a picture.
    shows: bool,
    /// Of a picture that goes with its broadcast.
    interval: Option<Arc<Interval>>,
    pass: Pass,
}

impl Leave {
    async fn over(&self) {
        let ended = async {
            match &self.interval {
                Some(interval) => interval.ended().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = ended => {}
            () = self.pass.over() => {}
        }
    }
}

impl Line {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, leave: watch::Sender::default(), begins: AtomicBool::new(false), flushed: watch::Sender::new(true) }
    }

    /// Waits until the answer before has gone out, and begins the next one.
    pub(super) async fn begin(&self) {
        // Only an error could end it earlier, and the sender is here.
        drop(self.flushed.subscribe().wait_for(|flushed| *flushed).await);
        self.leave.send_replace(Leave::default());
    }

    /// From here on the answer breaks off when this is over.
    pub(super) fn allow(&self, pass: Pass) {
        self.leave.send_modify(|leave| leave.pass = pass);
    }

    /// From here on the answer has bytes of a picture, and breaks off when its broadcast is over, unless it is kept.
    pub(super) fn show(&self, interval: Option<Arc<Interval>>) {
        self.leave.send_modify(|leave| (leave.shows, leave.interval) = (true, interval));
        self.begins.store(true, Ordering::Relaxed);
    }

    /// Resolves when the answer may not go on: its broadcast is over, or the leave to give it.
    pub(super) async fn over(&self) {
        let mut leaves = self.leave.subscribe();
        loop {
            let leave = leaves.borrow_and_update().clone();
            tokio::select! {
                () = leave.over() => return,
                // The sender is here, so that only another answer can end it.
                _ = leaves.changed() => {}
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

    /// After the last answer, if that was a picture: waits until the peer has taken it and closes, so that its end still reaches what
    /// the system holds of it. What was broken off is cut.
    pub(super) async fn part(&self, parting: Parting) {
        /// More than a system holds of an answer.
        const HELD: u64 = 4 << 20;
        if !self.leave.borrow().shows {
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

    /// Writes, unless it is over; a broadcast that ends at this moment waits for the system to take the bytes, not longer.
    fn write(&self, write: impl FnOnce(&TcpStream) -> io::Result<usize>) -> io::Result<usize> {
        let leave = self.leave.borrow();
        match &leave.interval {
            _ if leave.pass.is_over() => Err(over()),
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
    io::Error::other("its broadcast is over, or who asked may not have it any more")
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
mod tests;
