//! Those who watch, counted over a broadcast, and what was told of them last.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use cometcam_server::access::Code;
use cometcam_server::frames::Saving;
use cometcam_server::http::{Viewer, ViewerId};

use crate::state::{Entry, Fate, Receipt, Sharing, Viewers};

/// Viewers of one broadcast that are told apart; of more it is known that there were so many.
const COUNTED: usize = 100_000;

/// What is known of viewers.
#[derive(Default)]
pub(super) struct Crowd {
    seen: HashSet<ViewerId>,
    at_once: usize,
    /// Counts what was saved of the broadcast, also after its end.
    saving: Option<Arc<Saving>>,
    /// The code that the window asked for last; others may have asked for one.
    pub code: Option<Code>,
    /// As told last.
    pub viewers: Viewers,
    pub entry: Entry,
    pub sharing: Sharing,
    pub receipt: Option<Told>,
    /// It was told once that viewers can't be announced here as chosen.
    pub is_unannounced: Arc<AtomicBool>,
}

/// A receipt, and the channel that it is of.
pub(super) struct Told {
    pub channel: String,
    pub receipt: Receipt,
}

/// Who came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// The first viewer of the broadcast.
    First,
    /// Nobody, or others.
    Others,
}

impl Crowd {
    /// A broadcast begins.
    pub(super) fn begin(&mut self, saving: Option<Arc<Saving>>) {
        self.seen.clear();
        self.at_once = 0;
        self.saving = saving;
        self.viewers = Viewers::default();
    }

    /// Counts those who watch now.
    pub(super) fn count(&mut self, list: &[Viewer]) -> Came {
        let were_none = self.seen.is_empty();
        self.at_once = self.at_once.max(list.len());
        for viewer in list {
            if self.seen.len() < COUNTED {
                self.seen.insert(viewer.id);
            }
        }
        if were_none && !self.seen.is_empty() { Came::First } else { Came::Others }
    }

    /// How many pictures of the broadcast were saved.
    pub(super) fn saved(&self) -> u64 {
        self.saving.as_ref().map_or(0, |saving| saving.saved())
    }

    /// How many pictures of it were to be saved, and were not.
    pub(super) fn unsaved(&self) -> u64 {
        self.saving.as_ref().map_or(0, |saving| saving.unsaved())
    }

    /// What the broadcast was.
    pub(super) fn receipt(&self, lasted_ms: u64, published: u64, folder: PathBuf, fate: Fate) -> Receipt {
        let (watched, at_once) = (self.seen.len(), self.at_once);
        Receipt { lasted_ms, watched, at_once, published, saved: self.saved(), folder, fate }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn viewer(id: &str) -> Viewer {
        let address = std::net::Ipv4Addr::LOCALHOST.into();
        Viewer {
            id: id.repeat(16).parse().unwrap(),
            address,
            device: "curl".to_owned(),
            channels: Vec::new(),
            since_ms: 0,
            painted_ms: None,
            display: None,
        }
    }

    #[test]
    fn who_comes_again_is_counted_once_and_only_the_first_one_is_the_first() {
        let mut crowd = Crowd::default();
        crowd.begin(None);
        assert_eq!(crowd.count(&[]), Came::Others);
        assert_eq!(crowd.count(&[viewer("a")]), Came::First);
        assert_eq!(crowd.count(&[viewer("a"), viewer("b")]), Came::Others);
        assert_eq!(crowd.count(&[]), Came::Others);
        assert_eq!(crowd.count(&[viewer("a")]), Came::Others);
        let receipt = crowd.receipt(1, 2, "/".into(), Fate::Asked);
        assert_eq!((receipt.watched, receipt.at_once, receipt.saved), (2, 2, 0));
        crowd.begin(None);
        assert_eq!(crowd.count(&[viewer("a")]), Came::First, "of another broadcast");
    }
}
