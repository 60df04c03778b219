//! Cookies: each holds one token, for this host alone.

use std::time::{Duration, SystemTime};

use http::header;

use super::request::Request;
use crate::access::Token;

/// The longest that browsers keep a cookie, in seconds.
const AGE: u64 = 400 * 24 * 3600;

/// The tokens in cookies of this name. More than one only if somebody else on this host has set cookies as well.
pub(super) fn shown(request: &Request, name: String) -> impl Iterator<Item = Token> {
    let lines = request.headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let values = lines.flat_map(|line| line.split(';')).filter_map(move |pair| {
        let (key, value) = pair.split_once('=')?;
        (key.trim() == name).then(|| Token::parse(value.trim()))?
    });
    values.take(4)
}

/// Hidden from scripts, and not sent along when another site leads here. Old browsers know no `Max-Age`, but `Expires`.
pub(super) fn lasting(name: &str, value: &str, path: &str) -> String {
    let expires = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(AGE));
    format!("{name}={value}; Path={path}; Max-Age={AGE}; Expires={expires}; HttpOnly; SameSite=Strict")
}
