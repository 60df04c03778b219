//! What a display is to do.

use std::time::{Duration, Instant};

use crate::now_ms;
use crate::wire::encode_segment;

/// What a display can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DisplayOrder {
    /// Show its name large, so that somebody who stands before it knows which one it is.
    Identify,
    /// Load its page again.
    Reload,
    /// Show these channels, in this order, at most 64; it stands until another word. With none of them it is the display's own
    /// choice again, which is what its address says.
    Show(Vec<String>),
}

/// An order that may have got lost on its way is said again after so long.
const AGAIN: Duration = Duration::from_secs(1);

/// Channels that can be shown together.
const MOST_CHANNELS: usize = 64;

/// All that is wanted of a display: of each kind one order at most.
#[derive(Debug, Default)]
pub(super) struct Orders {
    identify: Option<Order>,
    reload: Option<Order>,
    show: Option<Order>,
    /// What is to be shown.
    shows: Option<Vec<String>>,
    last_number: u64,
}

/// Whether the display may know what it is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shows {
    Told,
    Withheld,
}

#[derive(Debug, Clone, Copy)]
struct Order {
    number: u64,
    /// When it was said for the first time, and when last.
    said: Option<(Instant, Instant)>,
    /// When the display said that it is done.
    done: Option<Instant>,
}

impl Orders {
    /// Of a display that was told in an earlier run what to show.
    pub(super) fn standing(shows: Option<Vec<String>>) -> Self {
        Self { shows, ..Self::default() }
    }

    pub(super) fn shows(&self) -> Option<&[String]> {
        self.shows.as_deref()
    }

    pub(super) fn give(&mut self, order: DisplayOrder) {
        match order {
            DisplayOrder::Identify => self.identify = Some(self.next()),
            DisplayOrder::Reload => self.reload = Some(self.next()),
            DisplayOrder::Show(mut channels) => {
                channels.truncate(MOST_CHANNELS);
                self.show = (!channels.is_empty()).then(|| self.next());
                self.shows = (!channels.is_empty()).then_some(channels);
            }
        }
    }

    /// Numbers grow, also over a restart.
    fn next(&mut self) -> Order {
        self.last_number = now_ms().max(self.last_number + 1);
        Order { number: self.last_number, said: None, done: None }
    }

    /// What a request tells of what was done: by its number, or by what the display shows and since when.
    pub(super) fn answered(&mut self, done: Option<u64>, uptime: Option<Duration>, channels: &[String], now: Instant) {
        let is_done = |order: &Order| done == Some(order.number);
        // Whether the page was loaded after that; counted in whole seconds by the display.
        let is_loaded_since = |at: Instant| uptime.is_some_and(|uptime| uptime + Duration::from_secs(1) <= now - at);
        self.identify.take_if(|order| is_done(order));
        self.reload.take_if(|order| is_done(order) || order.said.is_some_and(|(first, _)| is_loaded_since(first)));
        match &mut self.show {
            _ if self.shows.as_deref().is_none_or(|shows| shows == channels) => self.show = None,
            // It changes its address now. Another page that shows something else is told anew.
            Some(order) if is_done(order) => order.done = order.done.or(Some(now)),
            Some(Order { done: None, .. }) => {}
            Some(Order { done: Some(at), .. }) if !is_loaded_since(*at) => {}
            _ => self.show = Some(self.next()),
        }
    }

    /// The order that comes first; what is to be shown only if it may be told.
    fn open(&mut self, shows: Shows) -> Option<(&mut Order, &'static str)> {
        let show = self.show.as_mut().filter(|_| shows == Shows::Told);
        let all = [(self.identify.as_mut(), "identify"), (self.reload.as_mut(), "reload"), (show, "show")];
        let open = all.into_iter().filter_map(|(order, word)| order.filter(|order| order.done.is_none()).zip(Some(word)));
        open.min_by_key(|(order, _)| order.number)
    }

    /// Whether there is an order that was not said, or so long ago that it may have got lost.
    pub(super) fn is_urgent(&mut self, now: Instant, shows: Shows) -> bool {
        self.open(shows).is_some_and(|(order, _)| order.said.is_none_or(|(_, last)| now >= last + AGAIN))
    }

