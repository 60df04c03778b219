//! Pictures by id: in memory first, on disk behind.

mod archive;
mod folder;
mod id;
mod picture;
mod sequence;
mod store;
mod writer;

pub use archive::ArchiveLimits;
pub use id::FrameId;
pub use picture::{Interval, Picture, PictureError, PictureType, Probe};
pub use store::{Evicted, Found, FrameStore, Live, OpenError, StoreLimits};
pub use writer::StoreStats;
