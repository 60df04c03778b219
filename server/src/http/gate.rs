//! Who may watch: whatever names channels is asked here, once, before any of it is told.

use data_encoding::BASE64;
use http::{StatusCode, header};

use super::State;
use super::displays::Trust;
use super::enter::{self, Wrong};
use super::guard;
use super::reply::{HTML, Refusal, Response, TEXT};
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
    cookies(request, state.access.cookie_name())
}

/// The tokens in cookies of this name.
pub(super) fn cookies(request: &Request, name: String) -> impl Iterator<Item = Token> {
    let lines = request.headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let values = lines.flat_map(|line| line.split(';')).filter_map(move |pair| {
        let (key, value) = pair.split_once('=')?;
        (key.trim() == name).then(|| Token::parse(value.trim()))?
    });
    values.take(4)
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

/// How somebody is told that a channel is not for everybody.
#[derive(Debug)]
pub(super) enum Locked {
    /// A page on which to enter, with a status.
    Page(StatusCode, String),
    /// To a script of a page. A browser that is challenged would ask by itself, in a window of its own.
    Script,
    /// To another program.
    Program,
    /// To a program that was revoked.
    Revoked,
    /// To who guessed too often: for so many seconds, and on this page, if it is one.
    Wait(u64, Option<String>),
}

impl std::fmt::Display for Locked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Page(..) | Self::Script => "this channel wants a password or a code: enter it at /enter",
            Self::Program => {
                "this channel wants a password: send it by Basic authentication, as in http://any:PASSWORD@HOST/, or enter it at /enter"
            }
            Self::Revoked => "this program was sent away by the broadcaster; a new password lets it in again",
            Self::Wait(..) => "too many wrong passwords from this address; try again in a while",
        })
    }
}

impl Locked {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Page(status, _) => *status,
            Self::Script | Self::Program => StatusCode::UNAUTHORIZED,
            Self::Revoked => StatusCode::FORBIDDEN,
            Self::Wait(..) => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    /// Headers that the status prescribes.
    pub(super) fn header(&self) -> Option<(http::HeaderName, http::HeaderValue)> {
        match self {
            Self::Program => Some((header::WWW_AUTHENTICATE, http::HeaderValue::from_static("Basic realm=\"Cometcam\""))),
            Self::Wait(seconds, _) => Some((header::RETRY_AFTER, (*seconds).into())),
            _ => None,
        }
    }

    pub(super) fn told(self) -> (&'static str, String) {
        let words = format!("{self}\n");
        match self {
            Self::Page(_, page) | Self::Wait(_, Some(page)) => (HTML, page),
            _ => (TEXT, words),
        }
    }
}

/// The refusal that suits who asks.
fn locked(state: &State, request: &Request, names: &[String], locks: &[Lock]) -> Refusal {
    Refusal::Locked(match Shape::of(request) {
        Shape::Page => {
            let next =
                if request.query.is_empty() { request.path.clone() } else { format!("{}?{}", request.path, request.query) };
            Locked::Page(page_status(request), enter::page(state, &next, names, locks, Wrong::Nothing))
        }
        Shape::Script => Locked::Script,
        Shape::Program => Locked::Program,
    })
}

/// The page on which to enter, for who sees nothing of what is there.
pub(super) fn locked_list(state: &State, request: &Request) -> Refusal {
    let page = enter::page(state, "/", &[], &[state.access.every_lock()], Wrong::Nothing);
    Refusal::Locked(Locked::Page(page_status(request), page))
}

/// NetSurf shows no page that comes with 401, but a question of its own for a name and a password.
fn page_status(request: &Request) -> StatusCode {
    let agent = request.header(header::USER_AGENT).unwrap_or_default();
    if agent.contains("NetSurf/") { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED }
}

/// What is to be made of an answer.
enum Shape {
    /// A person looks at it.
    Page,
    /// A page's script or picture.
    Script,
    /// Another program.
    Program,
}

impl Shape {
    fn of(request: &Request) -> Self {
        let accepts_pages = request.header(header::ACCEPT).is_some_and(|accept| accept.contains("text/html"));
        // Old browsers don't say that they want a page.
        let is_content = ["/sub/", "/frames/", "/live/", "/channel/"].iter().any(|of| request.path.starts_with(of));
        let agent = request.header(header::USER_AGENT).unwrap_or_default();
        let is_browser = request.field("viewer").is_some() || agent.starts_with("Mozilla/") || agent.starts_with("Opera/");
        match (is_content, is_browser) {
            (false, _) => Self::Page,
            (true, true) if accepts_pages && request.field("viewer").is_none() => Self::Page,
            (true, true) => Self::Script,
            (true, false) => Self::Program,
        }
    }
}

/// What an answer that is the page needs beside it: its form leads to this server, which is told by the browser where it came from.
pub(super) fn dress(response: &mut Response) {
    const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; \
                          frame-ancestors 'self'";
    super::reply::set(response, "content-security-policy", POLICY);
    super::reply::set(response, "referrer-policy", "same-origin");
}
