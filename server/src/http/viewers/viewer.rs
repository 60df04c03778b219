//! A viewer as it is told of.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::relay::Millis;

/// Somebody who watches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Viewer {
    /// The same for as long as it is in the list.
    pub id: ViewerId,
    /// Where it comes from, an IPv4 address as such.
    pub address: IpAddr,
    /// Its program and device in words, as it says: nothing may be decided by it.
    pub device: String,
    /// What it watches.
    #[serde(serialize_with = "names")]
    pub channels: Vec<Arc<str>>,
    /// When it came, in milliseconds of the Unix epoch.
    pub since_ms: Millis,
    /// When the newest picture was taken that it has, in milliseconds of the Unix epoch.
    pub painted_ms: Option<Millis>,
    /// The display that it is signed in as.
    pub display: Option<String>,
}

/// Names a viewer; written as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ViewerId(pub(super) u64);

/// No viewer's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a viewer's id has 16 hexadecimal digits")]
pub struct NoViewerId;

impl fmt::Display for ViewerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Serialize for ViewerId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

fn names<S: Serializer>(channels: &[Arc<str>], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(channels.iter().map(|channel| &**channel))
}

impl FromStr for ViewerId {
    type Err = NoViewerId;

    fn from_str(text: &str) -> Result<Self, NoViewerId> {
        let is_id = text.len() == 16 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        u64::from_str_radix(text, 16).ok().filter(|_| is_id).map(Self).ok_or(NoViewerId)
    }
}
