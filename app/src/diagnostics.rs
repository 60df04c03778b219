//! What somebody who helps needs to know, as one text to copy: without keys, passwords and what else lets in.

use std::fmt::Write as _;
use std::path::Path;

use cometcam_server::VERSION;
use cometcam_server::config::{self, Config};
use serde_json::{Map, Value};

use crate::source::camera::ListedCamera;
use crate::state::{Address, Choices};

/// What is known of the program. Nothing in it is a secret by design; [`Secrets`] takes out what is one by accident.
pub struct Known<'a> {
    /// In force.
    pub choices: &'a Choices,
    /// The server's part of the configuration.
    pub server: &'a Config,
    /// Where the server listens, for people.
    pub addresses: &'a [Address],
    /// What there is.
    pub cameras: &'a [ListedCamera],
    /// In one word each: what goes on.
    pub state: &'a [(&'static str, String)],
    /// What went wrong, the oldest first.
    pub faults: &'a [String],
    /// The log's last lines.
    pub log: &'a [String],
}

/// The text.
#[must_use]
pub fn text(known: &Known<'_>, secrets: &Secrets) -> String {
    let mut text = String::new();
    let mut line = |line: String| {
        text.push_str(&secrets.taken_out(&line));
        text.push('\n');
    };
    line(format!("Cometcam {VERSION} on {}", system()));
    for (name, value) in known.state {
        line(format!("{name}: {value}"));
    }
    line("\nAddresses".to_owned());
    known.addresses.iter().for_each(|address| line(format!("- {}", address.url)));
    line("\nCameras".to_owned());
    for camera in known.cameras {
        if let Some(problem) = &camera.problem {
            line(format!("- {}: {problem}", camera.name));
        }
        let modes = camera.modes.iter().map(|mode| format!("{} {} at {:?}", mode.size, mode.format, mode.rates));
        line(format!("- {}: {}", camera.name, modes.collect::<Vec<_>>().join(", ")));
    }
    line("\nSettings".to_owned());
    settings(known).into_iter().for_each(&mut line);
    line("\nWhat went wrong".to_owned());
    known.faults.iter().for_each(|fault| line(format!("- {fault}")));
    line("\nLog".to_owned());
    known.log.iter().for_each(|entry| line(entry.clone()));
    text
}

/// Field by field, so that one that is added later is not copied by itself.
fn settings(known: &Known<'_>) -> Vec<String> {
    let Choices { source, size, fps, every, channel, audience, data, save, keep, .. } = known.choices;
    let (server, mut lines) = (known.server, Vec::new());
    lines.push(format!("camera: source {source:?}, size {size}, fps {fps}, every {every:?}, save {save}, keep {keep}"));
    lines.push(format!("channel {channel}, audience {audience:?}, data {}", data.display()));
    let site = if server.site.is_some() { "one" } else { "none" };
    lines.push(format!("bind {:?}, site {site}, {} further names", server.bind, server.hosts.len()));
    for (pattern, rule) in &server.channels {
        let key = if rule.publish_key.is_some() { "a key of its own" } else { "no key of its own" };
        lines.push(format!("channels {pattern:?}: {key}, unlisted {:?}", rule.unlisted));
    }
    lines.push(format!("archive {:?}", server.archive));
    lines.push(format!("limits {:?}", server.limits));
    lines
}

fn system() -> String {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name =
        release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME=")).unwrap_or_default().trim_matches('"').to_owned();
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let desktop = ["XDG_CURRENT_DESKTOP", "XDG_SESSION_TYPE"].map(|variable| std::env::var(variable).unwrap_or_default());
    let facts = [std::env::consts::OS, std::env::consts::ARCH, &name, kernel.trim(), &desktop[0], &desktop[1]];
    facts.into_iter().filter(|fact| !fact.is_empty()).collect::<Vec<_>>().join(", ")
}

