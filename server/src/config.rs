//! What can be configured: one YAML file for all programs, over which the command line wins.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::de::{self, IgnoredAny};
use serde::{Deserialize, Deserializer};

use crate::frames::{ArchiveLimits, StoreLimits};
use crate::relay::{Concurrency, Limits, Settings};
use crate::units::{ByteSize, Period};

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
    pub hosts: Vec<String>,
    /// Rules by pattern of the channel's name.
    pub channels: BTreeMap<String, ChannelRule>,
    /// Bounds of what is saved.
    pub archive: ArchiveConfig,
    /// Bounds of what a peer may use.
    pub limits: LimitsConfig,
    /// Read by the desktop program.
    cameras: IgnoredAny,
    /// Read by the desktop program.
    window: IgnoredAny,
}

/// What is configured for the channels that match a pattern; of several patterns the most specific that sets a field wins.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChannelRule {
    /// Bounds of the stored messages.
    pub buffer: BufferRule,
    /// How many subscribers may wait.
    pub concurrency: Option<ConcurrencyRule>,
    /// Origins whose pages may read: `https://example.org`, or `*`.
    pub cross_origin: Option<Vec<String>>,
    /// Origins beside this server from which pictures of the channel come.
    pub picture_origins: Option<Vec<String>>,
    /// Another key to publish with, beside the server's own.
    pub publish_key: Option<String>,
    /// Not named in lists.
    pub unlisted: Option<bool>,
    /// Refused, until watching can be protected: a password that is ignored would be worse than none.
    watch_password: NotYet,
}

/// Bounds of the stored messages of a channel.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BufferRule {
    /// How many.
    pub messages: Option<usize>,
    /// Of all bodies.
    pub bytes: Option<ByteSize>,
    /// Since publication.
    pub age: Option<Period>,
}

/// See [`Concurrency`].
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConcurrencyRule {
    /// Any number of subscribers.
    Broadcast,
    /// The one that came last.
    Last,
    /// The one that came first.
    First,
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

/// Stands where nothing may.
#[derive(Debug, Clone, Copy, Default)]
struct NotYet;

impl<'de> Deserialize<'de> for NotYet {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(de::Error::custom(
            "this version can't ask viewers for a password; remove watch_password, and know that anyone may watch",
        ))
    }
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
    pub connections: usize,
    /// Channels at a time.
    pub channels: usize,
    /// The largest picture.
    pub picture: ByteSize,
    /// The largest message.
    pub message: ByteSize,
    /// All bodies that are being received.
    pub bodies: ByteSize,
    /// All pictures in memory.
    pub memory: ByteSize,
    /// For the head of a request, and for the next request on an idle connection.
    pub head: Period,
    /// For the next piece of a body, and for a reader to take the next piece of an answer.
    pub stall: Period,
    /// The longest hold of a poll; without it a hold has no end.
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

impl ChannelRule {
    /// Takes over what `other` sets and this one doesn't.
    fn fill_from(&mut self, other: &Self) {
        self.buffer.messages = self.buffer.messages.or(other.buffer.messages);
        self.buffer.bytes = self.buffer.bytes.or(other.buffer.bytes);
        self.buffer.age = self.buffer.age.or(other.buffer.age);
        self.concurrency = self.concurrency.or(other.concurrency);
        self.unlisted = self.unlisted.or(other.unlisted);
        self.publish_key = self.publish_key.take().or_else(|| other.publish_key.clone());
        self.cross_origin = self.cross_origin.take().or_else(|| other.cross_origin.clone());
        self.picture_origins = self.picture_origins.take().or_else(|| other.picture_origins.clone());
    }

    /// For the relay.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let limits = Limits {
            messages: self.buffer.messages.unwrap_or(2000),
            bytes: self.buffer.bytes.map_or(4_000_000, |bytes| usize::try_from(bytes.0).unwrap_or(usize::MAX)),
            age: self.buffer.age.map_or(60_000, |age| age.0),
        };
        let concurrency = match self.concurrency {
            None | Some(ConcurrencyRule::Broadcast) => Concurrency::Broadcast,
            Some(ConcurrencyRule::Last) => Concurrency::Last,
            Some(ConcurrencyRule::First) => Concurrency::First,
        };
        Settings { limits, concurrency }
    }
}

