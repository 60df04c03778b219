//! The heart: messages go from publishers to subscribers through channels.
//!
//! It knows std, bytes and tokio's sync, and nothing of HTTP, pictures or the clock: each call that needs the time is given it,
//! in milliseconds of the Unix epoch. Publishing is synchronous and never waits; subscribing is async. A subscriber is a cursor
//! into the channel's one buffer, so that ten thousand of them cost no memory per message.
//!
//! Message ids, the meaning of `after` and the publisher's answers follow the Basic HTTP Push Relay Protocol, Rev. 2.22.

mod buffer;
mod channel;
mod hub;
mod message;
mod publisher;
mod subscriber;
#[cfg(test)]
mod testing;

pub use buffer::{Limits, Missed, Start};
pub use channel::{Channel, ChannelInfo, Concurrency, Reception, Settings};
pub use hub::{Hub, HubFull, Maker};
pub use message::{Draft, Kind, Message, MessageId};
pub use publisher::Publisher;
pub use subscriber::{Delivery, Ended, Mode, Subscriber};

/// Milliseconds since the Unix epoch.
pub type Millis = u64;
