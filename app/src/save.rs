//! Which pictures go to disk.

use std::fmt;
use std::str::FromStr;

use cometcam_server::units::Period;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Which pictures go to disk while live; all of them are in memory for a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Save {
    /// Each picture.
    Every,
    /// None.
    Off,
    /// At most one in so many milliseconds.
    EachMillis(u64),
}

/// Not a way to save.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is no way to save: write every, off, or a time such as 1s or 10s")]
pub struct SaveError(String);

impl FromStr for Save {
    type Err = SaveError;

    fn from_str(text: &str) -> Result<Self, SaveError> {
        match text {
            "every" => Ok(Self::Every),
            "off" => Ok(Self::Off),
            _ => match text.parse() {
                Ok(Period(millis @ 1..)) => Ok(Self::EachMillis(millis)),
                _ => Err(SaveError(text.to_owned())),
            },
        }
    }
}

impl fmt::Display for Save {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every => f.write_str("every"),
            Self::Off => f.write_str("off"),
            Self::EachMillis(millis) if millis % 1000 == 0 => write!(f, "{}s", millis / 1000),
            Self::EachMillis(millis) => write!(f, "{millis}ms"),
        }
    }
}

impl<'de> Deserialize<'de> for Save {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_to_save_are_read_as_written() {
        for save in [Save::Every, Save::Off, Save::EachMillis(1000), Save::EachMillis(1500)] {
            assert_eq!(save.to_string().parse(), Ok(save));
        }
        for wrong in ["", "0s", "1", "always", "-1s"] {
            assert!(wrong.parse::<Save>().is_err(), "{wrong}");
        }
    }
}