    /// The order that comes first, as it is said to the display.
    pub(super) fn say(&mut self, now: Instant, shows: Shows) -> Option<String> {
        let (order, word) = self.open(shows)?;
        order.said = Some((order.said.map_or(now, |(first, _)| first), now));
        let number = order.number;
        Some(match (word, &self.shows) {
            ("show", Some(channels)) => {
                let channels: Vec<_> = channels.iter().map(|channel| encode_segment(channel)).collect();
                format!("{number} show {}", channels.join(","))
            }
            _ => format!("{number} {word}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    fn said(orders: &mut Orders, at: Instant) -> Option<(u64, String)> {
        let text = orders.say(at, Shows::Told)?;
        let (number, order) = text.split_once(' ').unwrap();
        Some((number.parse().unwrap(), order.to_owned()))
    }

    fn after(seconds: u64) -> Option<Duration> {
        Some(Duration::from_secs(seconds))
    }

    #[test]
    fn an_order_is_said_until_it_is_done_and_the_first_one_first() {
        let (mut orders, now) = (Orders::default(), Instant::now());
        orders.give(DisplayOrder::Identify);
        orders.give(DisplayOrder::Reload);
        let (number, order) = said(&mut orders, now).unwrap();
        assert_eq!(order, "identify");
        orders.answered(Some(number + 7), after(100), &names("a"), now);
        assert_eq!(said(&mut orders, now).unwrap(), (number, order));
        orders.answered(Some(number), after(100), &names("a"), now);
        let (next, order) = said(&mut orders, now).unwrap();
        assert!(next > number && order == "reload");
        orders.answered(Some(next), after(100), &names("a"), now);
        assert_eq!(said(&mut orders, now), None);
    }

    #[test]
    fn it_is_urgent_once_and_again_only_when_it_may_have_got_lost() {
        let (mut orders, now) = (Orders::default(), Instant::now());
        assert!(!orders.is_urgent(now, Shows::Told));
        orders.give(DisplayOrder::Identify);
        assert!(orders.is_urgent(now, Shows::Told));
        said(&mut orders, now).unwrap();
        assert!(!orders.is_urgent(now, Shows::Told));
        assert!(orders.is_urgent(now + AGAIN, Shows::Told));
    }

    #[test]
    fn a_page_that_was_loaded_since_need_not_say_that_it_was_loaded_again() {
        let (mut orders, now) = (Orders::default(), Instant::now());
        let later = now + Duration::from_secs(10);
        orders.give(DisplayOrder::Reload);
        orders.answered(None, after(3), &names("a"), later);
        assert_eq!(said(&mut orders, now).unwrap().1, "reload", "it was not said before");
        orders.answered(None, after(10), &names("a"), later);
        assert_eq!(said(&mut orders, later).unwrap().1, "reload", "it is the same page");
        orders.answered(None, after(3), &names("a"), later);
        assert_eq!(said(&mut orders, later), None);
    }

    #[test]
    fn what_is_to_be_shown_stands_until_another_word() {
        let (mut orders, now) = (Orders::standing(Some(names("yard a,b"))), Instant::now());
        orders.answered(None, after(1), &names("front"), now);
        let (number, order) = said(&mut orders, now).unwrap();
        assert_eq!(order, "show yard,a%2Cb");
        orders.answered(Some(number), after(1), &names("front"), now);
        assert_eq!(said(&mut orders, now), None, "it is about to change its address");
        orders.answered(None, after(2), &names("front"), now + Duration::from_secs(1));
        assert_eq!(said(&mut orders, now), None, "still the same page");
        orders.answered(None, after(0), &names("yard a,b"), now + Duration::from_secs(5));
        assert_eq!(said(&mut orders, now), None);
        // Somebody typed another address there.
        orders.answered(None, after(0), &names("front"), now + Duration::from_secs(100));
        assert!(said(&mut orders, now).unwrap().0 > number);
        orders.give(DisplayOrder::Show(Vec::new()));
        assert_eq!((said(&mut orders, now), orders.shows()), (None, None));
        orders.answered(None, after(0), &names("front"), now);
        assert_eq!(said(&mut orders, now), None, "its own choice again");
    }

    #[test]
    fn a_display_that_did_not_do_what_it_said_is_told_anew_once_its_page_is_another() {
        let (mut orders, now) = (Orders::default(), Instant::now());
        orders.give(DisplayOrder::Show(names("yard")));
        let (number, _) = said(&mut orders, now).unwrap();
        orders.answered(Some(number), after(50), &names("front"), now);
        orders.answered(None, after(2), &names("front"), now + Duration::from_secs(60));
        assert!(said(&mut orders, now).unwrap().0 > number);
    }

    #[test]
    fn what_may_not_be_told_is_not_urgent_and_hinders_nothing_else() {
        let (mut orders, now) = (Orders::default(), Instant::now());
        orders.give(DisplayOrder::Show(names("yard")));
        orders.give(DisplayOrder::Identify);
        assert!(orders.say(now, Shows::Withheld).unwrap().ends_with("identify"));
        assert!(!orders.is_urgent(now, Shows::Withheld) && orders.is_urgent(now, Shows::Told));
        orders.identify = None;
        assert_eq!(orders.say(now, Shows::Withheld), None);
        assert_eq!(said(&mut orders, now).unwrap().1, "show yard");
    }
}
