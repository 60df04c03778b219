//! Files that are written whole or not at all, and folders for their owner alone.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes `bytes` as the whole content of the file `path`, by way of a new file beside it: whoever reads sees the old or the new
/// content. A file that is there keeps its permissions, and a link to a file stays one.
///
/// # Errors
/// Those of the file system.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_beside(path, bytes, 0o666)
}

/// As [`write_whole`]; a file that is new is for its owner alone.
///
/// # Errors
/// Those of the file system.
pub fn write_whole_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_beside(path, bytes, 0o600)
}

/// Puts a file that can't be read aside, as `NAME.damaged`, and says so: what is written next does not take its place.
pub fn put_aside(path: &Path, why: &dyn std::fmt::Display) {
    let aside = path.with_extension("damaged");
    match fs::rename(path, &aside) {
        Ok(()) => tracing::warn!("{} is damaged and is now {}: {why}", path.display(), aside.display()),
        Err(error) => tracing::warn!("{} is damaged ({why}) and can't be put aside: {error}", path.display()),
    }
}

fn write_beside(path: &Path, bytes: &[u8], new_mode: u32) -> io::Result<()> {
    let (path, old) = match fs::canonicalize(path) {
        Ok(path) => (path.clone(), Some(fs::metadata(&path)?.permissions())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => (path.to_owned(), None),
        Err(error) => return Err(error),
    };
    // Never readable by more than the old one was, not even while it is written.
    let (beside, mut file) = create_beside(&path, if old.is_some() { 0o600 } else { new_mode })?;
    // For [`clear_parts`]. Where files can't be locked, nothing is cleared away.
    drop(file.try_lock());
    let written = file.write_all(bytes).and_then(|()| old.map_or(Ok(()), |old| file.set_permissions(old)));
    written.and_then(|()| file.sync_all()).and_then(|()| fs::rename(&beside, &path)).inspect_err(|_| {
        // What is left of a failed attempt is of no use; the first error is the one to report.
        drop(fs::remove_file(&beside));
    })
}

/// Removes what a program left beside the file `path` that was killed while it wrote it anew.
pub fn clear_parts(path: &Path) {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(OsStr::to_str)) else { return };
    let is_part = |file: &Path| {
        let part = file.file_name().and_then(|of| of.to_str()?.strip_prefix(name)?.strip_prefix('.')?.strip_suffix(".part"));
        let numbers = part.and_then(|part| part.split_once('-'));
        numbers.is_some_and(|(process, number)| process.parse::<u32>().is_ok() && number.parse::<u32>().is_ok())
    };
    for part in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).filter(|file| is_part(file)) {
        // It is locked as long as somebody writes it.
        if File::open(&part).is_ok_and(|file| file.try_lock().is_ok())
            && let Err(error) = fs::remove_file(&part)
        {
            tracing::warn!("{} can't be removed: {error}", part.display());
        }
    }
}

/// A new file beside `path`, whatever else lies there.
fn create_beside(path: &Path, mode: u32) -> io::Result<(PathBuf, File)> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _unknown_here = mode;
    let mut number = 0;
    loop {
        let mut name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_owned();
        name.push(format!(".{}-{number}.part", std::process::id()));
        let beside = path.with_file_name(name);
        match options.open(&beside) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            opened => return Ok((beside, opened?)),
        }
    }
}

/// Makes a folder, and those above it, that nobody else on this computer may look into. One that is there stays as it is.
pub(crate) fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Whether one of two folders that are there lies in the other; if that can't be told, they do.
pub(crate) fn overlap(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one.starts_with(&other) || other.starts_with(&one),
        _ => true,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(file: &Path) -> u32 {
        fs::metadata(file).expect("the file is there").permissions().mode() & 0o777
    }

    #[test]
    fn a_file_written_anew_keeps_its_permissions_and_a_private_one_is_private_from_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cometcam.yaml");
        write_whole_private(&file, b"one").unwrap();
        assert_eq!(mode(&file), 0o600);
        for kept in [0o600, 0o640] {
            fs::set_permissions(&file, fs::Permissions::from_mode(kept)).unwrap();
            write_whole(&file, b"two").unwrap();
            assert_eq!((mode(&file), fs::read(&file).unwrap().as_slice()), (kept, &b"two"[..]));
        }
    }

    #[test]
    fn a_link_stays_a_link_and_what_lies_beside_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("real.yaml"), folder.path().join("link.yaml"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let neighbours = ["link.part".to_owned(), "real.part".to_owned(), format!("real.yaml.{}-0.part", std::process::id())];
        for name in &neighbours {
            fs::write(folder.path().join(name), "mine").unwrap();
        }
        write_whole(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        for name in &neighbours {
            assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), "mine", "{name}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2 + neighbours.len());
    }

    #[test]
    fn what_a_killed_program_was_writing_is_cleared_away_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let others =
            ["cometcam.yaml", "cometcam.yaml.part", "cometcam.yaml.mine-1.part", "other.yaml.17-0.part", "cometcam.yaml.17-1"];
        for name in others.into_iter().chain(["cometcam.yaml.17-0.part", "cometcam.yaml.18-2.part"]) {
            fs::write(path(name), "half").unwrap();
        }
        let written = File::open(path("cometcam.yaml.18-2.part")).unwrap();
        written.try_lock().unwrap();
        clear_parts(&path("cometcam.yaml"));
        assert!(!path("cometcam.yaml.17-0.part").exists());
        assert!(path("cometcam.yaml.18-2.part").exists(), "somebody writes it");
        drop(written);
        clear_parts(&path("cometcam.yaml"));
        let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        let mut others = others.to_vec();
        others.sort_unstable();
        assert_eq!(left, others);
    }
}
