//! The secrets of viewers: passwords that people make, and tokens that the server makes. Neither is shown, logged or stored.

use std::net::IpAddr;
use std::{fmt, io};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, de};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

/// A hash of a secret. Not a slow one: a token can't be guessed however quick its hash is, and a password's hash stays in memory,
/// beside a configuration that has it in full.
pub(crate) type Hash = [u8; 32];

fn hash(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        // With their lengths, so that no two lists of parts are alike.
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

pub(super) fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(bytes)
}

/// What lets watch. Only its hash is kept, so that comparing takes the same time whatever is guessed and however long that is.
#[derive(Clone)]
pub struct Password(Hash);

impl Password {
    /// A password from a person or a file; surrounding white space, which keyboards of phones like to add, is no part of it. `None`
    /// if nothing is left.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        Self::of_bytes(text.as_bytes())
    }

    /// From what was sent.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.trim_ascii();
        (!bytes.is_empty()).then(|| Self(hash(&[b"password", bytes])))
    }

    /// Whether both are the same.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // The parser would show in its error what stands there.
        let text = Option::<String>::deserialize(from).map_err(|_| {
            de::Error::custom("a watch_password is one line of text; write it in quotes, as in watch_password: \"open sesame\"")
        })?;
        Self::new(&text.unwrap_or_default())
            .ok_or_else(|| de::Error::custom("an empty watch_password would let anyone in; write one, or leave it out"))
    }
}

/// What a browser shows each time: 128 random bits.
#[derive(Clone)]
pub(crate) struct Token([u8; 16]);

impl Token {
    pub(crate) fn random() -> io::Result<Self> {
        random().map(Self)
    }

    /// As it stands in a cookie.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }

    /// For the cookie.
    pub(crate) fn expose(&self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// By which who shows it is found.
    pub(crate) fn hash(&self) -> Hash {
        hash(&[b"token", &self.0])
    }

    /// What the guest keeps of a password that it knew. Without the token it tells nothing of that, and another password, or another
    /// token, makes another one.
    pub(super) fn proof(&self, password: &Password) -> Hash {
        hash(&[b"proof", &self.0, &password.0])
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// By which a program is found that sends its password with each request.
pub(super) fn client_hash(address: &str, device: &str, password: &Password) -> Hash {
    hash(&[b"client", address.as_bytes(), device.as_bytes(), &password.0])
}

/// By which it is known that a program was revoked that sent this password from there.
pub(super) fn revoked_hash(address: IpAddr, password: &Password) -> Hash {
    hash(&[b"revoked", address.to_string().as_bytes(), &password.0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_compared_without_the_space_around_it_and_never_shown() {
        let password = Password::new(" open sesame\n").unwrap();
        assert!(password.is(&Password::new("open sesame").unwrap()) && !password.is(&Password::new("open  sesame").unwrap()));
        assert!(Password::new(" \t").is_none());
        assert_eq!(format!("{password:?} {:?}", Token::random().unwrap()), "Password(…) Token(…)");
    }

    #[test]
    fn a_token_is_read_as_it_was_written_and_proves_one_password_alone() {
        let token = Token::random().unwrap();
        let again = Token::parse(&token.expose()).unwrap();
        let [one, other] = ["one", "other"].map(|text| Password::new(text).unwrap());
        assert_eq!((token.hash(), token.proof(&one)), (again.hash(), again.proof(&one)));
        assert_ne!(token.proof(&one), token.proof(&other));
        assert_ne!(token.proof(&one), Token::random().unwrap().proof(&one));
        for wrong in ["", "00", "ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ", &"0".repeat(34), &"A".repeat(32)] {
            assert!(Token::parse(wrong).is_none(), "{wrong}");
        }
    }
}
