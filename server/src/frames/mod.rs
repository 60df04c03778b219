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

/// Writes `bytes` as the whole content of the file `path`, by way of a file beside it: whoever reads sees the old or the new content.
///
/// # Errors
/// Those of the file system.
pub fn write_whole(path: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = path.with_extension("part");
    let written = std::fs::File::create(&beside).and_then(|mut file| {
        std::io::Write::write_all(&mut file, bytes)?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&beside, path)).inspect_err(|_| {
        // What is left of a failed attempt is of no use; the first error is the one to report.
        drop(std::fs::remove_file(&beside));
    })
}

/// Makes a folder, and those above it, that nobody else on this computer may look into. One that is there stays as it is.
pub(crate) fn private_folder(path: &std::path::Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
