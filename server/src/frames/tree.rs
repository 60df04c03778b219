//! Where saved pictures are.
//!
//! ```text
//! DATA/live/CHANNEL/2026-11-22/14/14-03-22.123-000042.jpg      of a broadcast that goes on and is not to be kept, or not yet
//! DATA/frames/CHANNEL/2026-11-22/14/14-03-22.123-000042.jpg    kept
//! DATA/tmp/                                                    being written or removed; emptied at each start
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use super::id::FrameId;
use super::picture::PictureType;

/// Which of the two trees a picture is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tree {
    Live,
    Kept,
}

impl Tree {
    pub(super) const fn folder(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Kept => "frames",
        }
    }
}

/// Where a picture's file is, or would be.
pub(super) fn picture_path(data: &Path, tree: Tree, folder: &str, id: FrameId, kind: PictureType) -> PathBuf {
    data.join(tree.folder()).join(folder).join(format!("{}.{}", id.path(), kind.extension()))
}

/// The picture that a file in the folder of an hour is, by its name and those of its folders.
pub(super) fn picture_of(day: &str, hour: &str, file: &Path) -> Option<(FrameId, PictureType)> {
    let kind = PictureType::from_extension(file.extension()?.to_str()?)?;
    let name = file.file_stem()?.to_str()?;
    Some((FrameId::from_path(&format!("{day}/{hour}/{name}"))?, kind))
}

pub(super) fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).map(|found| found.flatten().map(|entry| entry.path()).collect()).unwrap_or_default()
}

pub(super) fn subfolders(folder: &Path) -> Vec<PathBuf> {
    entries(folder).into_iter().filter(|path| path.is_dir()).collect()
}

pub(super) fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
