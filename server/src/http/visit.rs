//! A poll as a visit: of a viewer in the list, and perhaps of a display that is told what to do.

use std::sync::Arc;

use super::cookie;
use super::displays::{Caller, Present, Sign, Trust};
use super::gate;
use super::reply::{self, Refusal, Response};
use super::routes::Call;
use super::viewers::Watching;
use crate::access::Token;
use crate::relay::{Channel, Message};

/// Held as long as the poll is.
#[derive(Debug)]
pub(super) struct Visit {
    watching: Watching,
    display: Option<Present>,
    /// By which a display's browser shows that it is the same, if it has none yet.
    cookie: Option<String>,
}

impl Visit {
    pub(super) fn begin(call: &Call, channels: &[Arc<Channel>]) -> Result<Self, Refusal> {
        let request = &call.request;
        let sign = Sign::of(request)?;
        let of_channels = channels.iter().map(|channel| channel.name().clone());
        let watching = call.state.viewers.watch(request, of_channels)?;
        let mut visit = Self { watching, display: None, cookie: None };
        if let Some(sign) = sign {
            visit.sign_in(call, &sign);
        }
        Ok(visit)
    }

    fn sign_in(&mut self, call: &Call, sign: &Sign) {
        let Call { state, request, named } = call;
        let name = format!("{}-display", state.access.cookie_name());
        let shown = cookie::shown(request, name.clone()).next();
        let Some(token) = shown.clone().or_else(new_token) else { return };
        let came = gate::came(request);
        let caller =
            Caller { address: came.address, device: came.device, page: state.viewers.key(request), browser: token.hash() };
        self.display = state.displays.sign_in(sign, &caller, &named.channels);
        if let Some(display) = &self.display {
            self.watching.is_display(display.name());
            self.cookie = shown.is_none().then(|| cookie::lasting(&name, &token.expose(), "/sub/"));
        }
    }

    /// Resolves when there is something to do for the display.
    pub(super) async fn called(&self, call: &Call) {
        match &self.display {
            Some(display) => display.called(may_name(call)).await,
            None => std::future::pending().await,
        }
    }

    /// The message that it is answered with, if there is one, and what its display is to do.
    pub(super) fn answered(&self, call: &Call, message: Option<&Message>, response: &mut Response) {
        if let Some(message) = message {
            self.watching.told(message);
        }
        if let Some(order) = self.display.as_ref().and_then(|display| display.order(may_name(call))) {
            reply::set(response, "cometcam-display", &order);
        }
        if let Some(cookie) = &self.cookie {
            reply::set_cookie(response, cookie);
        }
    }
}

/// What may be named to the display that asks.
fn may_name(call: &Call) -> impl Fn(&[String], Trust) -> bool {
    |channels, trust| gate::may_be_named(&call.state, &call.request, channels, trust)
}

fn new_token() -> Option<Token> {
    Token::random().inspect_err(|error| tracing::error!("no display can sign in: {error}")).ok()
}
