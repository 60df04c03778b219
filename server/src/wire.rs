//! The messages that travel on a camera's channel, as JSON.

use serde::{Deserialize, Serialize};

use crate::frames::{FrameId, PictureType, Probe};
use crate::relay::{Kind, Millis};

/// The media type of both messages.
pub const CONTENT_TYPE: &str = "application/json";

/// A picture was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameMessage {
    /// A path on the server that holds the channel, or absolute if the picture is elsewhere.
    pub url: String,
    /// Counts the channel's pictures; goes on over restarts.
    pub seq: u64,
    /// Milliseconds since the Unix epoch.
    pub captured_at_ms: Millis,
    /// Between one picture and the next, in milliseconds.
    pub interval_ms: Millis,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Of the picture's file.
    pub bytes: usize,
    /// Of the picture.
    pub content_type: String,
}

impl FrameMessage {
    /// The message that names a picture of this server.
    #[must_use]
    pub fn new(channel: &str, id: FrameId, probe: Probe, bytes: usize, interval_ms: Millis) -> Self {
        Self {
            url: Self::url(channel, id, probe.kind),
            seq: id.seq,
            captured_at_ms: id.captured_at,
            interval_ms,
            width: probe.width,
            height: probe.height,
            bytes,
            content_type: probe.kind.content_type().to_owned(),
        }
    }

    /// The address of a picture on this server.
    #[must_use]
    pub fn url(channel: &str, id: FrameId, kind: PictureType) -> String {
        format!("/frames/{}/{id}.{}", encode_segment(channel), kind.extension())
    }

    /// The picture's name, if it is among the channel's own on this server; `None` if it is elsewhere.
    #[must_use]
    pub fn picture_here(&self, channel: &str) -> Option<(FrameId, PictureType)> {
        let (name, file) = self.url.strip_prefix("/frames/")?.split_once('/')?;
        let name = percent_encoding::percent_decode_str(name).decode_utf8().ok()?;
        if name == channel { FrameId::of_file(file) } else { None }
    }
}

/// What a channel's pictures are doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelState {
    /// They come.
    Live,
    /// They are held back on purpose.
    Paused,
    /// They should come and don't.
    Stalled,
    /// There will be no more.
    Ended,
}

/// A channel's state changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusMessage {
    /// From now on.
    pub state: ChannelState,
    /// Why, for people.
    #[serde(default)]
    pub reason: String,
    /// Milliseconds since the Unix epoch.
    pub at_ms: Millis,
}

/// What a camera's channel carries; a receiver ignores types and fields it doesn't know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum WireMessage {
    /// See [`FrameMessage`].
    Frame(FrameMessage),
    /// See [`StatusMessage`].
    Status(StatusMessage),
}

impl WireMessage {
    /// The relay's word for it, so that the newest of each kind stays, and a frame can be found by its picture's number.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Frame(frame) => Kind { name: FRAME, number: frame.seq },
            Self::Status(_) => Kind { name: STATUS, number: 0 },
        }
    }
}

/// The relay's name for frame messages.
pub const FRAME: &str = "frame";
/// The relay's name for status messages.
pub const STATUS: &str = "status";

/// A channel's name as one segment of a path: all but unreserved characters percent-encoded.
#[must_use]
pub fn encode_segment(name: &str) -> String {
    const ENCODED: percent_encoding::AsciiSet =
        percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(name, &ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_message_reads_as_documented() {
        let probe = Probe { kind: PictureType::Jpeg, width: 1280, height: 720 };
        let id = FrameId { captured_at: 1_795_340_834_123, seq: 42 };
        let message = WireMessage::Frame(FrameMessage::new("front", id, probe, 81_234, 67));
        let json = r#"{"type":"frame","url":"/frames/front/1795340834123-000042.jpg","seq":42,"captured_at_ms":1795340834123,"interval_ms":67,"width":1280,"height":720,"bytes":81234,"content_type":"image/jpeg"}"#;
        assert_eq!(serde_json::to_string(&message).unwrap(), json);
        let newer = json.replace("}", r#","colour":"unknown"}"#);
        assert_eq!(serde_json::from_str::<WireMessage>(&newer).unwrap(), message);
    }

    #[test]
    fn a_status_message_reads_as_documented() {
        let json = r#"{"type":"status","state":"stalled","reason":"unplugged","at_ms":5}"#;
        let status = StatusMessage { state: ChannelState::Stalled, reason: "unplugged".into(), at_ms: 5 };
        assert_eq!(serde_json::to_string(&WireMessage::Status(status)).unwrap(), json);
    }

    #[test]
    fn a_name_is_one_segment() {
        assert_eq!(encode_segment("team/ä,*"), "team%2F%C3%A4%2C%2A");
    }
}
