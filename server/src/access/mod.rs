//! Who may watch: what a channel asks of its viewers, who was let in, and who guesses.
//!
//! Knows no HTTP. A channel asks for a password, of the configuration or set at run time, or for a device that was paired by a code.

mod guesses;
mod guests;
mod pairing;
mod pass;
mod secret;
mod stored;

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use tokio::sync::Notify;

use crate::config::{ChannelRule, ChannelRules};
use crate::frames::Interval;
use crate::{lock, now_ms};
pub(crate) use guesses::{Guess, Wait};
pub(crate) use guests::Came;
pub use guests::{Guest, GuestId, How, NoGuestId};
use guests::{Guests, Known, Knows, prove};
use pairing::Pairings;
pub use pairing::{Code, Pairing};
pub(crate) use pass::Pass;
use pass::Times;
pub use secret::Password;
pub(crate) use secret::{Hash, Token};
use secret::{client_hash, random};
use stored::Stored;

/// When guests were here last is written to disk that often.
const SAVE_EVERY: Duration = Duration::from_secs(3600);
/// A disk that takes nothing is tried again after this time.
const TRY_AGAIN: Duration = Duration::from_secs(60);

/// A cookie is given out anew after this time: browsers keep none for longer than 400 days.
const GIVE_EVERY: u64 = 30 * 24 * 3600 * 1000;

/// Whether a channel asks for a paired device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Paired {
    /// Yes.
    Needed,
    /// No.
    #[default]
    NotNeeded,
}

/// What is asked of viewers of a channel, beside what the configuration says.
#[derive(Debug, Default, Clone)]
struct Asked {
    password: Option<Password>,
    paired: Paired,
}

/// All that a channel asks for; one of it is enough. A device that was paired by a code may watch every channel.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lock {
    pub passwords: Vec<Password>,
    pub paired: bool,
}

impl Lock {
    /// Whether it asks for nothing.
    pub(crate) fn is_open(&self) -> bool {
        self.passwords.is_empty() && !self.paired
    }

    pub(crate) fn takes(&self, password: &Password) -> bool {
        // All of them are looked at, whichever it is.
        self.passwords.iter().fold(false, |takes, own| takes | own.is(password))
    }
}

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
    /// It was revoked.
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

/// Who may watch.
#[derive(Debug)]
pub struct Access {
    rules: ChannelRules,
    asked: RwLock<HashMap<String, Asked>>,
    times: Times,
    guests: Mutex<Guests>,
    pairings: Mutex<Pairings>,
    guesses: guesses::Guesses,
    /// Names the cookie.
    server: String,
    file: PathBuf,
    /// Held while the file is written.
    saving: Mutex<()>,
    /// Told when the guests are others than in the file.
    changed: Notify,
}

