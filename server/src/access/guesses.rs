//! Who guesses: wrong guesses of one address cost it more and more time, and those of all together come one by one.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::lock;

/// A wrong guess takes so long, and no other one is looked at meanwhile.
const TURN: Duration = Duration::from_millis(250);
/// People mistype: so many wrong guesses cost an address no more than that.
const FREE: u32 = 3;
/// The first wait beyond those; it doubles with each wrong guess.
const FIRST_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// An address from which no wrong guess came for so long begins anew.
const FORGOTTEN: Duration = Duration::from_secs(600);
/// Addresses that are remembered.
const MOST: usize = 1024;
/// Guesses that stand in line: who comes last waits four seconds.
const IN_LINE: usize = 16;

/// All who guess.
#[derive(Debug, Clone, Default)]
pub(super) struct Guesses {
    by_address: Arc<Mutex<HashMap<IpAddr, Guesser>>>,
    /// When the next guess may be looked at; who has the lock is at the head of the line.
    line: Arc<tokio::sync::Mutex<Option<Instant>>>,
}

#[derive(Debug)]
struct Guesser {
    wrong: u32,
    /// No guess before.
    until: Instant,
    /// Of the last guess.
    at: Instant,
    in_line: bool,
}

/// A guess that may be made. Who gives it up before it was looked at has made none.
#[derive(Debug)]
pub(crate) struct Guess {
    guesses: Guesses,
    who: IpAddr,
}

/// Too many guesses: the next one may be made after this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait(pub Duration);

impl Guesses {
    /// Whether an address may guess now; one guess of each at a time.
    pub(super) fn begin(&self, address: IpAddr) -> Result<Guess, Wait> {
        let (who, now) = (neighbourhood(address), Instant::now());
        let mut all = lock(&self.by_address);
        check(&all, who, now)?;
        all.retain(|_, guesser| guesser.in_line || now.duration_since(guesser.at) < FORGOTTEN);
        if all.values().filter(|guesser| guesser.in_line).count() >= IN_LINE {
            return Err(Wait(TURN * 4));
        }
        if all.len() >= MOST && !all.contains_key(&who) {
            let waiting = all.iter().filter(|(_, guesser)| !guesser.in_line);
            if let Some(oldest) = waiting.min_by_key(|(_, guesser)| guesser.at).map(|(who, _)| *who) {
                all.remove(&oldest);
            }
        }
        let guesser = all.entry(who).or_insert(Guesser { wrong: 0, until: now, at: now, in_line: false });
        guesser.in_line = true;
        Ok(Guess { guesses: self.clone(), who })
    }

    /// Whether an address has to wait. Then nothing of it is looked at, or many guesses at once would find out what one may not.
    pub(super) fn check(&self, address: IpAddr) -> Result<(), Wait> {
        check(&lock(&self.by_address), neighbourhood(address), Instant::now())
    }
}

fn check(all: &HashMap<IpAddr, Guesser>, who: IpAddr, now: Instant) -> Result<(), Wait> {
    match all.get(&who) {
        Some(guesser) if guesser.until > now => Err(Wait(guesser.until - now)),
        Some(guesser) if guesser.in_line => Err(Wait(TURN)),
        _ => Ok(()),
    }
}

impl Guess {
    /// Looks at it when its turn has come; `is_right` is asked once. False is told only after the time that a wrong one takes.
    pub(crate) async fn make<T>(self, is_right: impl FnOnce() -> Option<T>) -> Option<T> {
        let mut next = self.guesses.line.lock().await;
        if let Some(at) = *next {
            tokio::time::sleep_until(at.into()).await;
        }
        if let Some(right) = is_right() {
            let mut all = lock(&self.guesses.by_address);
            // Wrong ones before it still count: else who knows one password could guess at another for ever.
            if all.get(&self.who).is_some_and(|guesser| guesser.wrong == 0) {
                all.remove(&self.who);
            }
            return Some(right);
        }
        // Also if nobody waits for the answer any more.
        let now = Instant::now();
        *next = Some(now + TURN);
        drop(next);
        self.count(now);
        tokio::time::sleep(TURN).await;
        None
    }

