//! Sizes, times and bandwidths as people write them: `20 MB`, `24h`, `20 Mbit/s`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

use crate::relay::Millis;

/// A number of bytes: `1000`, `1 MB`, `10 GB` (powers of ten).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteSize(pub u64);

/// A time: `500ms`, `10s`, `1m`, `24h`, `30d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period(pub Millis);

/// How much may go out in a second: `500 kbit/s`, `20 Mbit/s`, `1 Gbit/s` (powers of ten), or `unlimited`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bandwidth {
    /// So many bits a second; not 0.
    AtMost(u64),
    /// Whatever the network takes.
    Unlimited,
}

/// Not a size, time or bandwidth; says how one is written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// See [`ByteSize`].
    #[error("“{0}” is no size: write a number and B, kB, MB, GB or TB, as in 20 MB")]
    Size(String),
    /// See [`Period`].
    #[error("“{0}” is no time: write a number and ms, s, m, h or d, as in 10s")]
    Period(String),
    /// See [`Bandwidth`].
    #[error("“{0}” is no bandwidth: write a number from 1 and kbit/s, Mbit/s or Gbit/s, as in 20 Mbit/s, or unlimited")]
    Bandwidth(String),
}

/// The largest first.
const BITS: [(&str, u64); 3] = [("Gbit/s", 1_000_000_000), ("Mbit/s", 1_000_000), ("kbit/s", 1000)];

fn parse(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim()))?.1;
    number.parse::<u64>().ok()?.checked_mul(factor)
}

impl FromStr for ByteSize {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let units = [("", 1), ("B", 1), ("kB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000)];
        parse(text, &units).map(Self).ok_or_else(|| UnitError::Size(text.to_owned()))
    }
}

impl FromStr for Period {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let units = [("ms", 1), ("s", 1000), ("m", 60_000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
        parse(text, &units).map(Self).ok_or_else(|| UnitError::Period(text.to_owned()))
    }
}

impl FromStr for Bandwidth {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        if text.trim().eq_ignore_ascii_case("unlimited") {
            return Ok(Self::Unlimited);
        }
        let bits = parse(text, &BITS).filter(|bits| *bits > 0);
        bits.map(Self::AtMost).ok_or_else(|| UnitError::Bandwidth(text.to_owned()))
    }
}

impl fmt::Display for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::AtMost(bits) = *self else { return f.write_str("unlimited") };
        match BITS.iter().find(|(_, factor)| bits % factor == 0) {
            Some((unit, factor)) => write!(f, "{} {unit}", bits / factor),
            None => write!(f, "{bits} bit/s"),
        }
    }
}

struct FromText<T>(std::marker::PhantomData<T>);

impl<T: FromStr<Err = UnitError>> de::Visitor<'_> for FromText<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number with a unit")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(FromText(std::marker::PhantomData))
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(FromText(std::marker::PhantomData))
    }
}

impl<'de> Deserialize<'de> for Bandwidth {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(FromText(std::marker::PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_units() {
        assert_eq!("1 MB".parse(), Ok(ByteSize(1_000_000)));
        assert_eq!("10GB".parse(), Ok(ByteSize(10_000_000_000)));
        assert_eq!("77".parse(), Ok(ByteSize(77)));
        assert_eq!("24h".parse(), Ok(Period(86_400_000)));
        assert_eq!("500 ms".parse(), Ok(Period(500)));
        for wrong in ["", "MB", "-1 MB", "1.5 MB", "1 parsec", "99999999999999999999 TB", "99999999999 TB"] {
            assert!(wrong.parse::<ByteSize>().is_err(), "{wrong}");
            assert!(wrong.parse::<Period>().is_err(), "{wrong}");
        }
        assert!("10".parse::<Period>().is_err(), "a time without unit is ambiguous");
    }

    #[test]
    fn a_bandwidth_is_written_as_it_is_read() {
        for (text, bandwidth) in [
            ("20 Mbit/s", Bandwidth::AtMost(20_000_000)),
            ("1500 kbit/s", Bandwidth::AtMost(1_500_000)),
            ("1 Gbit/s", Bandwidth::AtMost(1_000_000_000)),
            ("unlimited", Bandwidth::Unlimited),
        ] {
            assert_eq!(text.parse(), Ok(bandwidth));
            assert_eq!(bandwidth.to_string(), text);
        }
        assert_eq!("20mbit/s".parse(), Ok(Bandwidth::AtMost(20_000_000)));
        for wrong in ["", "20", "20 MB", "20 Mbit", "0 Mbit/s", "-1 Mbit/s", "1.5 Mbit/s", "none", "99999999999 Gbit/s"] {
            assert!(wrong.parse::<Bandwidth>().is_err(), "{wrong}");
        }
    }
}