impl Access {
    /// With the guests of the data folder.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub(crate) fn open(data: &Path, rules: ChannelRules) -> io::Result<Self> {
        let file = data.join("guests");
        let (server, mut guests) = Stored::read(&file)?;
        guests.forget_idle(now_ms());
        Ok(Self {
            rules,
            asked: RwLock::default(),
            times: Times::default(),
            guests: Mutex::new(guests),
            pairings: Mutex::default(),
            guesses: guesses::Guesses::default(),
            server,
            file,
            saving: Mutex::default(),
            changed: Notify::new(),
        })
    }

    /// From now on a password of the channel, beside the `watch_password` of the configuration; `None`, or nothing but white space,
    /// takes it away. Who came by the one before has to enter again, and who watches without one is asked for it at once.
    pub fn set_password(&self, channel: &str, password: Option<String>) {
        let password = password.as_deref().and_then(Password::new);
        let same = |old: &Asked| match (&old.password, &password) {
            (Some(old), Some(new)) => old.is(new),
            (old, new) => old.is_none() && new.is_none(),
        };
        let before = self.asked_of(channel);
        if !same(&before) {
            self.change(channel, Asked { password, ..before.clone() });
            if let Some(old) = before.password {
                self.forget_password(&old);
            }
        }
    }

    /// Whether the channel lets devices in that were paired by a code, and no others but by a password.
    pub fn require_pairing(&self, channel: &str, paired: Paired) {
        let before = self.asked_of(channel);
        if before.paired != paired {
            self.change(channel, Asked { paired, ..before });
        }
    }

    /// A new code, good for five minutes and until it was guessed wrong ten times; the former one is void. A device that types it
    /// may watch every channel. More than one may.
    pub fn pair(&self) -> Code {
        lock(&self.pairings).open().unwrap_or_else(|error| {
            tracing::error!("no code can be made: {error}");
            Code { digits: String::new(), until_ms: 0 }
        })
    }

    /// The code is void. Devices that were paired by it stay so.
    pub fn stop_pairing(&self) {
        lock(&self.pairings).close();
    }

    /// Whether there is a code, or why no more.
    #[must_use]
    pub fn pairing(&self) -> Pairing {
        lock(&self.pairings).state()
    }

    /// Whether watching the channel asks for something.
    #[must_use]
    pub fn is_protected(&self, channel: &str) -> bool {
        !self.lock_of(channel, &self.rules.of(channel)).is_open()
    }

    /// Those who were let in, those first that came first.
    #[must_use]
    pub fn guests(&self) -> Vec<Guest> {
        lock(&self.guests).list(now_ms())
    }

    /// Lets a guest in no more, and ends its requests at once; false if it is not there. Who knows the password can enter again, but
    /// for programs that send it with each request: they are let in only once it is another one.
    pub fn revoke(&self, id: GuestId) -> bool {
        let revoked = lock(&self.guests).revoke(id);
        if revoked {
            self.changed.notify_one();
        }
        revoked
    }

    fn asked(&self) -> RwLockReadGuard<'_, HashMap<String, Asked>> {
        self.asked.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn asked_of(&self, channel: &str) -> Asked {
        self.asked().get(channel).cloned().unwrap_or_default()
    }

    fn change(&self, channel: &str, asked: Asked) {
        let mut all = self.asked.write().unwrap_or_else(PoisonError::into_inner);
        if asked.password.is_none() && asked.paired == Paired::NotNeeded {
            all.remove(channel);
        } else {
            all.insert(channel.to_owned(), asked);
        }
        drop(all);
        self.times.change(channel);
    }

    fn forget_password(&self, old: &Password) {
        if !self.every_lock().takes(old) {
            lock(&self.guests).forget_password(old);
            self.changed.notify_one();
        }
    }

    /// What a channel with this rule asks for.
    pub(crate) fn lock_of(&self, channel: &str, rule: &ChannelRule) -> Lock {
        let asked = self.asked();
        let asked = asked.get(channel);
        let of_now = asked.and_then(|asked| asked.password.clone());
        Lock {
            passwords: rule.watch_password.iter().cloned().chain(of_now).collect(),
            paired: asked.is_some_and(|asked| asked.paired == Paired::Needed),
        }
    }

    /// What any channel asks for.
    pub(crate) fn every_lock(&self) -> Lock {
        let asked = self.asked();
        let of_now = asked.values().filter_map(|asked| asked.password.clone());
        Lock {
            passwords: self.rules.watch_passwords().cloned().chain(of_now).collect(),
            paired: asked.values().any(|asked| asked.paired == Paired::Needed),
        }
    }

    /// Leave to be answered about these channels, as long as they ask for what they ask for now; to be taken before that is looked at.
    pub(crate) fn pass(&self, channels: &[String]) -> Pass {
        Pass::new(channels.iter().map(|channel| self.times.now(channel)))
    }

    /// What the cookie is called. Browsers send it to all ports of a host, so each server has a name of its own for it.
    pub(crate) fn cookie_name(&self) -> String {
        format!("cometcam-{}", self.server)
    }

    /// The guest that shows this token, if that opens one of the locks.
    pub(crate) fn by_token(&self, token: Token, came: &Came, locks: &[Lock]) -> Option<Visit> {
        let key = token.hash();
        let mut guests = lock(&self.guests);
        let known = guests.0.get_mut(&key)?;
        if !locks.iter().any(|lock| known.opens(Some(&token), std::slice::from_ref(lock))) {
            return None;
        }
        known.note(came);
        Some(Visit { key, token: Some(token), stay: known.stay.clone() })
    }

    /// The program that sends this password.
    pub(crate) fn by_password(&self, password: &Password, came: &Came) -> Client {
        let key = client_hash(&came.address.to_string(), &came.device, password);
        match lock(&self.guests).0.get_mut(&key) {
            None => Client::New,
            Some(known) if known.is_revoked() => Client::Revoked,
            Some(known) => {
                known.note(came);
                Client::Known(Visit { key, token: None, stay: known.stay.clone() })
            }
        }
    }

    /// Whether this guest may watch what is behind the lock.
    pub(crate) fn may(&self, visit: &Visit, wanted: &Lock) -> bool {
        let mut guests = lock(&self.guests);
        let known = guests.0.get_mut(&visit.key);
        known.is_some_and(|known| known.opens(visit.token.as_ref(), std::slice::from_ref(wanted)))
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
    pub(crate) fn enter(&self, proven: &Proven, came: Came, old: Option<&Token>) -> io::Result<Token> {
        let (token, now) = (Token::random()?, now_ms());
        let current = self.every_lock().passwords;
        let mut guests = lock(&self.guests);
        let mut known = match old.and_then(|old| guests.renew(old, &token, &current)) {
            Some(known) => known,
            None => Known::new(came.clone(), Knows::Cookie { paired: false, proofs: Vec::new() }, now)?,
        };
        known.note(&came);
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

    /// Forgets who stayed away for too long, and writes the guests to disk: at once when they change, and now and then.
    pub(crate) async fn keep(self: &Arc<Self>) {
        let mut pause = SAVE_EVERY;
        loop {
            tokio::select! {
                () = self.changed.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
            lock(&self.guests).forget_idle(now_ms());
            let access = self.clone();
            let saved = tokio::task::spawn_blocking(move || access.save()).await;
            pause = if matches!(saved, Ok(Ok(()))) { SAVE_EVERY } else { TRY_AGAIN };
        }
    }

    /// Writes the guests to disk; waits for it.
    pub(crate) fn save(&self) -> io::Result<()> {
        let _alone = lock(&self.saving);
        let guests = lock(&self.guests);
        let stored = Stored::of(&self.server, &guests);
        drop(guests);
        if stored.is_new_and_empty(&self.file) {
            return Ok(());
        }
        stored.write(&self.file).inspect_err(|error| tracing::warn!("{} can't be written: {error}", self.file.display()))
    }
}

impl Known {
    fn new(came: Came, knows: Knows, now: u64) -> io::Result<Self> {
        let id = GuestId(u64::from_le_bytes(random()?));
        Ok(Self { id, came, since: now, last: now, how: How::Password, given: now, knows, stay: Arc::default() })
    }

    /// It is here.
    fn note(&mut self, came: &Came) {
        self.came.clone_from(came);
        self.last = now_ms();
    }
}