    fn count(&self, now: Instant) {
        if let Some(guesser) = lock(&self.guesses.by_address).get_mut(&self.who) {
            guesser.wrong = guesser.wrong.saturating_add(1);
            guesser.at = now;
            guesser.until = now + wait_after(guesser.wrong);
        }
    }
}

impl Drop for Guess {
    fn drop(&mut self) {
        if let Some(guesser) = lock(&self.guesses.by_address).get_mut(&self.who) {
            guesser.in_line = false;
        }
    }
}

fn wait_after(wrong: u32) -> Duration {
    match wrong.checked_sub(FREE + 1) {
        None => TURN,
        Some(beyond) => FIRST_WAIT.saturating_mul(1 << beyond.min(10)).min(LONGEST_WAIT),
    }
}

/// A device has as many addresses of IPv6 as it likes: its network counts, unless that is the one here, where it would be everyone.
pub(super) fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if address.is_unicast_link_local() || address.is_unique_local() => IpAddr::V6(address),
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn wrong_guesses_cost_their_address_more_and_more_and_no_other_one() {
        assert_eq!([1, 3, 4, 5, 100].map(|wrong| wait_after(wrong).as_millis()), [250, 250, 2000, 4000, 60_000]);
        let guesses = Guesses::default();
        let (guesser, guest) = (address("10.0.0.1"), address("10.0.0.2"));
        let guess = guesses.begin(guesser).unwrap();
        lock(&guesses.by_address).get_mut(&guesser).unwrap().wrong = FREE;
        assert_eq!(guess.make(|| None::<()>).await, None);
        assert!(guesses.check(guesser).is_err() && guesses.begin(guesser).is_err());
        assert_eq!(guesses.begin(guest).unwrap().make(|| Some(())).await, Some(()));
        assert!(lock(&guesses.by_address).get(&guest).is_none(), "a right one is forgotten");
    }

    #[tokio::test]
    async fn a_right_guess_does_not_undo_the_wrong_ones_before_it() {
        let guesses = Guesses::default();
        let guesser = address("10.0.0.1");
        let right = guesses.begin(guesser).unwrap();
        lock(&guesses.by_address).get_mut(&guesser).unwrap().wrong = FREE;
        assert_eq!(right.make(|| Some(())).await, Some(()));
        assert_eq!(guesses.begin(guesser).unwrap().make(|| None::<()>).await, None);
        assert!(guesses.check(guesser).is_err_and(|Wait(time)| time > TURN));
    }

    #[test]
    fn the_devices_of_a_network_without_a_router_are_told_apart() {
        let guesses = Guesses::default();
        let _guess = guesses.begin(address("fe80::1")).unwrap();
        assert!(guesses.begin(address("fe80::2")).is_ok() && guesses.begin(address("fe80::1")).is_err());
    }

    #[tokio::test]
    async fn one_address_has_one_guess_at_a_time_and_its_whole_network_is_one() {
        let guesses = Guesses::default();
        let guess = guesses.begin(address("2001:db8::1")).unwrap();
        assert!(guesses.begin(address("2001:db8::2:3")).is_err());
        assert!(guesses.begin(address("2001:db8:0:1::1")).is_ok() && guesses.begin(address("10.0.0.1")).is_ok());
        drop(guess);
        assert!(guesses.begin(address("2001:db8::1")).is_ok(), "one that was not looked at is none");
    }

    #[test]
    fn those_who_guess_are_bounded_in_number_and_the_line_in_length() {
        let guesses = Guesses::default();
        let of = |number: u32| IpAddr::V4((0x0a00_0000 + number).into());
        for number in 0..5000 {
            drop(guesses.begin(of(number)).unwrap());
        }
        assert_eq!(lock(&guesses.by_address).len(), MOST);
        let line: Vec<_> = (0..1000).filter_map(|number| guesses.begin(of(number)).ok()).collect();
        assert_eq!(line.len(), IN_LINE);
    }
}
