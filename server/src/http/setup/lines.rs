//! What the systems of displays read: scripts, units and entries, with every name escaped for its place.

use super::super::template::plain;
use super::Wish;
use super::addresses::Addresses;

const SCRIPT: &str = "cometcam-display";
const UNIT: &str = "cometcam-display.service";
const ENTRY: &str = "cometcam-display.desktop";
const BATCH: &str = "cometcam-display.cmd";

/// How Chromium is started on a display: the whole screen, no questions after a power cut, sound without a touch.
const CHROMIUM: &str = "--kiosk --noerrdialogs --disable-session-crashed-bubble --disable-infobars --no-first-run \
                        --password-store=basic --autoplay-policy=no-user-gesture-required";

/// All lines for one display.
pub(super) struct Lines {
    /// Where this server is, the best one first.
    servers: Vec<String>,
    /// Where the files are fetched from.
    proven: String,
    /// The page, from the slash on.
    page: String,
    query: String,
    /// What the display is called in lists.
    title: String,
}

impl Lines {
    pub(super) fn new(wish: &Wish, addresses: &Addresses) -> Self {
        let title = match &wish.display {
            Some(name) => format!("Cometcam on the display “{name}”"),
            None => "Cometcam on this display".to_owned(),
        };
        let (servers, proven) = (addresses.all().collect(), addresses.proven());
        Self { servers, proven, page: wish.page(), query: wish.query(), title }
    }

    /// One of the files.
    pub(super) fn file(&self, name: &str) -> Option<String> {
        match name {
            SCRIPT => Some(self.script()),
            UNIT => Some(plain(include_str!("display.service"), &[("title", &systemd(&self.title))])),
            ENTRY => Some(plain(include_str!("display.desktop"), &[("title", &desktop(&self.title))])),
            BATCH => Some(self.batch()),
            _ => None,
        }
    }

    /// All that stands on the page, by the name of its place.
    pub(super) fn all(&self) -> Vec<(&'static str, String)> {
        let url = self.url();
        let file = |name| self.file(name).unwrap_or_default();
        vec![
            ("chromium", format!("chromium {CHROMIUM} {}", shell(&url))),
            ("cage", format!("cage -d -- chromium {CHROMIUM} {}", shell(&url))),
            ("quoted-url", shell(&url)),
            ("url", url),
            ("script", file(SCRIPT)),
            ("unit", file(UNIT)),
            ("entry", file(ENTRY)),
            ("batch", file(BATCH)),
            ("fetch-script", self.fetch(SCRIPT, "sudo ", "/usr/local/bin/")),
            ("fetch-unit", self.fetch(UNIT, "sudo ", "/etc/systemd/system/")),
            ("fetch-entry", self.fetch(ENTRY, "", "~/.config/autostart/")),
        ]
    }

    fn url(&self) -> String {
        format!("{}{}", self.servers.first().unwrap_or(&self.proven), self.page)
    }

    /// The command that brings a file to its place. The folder is not quoted: it is ours, and may begin with `~`.
    fn fetch(&self, name: &str, sudo: &str, folder: &str) -> String {
        let url = format!("{}/kiosk/setup/{name}?{}", self.proven, self.query);
        format!("{sudo}curl -fo {folder}{name} {}", shell(&url))
    }

    fn script(&self) -> String {
        let servers = shell(&self.servers.join(" "));
        let made_by = format!("{}/kiosk/setup?{}", self.proven, self.query);
        let values = [("servers", servers.as_str()), ("page", &shell(&self.page)), ("made-by", &made_by), ("options", CHROMIUM)];
        plain(include_str!("display.sh"), &values)
    }

    fn batch(&self) -> String {
        let servers: Vec<_> = self.servers.iter().map(|server| format!("\"{}\"", batch(server))).collect();
        let values = [("servers", servers.join(" ")), ("page", batch(&self.page))];
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        plain(include_str!("display.cmd"), &values).replace('\n', "\r\n")
    }
}

/// One word for a shell.
fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The rest of a line in a unit file, where `%` begins a specifier.
fn systemd(text: &str) -> String {
    text.replace('%', "%%")
}

/// A string in a desktop entry.
fn desktop(text: &str) -> String {
    text.replace('\\', r"\\")
}

/// A part of an address in a batch file; all but `%` is harmless between quotes, since quotes themselves are escaped in addresses.
fn batch(text: &str) -> String {
    text.replace('%', "%%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_has_its_own_escapes() {
        assert_eq!(shell("a'b$(c)"), r"'a'\''b$(c)'");
        assert_eq!(systemd("100% “h”"), "100%% “h”");
        assert_eq!(desktop(r"a\nb"), r"a\\nb");
        assert_eq!(batch("/kiosk/100%25"), "/kiosk/100%%25");
    }
}
