//! The name of a picture within its channel.

use std::fmt;
use std::str::FromStr;

use time::OffsetDateTime;

use super::picture::PictureType;
use crate::relay::Millis;

/// When a picture was captured and its number in the channel. Never used twice: the number goes on over restarts.
///
/// Written `1795340834123-000042`: milliseconds of the Unix epoch, and the number with at least six digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameId {
    /// Milliseconds since the Unix epoch.
    pub captured_at: Millis,
    /// Counts the channel's pictures.
    pub seq: u64,
}

impl fmt::Display for FrameId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:06}", self.captured_at, self.seq)
    }
}

/// Not the name of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoFrameId;

impl FromStr for FrameId {
    type Err = NoFrameId;

    fn from_str(text: &str) -> Result<Self, NoFrameId> {
        let (captured_at, seq) = text.split_once('-').ok_or(NoFrameId)?;
        let id = Self { captured_at: captured_at.parse().map_err(|_| NoFrameId)?, seq: seq.parse().map_err(|_| NoFrameId)? };
        // One picture, one name: no signs, no other zeros.
        if id.to_string() == text { Ok(id) } else { Err(NoFrameId) }
    }
}

impl FrameId {
    /// Reads the name of a picture's file in an address, as in `1795340834123-000042.jpg`.
    #[must_use]
    pub fn of_file(file: &str) -> Option<(Self, PictureType)> {
        let (id, ending) = file.rsplit_once('.')?;
        Some((id.parse().ok()?, PictureType::from_extension(ending)?))
    }

    /// The picture's place below its channel's folder, without its ending: a folder a day, one an hour, names in UTC that sort:
    /// `2026-11-22/14/14-03-22.123-000042`.
    #[must_use]
    pub fn path(self) -> String {
        let seconds = i64::try_from(self.captured_at / 1000).unwrap_or(i64::MAX);
        // Times after the year 9999 share a folder; their names stay apart by the number.
        let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let (date, time) = (at.date(), at.time());
        format!(
            "{:04}-{:02}-{:02}/{hour:02}/{hour:02}-{:02}-{:02}.{:03}-{:06}",
            date.year(),
            u8::from(date.month()),
            date.day(),
            time.minute(),
            time.second(),
            self.captured_at % 1000,
            self.seq,
            hour = time.hour(),
        )
    }

    /// The inverse of [`FrameId::path`]: nothing else is the place of a picture.
    #[must_use]
    pub fn from_path(path: &str) -> Option<Self> {
        let (day, name) = (path.split('/').next()?, path.rsplit('/').next()?);
        let mut ymd = day.splitn(3, '-');
        let year = ymd.next()?.parse().ok()?;
        let month = time::Month::try_from(ymd.next()?.parse::<u8>().ok()?).ok()?;
        let date = time::Date::from_calendar_date(year, month, ymd.next()?.parse().ok()?).ok()?;
        let (clock, rest) = name.split_once('.')?;
        let (millis, seq) = rest.split_once('-')?;
        let mut hms = clock.splitn(3, '-').map(|part| part.parse::<u8>().ok());
        let time = date.with_hms(hms.next()??, hms.next()??, hms.next()??).ok()?;
        let seconds = u64::try_from(time.assume_utc().unix_timestamp()).ok()?;
        let captured_at = seconds.checked_mul(1000)?.checked_add(millis.parse().ok()?)?;
        let id = Self { captured_at, seq: seq.parse().ok()? };
        (id.path() == path).then_some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: FrameId = FrameId { captured_at: 1_795_340_834_123, seq: 42 };

    #[test]
    fn an_id_is_read_as_it_is_written_and_in_no_other_way() {
        assert_eq!(ID.to_string(), "1795340834123-000042");
        assert_eq!("1795340834123-000042".parse(), Ok(ID));
        for other in ["1795340834123-42", "+1795340834123-000042", "1795340834123-0000042", "01-000001", "x-000001", "1", "", "-"]
        {
            assert_eq!(other.parse::<FrameId>(), Err(NoFrameId), "{other}");
        }
    }

    #[test]
    fn only_the_names_of_pictures_are_names() {
        assert_eq!(FrameId::of_file("1795340834123-000042.jpg"), Some((ID, PictureType::Jpeg)));
        for other in ["", ".jpg", "1795340834123-000042", "1795340834123-000042.gif", "../1795340834123-000042.jpg", "x.jpg"] {
            assert!(FrameId::of_file(other).is_none(), "{other}");
        }
    }

    #[test]
    fn its_path_is_in_utc_and_leads_back() {
        assert_eq!(ID.path(), "2026-11-22/09/09-47-14.123-000042");
        assert_eq!(FrameId::from_path(&ID.path()), Some(ID));
        for other in [
            "2026-11/09/09-47-14.123-000042",
            "2026-13-01/09/09-47-14.123-000042",
            "2026-11-22/99/99-47-14.123-000042",
            "2026-11-22/10/09-47-14.123-000042",
            "2026-11-22/09/09-47-14.123-42",
            "2026-11-22/09/9-47-14.123-000042",
            "2026-11-22/09/09-47-14.18446744073709551615-000042",
            "2026-11-22/09/09-47-14.1123-000042",
            "2026-11-22/09-47-14.123-000042",
            "",
        ] {
            assert_eq!(FrameId::from_path(other), None, "{other}");
        }
    }
}
