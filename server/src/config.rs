//! What can be configured: one YAML file for all programs, over which the command line wins.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::de::{self, IgnoredAny};
use serde::{Deserialize, Deserializer};

use crate::frames::{ArchiveLimits, StoreLimits};
pub use crate::rules::{ChannelRule, ChannelRules, Origin, Pattern};
use crate::units::{Bandwidth, ByteSize, Period};

/// The configuration file, as far as the server reads it. Each field may be absent.
#[derive(Debug, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where to listen, `ADDR:PORT`.
    pub bind: Option<SocketAddr>,
    /// The data folder.
    pub data: Option<PathBuf>,
    /// A web site of one's own, from the same address and port.
    pub site: Option<PathBuf>,
    /// Names by which this server is reached, beside its own.
    pub hosts: Vec<HostName>,
    /// Rules by pattern of the channel's name.
    pub channels: BTreeMap<Pattern, ChannelRule>,
    /// Bounds of what is saved.
    pub archive: ArchiveConfig,
    /// Bounds of what a peer may use.
    pub limits: LimitsConfig,
    /// Read by the desktop program.
    cameras: IgnoredAny,
    /// Read by the desktop program.
    window: IgnoredAny,
}

/// A name of this server: no address, and without a port, which is the same whatever the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostName(String);

impl AsRef<str> for HostName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for HostName {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name = String::deserialize(from)?;
        if name.is_empty() || name.contains(|letter: char| letter.is_whitespace() || ":/*@".contains(letter)) {
            return Err(de::Error::custom(format!("“{name}” is no name of a host: write it alone, as in cam.example.org")));
        }
        Ok(Self(name))
    }
}

/// A time that is not nothing.
fn some_time<'de, D: Deserializer<'de>>(from: D) -> Result<Period, D::Error> {
    match Period::deserialize(from)? {
        Period(0) => Err(de::Error::custom("no time at all lets nobody in; leave it out, or write some, as in 30s")),
        period => Ok(period),
    }
}

/// A hold that is one.
fn hold<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Period>, D::Error> {
    match Option::deserialize(from)? {
        Some(Period(0)) => Err(de::Error::custom("a hold of no time is none; leave it out, or write some, as in 25s")),
        hold => Ok(hold),
    }
}

/// A size that is not nothing.
fn some_bytes<'de, D: Deserializer<'de>>(from: D) -> Result<ByteSize, D::Error> {
    match ByteSize::deserialize(from)? {
        ByteSize(0) => Err(de::Error::custom("no bytes at all let nothing in; leave it out, or write some, as in 20 MB")),
        size => Ok(size),
    }
}

/// A number that is not 0.
fn some<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    match usize::deserialize(from)? {
        0 => Err(de::Error::custom("0 lets nobody in; leave it out, or write a number from 1")),
        number => Ok(number),
    }
}

/// A number that is not 0, if there is one.
fn some_or_any<'de, D: Deserializer<'de>>(from: D) -> Result<Option<usize>, D::Error> {
    some(from).map(Some)
}

/// See [`ArchiveLimits`].
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ArchiveConfig {
    /// How long a picture is kept.
    pub keep: Option<Period>,
    /// All files together.
    pub at_most: Option<ByteSize>,
    /// What stays free on the disk.
    pub leave_free: Option<ByteSize>,
    /// Whether anyone may list the archive. It can't be listed yet, so only `false` is taken.
    public: OnlyFalse,
}

/// Stands where only `false` may.
#[derive(Debug, Clone, Copy, Default)]
struct OnlyFalse;

impl<'de> Deserialize<'de> for OnlyFalse {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match bool::deserialize(from)? {
            false => Ok(Self),
            true => Err(de::Error::custom("this version can't show its archive; remove public: true")),
        }
    }
}

/// Bounds of what a peer may use.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Connections at a time.
    #[serde(deserialize_with = "some")]
    pub connections: usize,
    /// Channels at a time.
    #[serde(deserialize_with = "some")]
    pub channels: usize,
    /// The largest picture.
    #[serde(deserialize_with = "some_bytes")]
    pub picture: ByteSize,
    /// The largest message.
    #[serde(deserialize_with = "some_bytes")]
    pub message: ByteSize,
    /// All bodies that are being received.
    #[serde(deserialize_with = "some_bytes")]
    pub bodies: ByteSize,
    /// All pictures in memory.
    #[serde(deserialize_with = "some_bytes")]
    pub memory: ByteSize,
    /// For the head of a request, and for the next request on an idle connection.
    #[serde(deserialize_with = "some_time")]
    pub head: Period,
    /// For the next piece of a body, and for a reader to take the next piece of an answer.
    #[serde(deserialize_with = "some_time")]
    pub stall: Period,
    /// Viewers at a time; without it any number.
    #[serde(deserialize_with = "some_or_any")]
    pub viewers: Option<usize>,
    /// Of pictures for all viewers on other devices together; without it 20 Mbit/s for those that come in by Wi-Fi.
    pub bandwidth: Option<Bandwidth>,
    /// The longest hold of a poll; without it a hold has no end.
    #[serde(deserialize_with = "hold")]
    pub hold: Option<Period>,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            connections: 18_000,
            channels: 10_000,
            picture: ByteSize(20_000_000),
            message: ByteSize(1_000_000),
            bodies: ByteSize(200_000_000),
            memory: ByteSize(256_000_000),
            head: Period(30_000),
            stall: Period(30_000),
            viewers: None,
            bandwidth: None,
            hold: None,
        }
    }
}

