use super::super::Viewer;
use super::super::device::Device;
use super::*;

/// A list at moments that the test chooses, in seconds.
struct List {
    seen: Seen,
    began: Instant,
}

impl List {
    fn new() -> Self {
        Self { seen: Seen::default(), began: Instant::now() }
    }

    fn at(&self, second: f64) -> Instant {
        self.began + Duration::from_secs_f64(second)
    }

    fn enter(&mut self, key: u64, channels: &[&str], second: f64) -> Result<Option<Seat>, Full> {
        let guest = Guest {
            key,
            address: [10, 0, 0, 1].into(),
            place: [10, 0, 0, 1].into(),
            machine: Machine::Other,
            token: None,
            now_ms: key,
        };
        let channels = channels.iter().map(|channel| Arc::from(*channel));
        self.seen.enter(&guest, || Device::of(Some(b"curl/8")), channels, self.at(second))
    }

    /// A poll that is answered at once.
    fn poll(&mut self, key: u64, channels: &[&str], second: f64) {
        let seat = self.enter(key, channels, second).unwrap().unwrap();
        self.seen.rise(&seat, self.at(second));
    }

    fn list(&mut self, second: f64) -> Vec<Viewer> {
        let mut copied = self.seen.list(self.at(second));
        copied.sort_unstable_by_key(|viewer| viewer.visit);
        copied.into_iter().map(Viewer::from).collect()
    }

    fn keys(&mut self, second: f64) -> Vec<u64> {
        self.list(second).iter().map(|viewer| viewer.id.0).collect()
    }

    /// That nothing is left of anybody.
    fn assert_empty(&mut self, second: f64) {
        let Seen { entries, watched, pairs, there, due, .. } = &mut self.seen;
        let left = (entries.len(), watched.len(), *pairs, *there, due.len());
        assert_eq!(left, (0, 0, 0, 0, 0), "at {second}");
    }
}

#[test]
fn a_viewer_that_polls_never_leaves_and_one_that_stops_is_gone_after_the_gap() {
    let mut list = List::new();
    for poll in 0..20_u32 {
        let second = f64::from(poll) * 9.9;
        list.poll(1, &["front"], second);
        assert_eq!((list.keys(second + 9.8), list.seen.count("front", list.at(second + 9.8))), (vec![1], 1));
        assert_eq!(list.seen.due.len(), 1, "one that asks often is looked after once");
    }
    let last = 19.0 * 9.9;
    assert_eq!(list.keys(last + 9.999), [1]);
    assert!(list.keys(last + 10.001).is_empty());
    list.assert_empty(last + 10.001);
}

#[test]
fn who_is_held_stays_however_long_and_the_gap_begins_at_its_end() {
    let mut list = List::new();
    let held = list.enter(1, &["front"], 0.0).unwrap().unwrap();
    list.poll(1, &["front"], 1.0);
    assert_eq!(list.keys(5000.0), [1]);
    list.seen.rise(&held, list.at(5000.0));
    assert_eq!((list.keys(5009.9), list.keys(5010.1)), (vec![1], vec![]));
}

#[test]
fn one_entry_a_viewer_whatever_it_watches_and_each_channel_has_its_own_gap() {
    let mut list = List::new();
    list.poll(1, &["front", "yard"], 0.0);
    list.poll(1, &["yard", "door"], 8.0);
    let channels = list.list(9.0)[0].channels.clone();
    assert_eq!(channels.iter().map(|channel| &**channel).collect::<Vec<_>>(), ["front", "yard", "door"]);
    let later = list.at(11.0);
    assert_eq!(["front", "yard", "door"].map(|channel| list.seen.count(channel, later)), [0, 1, 1]);
    assert_eq!(list.keys(18.1), [] as [u64; 0]);
    list.assert_empty(18.1);
}

#[test]
fn who_says_goodbye_is_gone_at_once_and_comes_back_as_one_who_was_never_there() {
    let mut list = List::new();
    let held = list.enter(1, &["front"], 0.0).unwrap().unwrap();
    list.seen.leave(1, list.at(1.0));
    assert!(list.keys(1.0).is_empty());
    assert_eq!(list.seen.count("front", list.at(1.0)), 0);
    let again = list.enter(1, &["front"], 1.0).unwrap().unwrap();
    // What was held before ends late, and is nothing of the new visit's.
    list.seen.rise(&held, list.at(2.0));
    assert_eq!(list.keys(500.0), [1]);
    list.seen.rise(&again, list.at(500.0));
    list.keys(510.1);
    list.assert_empty(510.1);
}

#[test]
fn who_goes_is_gone_after_the_grace_and_stays_if_another_of_its_pages_asks_again() {
    let mut list = List::new();
    let grace = Duration::from_secs(2);
    list.poll(1, &["front", "yard"], 0.0);
    list.seen.leave_soon(1, grace, list.at(1.0));
    assert_eq!((list.keys(2.9), list.keys(3.1), list.keys(10.1)), (vec![1], vec![], vec![]));
    list.assert_empty(10.1);

    list.poll(2, &["front", "yard"], 20.0);
    list.seen.leave_soon(2, grace, list.at(21.0));
    list.poll(2, &["yard"], 22.0);
    let later = list.at(24.0);
    assert_eq!(["front", "yard"].map(|channel| list.seen.count(channel, later)), [0, 1]);
    assert_eq!((list.keys(31.9), list.keys(32.1)), (vec![2], vec![]), "the gap is as long as ever");
    list.assert_empty(32.1);
}

