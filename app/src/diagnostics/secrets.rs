//! What must not be copied, wherever it stands.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use cometcam_server::config;
use cometcam_server::wire::encode_segment;
use serde_json::{Map, Value};

use crate::settings::as_written;

/// Keys, passwords and what else lets in, and who the person is.
#[derive(Default)]
pub struct Secrets {
    /// In every way in which they may be written, the longest first: one may be a part of another.
    known: Vec<String>,
    home: Option<String>,
    /// Of the person, as it stands in paths.
    user: Option<String>,
}

/// Shorter ones would take ordinary words out; they are no secrets either.
const SHORTEST: usize = 4;
/// A field whose name has one of these in it holds a secret.
const NAMES: [&str; 5] = ["key", "passw", "passphrase", "secret", "token"];
/// What stands before a secret that is not known here, and how far that goes.
const BEFORE: [(&str, End); 13] = [
    ("authorization: ", End::Line),
    ("cookie: ", End::Line),
    ("bearer ", End::Word),
    ("basic ", End::Word),
    ("key=", End::Word),
    ("token=", End::Word),
    ("password=", End::Word),
    ("viewer=", End::Word),
    ("code=", End::Word),
    ("_key: ", End::Word),
    ("password: ", End::Word),
    ("secret: ", End::Word),
    ("token: ", End::Word),
];
/// Of settings that were put aside, so many are looked into.
const ASIDE: usize = 10;

#[derive(Debug, Clone, Copy)]
enum End {
    Word,
    Line,
}

impl Secrets {
    /// Those of the configuration file, of the data folder's files and of this run's options and environment.
    #[must_use]
    pub fn of(config: Option<&Path>, data: &Path, given: impl IntoIterator<Item = String>) -> Self {
        let files = ["publish-key", "operator-key"].map(|name| fs::read_to_string(data.join(name)).unwrap_or_default());
        let environment = ["COMETCAM_PUBLISH_KEY", "COMETCAM_OPERATOR_KEY"].map(|name| env::var(name).unwrap_or_default());
        let written = config.map(written).unwrap_or_default();
        let home = directories::BaseDirs::new().map(|folders| folders.home_dir().to_owned());
        let user = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| env::var(name).ok());
        let user = user.or_else(|| Some(home.as_ref()?.file_name()?.to_str()?.to_owned()));
        let all = files.into_iter().chain(environment).chain(written).chain(given);
        Self::new(all, home.map(|home| home.display().to_string()), user)
    }

    fn new(all: impl IntoIterator<Item = String>, home: Option<String>, user: Option<String>) -> Self {
        let all: Vec<String> = all.into_iter().collect();
        let lines = all.iter().flat_map(|secret| secret.lines()).map(str::trim).filter(|secret| secret.len() >= SHORTEST);
        let ways = |secret: &str| [secret.to_owned(), encode_segment(secret), secret.escape_debug().to_string()];
        let mut known: Vec<String> = lines.flat_map(ways).collect();
        known.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        known.dedup();
        Self { known, home: home.filter(|home| home.len() > 1), user: user.filter(|user| !user.is_empty()) }
    }

    pub(super) fn taken_out(&self, text: &str) -> String {
        let mut text = self.known.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "…"));
        for (before, end) in BEFORE {
            text = without_what_follows(&text, before, end);
        }
        if let Some(home) = &self.home {
            // As it stands in messages, and in what is told as a program writes it.
            for home in [home.clone(), home.escape_debug().to_string()] {
                text = in_paths(&text, &home, "", "~");
            }
        }
        match &self.user {
            Some(user) => ["/", "\\"].iter().fold(text, |text, before| in_paths(&text, user, before, "…")),
            None => text,
        }
    }
}

/// The secrets of a configuration file, and of those that were put aside in its place: what was wrong with them is told, too.
fn written(file: &Path) -> Vec<String> {
    let (mut secrets, mut unread) = (Vec::new(), aside(file));
    match (config::read::<Map<String, Value>>(file), fs::read_to_string(file)) {
        (Ok(all), Ok(text)) => collect(&Value::Object(as_written(&text, all)), Said::Openly, &mut secrets),
        _ => unread.push(file.to_owned()),
    }
    for file in unread {
        fs::read_to_string(file).unwrap_or_default().lines().for_each(|line| secrets.extend(in_line(line)));
    }
    secrets
}

fn aside(file: &Path) -> Vec<PathBuf> {
    let Some((folder, stem)) = file.parent().zip(file.file_stem().and_then(|stem| stem.to_str())) else { return Vec::new() };
    let begin = format!("{stem}.damaged-");
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let is_one = |entry: &fs::DirEntry| entry.file_name().to_str().is_some_and(|name| name.starts_with(&begin));
    let mut files: Vec<PathBuf> = entries.filter(is_one).map(|entry| entry.path()).collect();
    files.sort();
    files.split_off(files.len().saturating_sub(ASIDE))
}

/// How a field of the configuration is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Openly,
    InSecret,
}

/// What stands under names that tell of a secret, at whatever depth.
fn collect(value: &Value, said: Said, secrets: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                collect(value, if tells_of_a_secret(name) { Said::InSecret } else { said }, secrets);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, said, secrets)),
        Value::String(text) if said == Said::InSecret => secrets.push(text.clone()),
        Value::Number(number) if said == Said::InSecret => secrets.push(number.to_string()),
        _ => {}
    }
}

fn tells_of_a_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    NAMES.iter().any(|secret| name.contains(secret))
}

