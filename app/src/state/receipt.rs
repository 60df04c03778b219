//! What a broadcast was, told after its end.

use std::path::PathBuf;

/// What a broadcast was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// From Go live to its end, in milliseconds.
    pub lasted_ms: u64,
    /// How many watched in all.
    pub watched: usize,
    /// How many watched at the same time, at most.
    pub at_once: usize,
    /// Pictures published.
    pub published: u64,
    /// Pictures saved to disk.
    pub saved: u64,
    /// Where they are kept, or would be.
    pub folder: PathBuf,
    /// What becomes of them.
    pub fate: Fate,
}

/// What becomes of what was saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The person is asked; without an answer it is removed.
    Asked,
    /// It stays.
    Kept,
}
