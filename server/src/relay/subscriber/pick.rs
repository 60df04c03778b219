//! Which of the messages that are there a subscriber is given.

use std::sync::{Arc, MutexGuard};

use super::super::buffer::Stored;
use super::super::channel::State;
use super::super::message::Message;
use super::{Mode, Place};

/// Which messages a subscriber takes now.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted {
    Any,
    /// Any that is not of this kind.
    AnyBut(&'static str),
}

impl Wanted {
    fn has(self, stored: &Stored) -> bool {
        match self {
            Self::Any => true,
            Self::AnyBut(kind) => stored.kind.is_none_or(|of| of.name != kind),
        }
    }
}

/// The message that comes next.
pub(super) struct Picked {
    pub channel: usize,
    pub position: u64,
    pub message: Arc<Message>,
}

pub(super) fn pick(
    places: &[Place],
    states: &[MutexGuard<'_, State>],
    (mode, last): (Mode, Option<usize>),
    wanted: Wanted,
) -> Option<Picked> {
    let candidate = |channel: usize| {
        let stored = match mode {
            Mode::Every => states[channel].buffer.first_from(places[channel].cursor),
            Mode::Latest => states[channel].buffer.last_from(places[channel].cursor),
        };
        stored.filter(|stored| wanted.has(stored)).map(|Stored { position, order, message, .. }| {
            (*order, Picked { channel, position: *position, message: message.clone() })
        })
    };
    let mut in_turn = (0..places.len()).map(|step| (step + last.map_or(0, |last| last + 1)) % places.len()).filter_map(candidate);
    let picked = match mode {
        Mode::Every => in_turn.min_by_key(|(order, _)| *order),
        Mode::Latest => in_turn.next(),
    };
    picked.map(|(_, picked)| picked)
}
