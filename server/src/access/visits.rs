//! Who asks to watch: shown a cookie, a password or a code, it is found whether that lets in.

use std::io;
use std::net::IpAddr;
use std::slice;
use std::sync::Arc;

use super::guesses::{Guess, Wait};
use super::guests::{Came, GuestId, How, Known, Knows, prove};
use super::secret::{Hash, Password, Token, client_hash, random, revoked_hash};
use super::{Access, Lock};
use crate::frames::Interval;
use crate::relay::Millis;
use crate::{lock, now_ms};

/// A cookie is given out anew after this time: browsers keep none for longer than 400 days.
const GIVE_EVERY: Millis = 30 * 24 * 3600 * 1000;

/// A guest that is here.
#[derive(Debug)]
pub(crate) struct Visit {
    key: Hash,
    token: Option<Token>,
    /// Until it is revoked.
    pub stay: Arc<Interval>,
}

/// A program that sends a password with its request.
#[derive(Debug)]
pub(crate) enum Client {
    /// It was let in by it before.
    Known(Visit),
    /// It was revoked, or another one that sent the same from there.
    Revoked,
    /// It never was here.
    New,
}

/// A right guess.
#[derive(Debug)]
pub(crate) enum Proven {
    Password(Password),
    Code,
}

impl Access {
    /// The guest that shows this token, if that opens one of the locks.
    pub(crate) fn by_token(&self, token: Token, address: IpAddr, locks: &[Lock]) -> Option<Visit> {
        let key = token.hash();
        let mut guests = lock(&self.guests);
        let known = guests.0.get_mut(&key)?;
        if !locks.iter().any(|lock| !lock.is_open() && known.opens(Some(&token), slice::from_ref(lock))) {
            return None;
        }
        known.came.address = address;
        known.last = now_ms();
        Some(Visit { key, token: Some(token), stay: known.stay.clone() })
    }

    /// The program that sends this password.
    pub(crate) fn by_password(&self, password: &Password, came: &Came) -> Client {
        let key = client_hash(&came.address.to_string(), &came.device, password);
        let mut guests = lock(&self.guests);
        if let Some(known) = guests.0.get_mut(&key) {
            known.note(came);
            return Client::Known(Visit { key, token: None, stay: known.stay.clone() });
        }
        let is_revoked = guests.0.contains_key(&revoked_hash(came.address, password));
        if is_revoked { Client::Revoked } else { Client::New }
    }

    /// Whether this guest may watch what is behind the lock.
    pub(crate) fn may(&self, visit: &Visit, wanted: &Lock) -> bool {
        let mut guests = lock(&self.guests);
        let known = guests.0.get_mut(&visit.key);
        known.is_some_and(|known| known.opens(visit.token.as_ref(), slice::from_ref(wanted)))
    }

    /// A guest's cookie, if it is time to give it out again.
    pub(crate) fn to_be_given(&self, visit: &Visit) -> Option<Token> {
        let now = now_ms();
        let mut guests = lock(&self.guests);
        let known = guests.0.get_mut(&visit.key).filter(|known| now.saturating_sub(known.given) > GIVE_EVERY)?;
        known.given = now;
        visit.token.clone()
    }

    /// A guess that may be made.
    pub(crate) fn guess(&self, address: IpAddr) -> Result<Guess, Wait> {
        self.guesses.begin(address)
    }

    /// Whether an address guessed too often.
    pub(crate) fn check_guesser(&self, address: IpAddr) -> Result<(), Wait> {
        self.guesses.check(address)
    }

    /// What a word proves, typed by somebody who wants to open one of these locks. It counts as a guess at the code, if there is one.
    pub(crate) fn proves(&self, word: &str, locks: &[Lock]) -> Option<Proven> {
        let password = Password::new(word).filter(|password| locks.iter().any(|lock| lock.takes(password)));
        password.map(Proven::Password).or_else(|| lock(&self.pairings).try_word(word).then_some(Proven::Code))
    }

    /// Lets somebody in who has proven something, and gives a new token, whoever showed `old`: one that others may know lets them
    /// in no further.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub(crate) fn enter(&self, proven: &Proven, came: &Came, old: Option<&Token>) -> io::Result<Token> {
        let (token, now) = (Token::random()?, now_ms());
        let current = self.every_lock().passwords;
        let mut guests = lock(&self.guests);
        let mut known = match old.and_then(|old| guests.renew(old, &token, &current)) {
            Some(known) => known,
            None => Known::new(came.clone(), Knows::Cookie { paired: false, proofs: Vec::new() }, now)?,
        };
        known.note(came);
        known.given = now;
        known.how = match proven {
            Proven::Password(password) => {
                known.knows.learn(prove(&token, password));
                How::Password
            }
            Proven::Code => {
                known.knows.pair();
                How::Code
            }
        };
        guests.insert(token.hash(), known, now);
        drop(guests);
        self.changed.notify_one();
        Ok(token)
    }

    /// Takes in a program that sent a right password with its request.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub(crate) fn welcome(&self, password: &Password, came: &Came) -> io::Result<Visit> {
        let key = client_hash(&came.address.to_string(), &came.device, password);
        let now = now_ms();
        let known = Known::new(came.clone(), Knows::Sends(password.clone()), now)?;
        let stay = known.stay.clone();
        lock(&self.guests).insert(key, known, now);
        Ok(Visit { key, token: None, stay })
    }
}

impl Known {
    fn new(came: Came, knows: Knows, now: Millis) -> io::Result<Self> {
        let id = GuestId(u64::from_le_bytes(random()?));
        Ok(Self { id, came, since: now, last: now, how: How::Password, given: now, knows, stay: Arc::default() })
    }

    /// It is here.
    fn note(&mut self, came: &Came) {
        self.came.clone_from(came);
        self.last = now_ms();
    }
}

#[cfg(test)]
mod tests;
