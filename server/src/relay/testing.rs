//! What the tests of the relay have in common.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use super::{Channel, Concurrency, Draft, Hub, Kind, Limits, Millis, Reception, Settings, Subscriber};

pub(super) const NOW: Millis = 1_000_000;

pub(super) fn hub(concurrency: Concurrency) -> Hub {
    storing(3, concurrency)
}

/// A hub for 20 channels that store so many messages.
pub(super) fn storing(messages: usize, concurrency: Concurrency) -> Hub {
    Hub::new(20, move |_| Settings { limits: Limits { messages, bytes: 1000, age: 60_000 }, concurrency }, NOW)
}

pub(super) fn publish(channel: &Channel, body: &'static str) -> Reception {
    publish_at(channel, body, NOW)
}

pub(super) fn publish_at(channel: &Channel, body: &'static str, now: Millis) -> Reception {
    channel.publish(Draft { kind: None, ..frame(body, 0) }, now).unwrap().1
}

/// A message whose newest one stays.
pub(super) fn frame(body: &'static str, number: u64) -> Draft {
    let kind = Some(Kind { name: "frame", number });
    Draft { content_type: "text/plain".into(), body: Bytes::from_static(body.as_bytes()), kind }
}

pub(super) fn now_or_never<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

pub(super) fn assert_next(subscriber: &mut Subscriber, body: &str) {
    let delivery = now_or_never(subscriber.next()).expect("a message").expect("no end");
    assert_eq!(delivery.message.body, body.as_bytes());
}

pub(super) fn assert_waits(subscriber: &mut Subscriber) {
    assert!(now_or_never(subscriber.next()).is_none());
}
