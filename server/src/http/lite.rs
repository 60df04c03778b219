//! Pages for very old browsers, down to Internet Explorer 6 and to those without scripts: HTML 4, and what changes as plain text.

use http::StatusCode;

use super::State;
use super::gate::{self, Listed};
use super::locked;
use super::pages::{self, Forms};
use super::reply::{self, Refusal, Response, TEXT};
use super::request::Request;
use super::routes::Call;
use super::template::{self, Html};
use crate::broadcast::OnAir;
use crate::now_ms;
use crate::relay::Millis;
use crate::wire::{ChannelState, FrameMessage, encode_segment};

/// Who comes without scripts loads the whole page again: no more often than this, and no more rarely.
const REFRESH_S: (u64, u64) = (2, 10);
/// Scripts ask no more often than this, and no more rarely.
const ASK_MS: (Millis, Millis) = (250, 2000);
/// As in the other pages: a picture is live for two intervals, or a second.
const LIVE_MS: Millis = 1000;

/// All channels, as links.
pub(super) async fn list(call: &mut Call) -> Result<Response, Refusal> {
    let Listed { channels: listed, hidden } = gate::listed(&call.state, &call.request).await?;
    if hidden && listed.is_empty() {
        return Err(locked::locked_list(&call.state, &call.request));
    }
    let links = listed.iter().map(|OnAir { name, state, .. }| {
        let link = "<li><a href=\"/lite/{{path}}\">{{name}}</a> {{state}}</li>\n";
        let state = Html::text(if *state == ChannelState::Live { "is live" } else { "is not live" });
        template::html(link, &[("path", Html::text(&encode_segment(name))), ("name", Html::text(name)), ("state", state)])
    });
    let (links, words) = match listed.len() {
        0 => (Html::default(), Html::text("Nothing is on air yet. Load this page again later.")),
        _ => (links.collect(), Html::default()),
    };
    let html = template::html(include_str!("templates/lite-list.html"), &[("links", links), ("words", words)]);
    Ok(pages::made(html.into_string(), std::iter::empty::<&str>(), Forms::None))
}

/// One channel.
pub(super) async fn page(call: &mut Call) -> Result<Response, Refusal> {
    let channel = call.channel();
    let look = Look::at(&call.state, channel);
    note_viewer(&call.state, &call.request, channel)?;
    let path = Html::text(&format!("/lite/{}", encode_segment(channel)));
    let picture = look.picture.as_deref().map(|url| {
        let picture = "<img id=\"picture\" src=\"{{url}}\" width=\"100%\" alt=\"{{alt}}\">";
        template::html(picture, &[("url", Html::text(url)), ("alt", Html::text(&format!("Camera {channel}")))])
    });
    let html = template::html(
        include_str!("templates/lite.html"),
        &[
            ("name", Html::text(channel)),
            ("path", path),
            ("refresh", Html::text(&look.refresh_s().to_string())),
            ("picture", picture.unwrap_or_default()),
            ("state", Html::text(look.state)),
            ("age", Html::text(&look.age.map(age).unwrap_or_default())),
            ("sentence", Html::text(&look.sentence)),
        ],
    );
    let rules = call.state.rules.of(channel);
    Ok(pages::made(html.into_string(), rules.picture_origins.iter().flatten(), Forms::None))
}

/// What a script of that page asks for: six lines, since there is nothing in those browsers that reads JSON without running it.
///
/// State, sentence, age of the picture in milliseconds, its time of capture, milliseconds until to ask again, address of the
/// picture. What there isn't is empty.
pub(super) async fn now(call: &mut Call) -> Result<Response, Refusal> {
    let look = Look::at(&call.state, call.channel());
    note_viewer(&call.state, &call.request, call.channel())?;
    let number = |number: Option<Millis>| number.map(|number| number.to_string()).unwrap_or_default();
    let lines = [
        look.state.to_owned(),
        look.sentence.replace(char::is_control, " "),
        number(look.age),
        number(look.captured),
        look.ask_ms().to_string(),
        look.picture.unwrap_or_default(),
    ];
    Ok(reply::with(StatusCode::OK, TEXT, lines.join("\n") + "\n"))
}

/// Who asks every now and then watches as well, unless closed, or one too many.
fn note_viewer(state: &State, request: &Request, channel: &str) -> Result<(), Refusal> {
    match state.broadcasts.hub().find(channel) {
        Some(relay) => state.viewers.watch(request, [relay.name().clone()]).map(drop),
        None => Ok(()),
    }
}

/// What there is to be seen of a channel.
#[derive(Debug, PartialEq, Eq)]
struct Look {
    state: &'static str,
    sentence: String,
    /// Of the picture, in milliseconds.
    age: Option<Millis>,
    captured: Option<Millis>,
    interval: Millis,
    picture: Option<String>,
}

impl Look {
    fn at(state: &State, channel: &str) -> Self {
        let origins = state.rules.of(channel).picture_origins.unwrap_or_default();
        let may_load = |url: &str| is_own(url) || origins.iter().any(|origin| is_of(url, &origin.to_string()));
        Self::of(state.broadcasts.on_air(channel), now_ms(), may_load)
    }

