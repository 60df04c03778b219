//! Viewers that may not watch for now.
//!
//! Who is closed is known by several marks: where it is, the token of its page, and a cookie that it is given with the refusal. Who
//! comes with one of them is closed, and its other marks are learned.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

/// That are closed at a time; for one more the one that was closed first is admitted again.
const MOST: usize = 1000;
/// Marks of one that are known.
const MOST_MARKS: usize = 32;

/// A broadcast: its channel, and which of that channel's it is.
pub(super) type Round = (Arc<str>, u64);

/// By which somebody is known; a hash.
pub(super) type Mark = u64;

#[derive(Debug, Default)]
pub(super) struct Closed {
    /// By a number that grows with each that is closed.
    all: BTreeMap<u64, One>,
    by_mark: HashMap<Mark, u64>,
    count: u64,
}

#[derive(Debug)]
struct One {
    /// From where it came when it was closed.
    address: IpAddr,
    marks: Vec<Mark>,
    /// The broadcasts of which one must go on for it to stay closed; with none of them that takes a word of the operator's.
    rounds: Vec<Round>,
    /// For its cookie.
    cookie: Option<String>,
}

impl Closed {
    /// Closes somebody, as long as one of the broadcasts goes on.
    pub(super) fn close(&mut self, address: IpAddr, marks: &[Mark], rounds: Vec<Round>, cookie: Option<String>) {
        self.count += 1;
        let number = self.count;
        self.all.insert(number, One { address, marks: Vec::new(), rounds, cookie });
        for mark in marks {
            self.learn(number, *mark);
        }
        if self.all.len() > MOST
            && let Some((first, _)) = self.all.first_key_value()
        {
            self.forget(*first);
        }
    }

    /// One mark more; false if it was known, or too many are.
    fn learn(&mut self, number: u64, mark: Mark) -> bool {
        let Some(one) = self.all.get_mut(&number) else { return false };
        let is_new = one.marks.len() < MOST_MARKS && self.by_mark.get(&mark) != Some(&number);
        if is_new {
            one.marks.push(mark);
            self.by_mark.insert(mark, number);
        }
        is_new
    }

    fn forget(&mut self, number: u64) {
        let Some(one) = self.all.remove(&number) else { return };
        for mark in one.marks {
            if self.by_mark.get(&mark) == Some(&number) {
                self.by_mark.remove(&mark);
            }
        }
    }

    fn find(&self, marks: &[Mark]) -> Option<u64> {
        marks.iter().find_map(|mark| self.by_mark.get(mark)).copied()
    }

    /// Whether who has one of these marks is closed. The others are learned, and those that are news are told.
    pub(super) fn meets(&mut self, marks: &[Mark]) -> Option<Vec<Mark>> {
        let number = self.find(marks)?;
        Some(marks.iter().copied().filter(|mark| self.learn(number, *mark)).collect())
    }

    /// The cookie of the closed one that has one of these marks.
    pub(super) fn cookie(&self, marks: &[Mark]) -> Option<&str> {
        self.all.get(&self.find(marks)?)?.cookie.as_deref()
    }

    /// Admits all that were closed as of this address; false if there was none.
    pub(super) fn admit(&mut self, address: IpAddr) -> bool {
        let theirs: Vec<_> = self.all.iter().filter(|(_, one)| one.address == address).map(|(number, _)| *number).collect();
        theirs.iter().for_each(|number| self.forget(*number));
        !theirs.is_empty()
    }

    /// From where they came, those first that were closed first.
    pub(super) fn addresses(&self) -> Vec<IpAddr> {
        let mut addresses = Vec::new();
        for one in self.all.values() {
            if !addresses.contains(&one.address) {
                addresses.push(one.address);
            }
        }
        addresses
    }

    /// Admits those again none of whose broadcasts goes on.
    pub(super) fn lift(&mut self, is_on: impl Fn(&str, u64) -> bool) {
        let goes_on = |one: &One| one.rounds.is_empty() || one.rounds.iter().any(|(channel, round)| is_on(channel, *round));
        let over: Vec<_> = self.all.iter().filter(|(_, one)| !goes_on(one)).map(|(number, _)| *number).collect();
        over.iter().for_each(|number| self.forget(*number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u16) -> IpAddr {
        let [high, low] = number.to_be_bytes();
        [10, 0, high, low].into()
    }

    #[test]
    fn who_is_closed_stays_so_until_none_of_its_broadcasts_goes_on() {
        let mut closed = Closed::default();
        closed.close(address(1), &[1], vec![("front".into(), 3), ("yard".into(), 1)], None);
        closed.close(address(2), &[2], Vec::new(), None);
        closed.lift(|channel, round| channel == "front" && round == 3);
        assert_eq!(closed.addresses(), [address(1), address(2)]);
        closed.lift(|channel, round| channel == "front" && round == 4);
        assert_eq!(closed.addresses(), [address(2)], "another broadcast of the same channel");
        assert!(closed.admit(address(2)) && !closed.admit(address(2)));
        assert!(closed.by_mark.is_empty());
    }

    #[test]
    fn who_is_met_by_one_mark_is_known_by_its_others_and_admitted_with_all_of_them() {
        let mut closed = Closed::default();
        closed.close(address(1), &[1, 10], Vec::new(), Some("c".into()));
        assert_eq!((closed.meets(&[2]), closed.cookie(&[2])), (None, None));
        assert_eq!(closed.meets(&[2, 10]), Some(vec![2]), "the same page from elsewhere");
        assert_eq!(closed.meets(&[2, 11]), Some(vec![11]), "another page there");
        assert_eq!((closed.meets(&[11]), closed.cookie(&[11])), (Some(vec![]), Some("c")));
        for mark in 0..1000 {
            closed.meets(&[1, 100 + mark]);
        }
        assert!(closed.by_mark.len() <= MOST_MARKS, "they are bounded");
        assert!(closed.admit(address(1)) && closed.meets(&[1, 2, 10, 11]).is_none());
    }

    #[test]
    fn they_are_bounded() {
        let mut closed = Closed::default();
        for number in 0..1500 {
            closed.close(address(number), &[number.into()], Vec::new(), None);
        }
        assert_eq!((closed.addresses().len(), closed.by_mark.len()), (MOST, MOST));
        assert!(closed.meets(&[499]).is_none() && closed.meets(&[500]).is_some());
    }
}
