//! Who may watch: whatever names channels is asked here, once, before any of it is told.

use data_encoding::BASE64;
use http::header;

use super::State;
use super::cookie;
use super::displays::Trust;
use super::enter;
use super::guard;
use super::locked::{Locked, locked};
use super::reply::Refusal;
use super::request::Request;
use super::viewers::Device;
use crate::access::{Came, Client, Lock, Pass, Password, Token, Visit, Wait};
use crate::broadcast::OnAir;
use crate::config::ChannelRule;

/// Somebody who may watch what was asked for.
#[derive(Default)]
pub(super) struct Entry {
    /// Until when.
    pub pass: Pass,
    /// A cookie that is to be given out again.
    pub cookie: Option<String>,
}

/// Checks that whoever asks may watch all of these channels.
pub(super) async fn check(state: &State, request: &Request, names: &[String], rules: &[ChannelRule]) -> Result<Entry, Refusal> {
    let pass = state.access.pass(names);
    let locks: Vec<_> = names.iter().zip(rules).map(|(name, rule)| state.access.lock_of(name, rule)).collect();
    if locks.iter().all(Lock::is_open) {
        return Ok(Entry { pass, cookie: None });
    }
    let visitor = Visitor::of(state, request, &locks, rules).await?;
    if !locks.iter().zip(rules).all(|(lock, rule)| visitor.may(state, lock, rule)) {
        return Err(locked(state, request, names, &locks));
    }
    Ok(match visitor {
        Visitor::Guest(visit) => Entry {
            cookie: state.access.to_be_given(&visit).map(|token| enter::cookie(state, &token)),
            pass: pass.until(visit.stay),
        },
        _ => Entry { pass, cookie: None },
    })
}

/// The channels that may be named to who asks: the listed ones, of which those that want a password or a code are named only to who
/// may watch them.
pub(super) struct Listed {
    pub channels: Vec<OnAir>,
    /// Whether there are others.
    pub hidden: bool,
}

pub(super) async fn listed(state: &State, request: &Request) -> Result<Listed, Refusal> {
    let named = state.broadcasts.list().into_iter().map(|on_air| (state.rules.of(&on_air.name), on_air));
    let listed: Vec<_> = named.filter(|(rule, _)| !rule.unlisted.unwrap_or_default()).collect();
    let locks: Vec<_> = listed.iter().map(|(rule, on_air)| state.access.lock_of(&on_air.name, rule)).collect();
    if locks.iter().all(Lock::is_open) {
        return Ok(Listed { channels: listed.into_iter().map(|(_, on_air)| on_air).collect(), hidden: false });
    }
    let rules: Vec<_> = listed.iter().map(|(rule, _)| rule.clone()).collect();
    let visitor = Visitor::of(state, request, &locks, &rules).await?;
    let all = listed.len();
    let seen = listed.into_iter().zip(&locks).filter(|((rule, _), lock)| visitor.may(state, lock, rule));
    let channels: Vec<_> = seen.map(|((_, on_air), _)| on_air).collect();
    Ok(Listed { hidden: channels.len() < all, channels })
}

/// Who asks.
enum Visitor {
    Stranger,
    Operator,
    /// Who has this publish key.
    Publisher(Vec<u8>),
    Guest(Visit),
}

impl Visitor {
    /// Who asks for what is behind these locks. A key or a password that is wrong is refused here, in its time.
    async fn of(state: &State, request: &Request, locks: &[Lock], rules: &[ChannelRule]) -> Result<Self, Refusal> {
        if let Some(key) = guard::key(request) {
            if state.keys.operator.is(key) {
                return Ok(Self::Operator);
            }
            let is_right = rules.iter().any(|rule| is_publish_key(state, rule, key));
            return if is_right { Ok(Self::Publisher(key.to_vec())) } else { Err(guard::wrong_key(state, request).await) };
        }
        if let Some(visit) = by_cookie(state, request, locks) {
            return Ok(Self::Guest(visit));
        }
        match sent_password(request) {
            Some(password) => by_password(state, request, &password, locks).await.map(Self::Guest),
            None => Ok(Self::Stranger),
        }
    }