/// The same of one line of a file that nobody can read as a whole.
fn in_line(line: &str) -> Vec<String> {
    let parts: Vec<&str> = line.split(':').collect();
    let pairs = parts.windows(2).filter(|pair| {
        let name = pair[0].trim_end_matches(['"', '\'', ' ']).rsplit([' ', '{', ',', '"', '\'']).next();
        name.is_some_and(tells_of_a_secret)
    });
    let values = pairs.flat_map(|pair| {
        let whole = pair[1].trim().trim_matches(['"', '\'']);
        let first = whole.split([',', '}', '#']).next().unwrap_or_default().trim().trim_matches(['"', '\'']);
        [whole.to_owned(), first.to_owned()]
    });
    values.collect()
}

/// The text without what follows `before`, in whatever case that is written.
fn without_what_follows(text: &str, before: &str, end: End) -> String {
    let (lower, mut rest, mut out) = (text.to_ascii_lowercase(), 0, String::new());
    while let Some(at) = lower[rest..].find(before) {
        let begin = rest + at + before.len();
        let is_over = |letter: char| match end {
            End::Word => letter.is_whitespace() || matches!(letter, '&' | '"' | '\'' | '<' | '>' | ',' | ';' | ')' | '}'),
            End::Line => letter == '\n',
        };
        let end = text[begin..].find(is_over).map_or(text.len(), |length| begin + length);
        let _written = write!(out, "{}…", &text[rest..begin]);
        rest = end;
    }
    out + &text[rest..]
}

/// The text with `word` replaced where it stands behind `before` as a part of a path, or as its beginning, and is not the beginning
/// of another word.
fn in_paths(text: &str, word: &str, before: &str, instead: &str) -> String {
    let wanted = format!("{before}{word}");
    let (mut rest, mut out) = (text, String::new());
    while let Some(at) = rest.find(&wanted) {
        let end = at + wanted.len();
        let goes_on = rest[end..].starts_with(|letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_'));
        out.push_str(&rest[..at]);
        if goes_on {
            out.push_str(&wanted);
        } else {
            out.push_str(before);
            out.push_str(instead);
        }
        rest = &rest[end..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(known: &[&str], home: &str, user: &str) -> Secrets {
        Secrets::new(known.iter().map(|secret| (*secret).to_owned()), Some(home.to_owned()), Some(user.to_owned()))
    }

    #[test]
    fn what_lets_in_is_taken_out_wherever_it_stands() {
        let secrets = secrets(&["0f1e2d3c", "my secret", "sesame", "sesame-open", "a \"b\" ü"], "/home/ada", "ada");
        for (said, left) in [
            ("the key 0f1e2d3c was sent", "the key … was sent"),
            ("front: my secret, twice my secret", "front: …, twice …"),
            ("/watch/my%20secret", "/watch/…"),
            ("one may be sesame-open, another sesame", "one may be …, another …"),
            (r#"as a program writes it: "a \"b\" ü""#, "as a program writes it: \"…\""),
            ("GET /sub/front?viewer=ab12&latest from", "GET /sub/front?viewer=…&latest from"),
            ("Authorization: Digest abc.def, publish_key=x", "Authorization: …"),
            ("Cookie: cometcam_guest=1; cometcam_other=2", "Cookie: …"),
            ("a BEARER abc.def, publish_key=x", "a BEARER …, publish_key=…"),
            ("{ watch_password: 12, unlisted: true }", "{ watch_password: …, unlisted: true }"),
            ("nothing here, a key of its own", "nothing here, a key of its own"),
            ("password=", "password=…"),
        ] {
            assert_eq!(secrets.taken_out(said), left);
        }
    }

    #[test]
    fn who_the_person_is_is_taken_out_of_paths() {
        let linux = secrets(&[], "/home/ada", "ada");
        for (said, left) in [
            ("saved in /home/ada/Pictures", "saved in ~/Pictures"),
            ("/home/ada", "~"),
            ("data /run/media/ada/stick, and /media/ada", "data /run/media/…/stick, and /media/…"),
            ("/home/adam/x and /srv/ada-lovelace", "/home/adam/x and /srv/ada-lovelace"),
            ("ada is a name", "ada is a name"),
        ] {
            assert_eq!(linux.taken_out(said), left);
        }
        let windows = secrets(&[], r"C:\Users\Ada", "Ada");
        for (said, left) in [
            (r"data C:\Users\Ada\Pictures", r"data ~\Pictures"),
            (r#"Images("C:\\Users\\Ada\\Pictures")"#, r#"Images("~\\Pictures")"#),
            (r"D:\of\Ada\x, C:/Users/Ada/x", r"D:\of\…\x, C:/Users/…/x"),
        ] {
            assert_eq!(windows.taken_out(said), left);
        }
    }

    #[test]
    fn the_secrets_of_a_file_are_known_as_they_are_written_and_also_if_it_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let (file, aside) = (folder.path().join("cometcam.yaml"), folder.path().join("cometcam.damaged-17.yaml"));
        let lines = "channels:\n  yard: { publish_key: 0081234, watch_password: \"open, sesame\", unlisted: true }\n\
                     window:\n  viewing:\n    password: 1e50\n";
        fs::write(&file, lines).unwrap();
        fs::write(&aside, "api_token: 'of-the-other'\ncameras: [{").unwrap();
        for damage in ["", "cameras: [{ chan"] {
            fs::write(&file, format!("{lines}{damage}")).unwrap();
            let secrets = Secrets::of(Some(&file), folder.path(), []);
            let left = secrets.taken_out("0081234 | 1e50 | of-the-other | yard | true");
            assert_eq!(left, "… | … | … | yard | true", "{damage}");
        }
        fs::write(&file, lines).unwrap();
        assert_eq!(Secrets::of(Some(&file), folder.path(), []).taken_out("open, sesame"), "…");
    }
}
