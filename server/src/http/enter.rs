//! The page on which a password or a code is entered.

use http::{StatusCode, header};
use percent_encoding::percent_decode_str;

use super::State;
use super::admission;
use super::cookie;
use super::gate;
use super::guard::escape;
use super::locked::{self, Locked};
use super::reply::{self, HTML, Refusal, Response};
use super::request::Request;
use super::routes::Call;
use crate::access::{Lock, Pairing, Token, Wait};

/// What is to be said of the last attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    Nothing,
    Word,
    /// Not looked at: the address has to wait for so many seconds.
    Wait(u64),
}

/// The page, for who opens it by itself.
pub(super) async fn form(call: &mut Call) -> Result<Response, Refusal> {
    let next = next(call.request.field("next").unwrap_or_default());
    let wanted = Wanted::of(&call.state, &next);
    if wanted.is_open() || gate::has_entered(&call.state, &call.request, &wanted.locks) {
        return Ok(on_to(&next));
    }
    let page = page(&call.state, &next, &wanted.names, &wanted.locks, Wrong::Nothing);
    let mut response = reply::with(StatusCode::OK, HTML, page);
    locked::dress(&mut response);
    Ok(response)
}

/// What was typed there.
pub(super) async fn enter(call: &mut Call) -> Result<Response, Refusal> {
    check_referer(&call.request)?;
    let body = call.form().await?;
    let (word, next) = (form_field(&body, "word"), next(form_field(&body, "next").unwrap_or_default()));
    let word = word.ok_or(Refusal::Query("what is entered here comes from the form at /enter"))?;
    let state = call.state.clone();
    let wanted = Wanted::of(&state, &next);
    if wanted.is_open() {
        return Ok(on_to(&next));
    }
    let again = |status, wrong| Locked::Page(status, page(&state, &next, &wanted.names, &wanted.locks, wrong));
    if word.trim().is_empty() {
        return Err(Refusal::Locked(again(StatusCode::FORBIDDEN, Wrong::Word)));
    }
    let guess = state.access.guess(call.request.address()).map_err(|Wait(time)| {
        let seconds = time.as_secs() + 1;
        let page = page(&state, &next, &wanted.names, &wanted.locks, Wrong::Wait(seconds));
        Refusal::Locked(Locked::Wait(seconds, Some(page)))
    })?;
    let proven = tokio::select! {
        proven = guess.make(|| state.access.proves(&word, &wanted.locks)) => proven,
        () = call.request.peer.left() => return Err(Refusal::Busy),
    };
    let proven = proven.ok_or_else(|| Refusal::Locked(again(StatusCode::FORBIDDEN, Wrong::Word)))?;
    let old = gate::tokens(&state, &call.request).next();
    let token = state.access.enter(&proven, &gate::came(&call.request), old.as_ref()).map_err(|error| no_token(&error))?;
    let mut response = on_to(&next);
    reply::set_cookie(&mut response, &cookie(&state, &token));
    Ok(response)
}

/// Other sites' forms are refused by their Origin. Browsers that don't send one to a server's own forms may still tell the page.
fn check_referer(request: &Request) -> Result<(), Refusal> {
    let of_page = request.header(header::REFERER).and_then(|page| page.split_once("://")?.1.split(['/', '?', '#']).next());
    let is_own = |of_page: &str| request.header(header::HOST).is_some_and(|host| host.eq_ignore_ascii_case(of_page));
    match of_page {
        Some(of_page) if !request.headers.contains_key(header::ORIGIN) && !is_own(of_page) => Err(Refusal::ForeignOrigin),
        _ => Ok(()),
    }
}

pub(super) fn no_token(error: &std::io::Error) -> Refusal {
    tracing::error!("nobody can be let in: {error}");
    Refusal::Busy
}

/// Whatever a browser may make of it, the address of something on this server; else that of all of it.
fn next(asked: String) -> String {
    const LONGEST: usize = 4096;
    let is_path = asked.starts_with('/') && !asked[1..].starts_with('/');
    let is_plain = asked.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_path && is_plain && asked.len() <= LONGEST { asked } else { "/".to_owned() }
}

/// What is behind an address.
struct Wanted {
    names: Vec<String>,
    locks: Vec<Lock>,
}

impl Wanted {
    /// The channels that it names. Of an address that names none, any channel may be meant.
    fn of(state: &State, next: &str) -> Self {
        let path = next.split(['?', '#']).next().unwrap_or_default();
        let names = admission::channels_of(path);
        let locks = if names.is_empty() {
            vec![state.access.every_lock()]
        } else {
            names.iter().map(|name| state.access.lock_of(name, &state.rules.of(name))).collect()
        };
        Self { names, locks }
    }

    fn is_open(&self) -> bool {
        self.locks.iter().all(Lock::is_open)
    }
}

