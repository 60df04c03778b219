//! Encodes what is to be published, and publishes it.

use std::sync::atomic::Ordering;
use std::time::Instant;

use super::{Report, Shared};
use crate::encode::{EncodeError, Encoder};
use crate::frame::{EncodedFrame, StageTimes};

/// Of the JPEGs that are made here.
const QUALITY: u8 = 80;

impl Shared {
    pub(super) fn encode(&self) {
        let mut encoder = Encoder::new(QUALITY);
        let mut dropped = 0;
        while let Some(frame) = self.frames.wait() {
            let waited = self.frames.dropped();
            self.counters.dropped.fetch_add(waited - dropped, Ordering::Relaxed);
            dropped = waited;
            // Nothing is encoded that is not published.
            if !self.air.wants(frame.times.captured) {
                continue;
            }
            if let Some(encoded) = self.well_encoded(encoder.encode(&frame)) {
                self.publish(&encoded);
            }
        }
    }

    /// Of pictures that can't be encoded the first is told, and the first one after them.
    fn well_encoded(&self, encoded: Result<EncodedFrame, EncodeError>) -> Option<EncodedFrame> {
        if encoded.is_err() {
            self.counters.dropped.fetch_add(1, Ordering::Relaxed);
        }
        if self.works.swap(encoded.is_ok(), Ordering::Relaxed) != encoded.is_ok() {
            (self.report)(Report::Encoding(encoded.as_ref().map(drop).map_err(Clone::clone)));
        }
        encoded.ok()
    }

    fn publish(&self, frame: &EncodedFrame) {
        match self.air.publish(frame) {
            Some(Ok(message)) => {
                let times = StageTimes { published: Some(Instant::now()), ..frame.times };
                tracing::debug!("{}, the source's picture {}: {times}", message.url, frame.number);
                self.counters.published.fetch_add(1, Ordering::Relaxed);
                self.counters.newest_ms.store(message.captured_at_ms, Ordering::Relaxed);
                self.counters.interval_ms.store(message.interval_ms, Ordering::Relaxed);
            }
            Some(Err(refused)) => {
                tracing::warn!("a picture was not published: {refused}");
                (self.report)(Report::Over);
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::tests::held;
    use super::*;
    use crate::frame::{Frame, LengthError, PixelFormat, Size};

    #[test]
    fn of_pictures_that_can_not_be_encoded_the_first_is_told_and_the_first_that_can_be_again() {
        let (pipeline, reports) = held();
        let mut encoder = Encoder::new(QUALITY);
        let times = StageTimes::captured_now();
        let mut encode = |len| {
            let (format, size, bytes) = (PixelFormat::Rgb, Size::new(2, 2), Bytes::from(vec![0; len]));
            let encoded = encoder.encode(&Frame { bytes, format, size, number: 0, times, retouch: None });
            assert_eq!(pipeline.shared().well_encoded(encoded).is_some(), len == 12);
        };
        let fault = |len| {
            let report = reports.try_recv();
            assert!(
                matches!(report, Ok(Report::Encoding(Err(EncodeError::Length(LengthError { got, .. })))) if got == len),
                "{report:?}"
            );
        };
        [12, 11, 10, 12, 12].into_iter().for_each(&mut encode);
        fault(11);
        assert_eq!(reports.try_recv(), Ok(Report::Encoding(Ok(()))));
        assert!(reports.try_recv().is_err());
        encode(9);
        fault(9);
        // The broadcast ended, or another source was chosen.
        pipeline.shared().forget_encoding();
        encode(8);
        fault(8);
    }
}
