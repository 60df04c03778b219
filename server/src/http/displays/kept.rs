//! What is remembered of displays in the data folder.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::sign::is_name;
use crate::access::Hash;
use crate::files;
use crate::lock;
use crate::relay::Millis;

/// A display as it is remembered.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    pub name: String,
    pub address: Option<IpAddr>,
    pub channels: Vec<String>,
    pub shows: Option<Vec<String>>,
    pub last_ms: Millis,
    pub device: String,
    /// When it signed in first; 0 in files of a time when that was not written.
    #[serde(default)]
    pub since_ms: Millis,
    /// Whether it ever was told to do something.
    #[serde(default)]
    pub ordered: bool,
    /// Whose its name is: a hash, which lets nobody in.
    #[serde(default)]
    pub owner: Option<String>,
    /// Since when another one has the name.
    #[serde(default)]
    pub away_since_ms: Option<Millis>,
}

impl Kept {
    pub(super) fn owner(&self) -> Option<Hash> {
        HEXLOWER.decode(self.owner.as_ref()?.as_bytes()).ok()?.try_into().ok()
    }

    pub(super) fn written(owner: Option<Hash>) -> Option<String> {
        owner.map(|owner| HEXLOWER.encode(&owner))
    }
}

/// `DATA/displays`.
#[derive(Debug)]
pub(super) struct File {
    path: PathBuf,
    /// Held while it is written, so that the last to write is the last to have looked. Whether the last attempt failed.
    writing: Mutex<bool>,
}

impl File {
    pub(super) fn new(data: &Path) -> Self {
        Self { path: data.join("displays"), writing: Mutex::default() }
    }

    /// What is in it; nothing if it is damaged, and then it is put aside.
    pub(super) fn read(&self) -> Vec<Kept> {
        files::clear_parts(&self.path);
        let text = match fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
            Err(error) => {
                tracing::warn!("{} can't be read, so no display is known until it signs in: {error}", self.path.display());
                return Vec::new();
            }
        };
        match serde_json::from_slice::<Vec<Kept>>(&text) {
            Ok(mut kept) => {
                kept.retain(|kept| is_name(&kept.name));
                kept
            }
            Err(error) => {
                files::put_aside(&self.path, &error);
                Vec::new()
            }
        }
    }

    /// Writes what `look` finds worth it; false if it can't be written, which is said once.
    pub(super) fn write(&self, look: impl FnOnce() -> Option<Vec<Kept>>) -> bool {
        let mut has_failed = lock(&self.writing);
        let Some(kept) = look() else { return true };
        let written = serde_json::to_vec_pretty(&kept).map_err(io::Error::other);
        match written.and_then(|text| files::write_whole_private(&self.path, &text)) {
            Ok(()) => *has_failed = false,
            Err(error) if !*has_failed => {
                *has_failed = true;
                tracing::warn!("{} can't be written, which is tried again and again: {error}", self.path.display());
            }
            Err(_) => {}
        }
        !*has_failed
    }
}
