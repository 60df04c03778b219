use super::super::testing::{NOW, assert_next, assert_waits, frame, hub, now_or_never, publish, publish_at};
use super::super::{Concurrency, Maker};
use super::*;

#[test]
fn a_subscriber_is_given_what_is_stored_and_then_what_comes() {
    let channel = hub(Concurrency::Broadcast).channel("a", Maker::Publisher, NOW).unwrap();
    publish(&channel, "1");
    let mut subscriber = Subscriber::stream(vec![(channel.clone(), Start::Oldest)], Mode::Every, NOW);
    assert_next(&mut subscriber, "1");
    assert_waits(&mut subscriber);
    publish(&channel, "2");
    publish(&channel, "3");
    assert_next(&mut subscriber, "2");
    assert_next(&mut subscriber, "3");
}

#[test]
fn latest_skips_to_the_newest_and_tells_how_many() {
    let channel = hub(Concurrency::Broadcast).channel("a", Maker::Publisher, NOW).unwrap();
    let mut subscriber = Subscriber::stream(vec![(channel.clone(), Start::Oldest)], Mode::Latest, NOW);
    for body in ["1", "2", "3", "4", "5"] {
        publish(&channel, body);
    }
    let delivery = subscriber.try_next().unwrap().unwrap();
    assert_eq!((&delivery.message.body[..], delivery.missed), (&b"5"[..], Missed::Exactly(4)));
    assert!(subscriber.try_next().unwrap().is_none());
}

#[test]
fn what_is_passed_over_is_still_to_be_had_and_another_channel_is_looked_at_meanwhile() {
    let hub = hub(Concurrency::Broadcast);
    let [front, yard] = ["front", "yard"].map(|name| hub.channel(name, Maker::Publisher, NOW).unwrap());
    let starts = vec![(front.clone(), Start::Oldest), (yard.clone(), Start::Oldest)];
    let mut subscriber = Subscriber::poll(starts, Mode::Latest, NOW);
    assert!(!subscriber.is_ready().unwrap() && now_or_never(subscriber.ready()).is_none());
    front.publish(frame("picture", 1), NOW).unwrap();
    assert!(subscriber.is_ready().unwrap() && now_or_never(subscriber.ready()).is_some());
    assert!(now_or_never(subscriber.next_but("frame")).is_none());
    publish(&yard, "word");
    let word = now_or_never(subscriber.next_but("frame")).expect("a message").unwrap();
    assert_eq!((word.channel, &word.message.body[..]), (1, &b"word"[..]));
    assert_next(&mut subscriber, "picture");
    front.publish(frame("another", 2), NOW).unwrap();
    publish(&front, "end");
    let end = now_or_never(subscriber.next_but("frame")).expect("a message").unwrap();
    assert_eq!((&end.message.body[..], end.missed), (&b"end"[..], Missed::Exactly(1)));
}

#[test]
fn a_slow_subscriber_is_told_what_it_missed() {
    let channel = hub(Concurrency::Broadcast).channel("a", Maker::Publisher, NOW).unwrap();
    let mut subscriber = Subscriber::stream(vec![(channel.clone(), Start::Oldest)], Mode::Every, NOW);
    for body in ["1", "2", "3", "4", "5"] {
        publish(&channel, body);
    }
    let delivery = subscriber.try_next().unwrap().unwrap();
    assert_eq!((&delivery.message.body[..], delivery.missed), (&b"3"[..], Missed::Exactly(2)));
}

#[test]
fn a_waiting_subscriber_gets_the_next_message_also_with_an_id_of_the_future() {
    let channel = hub(Concurrency::Broadcast).channel("a", Maker::Publisher, NOW).unwrap();
    publish(&channel, "1");
    let future = Start::After(MessageId::new(9_000_000, 0));
    let mut subscriber = Subscriber::poll(vec![(channel.clone(), future)], Mode::Every, NOW);
    assert_waits(&mut subscriber);
    publish(&channel, "2");
    assert_next(&mut subscriber, "2");
}

/// What a client does that comes again with the place it was told.
fn poll_again(channels: &[Arc<Channel>], place: &mut (Vec<Start>, Option<usize>), mode: Mode) -> Option<String> {
    let starts = channels.iter().cloned().zip(place.0.iter().copied()).collect();
    let delivery = Subscriber::poll(starts, mode, NOW).after_channel(place.1).try_next().unwrap()?;
    *place = (delivery.seen.iter().copied().map(Start::After).collect(), Some(delivery.channel));
    Some(String::from_utf8_lossy(&delivery.message.body).into_owned())
}

#[test]
fn several_channels_come_in_the_order_of_publication() {
    let hub = hub(Concurrency::Broadcast);
    let channels = ["a", "b", "empty"].map(|name| hub.channel(name, Maker::Publisher, NOW).unwrap());
    publish(&channels[1], "b0");
    publish(&channels[0], "a0");
    publish_at(&channels[1], "b1", NOW + 5000);
    let mut place = (vec![Start::Oldest; 3], None);
    let given: Vec<_> = (0..4).map(|_| poll_again(&channels, &mut place, Mode::Every)).collect();
    assert_eq!(given, [Some("b0".into()), Some("a0".into()), Some("b1".into()), None]);
}

#[test]
fn of_several_channels_the_newest_of_each_is_given_also_when_it_is_old() {
    let hub = hub(Concurrency::Broadcast);
    let channels = ["fresh", "stalled"].map(|name| hub.channel(name, Maker::Publisher, NOW).unwrap());
    publish(&channels[1], "old");
    publish_at(&channels[0], "new", NOW + 9000);
    let mut place = (vec![Start::Last; 2], None);
    let given: Vec<_> = (0..3).map(|_| poll_again(&channels, &mut place, Mode::Latest)).collect();
    assert_eq!(given, [Some("new".into()), Some("old".into()), None]);
}

#[test]
fn of_several_channels_a_fast_one_does_not_starve_a_slow_one() {
    let hub = hub(Concurrency::Broadcast);
    let (fast, slow) = (hub.channel("fast", Maker::Publisher, NOW).unwrap(), hub.channel("slow", Maker::Publisher, NOW).unwrap());
    let starts = vec![(fast.clone(), Start::Next), (slow.clone(), Start::Next)];
    let mut subscriber = Subscriber::stream(starts, Mode::Latest, NOW);
    publish(&fast, "fast 1");
    publish(&slow, "slow 1");
    assert_next(&mut subscriber, "fast 1");
    publish(&fast, "fast 2");
    assert_next(&mut subscriber, "slow 1");
    assert_next(&mut subscriber, "fast 2");
    assert_waits(&mut subscriber);
}

#[test]
fn the_turn_goes_on_from_poll_to_poll() {
    let hub = hub(Concurrency::Broadcast);
    let channels = [hub.channel("a", Maker::Publisher, NOW).unwrap(), hub.channel("b", Maker::Publisher, NOW).unwrap()];
    let mut last = None;
    for turn in [0, 1, 0, 1] {
        publish(&channels[0], "always a moment before");
        publish(&channels[1], "always a moment after");
        let starts = channels.iter().map(|channel| (channel.clone(), Start::Last)).collect();
        let delivery = Subscriber::poll(starts, Mode::Latest, NOW).after_channel(last).try_next().unwrap().unwrap();
        assert_eq!(delivery.channel, turn);
        last = Some(delivery.channel);
    }
}
