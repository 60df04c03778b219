//! The studio's line to the window: bounded, and a window that doesn't look for hours misses nothing that still matters.

use std::collections::VecDeque;
use std::mem::discriminant;
use std::sync::mpsc::TryRecvError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::state::{Event, OnAir};

/// Sends events. Of those that wait, the newest of each kind are kept.
pub struct Outbox {
    queue: Arc<Mutex<Queue>>,
    wake: Box<dyn Fn() + Send + Sync>,
}

/// Where the events arrive, in the order in which they were sent.
pub struct Events {
    queue: Arc<Mutex<Queue>>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Event>,
    closed: bool,
}

impl Outbox {
    /// Events of one kind that wait at a time.
    const OF_A_KIND: usize = 8;

    /// A line; `wake` is called after each event, and at the end.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> (Self, Events) {
        let queue = Arc::<Mutex<Queue>>::default();
        (Self { queue: queue.clone(), wake: Box::new(wake) }, Events { queue })
    }

    /// Sends an event. Never blocks.
    pub fn send(&self, event: Event) {
        let kind = discriminant(&event);
        let mut queue = lock(&self.queue);
        let same = |(at, waiting): (usize, &Event)| (discriminant(waiting) == kind).then_some(at);
        let of_this_kind: Vec<usize> = queue.waiting.iter().enumerate().filter_map(same).collect();
        if of_this_kind.len() >= Self::OF_A_KIND {
            queue.waiting.remove(of_this_kind[0]);
        }
        queue.waiting.push_back(event);
        drop(queue);
        (self.wake)();
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        let mut queue = lock(&self.queue);
        // Whatever became of the studio: with it ended the broadcast.
        queue.waiting.push_back(Event::OnAir(OnAir::NotLive));
        queue.closed = true;
        drop(queue);
        (self.wake)();
    }
}

impl Events {
    /// The next event.
    ///
    /// # Errors
    /// If none waits, or none will ever come.
    pub fn try_recv(&self) -> Result<Event, TryRecvError> {
        let mut queue = lock(&self.queue);
        let none = if queue.closed { TryRecvError::Disconnected } else { TryRecvError::Empty };
        queue.waiting.pop_front().ok_or(none)
    }

    /// Those that wait now.
    pub fn try_iter(&self) -> impl Iterator<Item = Event> {
        std::iter::from_fn(|| self.try_recv().ok())
    }
}

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_does_not_look_is_given_the_newest_of_each_kind() {
        let (outbox, events) = Outbox::new(|| ());
        outbox.send(Event::Fault(None));
        for n in 0..1000 {
            outbox.send(Event::Notice(n.to_string()));
        }
        let given: Vec<_> = events.try_iter().collect();
        assert_eq!(given.len(), 1 + Outbox::OF_A_KIND);
        assert_eq!(given.first(), Some(&Event::Fault(None)));
        assert_eq!(given.last(), Some(&Event::Notice("999".into())), "the last one doesn't wait for another");
    }

    #[test]
    fn the_end_is_told_after_what_was_sent() {
        let (outbox, events) = Outbox::new(|| ());
        outbox.send(Event::Closing);
        drop(outbox);
        assert_eq!(events.try_recv(), Ok(Event::Closing));
        assert_eq!(events.try_recv(), Ok(Event::OnAir(OnAir::NotLive)));
        assert_eq!(events.try_recv(), Err(TryRecvError::Disconnected));
    }
}
