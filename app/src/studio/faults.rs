//! What is wrong beside the source, each until its cause is gone; the window shows the gravest.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use super::fault;
use crate::outbox::Outbox;
use crate::state::Event;

/// What a fault is about, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum About {
    /// The server does not listen as it should.
    Server,
    /// It listens where nobody can come.
    Network,
    /// Pictures can't be saved.
    Disk,
    /// Pictures can't be made into JPEGs.
    Encoding,
    /// What was asked for can't be done now; until something else is asked for.
    Refusal,
    /// What went wrong once and for all: until the person has read it, or goes live again.
    Past,
}

/// Those that stand.
pub(super) struct Faults {
    standing: Mutex<BTreeMap<About, String>>,
    /// The last ones, with the time.
    recent: Mutex<VecDeque<String>>,
    outbox: Arc<Outbox>,
}

impl Faults {
    const REMEMBERED: usize = 20;

    pub(super) fn new(outbox: Arc<Outbox>) -> Self {
        Self { standing: Mutex::default(), recent: Mutex::default(), outbox }
    }

    /// Tells that this is wrong, or the graver thing that is; also once more, if the person has read it away.
    pub(super) fn tell(&self, about: About, sentence: String) {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        if standing.get(&about) != Some(&sentence) {
            self.remember(&sentence);
        }
        standing.insert(about, sentence);
        self.tell_gravest(&standing);
    }

    /// Writes down what went wrong, for whoever asks later.
    pub(super) fn remember(&self, sentence: &str) {
        tracing::warn!("{sentence}");
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() == Self::REMEMBERED {
            recent.pop_front();
        }
        recent.push_back(format!("{:.0} {sentence}", jiff::Timestamp::now()));
    }

    /// The last that went wrong, with the time, the oldest first.
    pub(super) fn recent(&self) -> Vec<String> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// It is well again.
    pub(super) fn clear(&self, about: About) {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        if standing.remove(&about).is_some() {
            self.tell_gravest(&standing);
        }
    }

    /// The person has read this. What lasts stands, and is told again when something changes.
    pub(super) fn dismiss(&self, sentence: &str) {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        if standing.iter().any(|(about, told)| *about < About::Refusal && told == sentence) {
            return;
        }
        standing.retain(|_, told| told != sentence);
        // Something else that was told meanwhile is not to be taken away.
        if !standing.is_empty() {
            self.tell_gravest(&standing);
        }
    }

    /// Whether this is wrong.
    #[cfg(test)]
    pub(super) fn stands(&self, about: About) -> bool {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&about)
    }

    fn tell_gravest(&self, standing: &BTreeMap<About, String>) {
        self.outbox.send(Event::Fault(standing.values().next().map(fault)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_is_told_and_after_it_what_is_left() {
        let (outbox, events) = Outbox::new(|| ());
        let faults = Faults::new(Arc::new(outbox));
        let told = || {
            events.try_iter().map(|event| if let Event::Fault(fault) = event { fault.map(|fault| fault.sentence) } else { None })
        };
        let told = || told().collect::<Vec<_>>();
        faults.tell(About::Server, "The port is taken.".to_owned());
        faults.tell(About::Refusal, "Choose who can watch.".to_owned());
        let port = Some("The port is taken.".to_owned());
        assert_eq!(told(), [port.clone(), port]);
        faults.clear(About::Disk);
        assert_eq!(told(), []);
        faults.clear(About::Server);
        faults.clear(About::Refusal);
        assert_eq!(told(), [Some("Choose who can watch.".to_owned()), None]);
    }

    #[test]
    fn what_went_wrong_once_and_for_all_stands_until_it_is_read() {
        let (outbox, events) = Outbox::new(|| ());
        let faults = Faults::new(Arc::new(outbox));
        let told = || match events.try_iter().last() {
            Some(Event::Fault(fault)) => fault.map(|fault| fault.sentence),
            _ => None,
        };
        let (past, disk, refusal) = ("The broadcast was ended from elsewhere.", "The disk is full.", "Choose who can watch.");
        faults.tell(About::Past, past.to_owned());
        faults.tell(About::Disk, disk.to_owned());
        assert_eq!(told().as_deref(), Some(disk));
        faults.dismiss(disk);
        assert_eq!(told(), None, "it was read, and stands");
        faults.tell(About::Refusal, refusal.to_owned());
        faults.clear(About::Disk);
        assert_eq!(told().as_deref(), Some(refusal));
        faults.dismiss(refusal);
        assert_eq!(told().as_deref(), Some(past));
        faults.dismiss(past);
        faults.tell(About::Disk, disk.to_owned());
        faults.clear(About::Disk);
        assert_eq!(told(), None, "it was read");
    }
}
