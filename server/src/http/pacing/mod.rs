//! All viewers on other devices stay within a bandwidth together, and have equal shares of it: they take turns.
//!
//! Not bytes are paced but the right to a picture. Who is to be told of one waits in a line, and is told of the one that is the
//! newest when its turn has come; so nobody's pictures get old in a queue, and nothing is kept for anyone. The picture then goes
//! out as fast as the network takes it, and the next turn comes when it would be through at the rate that is set. A viewer that is
//! slower than its turns spends none while a picture is on its way to it.

mod adapters;
mod paid;

use std::hash::{BuildHasher, RandomState};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tokio::sync::{MutexGuard, watch};
use tokio::time::{sleep, sleep_until};

use super::reply::Refusal;
use super::request::{Machine, Peer};
use super::routes::Call;
use crate::frames::{FrameId, Interval};
use crate::lock;
use crate::relay::Delivery;
use crate::units::Bandwidth;
use crate::wire::WireMessage;
use adapters::Adapters;
use paid::Paid;

/// In bits a second, by Wi-Fi, if nothing else is set: what a usual access point has for a room.
const BY_WIFI: u64 = 20_000_000;

/// Pictures don't come evenly: so much of what was not used is still to be had.
const SLACK: Duration = Duration::from_millis(100);

/// What goes out without a turn holds the others up for no longer than this.
const DEBT: Duration = Duration::from_secs(1);

/// Around a picture's bytes, in bytes: a poll and a request, their answers' heads, the message.
const AROUND: u64 = 1500;

/// Of so many bytes one is for the network's own heads.
const HEADS: u64 = 20;

/// Who waits for a picture by its name is given it after this: many programs give up soon after.
pub(super) const PATIENCE: Duration = Duration::from_secs(8);

/// See the module.
#[derive(Debug)]
pub struct Pacing {
    /// `None` for the default.
    setting: watch::Sender<Option<Bandwidth>>,
    adapters: Adapters,
    /// Who has it is first in the line. The others are behind it in the order in which they came; whoever goes away leaves it.
    first: tokio::sync::Mutex<()>,
    account: Mutex<Account>,
    /// Keys that nobody can make two of alike.
    keys: RandomState,
}

#[derive(Debug)]
struct Account {
    /// When the next turn is.
    next: Instant,
    paid: Paid,
    /// When somebody had to wait last.
    waited: Option<Instant>,
}

/// Leave to send one picture, or to tell of it. Dropped unused it is the next one's.
#[derive(Debug)]
#[must_use]
pub(super) struct Turn<'a> {
    /// With the rate in bits a second; `None` where nothing is paced.
    paced: Option<(&'a Pacing, u64)>,
    /// Until it is clear what this turn costs no other one begins.
    _first: Option<MutexGuard<'a, ()>>,
}

impl Pacing {
    /// With this bandwidth for all; `None` for the default.
    #[must_use]
    pub fn new(most: Option<Bandwidth>) -> Self {
        let account = Account { next: at_once(), paid: Paid::default(), waited: None };
        Self {
            setting: watch::Sender::new(most),
            adapters: Adapters::default(),
            first: tokio::sync::Mutex::default(),
            account: Mutex::new(account),
            keys: RandomState::new(),
        }
    }

    /// Sets another bandwidth.
    pub fn limit(&self, most: Option<Bandwidth>) {
        // What the turn before costs was counted at the rate before.
        lock(&self.account).next = at_once();
        self.setting.send_replace(most);
    }

    /// See [`Server::bandwidth`](crate::server::Server::bandwidth).
    #[must_use]
    pub fn in_force(&self) -> Bandwidth {
        match *self.setting.borrow() {
            Some(set) => set,
            None if self.adapters.some_wireless() => Bandwidth::AtMost(BY_WIFI),
            None => Bandwidth::Unlimited,
        }
    }

    /// See [`Server::shared_bandwidth`](crate::server::Server::shared_bandwidth).
    #[must_use]
    pub fn shared(&self) -> Option<Bandwidth> {
        const LATELY: Duration = Duration::from_secs(3);
        let waited = lock(&self.account).waited.is_some_and(|at| at.elapsed() < LATELY);
        Some(self.in_force()).filter(|in_force| waited && *in_force != Bandwidth::Unlimited)
    }

    /// What the viewers share of whom this is one, in bits a second; `None` if this one may have what it wants.
    fn rate(&self, peer: &Peer) -> Option<u64> {
        // What stays on this machine takes nothing from anybody.
        let set = *self.setting.borrow();
        match set {
            Some(Bandwidth::Unlimited) => None,
            _ if peer.machine() == Machine::This => None,
            Some(Bandwidth::AtMost(bits)) => Some(bits),
            None => self.adapters.is_wireless(peer.local.ip()).then_some(BY_WIFI),
        }
    }

    /// Whether this peer takes turns with others.
    pub(super) fn concerns(&self, peer: &Peer) -> bool {
        self.rate(peer).is_some()
    }