    fn may(&self, state: &State, lock: &Lock, rule: &ChannelRule) -> bool {
        lock.is_open()
            || match self {
                Self::Stranger => false,
                Self::Operator => true,
                Self::Publisher(key) => is_publish_key(state, rule, key),
                Self::Guest(visit) => state.access.may(visit, lock),
            }
    }
}

fn is_publish_key(state: &State, rule: &ChannelRule, key: &[u8]) -> bool {
    guard::keys_of(state, std::slice::from_ref(rule)).iter().any(|own| own.is(key))
}

/// Whether who asks may watch what is behind the locks already, as far as a cookie tells.
pub(super) fn has_entered(state: &State, request: &Request, locks: &[Lock]) -> bool {
    by_cookie(state, request, locks)
        .is_some_and(|visit| locks.iter().all(|lock| lock.is_open() || state.access.may(&visit, lock)))
}

fn by_cookie(state: &State, request: &Request, locks: &[Lock]) -> Option<Visit> {
    tokens(state, request).find_map(|token| state.access.by_token(token, request.address(), locks))
}

/// The tokens that the request shows. More than one only if somebody else on this host has set cookies as well.
pub(super) fn tokens<'a>(state: &State, request: &'a Request) -> impl Iterator<Item = Token> + 'a {
    cookie::shown(request, state.access.cookie_name())
}

/// Whether channels may be named to who asks, who has not asked for them: it may watch them; those that are in no list are named
/// only to a display that is known.
pub(super) fn may_be_named(state: &State, request: &Request, channels: &[String], trust: Trust) -> bool {
    channels.iter().all(|name| {
        let rule = state.rules.of(name);
        let lock = [state.access.lock_of(name, &rule)];
        let is_found = trust == Trust::Known || !rule.unlisted.unwrap_or_default();
        is_found && (lock[0].is_open() || has_entered(state, request, &lock) || sends_password(state, request, &lock[0]))
    })
}

/// Whether it is a program that was let in by the password it sends, and that opens the lock.
fn sends_password(state: &State, request: &Request, lock: &Lock) -> bool {
    sent_password(request).is_some_and(|password| match state.access.by_password(&password, &came(request)) {
        Client::Known(visit) => state.access.may(&visit, lock),
        Client::Revoked | Client::New => false,
    })
}

pub(super) fn came(request: &Request) -> Came {
    let agent = request.headers.get(header::USER_AGENT);
    let device = Device::of(agent.map(http::HeaderValue::as_bytes)).to_string();
    Came { address: request.address(), device }
}

/// The password of HTTP's Basic authentication, RFC 7617; the user may be called whatever they like.
fn sent_password(request: &Request) -> Option<Password> {
    let value = request.headers.get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, code) = value.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"basic ") {
        return None;
    }
    let both = BASE64.decode(code.trim_ascii()).ok()?;
    let colon = both.iter().position(|byte| *byte == b':')?;
    Password::of_bytes(&both[colon + 1..])
}

async fn by_password(state: &State, request: &Request, password: &Password, locks: &[Lock]) -> Result<Visit, Refusal> {
    let (address, came) = (request.address(), came(request));
    let wait = |Wait(time)| Refusal::Locked(Locked::Wait(time.as_secs() + 1, None));
    state.access.check_guesser(address).map_err(wait)?;
    let is_right = || locks.iter().any(|lock| lock.takes(password));
    match state.access.by_password(password, &came) {
        Client::Known(visit) if is_right() => return Ok(visit),
        Client::Revoked => return Err(Refusal::Locked(Locked::Revoked)),
        Client::Known(_) | Client::New => {}
    }
    let guess = state.access.guess(address).map_err(wait)?;
    let made = tokio::select! {
        made = guess.make(|| is_right().then_some(())) => made,
        () = request.peer.left() => return Err(Refusal::Busy),
    };
    match made {
        Some(()) => state.access.welcome(password, &came).map_err(|error| enter::no_token(&error)),
        None => Err(Refusal::Locked(Locked::Program)),
    }
}
