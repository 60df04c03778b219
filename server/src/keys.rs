//! The secrets that say who may publish and who may steer.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use subtle::ConstantTimeEq;

use crate::files::write_whole_private;

/// A secret; neither shown nor logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// A key from a person or a file; surrounding white space is no part of it. `None` if nothing is left.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// 128 random bits.
    fn random() -> io::Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
        let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self(hex))
    }

    /// Whether `guess` is this key; takes the same time wherever they differ.
    #[must_use]
    pub fn is(&self, guess: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(guess).into()
    }

    /// The secret itself, for whoever must send it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Who may publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublishKey {
    /// Anyone; pages of other origins not.
    None,
    /// Who has the key.
    Key(Key),
}

/// Both keys of a server.
#[derive(Debug, Clone)]
pub struct Keys {
    /// To publish messages and pictures.
    pub publish: PublishKey,
    /// To see who watches, and to steer cameras.
    pub operator: Key,
}

impl Keys {
    /// The keys as given, or those of the data folder, which are made at the first start.
    ///
    /// # Errors
    /// Those of the file system, with the file's name.
    pub fn load(data: &Path, publish: Option<&str>, operator: Option<&str>) -> io::Result<Self> {
        let publish = match publish {
            Some("none") => {
                eprintln!("publishing is open: anyone who reaches this server may publish (--publish-key none)");
                PublishKey::None
            }
            given => PublishKey::Key(given_or_kept(given, &data.join("publish-key"), "publish")?),
        };
        Ok(Self { publish, operator: given_or_kept(operator, &data.join("operator-key"), "operator")? })
    }
}

fn given_or_kept(given: Option<&str>, file: &Path, name: &str) -> io::Result<Key> {
    if let Some(given) = given {
        let empty = || io::Error::new(io::ErrorKind::InvalidInput, format!("the {name} key is empty; give one, or none of it"));
        return Key::new(given).ok_or_else(empty);
    }
    let explain = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", file.display()));
    let key = match fs::read_to_string(file).map(|text| Key::new(&text)) {
        Ok(Some(key)) => key,
        // An empty file would pass its permissions on.
        Ok(None) => fs::remove_file(file).and_then(|()| make(file)).map_err(explain)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(file).map_err(explain)?,
        Err(error) => return Err(explain(error)),
    };
    // Said whatever is logged: without it nobody knows where to look.
    eprintln!("the {name} key is in {}", file.display());
    Ok(key)
}

fn make(file: &Path) -> io::Result<Key> {
    let key = Key::random()?;
    write_whole_private(file, format!("{}\n", key.expose()).as_bytes())?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_made_once_and_are_for_their_owner_alone() {
        let data = tempfile::tempdir().unwrap();
        // What somebody left there readable by all passes nothing on.
        for name in ["publish-key.part", "operator-key"] {
            fs::write(data.path().join(name), "").unwrap();
            #[cfg(unix)]
            fs::set_permissions(data.path().join(name), std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
        }
        let first = Keys::load(data.path(), None, None).unwrap();
        let second = Keys::load(data.path(), None, None).unwrap();
        assert_eq!((&first.publish, &first.operator), (&second.publish, &second.operator));
        assert_ne!(first.publish, PublishKey::Key(first.operator.clone()));
        #[cfg(unix)]
        for name in ["publish-key", "operator-key"] {
            let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(data.path().join(name)).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_given_key_wins_and_an_empty_one_is_refused() {
        let data = tempfile::tempdir().unwrap();
        let keys = Keys::load(data.path(), Some("secret"), Some("other")).unwrap();
        assert!(matches!(keys.publish, PublishKey::Key(key) if key.is(b"secret") && !key.is(b"secre") && !key.is(b"")));
        assert!(Keys::load(data.path(), Some(" "), None).is_err());
        assert_eq!(format!("{:?}", keys.operator), "Key(…)");
    }
}
