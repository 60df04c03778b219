//! What somebody who helps needs to know, as one text to copy: without keys, passwords and what else lets in.

mod secrets;

use cometcam_server::VERSION;
use cometcam_server::config::Config;

pub use self::secrets::Secrets;

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
