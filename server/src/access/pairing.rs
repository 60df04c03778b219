//! Pairing: six digits on the broadcaster's window that let a device in which types them, for a few minutes.

use std::time::{Duration, Instant};
use std::{fmt, io};

use subtle::ConstantTimeEq;

use super::secret::random;
use crate::now_ms;
use crate::relay::Millis;

/// How long a code is good for.
const GOOD: Duration = Duration::from_secs(300);

/// Wrong guesses, over all addresses together, by which a code dies: one chance in 100,000 for who tries them all.
const MOST_WRONG: u32 = 10;

const DIGITS: usize = 6;

/// What is to be typed on the device.
#[derive(Clone, PartialEq, Eq)]
pub struct Code {
    /// Six of them.
    pub digits: String,
    /// In milliseconds of the Unix epoch.
    pub until_ms: Millis,
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code").field("until_ms", &self.until_ms).finish_non_exhaustive()
    }
}

/// How pairing stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Pairing {
    /// No code was asked for.
    #[default]
    Off,
    /// Devices may come by this code.
    Open(Code),
    /// The code was good for its time, and that is over.
    Expired,
    /// The code was guessed wrong too often; a new one is needed.
    Spent,
}

/// The one code.
#[derive(Debug, Default)]
pub(super) struct Pairings {
    state: Pairing,
    /// By the clock that nobody sets; the other one counts too, since this one may stand still while the computer sleeps.
    until: Option<Instant>,
    wrong: u32,
}

impl Pairings {
    /// A new code, in the place of the former one.
    pub(super) fn open(&mut self) -> io::Result<Code> {
        let number = u64::from_le_bytes(random()?) % 1_000_000;
        let until_ms = now_ms().saturating_add(u64::try_from(GOOD.as_millis()).unwrap_or(u64::MAX));
        let code = Code { digits: format!("{number:06}"), until_ms };
        *self = Self { state: Pairing::Open(code.clone()), until: Some(Instant::now() + GOOD), wrong: 0 };
        Ok(code)
    }

    /// No code any more.
    pub(super) fn close(&mut self) {
        *self = Self::default();
    }

    pub(super) fn state(&mut self) -> Pairing {
        if let Pairing::Open(code) = &self.state
            && (self.until.is_none_or(|until| Instant::now() >= until) || now_ms() >= code.until_ms)
        {
            self.state = Pairing::Expired;
        }
        self.state.clone()
    }

    /// Whether `word` is the code. What can't be meant as a code is no guess.
    pub(super) fn try_word(&mut self, word: &str) -> bool {
        let Pairing::Open(code) = self.state() else { return false };
        let Some(guess) = digits(word) else { return false };
        if guess.as_bytes().ct_eq(code.digits.as_bytes()).into() {
            return true;
        }
        self.wrong += 1;
        if self.wrong >= MOST_WRONG {
            self.state = Pairing::Spent;
        }
        false
    }
}

/// The digits of a code as people type it, also with a gap in the middle.
fn digits(word: &str) -> Option<String> {
    let digits: String = word.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').take(DIGITS + 1).collect();
    (digits.len() == DIGITS && digits.bytes().all(|digit| digit.is_ascii_digit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(code: &Code) -> String {
        format!("{:06}", (code.digits.parse::<u32>().unwrap() + 1) % 1_000_000)
    }

    #[test]
    fn a_code_lets_in_until_it_was_guessed_wrong_too_often() {
        let mut pairings = Pairings::default();
        assert!(!pairings.try_word("123456"));
        let code = pairings.open().unwrap();
        assert!(!format!("{code:?}").contains(&code.digits));
        for _ in 1..MOST_WRONG {
            assert!(!pairings.try_word(&wrong(&code)));
            assert!(!pairings.try_word("a password, which is no guess at the code"));
        }
        let typed = format!(" {} {}", &code.digits[..3], &code.digits[3..]);
        assert!(pairings.try_word(&typed) && pairings.try_word(&code.digits), "also more than one device");
        assert!(!pairings.try_word(&wrong(&code)));
        assert!(!pairings.try_word(&code.digits) && pairings.state() == Pairing::Spent);
    }

    #[test]
    fn a_code_is_over_by_either_clock_and_a_new_one_voids_it() {
        let mut pairings = Pairings::default();
        let first = pairings.open().unwrap();
        let mut second = pairings.open().unwrap();
        while second.digits == first.digits {
            second = pairings.open().unwrap();
        }
        assert!(!pairings.try_word(&first.digits) && pairings.try_word(&second.digits));
        pairings.until = Some(Instant::now());
        assert!(!pairings.try_word(&second.digits) && pairings.state() == Pairing::Expired);
        let third = pairings.open().unwrap();
        pairings.state = Pairing::Open(Code { until_ms: now_ms(), ..third.clone() });
        assert!(!pairings.try_word(&third.digits) && pairings.state() == Pairing::Expired);
        pairings.close();
        assert_eq!(pairings.state(), Pairing::Off);
    }
}
