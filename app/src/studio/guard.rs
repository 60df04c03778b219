//! Has the server ask viewers for what was chosen.

use cometcam_server::access::{Access, Paired};

use crate::settings::WindowSettings;
use crate::state::{Guard, Guarded};

/// Has it ask viewers of a channel for this. Where that can't be asked for, nobody new is let in.
pub(super) fn protect(access: &Access, channel: &str, guarded: &Guarded) {
    let password = guarded.password.as_ref().filter(|_| guarded.guard == Guard::Password);
    let pairs = guarded.guard == Guard::Code || guarded.lacks_password();
    // In an order in which it is never open in between.
    if pairs {
        access.require_pairing(channel, Paired::Needed);
    }
    access.set_password(channel, password.map(|password| password.text().to_owned()));
    if !pairs {
        access.require_pairing(channel, Paired::NotNeeded);
    }
}

/// Has it ask viewers of all channels for what the window remembers; of these, if nothing is remembered of one, for what those of the
/// window's channel need.
pub(crate) fn protect_all<'a>(access: &Access, window: &WindowSettings, channels: impl IntoIterator<Item = &'a str>) {
    for (channel, guarded) in window.guards.iter() {
        protect(access, channel, guarded);
    }
    for channel in channels.into_iter().filter(|channel| window.guards.get(channel).is_none()) {
        protect(access, channel, &Guarded::of(&window.viewing));
    }
}
