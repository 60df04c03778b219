//! Those who were let in, each revoked by itself: browsers by their cookie, other programs by the password that they send.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use super::Lock;
use super::guesses::neighbourhood;
use super::secret::{Hash, Password, Token, revoked_hash};
use crate::frames::Interval;
use crate::relay::Millis;

/// Guests at a time; for one more, one goes of where most come from: the one of them that was away longest. So who lets in many, which
/// takes no more than the password, pushes out none from elsewhere.
pub(super) const MOST: usize = 1000;

/// Who stays away for so long is forgotten: 90 days.
const IDLE: Millis = 90 * 24 * 3600 * 1000;

/// Passwords that one guest can know; of more the oldest are forgotten.
const PASSWORDS: usize = 16;

/// Somebody who was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// The same for as long as it is known.
    pub id: GuestId,
    /// Its program and device in words, as it says.
    pub device: String,
    /// Where it came from last, an IPv4 address as such.
    pub address: IpAddr,
    /// When it was let in first, in milliseconds of the Unix epoch.
    pub since_ms: Millis,
    /// When it was here last, in milliseconds of the Unix epoch; now, if it watches.
    pub last_ms: Millis,
    /// What let it in last.
    pub how: How,
}

/// By what a guest was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// A password.
    Password,
    /// A pairing code.
    Code,
}

/// Names a guest; written as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GuestId(pub(super) u64);

/// No guest's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a guest's id has 16 hexadecimal digits")]
pub struct NoGuestId;

impl fmt::Display for GuestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for GuestId {
    type Err = NoGuestId;

    fn from_str(text: &str) -> Result<Self, NoGuestId> {
        let is_id = text.len() == 16 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        u64::from_str_radix(text, 16).ok().filter(|_| is_id).map(Self).ok_or(NoGuestId)
    }
}

/// Where somebody comes from, and with what.
#[derive(Debug, Clone)]
pub(crate) struct Came {
    pub address: IpAddr,
    /// In words.
    pub device: String,
}

/// What is known of a guest.
#[derive(Debug)]
pub(super) struct Known {
    pub id: GuestId,
    pub came: Came,
    pub since: Millis,
    pub last: Millis,
    pub how: How,
    /// When its cookie was given out last.
    pub given: Millis,
    pub knows: Knows,
    /// Until it is revoked, or knows less than before. Whoever holds a request of it has a share.
    pub stay: Arc<Interval>,
}

/// What a guest may see follows from what it knows.
#[derive(Debug, Clone)]
pub(super) enum Knows {
    /// It has a cookie.
    Cookie {
        /// It typed a code once.
        paired: bool,
        proofs: Vec<Proof>,
    },
    /// It sends this password with each request.
    Sends(Password),
    /// It does, and was revoked.
    Revoked(Password),
}

/// That a guest knew a password.
#[derive(Debug, Clone)]
pub(super) struct Proof {
    pub hash: Hash,
    /// Known as soon as the guest has come by it since the start.
    pub of: Option<Password>,
}

impl Knows {
    /// Whether this is enough for what a lock wants. `token` is what the guest shows.
    fn opens(&mut self, token: Option<&Token>, lock: &Lock) -> bool {
        match self {
            Self::Cookie { paired: true, .. } => true,
            Self::Cookie { proofs, .. } => lock.passwords.iter().any(|password| {
                let hash = token.map(|token| token.proof(password));
                let found = proofs.iter_mut().find(|proof| Some(proof.hash) == hash);
                found.map(|proof| proof.of = Some(password.clone())).is_some()
            }),
            Self::Sends(password) => lock.takes(password),
            Self::Revoked(_) => false,
        }
    }

    fn is_nothing(&self) -> bool {
        matches!(self, Self::Cookie { paired: false, proofs } if proofs.is_empty())
    }
}

impl Known {
    fn is_here(&self) -> bool {
        Arc::strong_count(&self.stay) > 1
    }

    fn last(&self, now: Millis) -> Millis {
        if self.is_here() { now } else { self.last }
    }

    pub(super) fn is_revoked(&self) -> bool {
        matches!(self.knows, Knows::Revoked(_))
    }

