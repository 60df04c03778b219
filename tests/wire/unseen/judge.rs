//! Whether a sight was to be had, and whether all of them together prove something.

use std::collections::HashMap;
use std::time::Duration;

use super::diary::{Broadcast, Diary, ROUNDING_MS};
use super::late::LateCamera;
use super::visitor::Sight;

impl Diary {
    /// Checks one sight against what was to be seen; `truth` is when each picture was captured, by its number.
    pub(super) fn judge(&self, sight: &Sight, truth: &HashMap<u32, u64>) -> Result<(), &'static str> {
        let Some(number) = sight.number else { return self.judge_time(sight, sight.captured) };
        let Some(captured) = truth.get(&number).copied() else { return Err("is of no picture that was ever taken") };
        if sight.captured.is_some_and(|told| told.abs_diff(captured) > ROUNDING_MS) {
            return Err("is told to be of another time");
        }
        self.judge_time(sight, Some(captured))
    }

    fn judge_time(&self, sight: &Sight, captured: Option<u64>) -> Result<(), &'static str> {
        let of_channel = || self.broadcasts.iter().filter(|one| one.channel == sight.channel);
        let Some(captured) = captured else {
            let is_live = of_channel().any(|one| one.from <= sight.answered && !one.is_over_for(sight.asked));
            return if is_live { Ok(()) } else { Err("is told of while nobody is live") };
        };
        let mut shown = of_channel().filter(|one| one.shows(captured)).peekable();
        if shown.peek().is_none() {
            return Err("was captured while nobody was live");
        }
        let to_be_had = shown.any(|one| !one.is_over_for(sight.asked) || one.keep && sight.by_id);
        if to_be_had { Ok(()) } else { Err("was seen after its Stop") }
    }

    /// How often happened what makes all this prove something, and how often it is to: each with its name. `ends` is how many streams
    /// were open at a Stop.
    pub(super) fn counts(&self, sights: &[Sight], camera: &LateCamera, ends: usize) -> Vec<(&'static str, usize, usize)> {
        let broadcasts = |what: fn(&Broadcast) -> bool| self.broadcasts.iter().filter(|one| what(one)).count();
        let of_route = |route: &'static str| (route, sights.iter().filter(|sight| sight.route() == route).count(), 50);
        let mut counts = vec![
            ("steps", self.steps, 2000),
            ("broadcasts", self.broadcasts.len(), 200),
            ("broadcasts with a pause", broadcasts(|one| !one.pauses.is_empty()), 1),
            ("broadcasts that are kept", broadcasts(|one| one.keep), 1),
            ("streams open at a Stop", ends, 50),
        ];
        // To count these takes long.
        if counts.iter().all(|(_, count, least)| count >= least) {
            let refused = |(captured, given): &&(u64, u64)| self.broadcasts.iter().any(|one| one.refuses_late(*captured, *given));
            let refused = camera.taken().given.iter().filter(refused).count();
            counts.push(("pictures from before that came while live", refused, 200));
            counts.push(("pictures with their number", sights.iter().filter(|sight| sight.number.is_some()).count(), 1000));
            counts.extend(["/sub/", "/frames/", "/live/*.jpg", "/live/*.mjpg", "/api/channels"].map(of_route));
        }
        counts
    }
}

/// Within 100 ms, but for what a busy machine may do once in a while: half of the times, and never far from it.
pub(super) fn assert_prompt(what: &str, taken: &[Duration]) {
    let mut taken = taken.to_vec();
    taken.sort_unstable();
    let (median, most) = (taken[taken.len() / 2], taken[taken.len() - 1]);
    println!("{what}: median {median:?}, at most {most:?}");
    assert!(median <= Duration::from_millis(100) && most <= Duration::from_secs(2), "{what} took {taken:?}");
}

#[test]
fn the_judge_refuses_what_was_not_to_be_seen() {
    let printed = "live front false 1000\npaused 1400\nresumed 1600\nstopped 2000\nlive yard true 3000\nstopped 4000\n";
    let diary = Diary::read(printed, 5000);
    let (asked, never) = (1900, HashMap::new());
    let told = |channel, captured| Sight { channel, captured: Some(captured), ..Sight::of("/sub/front", asked) };
    let seen = |channel| Sight { channel, number: Some(7), ..Sight::of("/live/front.jpg", asked) };
    for captured in [995, 1405, 1500, 1595, 2005] {
        assert!(diary.judge(&told("front", captured), &never).is_err(), "{captured}");
        assert!(diary.judge(&seen("front"), &HashMap::from([(7, captured)])).is_err(), "{captured}");
    }
    for captured in [1000, 1399, 1601, 2000] {
        assert_eq!(diary.judge(&told("front", captured), &never), Ok(()), "{captured}");
        assert_eq!(diary.judge(&seen("front"), &HashMap::from([(7, captured)])), Ok(()), "{captured}");
        let late = Sight { asked: 2001, ..told("front", captured) };
        assert!(diary.judge(&late, &never).is_err(), "{captured} after the Stop");
        assert!(diary.judge(&told("yard", captured), &never).is_err(), "{captured} on another channel");
        assert!(diary.judge(&seen("yard"), &HashMap::from([(7, captured)])).is_err(), "{captured} on another channel");
        let other = Sight { number: Some(7), ..told("front", captured) };
        assert!(diary.judge(&other, &HashMap::from([(7, captured + 3)])).is_err(), "{captured}, which it is not");
    }
    assert!(diary.judge(&seen("front"), &never).is_err(), "nobody took it");
    assert!(diary.judge(&Sight { asked: 2001, answered: 2002, ..Sight::of("/live/front.jpg", 0) }, &never).is_err());
    let kept = Sight { asked: 4500, by_id: true, ..told("yard", 3500) };
    assert_eq!(diary.judge(&kept, &never), Ok(()));
    assert!(diary.judge(&Sight { by_id: false, ..kept }, &never).is_err(), "it is had by its address alone");
    assert!(diary.broadcasts[0].refuses_late(1597, 1650) && diary.broadcasts[0].refuses_late(950, 1001));
    assert!(!diary.broadcasts[0].refuses_late(950, 1500) && !diary.broadcasts[0].refuses_late(1650, 1700));
}
