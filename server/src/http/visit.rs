//! A poll as a visit: of a viewer in the list, and perhaps of a display that is told what to do.

use std::sync::Arc;

use http::{HeaderValue, header};

use super::displays::{Present, Sign};
use super::reply::{self, Refusal, Response};
use super::routes::Call;
use super::viewers::{Device, Watching};
use crate::relay::{Channel, Message};

/// Held as long as the poll is.
#[derive(Debug)]
pub(super) struct Visit {
    watching: Watching,
    display: Option<Present>,
}

/// Why a visit is answered before there is news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// The operator closed it.
    Closed,
    /// There is something to do for the display.
    Called,
}

impl Visit {
    pub(super) fn begin(call: &Call, channels: &[Arc<Channel>]) -> Result<Self, Refusal> {
        let request = &call.request;
        let sign = Sign::of(request)?;
        let of_channels = channels.iter().map(|channel| channel.name().clone());
        let mut watching = call.state.viewers.watch(request, of_channels)?;
        let device = || Device::of(request.headers.get(header::USER_AGENT).map(HeaderValue::as_bytes)).to_string();
        let sign_in = |sign| call.state.displays.sign_in(&sign, request.address(), &device(), &call.named.channels);
        let display = sign.and_then(sign_in);
        if let Some(display) = &display {
            watching.is_display(display.name());
        }
        Ok(Self { watching, display })
    }

    /// Resolves when there is nothing to wait for any more.
    pub(super) async fn cut(&mut self) -> Cut {
        let Self { watching, display } = self;
        let called = async {
            match display {
                Some(display) => display.called().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = watching.closed() => Cut::Closed,
            () = called => Cut::Called,
        }
    }

    /// The message that it is answered with, if there is one, and what its display is to do.
    pub(super) fn answered(&self, message: Option<&Message>, response: &mut Response) {
        if let Some(message) = message {
            self.watching.told(message);
        }
        if let Some(order) = self.display.as_ref().and_then(Present::order) {
            reply::set(response, "cometcam-display", &order);
        }
    }
}
