//! Times as a person reads them.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The time at which a picture of the window is drawn, and the clock on the person's wall.
#[derive(Debug, Clone)]
pub(super) struct Moment {
    /// In milliseconds of the Unix epoch.
    pub now_ms: u64,
    zone: TimeZone,
}

impl Moment {
    /// Now, in the zone that the system is set to.
    pub(super) fn now() -> Self {
        Self { now_ms: unix_ms(SystemTime::now()), zone: TimeZone::system() }
    }

    /// A fixed time in UTC.
    #[cfg(test)]
    pub(super) fn at(now_ms: u64) -> Self {
        Self { now_ms, zone: TimeZone::UTC }
    }

    /// Moves on to the present.
    pub(super) fn move_on(&mut self) {
        self.now_ms = unix_ms(SystemTime::now());
    }

    /// Hours and minutes: `14:03`.
    pub(super) fn minute(&self, at_ms: u64) -> String {
        self.written(at_ms, "%H:%M")
    }

    /// To the tenth of a second: `14:21:07.4`.
    pub(super) fn tenth(&self, at_ms: u64) -> String {
        format!("{}.{}", self.written(at_ms, "%H:%M:%S"), at_ms % 1_000 / 100)
    }

    /// For the name of a file: `2026-11-22 14.03.07`.
    pub(super) fn file_name(&self, at_ms: u64) -> String {
        self.written(at_ms, "%Y-%m-%d %H.%M.%S")
    }

    /// How long ago that was, in milliseconds; a time in the future is now.
    pub(super) fn since_ms(&self, at_ms: u64) -> u64 {
        self.now_ms.saturating_sub(at_ms)
    }

    /// Whole seconds until then, with the one that goes on; 0 for a time in the past.
    pub(super) fn until_s(&self, at_ms: u64) -> u64 {
        at_ms.saturating_sub(self.now_ms).div_ceil(1_000)
    }

    fn written(&self, at_ms: u64, format: &str) -> String {
        let at = i64::try_from(at_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(Timestamp::MAX);
        at.to_zoned(self.zone.clone()).strftime(format).to_string()
    }
}

/// Milliseconds since the Unix epoch; 0 for a clock that is set before it.
pub(super) fn unix_ms(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// An age: `0.2 s`, `12 s`, `4 minutes`, `3 hours`, `2 days`.
pub(super) fn age(ms: u64) -> String {
    let counted = |count: u64, unit: &str| format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
    match ms / 1_000 {
        0..10 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        seconds @ 10..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => counted(seconds / 60, "minute"),
        seconds @ 3_600..86_400 => counted(seconds / 3_600, "hour"),
        seconds => counted(seconds / 86_400, "day"),
    }
}

/// How long ago something was that happens again and again: in steps, so that the words don't flicker.
pub(super) fn ago(ms: u64) -> String {
    match ms / 10_000 {
        0 => "now".to_owned(),
        tens @ 1..6 => format!("{tens}0 s ago"),
        _ => format!("{} ago", age(ms)),
    }
}

/// A count with its thousands apart: `12 345`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

/// Pictures a second: `15`, and below two `0.5`.
pub(super) fn rate(fps: f32) -> String {
    if fps < 1.95 && (fps - fps.round()).abs() > 0.05 { format!("{fps:.1}") } else { format!("{fps:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_local() {
        let mut moment = Moment::at(1_795_340_834_123);
        assert_eq!(moment.minute(moment.now_ms), "09:47");
        assert_eq!(moment.tenth(moment.now_ms), "09:47:14.1");
        moment.zone = TimeZone::fixed(jiff::tz::offset(1));
        assert_eq!(moment.minute(moment.now_ms), "10:47");
        assert_eq!(moment.file_name(moment.now_ms), "2026-11-22 10.47.14");
    }

    #[test]
    fn ages_are_written_as_people_say_them() {
        let cases = [
            (0, "0.0 s"),
            (149, "0.1 s"),
            (9_999, "9.9 s"),
            (10_000, "10 s"),
            (59_999, "59 s"),
            (60_000, "1 minute"),
            (250_000, "4 minutes"),
            (3_600_000, "1 hour"),
            (86_400_000, "1 day"),
            (300_000_000, "3 days"),
        ];
        for (ms, text) in cases {
            assert_eq!(age(ms), text);
        }
    }

    #[test]
    fn how_long_ago_goes_on_in_steps() {
        let cases = [(0, "now"), (9_999, "now"), (12_345, "10 s ago"), (59_999, "50 s ago"), (61_000, "1 minute ago")];
        for (ms, text) in cases {
            assert_eq!(ago(ms), text);
        }
    }

    #[test]
    fn counts_have_their_thousands_apart() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1\u{a0}000", "1\u{a0}234\u{a0}567"]);
    }

    #[test]
    fn slow_rates_have_a_decimal() {
        assert_eq!([0.1, 0.5, 1.0, 1.02, 2.4, 14.97, 29.6].map(rate), ["0.1", "0.5", "1", "1", "2", "15", "30"]);
    }
}
