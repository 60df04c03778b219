//! Somebody who watches an endless stream.

use std::time::Duration;

use cometcam_tests::clock::now_ms;
use cometcam_tests::http::Call;
use cometcam_tests::mjpg::{Part, Parts};
use hyper::Method;

use super::visitor::{Sight, Visitor, number};

/// How long a part of a stream may be on its way on a busy machine, and be read.
const ON_ITS_WAY_MS: u64 = 2000;

/// What came of a stream, to be looked at when there is time.
#[derive(Debug)]
pub(super) struct Streamed {
    channel: &'static str,
    how: String,
    /// Each with the time when it came.
    parts: Vec<(u64, Part)>,
}

impl Streamed {
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The pictures in it.
    pub(super) fn sights(self) -> Vec<Sight> {
        let sight = |(came, part): (u64, Part)| {
            let (captured, number) = (Some(part.captured_at), number(&part.picture));
            let sight = Sight::of(&self.how, came.saturating_sub(ON_ITS_WAY_MS));
            Sight { channel: self.channel, captured, number, answered: came, ..sight }
        };
        self.parts.into_iter().map(sight).collect()
    }
}

impl Visitor {
    /// Pictures of an endless stream: as many as `most`, or until its end.
    pub(super) async fn stream(&self, channel: &'static str, most: usize) -> Streamed {
        /// Who wants but a few doesn't wait for a paused camera.
        const SILENCE: Duration = Duration::from_millis(200);
        let mut streamed = Streamed { channel, how: format!("/live/{channel}.mjpg"), parts: Vec::new() };
        let Ok(opened) = Call::new(self.address, Method::GET, &streamed.how).try_open().await else { return streamed };
        if opened.status != 200 {
            assert!([404, 410].contains(&opened.status.as_u16()), "{} gave {}", streamed.how, opened.status);
            return streamed;
        }
        let mut parts = Parts::of(opened);
        while streamed.parts.len() < most {
            let part = if most == usize::MAX {
                parts.next().await
            } else {
                tokio::time::timeout(SILENCE, parts.next()).await.unwrap_or_default()
            };
            let Some(part) = part else { break };
            streamed.parts.push((now_ms(), part));
        }
        streamed
    }
}
