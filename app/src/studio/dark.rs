//! Which displays are dark that nobody was told of yet.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use cometcam_server::http::Display;

/// After the start a display that is well has this long to give a sign of life: a little longer than one may keep silent.
const GRACE: Duration = Duration::from_secs(20);

/// What is known of displays since the server opened. Bounded by the displays that it knows.
pub(super) struct Watch {
    opened: Instant,
    lit: BTreeSet<String>,
    told: BTreeSet<String>,
}

/// What is to be told.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Dark {
    /// These went dark now.
    Went(Vec<String>),
    /// These have been dark since the start.
    AtStart(Vec<String>),
}

impl Watch {
    /// The server opens now.
    pub(super) fn new(opened: Instant) -> Self {
        Self { opened, lit: BTreeSet::new(), told: BTreeSet::new() }
    }

    /// Takes in how they are now. Each that is dark is told once, and again when it was well in between.
    pub(super) fn look(&mut self, displays: &[Display], now: Instant) -> Option<Dark> {
        let dark = |name: &String| displays.iter().any(|display| display.dark && display.name == *name);
        self.told.retain(dark);
        let went: Vec<_> = self.lit.iter().filter(|name| dark(name)).cloned().collect();
        self.lit = displays.iter().filter(|display| !display.dark).map(|display| display.name.clone()).collect();
        self.told.extend(went.iter().cloned());
        if !went.is_empty() {
            return Some(Dark::Went(went));
        }
        if now < self.opened + GRACE {
            return None;
        }
        let untold = displays.iter().filter(|display| display.dark && !self.told.contains(&display.name));
        let at_start: Vec<_> = untold.map(|display| display.name.clone()).collect();
        self.told.extend(at_start.iter().cloned());
        (!at_start.is_empty()).then_some(Dark::AtStart(at_start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Dark::{AtStart, Went};

    fn display(name: &str, dark: bool) -> Display {
        Display {
            name: name.to_owned(),
            address: None,
            channels: Vec::new(),
            shows: None,
            last_ms: 0,
            dark,
            version: None,
            uptime_s: None,
            wake: None,
            device: String::new(),
        }
    }

    #[test]
    fn each_is_told_once_when_it_goes_dark_and_at_the_start_when_it_had_time_to_give_a_sign() {
        let start = Instant::now();
        let mut watch = Watch::new(start);
        let mut look = |seconds, lobby: bool, yard: bool| {
            watch.look(&[display("Lobby", lobby), display("Yard", yard)], start + Duration::from_secs(seconds))
        };
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(look(0, true, true), None, "they may just be asking");
        assert_eq!(look(19, false, true), None);
        assert_eq!(look(20, false, true), Some(AtStart(names(&["Yard"]))));
        assert_eq!(look(21, false, true), None, "it was told");
        assert_eq!(look(22, true, true), Some(Went(names(&["Lobby"]))));
        assert_eq!(look(23, true, false), None);
        assert_eq!(look(24, true, true), Some(Went(names(&["Yard"]))));
        assert_eq!(look(25, false, false), None);
        assert_eq!(look(26, true, true), Some(Went(names(&["Lobby", "Yard"]))));
    }

    #[test]
    fn one_that_is_forgotten_is_not_missed() {
        let start = Instant::now();
        let mut watch = Watch::new(start);
        assert_eq!(watch.look(&[display("Lobby", false)], start), None);
        assert_eq!(watch.look(&[], start + GRACE), None);
    }
}