#[test]
fn what_is_held_when_somebody_goes_keeps_them_for_no_longer_than_the_grace() {
    let mut list = List::new();
    list.poll(1, &["front"], 0.0);
    let held = list.enter(1, &["front"], 1.0).unwrap().unwrap();
    list.seen.leave_soon(1, Duration::from_secs(2), list.at(1.0));
    assert_eq!(list.keys(100.0), [1], "of another page, as long as it is held");
    list.seen.rise(&held, list.at(100.0));
    assert_eq!((list.keys(101.9), list.keys(102.1)), (vec![1], vec![]));
    list.assert_empty(110.0);
}

#[test]
fn who_goes_all_the_time_takes_no_more_room_than_ten() {
    let mut list = List::new();
    for count in 0..10_000_u32 {
        let second = f64::from(count) / 100.0;
        list.poll(1, &["front"], second);
        list.seen.leave_soon(1, Duration::from_secs(1), list.at(second));
        list.keys(second);
        assert!(list.seen.due.len() <= 12, "{} at {second}", list.seen.due.len());
    }
    assert!(list.keys(101.1).is_empty());
}

#[test]
fn who_comes_and_goes_all_the_time_takes_no_more_room_than_one() {
    let mut list = List::new();
    for _ in 0..1000 {
        list.poll(1, &["front"], 1.0);
        list.seen.leave(1, list.at(1.0));
    }
    assert!(list.seen.entries.len() <= 1 && list.seen.due.len() <= 1);
}

#[test]
fn at_the_limit_newcomers_are_refused_until_somebody_has_left() {
    let mut list = List::new();
    list.seen.most = Some(2);
    list.poll(1, &["front"], 0.0);
    list.poll(2, &["front"], 1.0);
    assert_eq!(list.enter(3, &["front"], 2.0).unwrap_err(), Full);
    list.poll(1, &["yard"], 5.0);
    list.seen.most = Some(1);
    list.poll(2, &["front"], 6.0);
    assert_eq!(list.keys(6.0), [1, 2], "those who are there stay");
    list.seen.most = Some(2);
    list.poll(3, &["front"], 15.1);
    assert_eq!(list.keys(15.2), [2, 3]);
}

#[test]
fn what_a_viewer_says_of_its_picture_counts_more_than_what_it_was_given() {
    let mut list = List::new();
    let seat = list.enter(1, &["front"], 0.0).unwrap().unwrap();
    let mut painted = |captured_ms, source| {
        list.seen.painted(&seat, captured_ms, source);
        list.list(0.0)[0].painted_ms
    };
    assert_eq!(painted(5000, Source::Given), Some(5000));
    assert_eq!(painted(4000, Source::Given), Some(5000), "of another channel");
    assert_eq!(painted(3000, Source::Said), Some(3000));
    assert_eq!(painted(6000, Source::Given), Some(3000));
}

#[test]
fn all_together_are_bounded_and_so_is_what_one_is_counted_on() {
    let mut list = List::new();
    let names: Vec<_> = (0..CHANNELS + 10).map(|name| name.to_string()).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let seats: Vec<_> = (0..2000).map(|key| list.enter(key, &names, 0.0).unwrap()).collect();
    let counted: usize = names.iter().map(|channel| list.seen.count(channel, list.at(0.0))).sum();
    assert_eq!((list.seen.count("0", list.at(0.0)), list.seen.count("65", list.at(0.0)), counted), (1563, 0, MOST));
    assert_eq!(seats.iter().flatten().count(), 1563);
    for seat in seats.iter().flatten() {
        list.seen.rise(seat, list.at(1.0));
    }
    list.keys(11.1);
    list.assert_empty(11.1);
}

#[test]
fn a_poll_costs_about_the_same_however_many_watch() {
    let cost = |viewers: u64| {
        let mut list = List::new();
        for key in 0..viewers {
            list.poll(key, &["front"], 0.0);
        }
        let times = (0..20).map(|round| {
            let began = Instant::now();
            for key in 0..1000 {
                list.poll((key * 7 + round) % viewers, &["front"], 1.0);
            }
            began.elapsed()
        });
        let mut times: Vec<_> = times.collect();
        times.sort_unstable();
        times[times.len() / 2]
    };
    let (few, many) = (cost(10), cost(10_000));
    let mut list = List::new();
    (0..10_000).for_each(|key| list.poll(key, &["front"], 0.0));
    let began = Instant::now();
    assert_eq!(list.seen.list(list.at(1.0)).len(), 10_000);
    println!("the list of 10,000 takes {:?}", began.elapsed());
    println!("a poll costs {} ns among 10 viewers, {} ns among 10,000", few.as_nanos() / 1000, many.as_nanos() / 1000);
    // Looking through all of them would take hundreds of times as long.
    assert!(many < few * 20, "{few:?} {many:?}");
}