    /// Whether it may watch what these locks lock, showing `token`; notes that it was here.
    pub(super) fn opens(&mut self, token: Option<&Token>, locks: &[Lock]) -> bool {
        locks.iter().all(|lock| lock.is_open() || self.knows.opens(token, lock))
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Guests(pub(super) HashMap<Hash, Known>);

impl Guests {
    pub(super) fn list(&self, now: Millis) -> Vec<Guest> {
        let listed = self.0.values().filter(|known| !known.is_revoked()).map(|known| Guest {
            id: known.id,
            device: known.came.device.clone(),
            address: known.came.address,
            since_ms: known.since,
            last_ms: known.last(now),
            how: known.how,
        });
        let mut list: Vec<_> = listed.collect();
        list.sort_by_key(|guest| (guest.since_ms, guest.id.0));
        list
    }

    /// Ends a guest's stay; false if it is not there. A program that sends its password with each request would be back at once, and
    /// by any name that it likes to have, so no further one is let in from there by that password.
    pub(super) fn revoke(&mut self, id: GuestId) -> bool {
        let found = self.0.iter().find(|(_, known)| known.id == id && !known.is_revoked()).map(|(key, _)| *key);
        let Some(mut known) = found.and_then(|key| self.0.remove(&key)) else { return false };
        known.stay.end();
        if let Knows::Sends(password) = &known.knows {
            let key = revoked_hash(known.came.address, password);
            known.knows = Knows::Revoked(password.clone());
            known.stay = Arc::default();
            self.0.insert(key, known);
        }
        true
    }

    /// Takes one in. There is always room.
    pub(super) fn insert(&mut self, key: Hash, mut known: Known, now: Millis) {
        // So that the list has an order that stays.
        if self.0.values().any(|other| other.since == known.since) {
            known.since = self.0.values().map(|other| other.since).max().unwrap_or_default() + 1;
        }
        while self.0.len() >= MOST && !self.0.contains_key(&key) {
            let crowd = self.crowd();
            let of_crowd = self.0.iter().filter(|(_, known)| Some(neighbourhood(known.came.address)) == crowd);
            let longest_away = of_crowd.min_by_key(|(_, known)| known.last(now)).map(|(key, _)| *key);
            if let Some(gone) = longest_away.and_then(|key| self.0.remove(&key)) {
                gone.stay.end();
            }
        }
        self.0.insert(key, known);
    }

    /// Where most come from; of several such places, that of the one who was away longest.
    fn crowd(&self) -> Option<IpAddr> {
        let mut crowds: HashMap<IpAddr, (usize, Reverse<Millis>)> = HashMap::new();
        for known in self.0.values() {
            let (count, Reverse(away)) = crowds.entry(neighbourhood(known.came.address)).or_insert((0, Reverse(Millis::MAX)));
            *count += 1;
            *away = known.last.min(*away);
        }
        crowds.into_iter().max_by_key(|(_, crowd)| *crowd).map(|(place, _)| place)
    }

    /// Forgets who stayed away for too long; true if there was one.
    pub(super) fn forget_idle(&mut self, now: Millis) -> bool {
        let before = self.0.len();
        self.0.retain(|_, known| now.saturating_sub(known.last(now)) < IDLE);
        self.0.len() < before
    }

    /// A password lets nobody in any more: who knew no other one is revoked.
    pub(super) fn forget_password(&mut self, old: &Password) {
        self.0.retain(|_, known| {
            let lost = match &mut known.knows {
                Knows::Cookie { proofs, .. } => {
                    let before = proofs.len();
                    proofs.retain(|proof| proof.of.as_ref().is_none_or(|of| !of.is(old)));
                    proofs.len() < before
                }
                Knows::Sends(password) | Knows::Revoked(password) if password.is(old) => {
                    known.stay.end();
                    return false;
                }
                _ => false,
            };
            if lost {
                std::mem::take(&mut known.stay).end();
            }
            !known.knows.is_nothing()
        });
    }

    /// Who showed `old` gets `new` in its place, and with it what it knew, as far as it is known: whoever else has `old` has nothing.
    pub(super) fn renew(&mut self, old: &Token, new: &Token, current: &[Password]) -> Option<Known> {
        let mut known = self.0.remove(&old.hash())?;
        if let Knows::Cookie { proofs, .. } = &mut known.knows {
            let still = |password: &&Password| proofs.iter().any(|proof| proof.hash == old.proof(password));
            let renewed: Vec<_> = current.iter().filter(still).map(|password| prove(new, password)).collect();
            *proofs = renewed;
        }
        // What is held goes on: it is the same guest.
        Some(known)
    }
}

pub(super) fn prove(token: &Token, password: &Password) -> Proof {
    Proof { hash: token.proof(password), of: Some(password.clone()) }
}

impl Knows {
    /// The code.
    pub(super) fn pair(&mut self) {
        if let Self::Cookie { paired, .. } = self {
            *paired = true;
        }
    }

    /// One password more.
    pub(super) fn learn(&mut self, proof: Proof) {
        if let Self::Cookie { proofs, .. } = self {
            proofs.retain(|known| known.hash != proof.hash);
            let surplus = (proofs.len() + 1).saturating_sub(PASSWORDS);
            proofs.drain(..surplus);
            proofs.push(proof);
        }
    }
}
