//! Bodies of requests: never larger than allowed, never slower than bearable, and all together within one budget.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use futures_util::stream::{self, Stream, StreamExt};
use http::{HeaderMap, header};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

use super::line::LEAST_RATE;
use super::reply::Refusal;

/// What a body may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowance {
    /// Bytes.
    pub size: u64,
    /// Until its next piece; and from its begin until so much of it has come as the least rate asks for.
    pub stall: Duration,
}

/// The memory for all bodies that are being received, in KiB.
#[derive(Debug, Clone)]
pub struct Budget {
    free: Arc<Semaphore>,
    total: u32,
}

impl Budget {
    /// So many bytes.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        let total = u32::try_from(bytes >> 10).unwrap_or(u32::MAX);
        let permits = usize::try_from(total).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self { free: Arc::new(Semaphore::new(permits)), total }
    }

    async fn take(&self, bytes: u64) -> Result<OwnedSemaphorePermit, Refusal> {
        /// A place becomes free within this time, or the sender had better try again.
        const PATIENCE: Duration = Duration::from_secs(5);
        // One that is larger than all there is has all of it.
        let share = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX).min(self.total);
        match timeout(PATIENCE, self.free.clone().acquire_many_owned(share)).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Refusal::Busy),
        }
    }
}

/// A body that was not read yet.
pub(super) struct Body {
    pieces: Pin<Box<dyn Stream<Item = Result<Bytes, warp::Error>> + Send + Sync>>,
    /// As the head says; `None` if it comes in chunks; 0 once all of it was read.
    length: Option<u64>,
}

impl Body {
    pub(super) fn new<B: Buf>(
        headers: &HeaderMap,
        pieces: impl Stream<Item = Result<B, warp::Error>> + Send + Sync + 'static,
    ) -> Self {
        let pieces = Box::pin(pieces.map(|piece| piece.map(|mut piece| piece.copy_to_bytes(piece.remaining()))));
        let given = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let length = if headers.contains_key(header::TRANSFER_ENCODING) { None } else { Some(given.unwrap_or(0)) };
        Self { pieces, length }
    }

    /// Refuses what is announced as too large, before a byte of it is read.
    pub(super) fn check(&self, allowance: Allowance) -> Result<(), Refusal> {
        match self.length {
            Some(length) if length > allowance.size => Err(Refusal::TooLarge(allowance.size)),
            _ => Ok(()),
        }
    }

    /// Reads it all.
    pub(super) async fn read(&mut self, allowance: Allowance, budget: &Budget) -> Result<Bytes, Refusal> {
        self.check(allowance)?;
        if self.length == Some(0) {
            return Ok(Bytes::new());
        }
        let _share = budget.take(self.length.unwrap_or(allowance.size)).await?;
        let mut whole = BytesMut::with_capacity(self.length.map_or(0, |length| usize::try_from(length).unwrap_or(0)));
        let begun = Instant::now();
        loop {
            let earned = Duration::from_millis(whole.len() as u64 * 1000 / LEAST_RATE);
            let limit = (begun + earned).min(Instant::now()) + allowance.stall;
            match timeout_at(limit, self.pieces.next()).await {
                Err(_) => return Err(Refusal::BodyTimeout),
                Ok(None) => {
                    self.length = Some(0);
                    return Ok(whole.freeze());
                }
                Ok(Some(Err(_))) => return Err(Refusal::BodyCutOff),
                Ok(Some(Ok(piece))) if (whole.len() + piece.len()) as u64 > allowance.size => {
                    return Err(Refusal::TooLarge(allowance.size));
                }
                Ok(Some(Ok(piece))) => whole.extend_from_slice(&piece),
            }
        }
    }

    /// Whether nothing of it is left to be read.
    pub(super) fn is_read(&self) -> bool {
        self.length == Some(0)
    }

    /// Answers with `text` at once, then reads on for a while and throws away, so that a sender that writes all before it reads gets
    /// to see the answer instead of a reset connection.
    pub(super) fn answer_then_drain(self, text: Bytes) -> impl Stream<Item = Result<Bytes, warp::Error>> + Send + Sync {
        const MOST: usize = 64 << 20;
        // A sender that has seen the answer sends no more, and waits for its end.
        const PAUSE: Duration = Duration::from_millis(500);
        let deadline = Instant::now() + Duration::from_secs(10);
        let drain = stream::unfold((self.pieces, 0), move |(mut pieces, read)| async move {
            let piece = timeout_at(deadline.min(Instant::now() + PAUSE), pieces.next()).await.ok()??.ok()?;
            (read + piece.len() < MOST).then(|| (Ok(Bytes::new()), (pieces, read + piece.len())))
        });
        stream::once(std::future::ready(Ok(text))).chain(drain)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("length", &self.length).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use tokio::time::sleep;

    use super::*;

    const ALLOWANCE: Allowance = Allowance { size: 20_000, stall: Duration::from_millis(100) };

    fn body(head: &[(http::HeaderName, &'static str)], pieces: impl Stream<Item = Bytes> + Send + Sync + 'static) -> Body {
        let headers = head.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        Body::new(&headers, pieces.map(Ok))
    }

    #[tokio::test]
    async fn a_body_that_comes_a_byte_now_and_then_is_given_up() {
        let slow = stream::unfold(0, |count| async move {
            sleep(ALLOWANCE.stall / 10).await;
            (count < 1000).then(|| (Bytes::from_static(b"x"), count + 1))
        });
        let mut body = body(&[(header::TRANSFER_ENCODING, "chunked")], Box::pin(slow));
        let refused = body.read(ALLOWANCE, &Budget::new(1 << 20)).await.unwrap_err();
        assert!(matches!(refused, Refusal::BodyTimeout), "{refused}");
    }

    #[tokio::test]
    async fn a_body_larger_than_the_budget_has_all_of_it_and_is_read() {
        let mut body = body(&[(header::CONTENT_LENGTH, "5000")], stream::iter([Bytes::from_static(&[1; 5000])]));
        let read = body.read(ALLOWANCE, &Budget::new(2048)).await.unwrap();
        assert!(read.len() == 5000 && body.is_read());
    }
}
