//! What is configured for channels, by pattern of their names.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, de};

use crate::access::Password;
use crate::relay::{Concurrency, Limits, Settings};
use crate::units::{ByteSize, Period};

/// What is configured for the channels that match a pattern; of several patterns the most specific that sets a field wins.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChannelRule {
    /// Bounds of the stored messages.
    pub buffer: BufferRule,
    /// How many subscribers may wait.
    pub concurrency: Option<ConcurrencyRule>,
    /// Origins whose pages may read: `https://example.org`, or `*`.
    #[serde(deserialize_with = "whole_origins")]
    pub cross_origin: Option<Vec<Origin>>,
    /// Origins beside this server from which pictures of the channel come.
    pub picture_origins: Option<Vec<Origin>>,
    /// Another key to publish with, beside the server's own.
    pub publish_key: Option<String>,
    /// Not named in lists.
    pub unlisted: Option<bool>,
    /// Who watches must know it.
    #[serde(deserialize_with = "password")]
    pub watch_password: Option<Password>,
}

/// A password that is one: a field that is there and protects nothing would be worse than none.
fn password<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Password>, D::Error> {
    Password::deserialize(from).map(Some)
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

/// A channel's name, in which `*` stands for one segment between slashes and `**` for any number of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pattern(String);

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        match text.split('/').find(|part| part.contains('*') && !["*", "**"].contains(part)) {
            Some(part) => Err(de::Error::custom(format!(
                "“{part}” matches no channel: a star stands for a whole segment between slashes, as in team/* or team/**"
            ))),
            None => Ok(Self(text)),
        }
    }
}

/// The origin of a page, as browsers write it: `https://example.org`, with a port where it is not the usual one. Or `*`, for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Whether pages of this origin are meant.
    #[must_use]
    pub fn matches(&self, origin: &str) -> bool {
        self.0 == "*" || self.0.eq_ignore_ascii_case(origin)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let is_host =
            |host: &str| !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]*".contains(&byte));
        if text == "*" || host.is_some_and(is_host) {
            return Ok(Self(text));
        }
        Err(de::Error::custom(format!("“{text}” is no origin: write it as in https://example.org, with nothing behind the name")))
    }
}

/// Origins that are compared as they are: a star stands for all of them and for nothing less.
fn whole_origins<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<Origin>>, D::Error> {
    let origins: Option<Vec<Origin>> = Option::deserialize(from)?;
    match origins.iter().flatten().find(|origin| origin.0 != "*" && origin.0.contains('*')) {
        Some(origin) => Err(de::Error::custom(format!("“{origin}” matches no origin: write each one whole, or \"*\" for all"))),
        None => Ok(origins),
    }
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
        self.watch_password = self.watch_password.take().or_else(|| other.watch_password.clone());
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
    rules: Vec<(Pattern, ChannelRule)>,
}

impl ChannelRules {
    /// Orders the rules of a configuration.
    #[must_use]
    pub fn new(rules: BTreeMap<Pattern, ChannelRule>) -> Self {
        let mut rules: Vec<_> = rules.into_iter().collect();
        let specificity = |pattern: &str| {
            let segments = || pattern.split('/');
            let deep = segments().filter(|segment| *segment == "**").count();
            let any = segments().filter(|segment| *segment == "*").count();
            (deep, any, std::cmp::Reverse(pattern.len()))
        };
        rules.sort_by_key(|(Pattern(pattern), _)| specificity(pattern));
        Self { rules }
    }

    /// What is configured for a channel.
    #[must_use]
    pub fn of(&self, channel: &str) -> ChannelRule {
        let mut rule = ChannelRule::default();
        for (_, other) in self.rules.iter().filter(|(pattern, _)| matches(&pattern.0, channel)) {
            rule.fill_from(other);
        }
        rule
    }

    /// All origins from which pictures may come.
    pub fn picture_origins(&self) -> impl Iterator<Item = &Origin> {
        self.rules.iter().flat_map(|(_, rule)| rule.picture_origins.iter().flatten())
    }

    /// All passwords for watching.
    pub fn watch_passwords(&self) -> impl Iterator<Item = &Password> {
        self.rules.iter().filter_map(|(_, rule)| rule.watch_password.as_ref())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn parse(text: &str) -> Config {
        serde_saphyr::from_str(text).unwrap()
    }

    #[test]
    fn the_most_specific_rule_wins_field_by_field() {
        let config = parse(
            "channels:\n  \"**\": { unlisted: true, publish_key: all }\n  \"team/*\": { publish_key: team }\n  team/a: { buffer: { messages: 1 } }\n",
        );
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

    fn read(text: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cometcam.yaml");
        std::fs::write(&file, text).unwrap();
        crate::config::read(&file).map_err(|error| error.to_string())
    }

    #[test]
    fn a_password_for_watching_is_read_as_it_stands_and_told_by_no_error() {
        for text in ["1234", "0123", "true", "open sesame", "\"12 34\"", "'#hash'", "schön"] {
            let config = read(&format!("channels:\n  a: {{ watch_password: {text} }}\n")).unwrap();
            let password = ChannelRules::new(config.channels).of("a").watch_password.unwrap();
            let expected = Password::new(text.trim_matches(['"', '\''])).unwrap();
            assert!(password.is(&expected), "{text}");
        }
        for wrong in ["[hush]", "{ hush: 1 }", "", "~", "null", "\"hush"] {
            let error = read(&format!("channels:\n  a:\n    watch_password: {wrong}\n")).unwrap_err();
            assert!(error.contains("line ") && !error.contains("hush"), "{wrong}: {error}");
        }
    }
}
