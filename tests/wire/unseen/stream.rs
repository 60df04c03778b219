//! Somebody who watches an endless stream.

use std::time::Duration;

use cometcam_tests::http::Call;
use hyper::Method;

use super::visitor::{Sight, Visitor, now_ms, number};

/// How long a part of a stream may be on its way on a busy machine, and be read.
const ON_ITS_WAY_MS: u64 = 500;

impl Visitor {
    /// Pictures of an endless stream: as many as `most`, or until its end.
    pub(super) async fn stream(&self, channel: &'static str, most: usize) -> Vec<Sight> {
        /// Who wants but a few doesn't wait for a paused camera.
        const SILENCE: Duration = Duration::from_millis(200);
        let how = format!("/live/{channel}.mjpg");
        let Ok(mut opened) = Call::new(self.address, Method::GET, &how).try_open().await else { return Vec::new() };
        let (mut sights, mut received) = (Vec::new(), Vec::new());
        if opened.status != 200 {
            assert!([404, 410].contains(&opened.status.as_u16()), "{how} gave {}", opened.status);
            return sights;
        }
        while sights.len() < most {
            let piece = if most == usize::MAX {
                opened.piece().await
            } else {
                tokio::time::timeout(SILENCE, opened.piece()).await.unwrap_or_default()
            };
            let Some(piece) = piece else { break };
            let came = now_ms();
            received.extend_from_slice(&piece);
            while let Some((captured, picture)) = part(&mut received) {
                let (captured, number) = (Some(captured), number(&picture));
                let sight = Sight::of(&how, came.saturating_sub(ON_ITS_WAY_MS));
                sights.push(Sight { channel, captured, number, answered: came, ..sight });
            }
        }
        sights
    }
}

/// Takes the next whole part out of what a stream has given: when it was captured, and the picture.
fn part(received: &mut Vec<u8>) -> Option<(u64, Vec<u8>)> {
    let end = received.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&received[..end]).into_owned();
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{name} in {head}"));
    let length: usize = field("Content-Length: ").parse().unwrap();
    let captured = field("X-Timestamp: ").replace('.', "").parse().unwrap();
    if received.len() < end + length {
        return None;
    }
    let picture = received[end..end + length].to_vec();
    received.drain(..end + length);
    Some((captured, picture))
}
