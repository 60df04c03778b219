//! Pictures by id: in memory first, on disk behind.

mod archive;
mod data_folder;
mod folder;
mod id;
mod keeping;
mod leaving;
mod memory;
mod picture;
mod saving;
mod sequence;
mod store;
mod tree;
mod writer;

pub use archive::ArchiveLimits;
pub use data_folder::{OpenError, is_claimed, window_file};
pub use id::FrameId;
pub use memory::Evicted;
pub use picture::{Interval, Picture, PictureError, PictureType, Probe};
pub use saving::Saving;
pub use store::{Found, FrameStore, Live, NotPut, StoreLimits};
pub use writer::StoreStats;

/// Whether what is saved of a broadcast stays after its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// It stays.
    Yes,
    /// It goes with the broadcast.
    No,
    /// It waits for [`FrameStore::keep_ended`] or [`FrameStore::remove_ended`] after the end, where nobody can see it. It goes with
    /// the next broadcast on its channel, and with the program.
    Undecided,
}

impl From<bool> for Keep {
    fn from(keep: bool) -> Self {
        if keep { Self::Yes } else { Self::No }
    }
}

/// Whether a picture goes to disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToDisk {
    /// To memory and to disk.
    Yes,
    /// To memory alone.
    No,
}