/// The rules of all channels.
#[derive(Debug, Clone, Default)]
pub struct ChannelRules {
    /// The most specific first.
    rules: Vec<(String, ChannelRule)>,
}

impl ChannelRules {
    /// Orders the rules of a configuration.
    #[must_use]
    pub fn new(rules: BTreeMap<String, ChannelRule>) -> Self {
        let mut rules: Vec<_> = rules.into_iter().collect();
        let specificity = |pattern: &str| {
            let segments = || pattern.split('/');
            let deep = segments().filter(|segment| *segment == "**").count();
            let any = segments().filter(|segment| *segment == "*").count();
            (deep, any, std::cmp::Reverse(pattern.len()))
        };
        rules.sort_by_key(|(pattern, _)| specificity(pattern));
        Self { rules }
    }

    /// What is configured for a channel.
    #[must_use]
    pub fn of(&self, channel: &str) -> ChannelRule {
        let mut rule = ChannelRule::default();
        for (_, other) in self.rules.iter().filter(|(pattern, _)| matches(pattern, channel)) {
            rule.fill_from(other);
        }
        rule
    }

    /// All origins from which pictures may come.
    pub fn picture_origins(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().flat_map(|(_, rule)| rule.picture_origins.iter().flatten().map(String::as_str))
    }

    /// The longest that a message of any channel may be stored, in milliseconds.
    #[must_use]
    pub fn longest_age(&self) -> u64 {
        self.rules.iter().filter_map(|(_, rule)| rule.buffer.age).map(|age| age.0).max().unwrap_or(0)
    }
}

/// `*` stands for one segment, `**` for any number of them.
fn matches(pattern: &str, channel: &str) -> bool {
    fn rest(pattern: &[&str], name: &[&str]) -> bool {
        match (pattern.split_first(), name.split_first()) {
            (None, None) => true,
            (Some((&"**", pattern)), _) => (0..=name.len()).any(|skip| rest(pattern, &name[skip..])),
            (Some((first, pattern)), Some((segment, name))) if *first == "*" || first == segment => rest(pattern, name),
            _ => false,
        }
    }
    let split = |text: &'_ str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
    let (pattern, name) = (split(pattern), split(channel));
    rest(&pattern.iter().map(String::as_str).collect::<Vec<_>>(), &name.iter().map(String::as_str).collect::<Vec<_>>())
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
            ("channels:\n  a: { watch_password: secret }\n", "line 2", "anyone may watch"),
            ("archive: { public: true }\n", "line 1", "archive"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(line) && error.contains(word), "{text}: {error}");
        }
    }

    #[test]
    fn an_empty_file_is_no_error() {
        assert!(parse("# nothing yet\n\n").is_ok());
    }

    #[test]
    fn the_most_specific_rule_wins_field_by_field() {
        let config = parse(
            "channels:\n  \"**\": { unlisted: true, publish_key: all }\n  \"team/*\": { publish_key: team }\n  team/a: { buffer: { messages: 1 } }\n",
        )
        .unwrap();
        let rules = ChannelRules::new(config.channels);
        let rule = rules.of("team/a");
        assert_eq!((rule.buffer.messages, rule.publish_key.as_deref(), rule.unlisted), (Some(1), Some("team"), Some(true)));
        assert_eq!(rules.of("team/a/b").publish_key.as_deref(), Some("all"));
    }

    #[test]
    fn stars_stand_for_segments() {
        assert!(matches("team/*", "team/a") && !matches("team/*", "team/a/b") && !matches("team/*", "team"));
        assert!(matches("**", "a/b/c") && matches("team/**", "team/a/b") && matches("a/**/z", "a/z"));
    }
}
