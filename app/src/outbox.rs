//! The studio's line to the window: bounded, and a window that doesn't look for hours misses nothing that still matters.

use std::mem::{Discriminant, discriminant};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError};

use crate::state::Event;

/// Sends events; where the line is full, the newest of each kind waits.
pub struct Outbox {
    line: SyncSender<Event>,
    waiting: Mutex<Vec<Event>>,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl Outbox {
    /// Events on the line at a time.
    const LINE: usize = 64;

    /// A line; `wake` is called after each event.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> (Self, Receiver<Event>) {
        let (line, out) = sync_channel(Self::LINE);
        (Self { line, waiting: Mutex::default(), wake: Box::new(wake) }, out)
    }

    /// Sends an event, and what waits before it. Never blocks.
    pub fn send(&self, event: Event) {
        let kind: Discriminant<Event> = discriminant(&event);
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|older| discriminant(older) != kind);
        waiting.push(event);
        while let Some(event) = waiting.first().cloned() {
            match self.line.try_send(event) {
                Ok(()) => drop(waiting.remove(0)),
                Err(TrySendError::Full(_)) => break,
                // The window is gone; nobody needs to know any more.
                Err(TrySendError::Disconnected(_)) => waiting.clear(),
            }
        }
        drop(waiting);
        (self.wake)();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_does_not_look_is_given_the_newest_of_each_kind_later() {
        let (outbox, events) = Outbox::new(|| ());
        for n in 0..1000 {
            outbox.send(Event::Notice(n.to_string()));
        }
        assert_eq!(outbox.waiting.lock().unwrap().len(), 1);
        assert_eq!(events.try_iter().count(), Outbox::LINE);
        outbox.send(Event::Fault(None));
        assert_eq!(events.try_iter().collect::<Vec<_>>(), [Event::Notice("999".into()), Event::Fault(None)]);
    }
}
