//! What is done to a picture before anybody sees it: turned, mirrored, made brighter, written upon. The window, the viewers and
//! saved pictures all get it from here, so that they show the same.

mod apply;
mod caption;
mod letters;
mod outline;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

pub(crate) use self::apply::Retoucher;
pub use crate::planes::Turn;

/// What is to be done to each picture; nothing by default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retouch {
    /// Left and right are swapped, after the turn.
    #[serde(skip_serializing_if = "is_default")]
    pub mirror: bool,
    /// Turned clockwise.
    #[serde(skip_serializing_if = "is_default")]
    pub rotate: Turn,
    /// Made brighter or darker here, not in the camera.
    #[serde(skip_serializing_if = "is_default")]
    pub brightness: Brightness,
    /// Stands at the lower left.
    #[serde(skip_serializing_if = "is_default")]
    pub text: Words,
    /// Whether date, time and zone of the capture stand there, behind the text.
    #[serde(skip_serializing_if = "is_default")]
    pub time: bool,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Retouch {
    /// Whether nothing is to be done: then the source's own bytes go out.
    #[must_use]
    pub fn is_none(&self) -> bool {
        is_default(self)
    }

    /// Whether a line of text stands in the picture.
    #[must_use]
    pub fn has_line(&self) -> bool {
        self.time || !self.text.as_str().trim().is_empty()
    }
}

/// From -100, very dark, to 100, very bright; black stays black, and white white.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Brightness(i8);

/// A brightness that can't be meant.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a brightness of {0} is not possible: write -100 to 100, or 0 for the camera’s own")]
pub struct BrightnessError(i64);

impl TryFrom<i64> for Brightness {
    type Error = BrightnessError;

    fn try_from(value: i64) -> Result<Self, BrightnessError> {
        let within = i8::try_from(value).ok().filter(|value| (-100..=100).contains(value));
        within.map(Self).ok_or(BrightnessError(value))
    }
}

impl From<Brightness> for i64 {
    fn from(brightness: Brightness) -> Self {
        brightness.0.into()
    }
}

/// One line of text, for the picture.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Words(String);

/// A text that can't stand in a picture.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum WordsError {
    /// More than [`Words::MAX`] letters.
    #[error("the text for the picture has {0} letters: write at most 200")]
    TooLong(usize),
    /// A line break, or something else that can't be drawn.
    #[error("the text for the picture has a line break or a control character: write one line")]
    NotOneLine,
}

impl Words {
    /// Letters, at most.
    pub const MAX: usize = 200;

    /// What of `typed` can stand in a picture.
    #[must_use]
    pub fn of_typed(typed: &str) -> Self {
        Self(typed.chars().filter(|letter| !letter.is_control()).take(Self::MAX).collect())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Words {
    type Error = WordsError;

    fn try_from(text: String) -> Result<Self, WordsError> {
        let letters = text.chars().count();
        if letters > Self::MAX {
            return Err(WordsError::TooLong(letters));
        }
        if text.chars().any(char::is_control) {
            return Err(WordsError::NotOneLine);
        }
        Ok(Self(text))
    }
}

impl From<Words> for String {
    fn from(words: Words) -> Self {
        words.0
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