    /// Waits in the line. Where nothing is paced, and as long as there is enough for all, this is at once.
    pub(super) async fn turn(&self, peer: &Peer) -> Turn<'_> {
        if !self.concerns(peer) {
            return Turn { paced: None, _first: None };
        }
        let first = match self.first.try_lock() {
            Ok(first) => first,
            Err(_) => self.first.lock().await,
        };
        let mut setting = self.setting.subscribe();
        // What goes out of turn meanwhile puts the next one off, not this one, or it might never come.
        let latest = lock(&self.account).next;
        // Another rate, or none, is seen at once by the first one here, and then by each that follows it.
        while let Some(rate) = self.rate(peer) {
            let next = {
                let mut account = lock(&self.account);
                let now = Instant::now();
                if account.next.min(latest) <= now {
                    return Turn { paced: Some((self, rate)), _first: Some(first) };
                }
                account.waited = Some(now);
                account.next.min(latest)
            };
            tokio::select! {
                () = sleep_until(next.into()) => {}
                // The sender is here, so that only news can end it.
                _ = setting.changed() => {}
            }
        }
        Turn { paced: None, _first: None }
    }

    /// For what goes out although its turn has not come: it is charged, and the others wait the longer.
    pub(super) fn out_of_turn(&self, peer: &Peer) -> Turn<'_> {
        Turn { paced: self.rate(peer).map(|rate| (self, rate)), _first: None }
    }

    fn charge(&self, account: &mut Account, rate: u64, bytes: usize) {
        let bits = u128::from(bytes as u64 + bytes as u64 / HEADS + AROUND) * 8;
        let takes = Duration::from_nanos(u64::try_from(bits * 1_000_000_000 / u128::from(rate.max(1))).unwrap_or(u64::MAX));
        let now = Instant::now();
        let begins = now.checked_sub(SLACK).map_or(account.next, |earliest| account.next.max(earliest));
        let Some(latest) = now.checked_add(takes.max(DEBT)) else { return };
        account.next = begins.checked_add(takes).map_or(latest, |next| next.min(latest));
    }

    /// A picture, as devices at this address know it.
    fn picture(&self, peer: &Peer, channel: &str, id: FrameId) -> u64 {
        self.keys.hash_one((peer.remote.ip().to_canonical(), channel, id))
    }
}

/// For a turn, and what may come close behind it.
fn at_once() -> Instant {
    let now = Instant::now();
    now.checked_sub(SLACK).unwrap_or(now)
}

impl Turn<'_> {
    /// A picture of so many bytes goes out.
    pub(super) fn take(self, bytes: usize) {
        if let Some((pacing, rate)) = self.paced {
            pacing.charge(&mut lock(&pacing.account), rate, bytes);
        }
    }

    /// The viewer is told of a picture, perhaps, and will fetch it.
    pub(super) fn tell(self, call: &Call, delivery: &Delivery) {
        let Some((pacing, rate)) = self.paced else { return };
        let channel = call.named.channels.get(delivery.channel).map_or("", String::as_str);
        let Ok(WireMessage::Frame(frame)) = serde_json::from_slice(&delivery.message.body) else { return };
        // What is elsewhere takes nothing of this server's bandwidth.
        let Some((id, _)) = frame.picture_here(channel) else { return };
        let viewer = pacing.keys.hash_one((call.state.viewers.key(&call.request), channel));
        let picture = pacing.picture(&call.request.peer, channel, id);
        // It is its publisher's word, which must not hold up the others for hours.
        let bytes = frame.bytes.min(usize::try_from(call.state.limits.picture.0).unwrap_or(usize::MAX));
        let mut account = lock(&pacing.account);
        let bytes = account.paid.told(viewer, picture, bytes);
        pacing.charge(&mut account, rate, bytes);
    }
}

/// Waits until so many bytes of this picture may be sent: not at all, if the viewer was told of it in its turn.
pub(super) async fn fetched(call: &Call, id: FrameId, interval: Option<&Interval>, bytes: usize) -> Result<(), Refusal> {
    let (pacing, peer) = (&call.state.pacing, &call.request.peer);
    let Some(rate) = pacing.rate(peer) else { return Ok(()) };
    let picture = pacing.picture(peer, call.channel(), id);
    {
        let mut account = lock(&pacing.account);
        if let Some(more) = account.paid.fetched(picture, bytes) {
            if more > 0 {
                pacing.charge(&mut account, rate, more);
            }
            return Ok(());
        }
    }
    turn(call, interval).await?.take(bytes);
    Ok(())
}

/// Waits for the turn of who asks for a picture, as long as it may be shown at all.
pub(super) async fn turn<'a>(call: &'a Call, interval: Option<&Interval>) -> Result<Turn<'a>, Refusal> {
    let (pacing, peer) = (&call.state.pacing, &call.request.peer);
    let over = async {
        match interval {
            Some(interval) => interval.ended().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        turn = pacing.turn(peer) => Ok(turn),
        () = over => Err(Refusal::Gone),
        () = peer.left() => Err(Refusal::Busy),
        () = sleep(PATIENCE) => Ok(pacing.out_of_turn(peer)),
    }
}

#[cfg(test)]
mod tests;
