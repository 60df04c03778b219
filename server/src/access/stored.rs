//! The guests in the data folder, so that a display that was let in once is let in after a restart too.
//!
//! Nothing in the file lets anybody in, or tells a password: of tokens there are hashes, and of passwords what only a token makes
//! sense of.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::guests::{Came, GuestId, Guests, How, Known, Knows, MOST, Proof};
use super::secret::{Hash, random};
use crate::files::{put_aside, write_whole_private};
use crate::relay::Millis;

/// The file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Stored {
    /// Eight hexadecimal digits: names this server's cookie. Browsers send a cookie to all ports of a host.
    server: String,
    guests: Vec<StoredGuest>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredGuest {
    id: String,
    token: String,
    device: String,
    address: IpAddr,
    since_ms: Millis,
    last_ms: Millis,
    given_ms: Millis,
    how: How,
    paired: bool,
    proofs: Vec<String>,
}

impl Stored {
    /// What is to be written: those with a cookie.
    pub(super) fn of(server: &str, guests: &Guests) -> Self {
        let stored = guests.0.iter().filter_map(|(token, known)| StoredGuest::of(token, known)).collect();
        Self { server: server.to_owned(), guests: stored }
    }

    /// Whether there is nothing to be written, and never was.
    pub(super) fn is_new_and_empty(&self, file: &Path) -> bool {
        self.guests.is_empty() && !file.exists()
    }

    /// Writes it, whole or not at all, for its owner alone.
    pub(super) fn write(&self, file: &Path) -> io::Result<()> {
        write_whole_private(file, &serde_json::to_vec(self)?)
    }

    /// The server's name and its guests. What can't be read is told, and begun anew.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub(super) fn read(file: &Path) -> io::Result<(String, Guests)> {
        let read = match fs::read(file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => Some(Err(error)),
            Ok(bytes) => Some(serde_json::from_slice::<Self>(&bytes).map_err(io::Error::from)),
        };
        match read {
            Some(Ok(Self { server, guests })) if is_name(&server) => {
                let known = guests.into_iter().take(MOST).filter_map(StoredGuest::known);
                Ok((server, Guests(known.collect::<HashMap<_, _>>())))
            }
            read => {
                if let Some(read) = read {
                    let why = read.err().map_or_else(|| "it names no server".to_owned(), |error| error.to_string());
                    put_aside(file, &format_args!("{why}; who was let in has to enter again"));
                }
                Ok((HEXLOWER.encode(&random::<4>()?), Guests::default()))
            }
        }
    }
}

fn is_name(server: &str) -> bool {
    server.len() == 8 && server.bytes().all(|digit| digit.is_ascii_hexdigit())
}

impl StoredGuest {
    fn of(token: &Hash, known: &Known) -> Option<Self> {
        let Knows::Cookie { paired, proofs } = &known.knows else { return None };
        Some(Self {
            id: known.id.to_string(),
            token: HEXLOWER.encode(token),
            device: known.came.device.clone(),
            address: known.came.address,
            since_ms: known.since,
            last_ms: known.last,
            given_ms: known.given,
            how: known.how,
            paired: *paired,
            proofs: proofs.iter().map(|proof| HEXLOWER.encode(&proof.hash)).collect(),
        })
    }

    fn known(self) -> Option<(Hash, Known)> {
        let read = |text: &String| HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok();
        let proofs = self.proofs.iter().filter_map(read).map(|hash| Proof { hash, of: None }).collect();
        let known = Known {
            id: self.id.parse::<GuestId>().ok()?,
            came: Came { address: self.address, device: self.device },
            since: self.since_ms,
            last: self.last_ms,
            how: self.how,
            given: self.given_ms,
            knows: Knows::Cookie { paired: self.paired, proofs },
            stay: Arc::default(),
        };
        Some((read(&self.token)?, known))
    }
}