/// Why the configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("the configuration {file} can't be read: {cause}; name another one with --config")]
    Unreadable {
        /// As given.
        file: String,
        /// The system's reason.
        cause: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("the configuration {file} has an error{place}: {cause}")]
    Malformed {
        /// As given.
        file: String,
        /// ` in line N`, where it is known.
        place: String,
        /// In the parser's words.
        cause: String,
    },
}

/// Reads one of the structures that a configuration file holds.
///
/// # Errors
/// [`ConfigError`], with the line.
pub fn read<T: for<'de> Deserialize<'de> + Default>(file: &Path) -> Result<T, ConfigError> {
    let name = file.display().to_string();
    let text = fs::read_to_string(file).map_err(|cause| ConfigError::Unreadable { file: name.clone(), cause })?;
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(T::default());
    }
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(&text, options).map_err(|error| {
        let place = error.location().map_or_else(String::new, |at| format!(" in line {}", at.line()));
        // The parser's own words, without the place, which stands before them.
        let text = error.without_snippet().to_string();
        let words = text.lines().next().unwrap_or_default();
        let cause = words.split(" at line ").next().unwrap_or_default().to_owned();
        ConfigError::Malformed { file: name, place, cause }
    })
}

impl Config {
    /// For the store of pictures.
    #[must_use]
    pub fn store_limits(&self, rules: &ChannelRules) -> StoreLimits {
        let standard = StoreLimits::default();
        let archive = ArchiveLimits {
            keep: self.archive.keep.map_or(standard.archive.keep, |keep| keep.0),
            at_most: self.archive.at_most.map_or(standard.archive.at_most, |bytes| bytes.0),
            leave_free: self.archive.leave_free.map_or(standard.archive.leave_free, |bytes| bytes.0),
        };
        StoreLimits {
            // A picture can be had as long as a message names it, and a moment longer: the request for it follows the message.
            memory_age: standard.memory_age.max(rules.longest_age()) + 10_000,
            memory_bytes: usize::try_from(self.limits.memory.0).unwrap_or(usize::MAX),
            archive,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::Limits;

    fn parse(text: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cometcam.yaml");
        fs::write(&file, text).unwrap();
        read(&file).map_err(|error| error.to_string())
    }

    #[test]
    fn the_documented_file_is_read() {
        let config = parse(
            "bind: 0.0.0.0:8060\ndata: /srv/cometcam\nsite: /srv/www\nhosts: [cam.example.org]\nchannels:\n  \"team/**\": { buffer: { messages: 50, bytes: 1 MB, age: 1m }, concurrency: broadcast, cross_origin: [\"https://example.org\"],\n               publish_key: secret, unlisted: true }\ncameras:\n  - { channel: front, source: \"camera:Logitech C920\", size: 1280x720, fps: 15 }\narchive: { keep: 24h, at_most: 10 GB, leave_free: 2 GB, public: false }\n",
        )
        .unwrap();
        let rules = ChannelRules::new(config.channels.clone());
        let settings = rules.of("team/a/b").settings();
        assert_eq!(settings.limits, Limits { messages: 50, bytes: 1_000_000, age: 60_000 });
        assert_eq!(rules.of("team/a").publish_key.as_deref(), Some("secret"));
        assert_eq!(config.store_limits(&rules).archive.keep, 86_400_000);
    }

    #[test]
    fn an_error_names_its_line() {
        for (text, line, word) in [
            ("bind: 127.0.0.1:8060\nhots: [a]\n", "line 2", "hots"),
            ("bind: nowhere\n", "line 1", "socket address"),
            ("hosts: [a]\narchive:\n  keep: soon\n", "line 3", "no time"),
            ("hosts: [a\n", "line", ""),
            ("channels:\n  a: { watch_password: \"  \" }\n", "line 2", "let anyone in"),
            ("channels:\n  a:\n    watch_password:\n", "line 3", "let anyone in"),
            ("channels:\n  a: { watch_password: [open sesame] }\n", "line 2", "quotes"),
            ("archive: { public: true }\n", "line 1", "archive"),
            ("channels:\n  \"private-*\": { unlisted: true }\n", "line 2", "whole segment"),
            ("channels:\n  a:\n    cross_origin: [\"https://example.org/\"]\n", "line 3", "no origin"),
            ("channels:\n  a:\n    picture_origins: [example.org]\n", "line 3", "no origin"),
            ("hosts:\n- cam.example.org:8060\n", "line 2", "no name of a host"),
            ("limits:\n  head: 0s\n", "line 2", "no time at all"),
            ("limits:\n  hold: 0s\n", "line 2", "no time is none"),
            ("limits:\n  memory: 0 B\n", "line 2", "no bytes at all"),
            ("channels:\n  a: { cross_origin: [\"https://*.a.org\"] }\n", "line 2", "matches no origin"),
            ("limits:\n  connections: 0\n", "line 2", "0 lets nobody in"),
            ("limits:\n  bandwidth: 20\n", "line 2", "no bandwidth"),
            ("limits:\n  bandwidth: 0 Mbit/s\n", "line 2", "no bandwidth"),
            ("limits:\n  viewers: 0\n", "line 2", "0 lets nobody in"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(line) && error.contains(word), "{text}: {error}");
        }
    }

    #[test]
    fn an_empty_file_is_no_error() {
        assert!(parse("# nothing yet\n\n").is_ok());
    }
}
