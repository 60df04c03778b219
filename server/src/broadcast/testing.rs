//! What the tests of broadcasts have in common.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use super::{Broadcasts, NewPicture};
use crate::frames::{FrameStore, PictureType, Probe, StoreLimits, ToDisk};
use crate::relay::{Concurrency, Hub, Limits, Millis, Settings};
use crate::wire::FrameMessage;

/// Broadcasts on at most ten channels, and what ends with them.
pub(super) fn broadcasts(limits: StoreLimits) -> (Arc<Broadcasts>, tempfile::TempDir) {
    let data = tempfile::tempdir().unwrap();
    let limits_of_channel = Limits { messages: 100, bytes: 1_000_000, age: 60_000 };
    let settings = Settings { limits: limits_of_channel, concurrency: Concurrency::Broadcast };
    let hub = Arc::new(Hub::new(10, move |_| settings, crate::now_ms()));
    (Arc::new(Broadcasts::new(hub, FrameStore::open(data.path(), limits).unwrap())), data)
}

/// The message of a picture that is not on this server.
pub(super) fn elsewhere(url: &str) -> FrameMessage {
    let (captured_at_ms, content_type) = (1, "image/jpeg".to_owned());
    FrameMessage { url: url.to_owned(), seq: 1, captured_at_ms, interval_ms: 66, width: 1, height: 1, bytes: 10, content_type }
}

/// A picture of ten bytes, taken then.
pub(super) fn picture(captured: Instant, interval: Option<Millis>) -> NewPicture {
    let probe = Probe { kind: PictureType::Jpeg, width: 1, height: 1 };
    NewPicture { bytes: Bytes::from_static(&[0; 10]), probe, captured, interval, to_disk: ToDisk::No }
}
