//! Who may watch: what a channel asks of its viewers, who was let in, and who guesses.
//!
//! Knows no HTTP. A channel asks for a password, of the configuration or set at run time, or for a device that was paired by a code.

mod guesses;
mod guests;
mod pairing;
mod pass;
mod secret;
mod stored;
mod visits;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use tokio::sync::Notify;

use crate::changes::Changes;
use crate::config::{ChannelRule, ChannelRules};
use crate::{lock, now_ms};
use guesses::Guesses;
pub(crate) use guesses::Wait;
pub(crate) use guests::Came;
use guests::Guests;
pub use guests::{Guest, GuestId, How, NoGuestId};
use pairing::Pairings;
pub use pairing::{Code, Pairing};
pub(crate) use pass::Pass;
pub use secret::Password;
pub(crate) use secret::{Hash, Token};
use stored::Stored;
pub(crate) use visits::{Client, Visit};

/// When guests were here last is written to disk that often.
const SAVE_EVERY: Duration = Duration::from_secs(3600);
/// A disk that takes nothing is tried again after this time.
const TRY_AGAIN: Duration = Duration::from_secs(60);

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

/// Who may watch.
#[derive(Debug)]
pub struct Access {
    rules: ChannelRules,
    asked: RwLock<HashMap<String, Asked>>,
    /// What is asked of viewers, by channel.
    changes: Arc<Changes>,
    guests: Mutex<Guests>,
    pairings: Mutex<Pairings>,
    guesses: Guesses,
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
            changes: Arc::default(),
            guests: Mutex::new(guests),
            pairings: Mutex::default(),
            guesses: Guesses::default(),
            server,
            file,
            saving: Mutex::default(),
            changed: Notify::new(),
        })
    }

    /// From now on a password of the channel, beside the `watch_password` of the configuration; `None`, or nothing but white space,
    /// takes it away. Who came by the one before has to enter again, and who watches without one is asked for it at once.
    pub fn set_password(&self, channel: &str, password: Option<String>) {
        let password = password.and_then(|text| Password::new(&text));
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
        self.changes.change(self.changes.key(channel));
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
        Pass::default().and_while(self.changes.unchanged(channels.iter().map(|channel| self.changes.key(channel.as_str()))))
    }

    /// What the cookie is called. Browsers send it to all ports of a host, so each server has a name of its own for it.
    pub(crate) fn cookie_name(&self) -> String {
        format!("cometcam-{}", self.server)
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
