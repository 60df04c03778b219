//! What a display's page says of itself with each poll.

use std::sync::Arc;
use std::time::Duration;

use super::Wake;
use crate::http::reply::Refusal;
use crate::http::request::Request;

/// Read from a poll's query.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::http) struct Sign {
    pub name: Arc<str>,
    /// Since its page was loaded.
    pub uptime: Option<Duration>,
    pub wake: Option<Wake>,
    /// From which its page was loaded.
    pub version: Option<String>,
    /// The order that was carried out.
    pub done: Option<u64>,
}

impl Sign {
    /// `None` if it is no display that asks. What it says wrongly, beside its name, it does not say.
    pub(in crate::http) fn of(request: &Request) -> Result<Option<Self>, Refusal> {
        let Some(name) = request.field("display") else { return Ok(None) };
        if !is_name(&name) {
            return Err(Refusal::Query("a display's name has 1 to 64 characters and no control characters"));
        }
        /// Years: what is longer is no time that a page was open.
        const LONGEST: f64 = 1e9;
        let uptime = request.field("uptime").and_then(|uptime| uptime.parse::<f64>().ok());
        let wake = request.field("wake").and_then(|wake| match wake.as_str() {
            "held" => Some(Wake::Held),
            "released" => Some(Wake::Released),
            "unavailable" => Some(Wake::Unavailable),
            _ => None,
        });
        Ok(Some(Self {
            name: name.into(),
            uptime: uptime.filter(|uptime| (0.0..=LONGEST).contains(uptime)).map(Duration::from_secs_f64),
            wake,
            version: request.field("version").filter(|version| is_name(version)),
            done: request.field("done").and_then(|done| done.parse().ok()),
        }))
    }
}

/// Whether a text is short enough and has nothing in it that is not to be seen.
pub(in crate::http) fn is_name(text: &str) -> bool {
    const LONGEST: usize = 64;
    /// They turn the direction of what follows.
    const TURNS: [char; 12] = [
        '\u{200e}', '\u{200f}', '\u{061c}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}',
        '\u{2068}', '\u{2069}',
    ];
    let is_seen = |letter: char| !letter.is_control() && !TURNS.contains(&letter);
    !text.trim().is_empty() && text.chars().count() <= LONGEST && text.chars().all(is_seen)
}
