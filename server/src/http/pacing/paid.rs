//! Pictures that viewers were told of in their turns and may fetch: their bytes are charged already.

use std::collections::VecDeque;

/// Viewers that are remembered, each on each channel: more than a limit lets watch that is worth setting.
const MOST: usize = 2000;

/// Of the pictures that a viewer was told of last, so many are remembered: it may be slow to ask.
const PICTURES: usize = 8;

/// How often one may be fetched once more: by another tab, or because the connection broke.
const AGAIN: u8 = 4;

/// See the module. Whoever came longest ago is forgotten first.
#[derive(Debug, Default)]
pub(super) struct Paid(VecDeque<Entry>);

#[derive(Debug)]
struct Entry {
    /// The viewer on one channel.
    viewer: u64,
    /// By viewer's address; the newest first.
    pictures: VecDeque<u64>,
    /// What is charged and was not fetched.
    bytes: usize,
    again: u8,
}

impl Paid {
    /// A viewer is told of a picture of so many bytes. Returns how many are to be charged: none of those that were charged for a
    /// picture that it did not fetch.
    pub(super) fn told(&mut self, viewer: u64, picture: u64, bytes: usize) -> usize {
        let known = self.0.iter().position(|entry| entry.viewer == viewer).and_then(|at| self.0.remove(at));
        let mut entry = known.unwrap_or_else(|| Entry { viewer, pictures: VecDeque::new(), bytes: 0, again: 0 });
        let charge = bytes.saturating_sub(entry.bytes);
        entry.pictures.push_front(picture);
        entry.pictures.truncate(PICTURES);
        entry.bytes += charge;
        entry.again = AGAIN;
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back(entry);
        charge
    }

    /// So many bytes of a picture are fetched. Returns how many are to be charged; `None` if nobody was told of it lately, or it was
    /// fetched too often since.
    pub(super) fn fetched(&mut self, picture: u64, bytes: usize) -> Option<usize> {
        let told = self.0.iter_mut().filter(|entry| entry.pictures.contains(&picture) && (entry.bytes > 0 || entry.again > 0));
        // Several viewers may have one address.
        let entry = told.max_by_key(|entry| entry.bytes)?;
        if entry.bytes == 0 {
            entry.again -= 1;
        }
        Some(bytes.saturating_sub(std::mem::take(&mut entry.bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_charged_once_however_often_its_viewer_is_told_of_newer_ones() {
        let mut paid = Paid::default();
        assert_eq!(paid.told(1, 10, 1000), 1000);
        assert_eq!(paid.told(1, 11, 1200), 200);
        assert_eq!(paid.told(1, 12, 900), 0);
        // Asked for when the newer ones were told of already.
        assert_eq!(paid.fetched(10, 1000), Some(0));
        assert_eq!(paid.told(1, 13, 900), 900);
    }

    #[test]
    fn what_is_fetched_again_is_charged_and_not_for_ever() {
        let mut paid = Paid::default();
        assert_eq!(paid.fetched(10, 1000), None);
        paid.told(1, 10, 1000);
        let fetched: Vec<_> = (0..6).map(|_| paid.fetched(10, 1000)).collect();
        assert_eq!(fetched, [Some(0), Some(1000), Some(1000), Some(1000), Some(1000), None]);
        paid.told(2, 10, 1000);
        assert_eq!((paid.fetched(10, 1000), paid.fetched(10, 1000)), (Some(0), Some(1000)));
    }

    #[test]
    fn it_is_bounded() {
        let mut paid = Paid::default();
        for viewer in 0..2 * MOST as u64 {
            paid.told(viewer, viewer, 1);
        }
        assert_eq!((paid.0.len(), paid.fetched(0, 1)), (MOST, None));
    }
}