/// What must not be copied, wherever it stands.
#[derive(Default)]
pub struct Secrets {
    known: Vec<String>,
    home: Option<String>,
}

/// Shorter ones would take ordinary words out; they are no secrets either.
const SHORTEST: usize = 4;
/// What stands before a secret that is not known here.
const BEFORE: [&str; 7] = ["bearer ", "key=", "token=", "password=", "viewer=", "code=", "cookie: "];

impl Secrets {
    /// Those of the configuration file, of the data folder's files and of this run's options and environment.
    #[must_use]
    pub fn of(config: Option<&Path>, data: &Path, given: impl IntoIterator<Item = String>) -> Self {
        let files = ["publish-key", "operator-key"].map(|name| std::fs::read_to_string(data.join(name)).unwrap_or_default());
        let environment = ["COMETCAM_PUBLISH_KEY", "COMETCAM_OPERATOR_KEY"].map(|name| std::env::var(name).unwrap_or_default());
        let mut written = Vec::new();
        if let Some(file) = config.and_then(|file| config::read::<Map<String, Value>>(file).ok()) {
            collect(&Value::Object(file), Said::Openly, &mut written);
        }
        let all = files.into_iter().chain(environment).chain(written).chain(given);
        let home = directories::BaseDirs::new().map(|folders| folders.home_dir().display().to_string());
        Self {
            known: all.map(|secret| secret.trim().to_owned()).filter(|secret| secret.len() >= SHORTEST).collect(),
            home: home.filter(|home| home.len() > 1),
        }
    }

    fn taken_out(&self, text: &str) -> String {
        let mut text = self.known.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "…"));
        for before in BEFORE {
            text = without_what_follows(&text, before);
        }
        match &self.home {
            Some(home) => text.replace(home, "~"),
            None => text,
        }
    }
}

/// How a field of the configuration is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Openly,
    InSecret,
}

/// What stands under names that tell of a secret, at whatever depth.
fn collect(value: &Value, said: Said, secrets: &mut Vec<String>) {
    const NAMES: [&str; 4] = ["key", "password", "secret", "token"];
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let is_secret = NAMES.iter().any(|secret| name.to_lowercase().contains(secret));
                collect(value, if is_secret { Said::InSecret } else { said }, secrets);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, said, secrets)),
        Value::String(text) if said == Said::InSecret => secrets.push(text.clone()),
        Value::Number(number) if said == Said::InSecret => secrets.push(number.to_string()),
        _ => {}
    }
}

/// The text without the words that follow `before`, in whatever case that is written.
fn without_what_follows(text: &str, before: &str) -> String {
    let (lower, mut rest, mut out) = (text.to_ascii_lowercase(), 0, String::new());
    while let Some(at) = lower[rest..].find(before) {
        let begin = rest + at + before.len();
        let is_over = |letter: char| letter.is_whitespace() || matches!(letter, '&' | '"' | '\'' | '<' | '>' | ',' | ';' | ')');
        let end = text[begin..].find(is_over).map_or(text.len(), |length| begin + length);
        let _written = write!(out, "{}…", &text[rest..begin]);
        rest = end;
    }
    out + &text[rest..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lets_in_is_taken_out_wherever_it_stands() {
        let secrets = Secrets { known: vec!["0f1e2d3c".into(), "my secret".into()], home: Some("/home/ada".into()) };
        for (said, left) in [
            ("the key 0f1e2d3c was sent", "the key … was sent"),
            ("front: my secret, twice my secret", "front: …, twice …"),
            ("GET /sub/front?viewer=ab12&latest from", "GET /sub/front?viewer=…&latest from"),
            ("Authorization: BEARER abc.def, publish_key=x", "Authorization: BEARER …, publish_key=…"),
            ("saved in /home/ada/Pictures", "saved in ~/Pictures"),
            ("nothing here", "nothing here"),
            ("password=", "password=…"),
        ] {
            assert_eq!(secrets.taken_out(said), left);
        }
    }
}