fn on_to(next: &str) -> Response {
    let mut response = reply::empty(StatusCode::SEE_OTHER);
    reply::set(&mut response, "location", next);
    response
}

/// Given out again long before browsers forget it.
pub(super) fn cookie(state: &State, token: &Token) -> String {
    cookie::lasting(&state.access.cookie_name(), &token.expose(), "/")
}

/// A field of a form, as browsers send it.
fn form_field(body: &[u8], name: &str) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    text.split('&').find_map(|field| {
        let (key, value) = field.split_once('=')?;
        let value = value.replace('+', " ");
        (key == name).then(|| percent_decode_str(&value).decode_utf8_lossy().into_owned())
    })
}

/// What the page asks for.
struct Asks {
    title: &'static str,
    label: &'static str,
    how: &'static str,
    wrong: &'static str,
    /// The field's attributes.
    field: &'static str,
}

const CODE: Asks = Asks {
    title: "Enter the code",
    label: "Code",
    how: "To watch, type the six digits on the broadcaster’s window.",
    wrong: "That was not the code. Look at the broadcaster’s window for the current one.",
    field: "type=\"text\" inputmode=\"numeric\" autocomplete=\"one-time-code\" size=\"12\"",
};

const PASSWORD: Asks = Asks {
    title: "Enter the password",
    label: "Password",
    how: "To watch, type the password that the broadcaster gave you.",
    wrong: "That was not the password. Mind capital letters, or ask the broadcaster.",
    field: "type=\"password\" autocomplete=\"current-password\" autocapitalize=\"off\" size=\"24\"",
};

const EITHER: Asks = Asks {
    title: "Enter the password or code",
    label: "Password or code",
    how: "To watch, type the password, or the six digits on the broadcaster’s window.",
    wrong: "That was neither the password nor the current code. Look at the broadcaster’s window for the code.",
    field: "type=\"password\" autocomplete=\"current-password\" autocapitalize=\"off\" size=\"24\"",
};

/// Where only a code lets in and there is none.
const NO_CODE: &str = "The broadcaster lets devices in by a code, and shows none right now. Ask for one, then type it here.";

/// The page that leads on to `next`.
pub(super) fn page(state: &State, next: &str, names: &[String], locks: &[Lock], wrong: Wrong) -> String {
    let is_code_shown = matches!(state.access.pairing(), Pairing::Open(_));
    let takes_code = is_code_shown || locks.iter().any(|lock| lock.paired);
    let takes_password = locks.iter().any(|lock| !lock.passwords.is_empty());
    let asks = match (takes_password, takes_code) {
        (true, true) => EITHER,
        (true, false) => PASSWORD,
        (false, _) if is_code_shown => CODE,
        (false, _) => Asks { how: NO_CODE, ..CODE },
    };
    let said = match wrong {
        Wrong::Nothing => String::new(),
        Wrong::Word => asks.wrong.to_owned(),
        Wrong::Wait(seconds) => format!("Too many tries. Wait {seconds} s, then try again."),
    };
    let said = if said.is_empty() { said } else { format!("<p class=\"wrong\" id=\"wrong\" role=\"alert\">{said}</p>") };
    let which = if names.is_empty() { "Cometcam".to_owned() } else { escape(&names.join(", ")) };
    // What the peer named comes last, so that nothing in it is filled in.
    include_str!("../../../web-client/enter.html")
        .replace("{title}", asks.title)
        .replace("{label}", asks.label)
        .replace("{how}", asks.how)
        .replace("{field}", asks.field)
        .replace("{wrong}", &said)
        .replace("{next}", &escape(next))
        .replace("{which}", &which)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_on_leads_nowhere_but_to_this_server() {
        for own in ["/", "/watch/front", "/kiosk/a,b?display=Hall%20%31&x=%2F%2Fevil.example", "/watch/a%0d%0ab"] {
            assert_eq!(next(own.into()), own);
        }
        for foreign in [
            "",
            "watch/front",
            "//evil.example/",
            "/\\evil.example",
            "/\t/evil.example",
            "\\\\evil.example",
            "http://evil.example/",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: a=b",
            "/ä",
            "/watch/a b",
        ] {
            assert_eq!(next(foreign.into()), "/", "{foreign}");
        }
    }

    #[test]
    fn a_form_is_read_as_browsers_send_it() {
        let body = b"next=%2Fwatch%2Ffront&word=open+ses%C3%A4me%26%3D";
        assert_eq!(form_field(body, "word").as_deref(), Some("open sesäme&="));
        assert_eq!(form_field(body, "next").as_deref(), Some("/watch/front"));
        assert_eq!((form_field(body, "code"), form_field(b"\xff=1", "word")), (None, None));
    }
}