    fn of(on_air: Option<OnAir>, now: Millis, may_load: impl Fn(&str) -> bool) -> Self {
        let nothing = Self { state: "NOT LIVE", sentence: String::new(), age: None, captured: None, interval: 0, picture: None };
        let Some(OnAir { state, reason, newest, .. }) = on_air else {
            return Self { sentence: "Nothing is on air yet. This page goes on by itself.".into(), ..nothing };
        };
        let reason = sentence(&reason);
        if state == ChannelState::Ended {
            let sentence = format!("The broadcast is over. {reason}This page goes on by itself.");
            return Self { state: "ENDED", sentence, ..nothing };
        }
        let newest = newest.filter(|FrameMessage { url, .. }| may_load(url));
        let age = newest.as_ref().map(|newest| now.saturating_sub(newest.captured_at_ms));
        let interval = newest.as_ref().map_or(0, |newest| newest.interval_ms);
        let is_fresh = age.is_some_and(|age| age <= LIVE_MS.max(interval.saturating_mul(2)));
        let (state, sentence) = match state {
            ChannelState::Paused => ("PAUSED", format!("The camera is paused. {reason}It goes on by itself.")),
            // A hiccup is over before anybody could read it.
            ChannelState::Stalled if !is_fresh => ("STALLED", format!("No new picture. {reason}Trying again.")),
            _ if is_fresh => ("LIVE", String::new()),
            _ if newest.is_some() => ("LATE", String::new()),
            _ => ("CONNECTING", "The first picture is on its way.".into()),
        };
        let captured = newest.as_ref().map(|newest| newest.captured_at_ms);
        Self { state, sentence, age, captured, interval, picture: newest.map(|newest| newest.url) }
    }

    fn refresh_s(&self) -> u64 {
        let (least, most) = REFRESH_S;
        if self.picture.is_some() { self.interval.div_ceil(1000).clamp(least, most) } else { most / 2 }
    }

    fn ask_ms(&self) -> Millis {
        let (least, most) = ASK_MS;
        if self.picture.is_some() { (self.interval / 2).clamp(least, most) } else { most }
    }
}

/// Whether an address is a path on this server; those browsers also take `/\\` for the begin of another server's address.
fn is_own(url: &str) -> bool {
    url.strip_prefix('/').is_some_and(|path| path.starts_with(|letter: char| letter.is_ascii_alphanumeric()))
}

/// Whether an address lies on a server that is written as in the configuration.
fn is_of(url: &str, origin: &str) -> bool {
    url.get(..origin.len()).is_some_and(|start| start.eq_ignore_ascii_case(origin))
        && url.get(origin.len()..).is_some_and(|path| path.starts_with('/'))
}

/// A reason as a sentence, with a space behind it.
fn sentence(reason: &str) -> String {
    let reason = reason.trim();
    let mut letters = reason.chars();
    let Some(first) = letters.next() else { return String::new() };
    let end = if reason.ends_with(['.', '!', '?', '…']) { " " } else { ". " };
    first.to_uppercase().chain(letters).chain(end.chars()).collect()
}

/// An age in words, as the other pages say it.
fn age(ms: Millis) -> String {
    let count = |n: Millis, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    match ms / 1000 {
        0..10 => format!("{}.{} s", ms / 1000, ms / 100 % 10),
        s @ 10..60 => format!("{s} s"),
        s @ 60..3600 => count(s / 60, "minute"),
        s @ 3600..86400 => count(s / 3600, "hour"),
        s => count(s / 86400, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_air(state: ChannelState, url: &str, interval_ms: Millis) -> Option<OnAir> {
        let newest = FrameMessage {
            url: url.into(),
            seq: 1,
            captured_at_ms: 10_000,
            interval_ms,
            width: 0,
            height: 0,
            bytes: 1,
            content_type: "image/jpeg".into(),
        };
        Some(OnAir { name: "front".into(), state, reason: "the camera is away".into(), newest: Some(newest) })
    }

    fn state(on_air: Option<OnAir>, now: Millis) -> (&'static str, Option<Millis>) {
        let look = Look::of(on_air, now, is_own);
        (look.state, look.age)
    }

    #[test]
    fn a_picture_is_live_for_two_intervals_or_a_second() {
        let of = |state_of, interval| on_air(state_of, "/frames/front/1.jpg", interval);
        assert_eq!(state(of(ChannelState::Live, 100), 11_000), ("LIVE", Some(1000)));
        assert_eq!(state(of(ChannelState::Live, 100), 11_001), ("LATE", Some(1001)));
        assert_eq!(state(of(ChannelState::Live, 5000), 20_000), ("LIVE", Some(10_000)));
        assert_eq!(state(of(ChannelState::Stalled, 100), 10_900), ("LIVE", Some(900)));
        assert_eq!(state(of(ChannelState::Stalled, 100), 11_900), ("STALLED", Some(1900)));
        assert_eq!(state(of(ChannelState::Paused, 100), 10_000), ("PAUSED", Some(0)));
        assert_eq!(state(None, 10_000), ("NOT LIVE", None));
    }

    #[test]
    fn of_an_ended_broadcast_no_picture_is_named() {
        let look = Look::of(on_air(ChannelState::Ended, "/frames/front/1.jpg", 100), 10_000, is_own);
        assert_eq!((look.state, look.picture), ("ENDED", None));
        assert_eq!(look.sentence, "The broadcast is over. The camera is away. This page goes on by itself.");
    }

    #[test]
    fn pictures_are_loaded_from_here_and_from_allowed_places_alone() {
        for foreign in ["//evil/1.jpg", "/\\evil/1.jpg", "http://evil/1.jpg", "javascript:alert(1)", "data:,", "", "/"] {
            let look = Look::of(on_air(ChannelState::Live, foreign, 100), 10_000, is_own);
            assert_eq!((look.picture, look.state), (None, "CONNECTING"), "{foreign}");
        }
        assert!(is_of("http://a.example/1.jpg", "http://a.example") && !is_of("http://a.example.evil/1.jpg", "http://a.example"));
    }

    #[test]
    fn ages_are_said_as_on_the_other_pages() {
        let said = [0, 450, 9_999, 59_999, 60_000, 7_200_000, 172_800_000].map(age);
        assert_eq!(said, ["0.0 s", "0.4 s", "9.9 s", "59 s", "1 minute", "2 hours", "2 days"]);
    }
}
