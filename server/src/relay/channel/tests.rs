use super::super::testing::{NOW, assert_next, assert_waits, hub, now_or_never, publish, storing};
use super::super::{Ended, Maker, Mode, Start, Subscriber};
use super::*;

#[test]
fn where_only_the_last_may_wait_the_others_end() {
    let channel = hub(Concurrency::Last).channel("a", Maker::Publisher, NOW).unwrap();
    let mut first = Subscriber::poll(vec![(channel.clone(), Start::Next)], Mode::Every, NOW);
    let mut last = Subscriber::poll(vec![(channel.clone(), Start::Next)], Mode::Every, NOW);
    assert_waits(&mut first);
    assert_waits(&mut last);
    assert_eq!(now_or_never(first.next()).unwrap().unwrap_err(), Ended::Displaced("a".into()));
    publish(&channel, "1");
    assert_next(&mut last, "1");
}

#[test]
fn where_only_the_first_may_wait_the_next_ends_until_it_goes() {
    let channel = hub(Concurrency::First).channel("a", Maker::Publisher, NOW).unwrap();
    let mut first = Subscriber::poll(vec![(channel.clone(), Start::Next)], Mode::Every, NOW);
    assert_waits(&mut first);
    let mut second = Subscriber::poll(vec![(channel.clone(), Start::Next)], Mode::Every, NOW);
    assert_eq!(now_or_never(second.next()).unwrap().unwrap_err(), Ended::Conflict);
    drop(first);
    let mut third = Subscriber::poll(vec![(channel, Start::Next)], Mode::Every, NOW);
    assert_waits(&mut third);
}

#[test]
fn a_stream_has_its_place_from_its_making() {
    let channel = hub(Concurrency::First).channel("a", Maker::Publisher, NOW).unwrap();
    let stream = Subscriber::stream(vec![(channel.clone(), Start::Next)], Mode::Every, NOW);
    let mut second = Subscriber::stream(vec![(channel.clone(), Start::Next)], Mode::Every, NOW);
    assert_eq!(now_or_never(second.next()).unwrap().unwrap_err(), Ended::Conflict);
    drop(stream);
    assert_eq!(channel.info(NOW).subscribers, 0);
}

#[test]
fn where_nothing_is_stored_a_message_stays_until_those_it_answers_have_looked() {
    let hub = storing(0, Concurrency::Broadcast);
    let channel = hub.channel("a", Maker::Publisher, NOW).unwrap();
    let mut poll = Subscriber::poll(vec![(channel.clone(), Start::Next)], Mode::Every, NOW);
    assert_waits(&mut poll);
    assert_eq!(publish(&channel, "1"), Reception::Received);
    for _ in 0..200 {
        assert_eq!(publish(&channel, "x"), Reception::Queued);
    }
    assert_eq!(channel.info(NOW).messages, 64, "bounded, should it never look");
    drop(poll);
    hub.sweep(NOW);
    assert_eq!(channel.info(NOW).messages, 0);
    let mut poll = Subscriber::poll(vec![(channel.clone(), Start::Next)], Mode::Every, NOW);
    assert_waits(&mut poll);
    assert_eq!(publish(&channel, "2"), Reception::Received);
    assert_eq!(publish(&channel, "3"), Reception::Queued);
    hub.sweep(NOW);
    assert_next(&mut poll, "2");
    drop(poll);
    hub.sweep(NOW);
    assert_eq!(channel.info(NOW).messages, 0);
}

#[test]
fn information_tells_what_is_stored_and_when_somebody_last_asked() {
    let channel = hub(Concurrency::Broadcast).channel("a", Maker::Publisher, NOW).unwrap();
    let nothing = ChannelInfo { messages: 0, requested: None, subscribers: 0, last_message_id: None };
    assert_eq!(channel.info(NOW), nothing);
    publish(&channel, "1");
    drop(Subscriber::poll(vec![(channel.clone(), Start::Oldest)], Mode::Every, NOW));
    let info = channel.info(NOW + 5_000);
    assert_eq!((info.messages, info.requested), (1, Some(5_000)));
    assert!(info.last_message_id.is_some());
}
