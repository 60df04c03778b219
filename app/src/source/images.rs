//! The pictures of a folder in the order of their names, again and again.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use image::{ImageFormat, ImageReader, Limits};

use super::pace::Pace;
use super::{Mode, Source, SourceError, SourceSpec, jpeg};
use crate::decode;
use crate::frame::{Frame, PixelFormat, Size, StageTimes};

/// The largest file that is taken for a picture.
const MAX_FILE_BYTES: u64 = 32 * 1024 * 1024;

/// Reads one file for each frame, so that a folder of any size takes the memory of one picture. The folder is listed anew at the
/// start of each round.
#[derive(Debug)]
pub struct Images {
    folder: PathBuf,
    mode: Mode,
    pace: Pace,
    /// Those left of this round, the last first.
    names: Vec<OsString>,
    /// Files that were found to be bad, and told.
    bad: HashSet<OsString>,
}

/// Why a file is left out.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("it is no file")]
    NoFile,
    #[error("it is larger than 32 MB")]
    TooLarge,
    #[error("it is no whole JPEG or PNG picture")]
    NoPicture,
    #[error(transparent)]
    Png(#[from] image::ImageError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

struct Picture {
    bytes: Bytes,
    format: PixelFormat,
    size: Size,
}

impl Images {
    /// A picture each `interval`. Looks for the first one that can be read: its size is the one that [`Source::mode`] tells.
    ///
    /// # Errors
    /// [`SourceError::Images`] if the folder can't be read or holds no picture.
    pub fn open(folder: &Path, interval: Duration) -> Result<Self, SourceError> {
        let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
        let mode = Mode {
            name,
            spec: SourceSpec::Images(folder.to_owned()),
            // Until the first one is read.
            size: Size::new(1, 1),
            fps: 1.0 / interval.as_secs_f32().max(0.001),
            format: PixelFormat::Jpeg,
        };
        let pace = Pace::new(interval);
        let mut images = Self { folder: folder.to_owned(), mode, pace, names: Vec::new(), bad: HashSet::new() };
        let first = images.picture()?;
        images.mode.size = first.size;
        images.mode.format = first.format;
        images.names.clear();
        Ok(images)
    }

    /// The next one that can be read.
    fn picture(&mut self) -> Result<Picture, SourceError> {
        let mut fresh = false;
        loop {
            if let Some(name) = self.names.pop() {
                match read(&self.folder.join(&name)) {
                    Ok(picture) => return Ok(picture),
                    Err(reason) => self.tell(name, &reason),
                }
            } else if fresh {
                return Err(self.error(if self.bad.is_empty() { "has no pictures" } else { "has no picture that can be read" }));
            } else {
                self.names = list(&self.folder).map_err(|cause| self.error(cause))?;
                self.bad.retain(|name| self.names.contains(name));
                fresh = true;
            }
        }
    }

    fn tell(&mut self, name: OsString, reason: &ReadError) {
        if !self.bad.contains(&name) {
            tracing::warn!("{} is left out: {reason}", self.folder.join(&name).display());
            self.bad.insert(name);
        }
    }

    fn error(&self, cause: &str) -> SourceError {
        SourceError::Images { folder: self.folder.display().to_string(), cause: cause.to_owned() }
    }
}

impl Source for Images {
    fn mode(&self) -> &Mode {
        &self.mode
    }

    fn next(&mut self, patience: Duration) -> Result<Option<Frame>, SourceError> {
        let Some(number) = self.pace.wait(patience) else { return Ok(None) };
        let times = StageTimes::captured_now();
        let Picture { bytes, format, size } = self.picture()?;
        Ok(Some(Frame { bytes, format, size, number, times, retouch: None }))
    }
}

/// The names of JPEG and PNG files, the first last.
fn list(folder: &Path) -> Result<Vec<OsString>, &'static str> {
    let entries = fs::read_dir(folder).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "does not exist",
        std::io::ErrorKind::PermissionDenied => "may not be read by this user",
        std::io::ErrorKind::NotADirectory => "is no folder",
        _ => "can't be read",
    })?;
    let is_picture = |name: &OsString| {
        let extension = Path::new(name).extension().map(|extension| extension.to_string_lossy().to_lowercase());
        matches!(extension.as_deref(), Some("jpg" | "jpeg" | "png"))
    };
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).filter(is_picture).collect();
    names.sort_unstable_by(|a, b| b.cmp(a));
    Ok(names)
}

fn read(path: &Path) -> Result<Picture, ReadError> {
    let file = File::open(path)?;
    let kind = file.metadata()?;
    if !kind.is_file() {
        return Err(ReadError::NoFile);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(kind.len().min(MAX_FILE_BYTES)).unwrap_or_default());
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(ReadError::TooLarge);
    }
    if bytes.starts_with(b"\x89PNG") {
        return read_png(&bytes);
    }
    let whole = jpeg::measure(&bytes).ok_or(ReadError::NoPicture)?;
    Ok(Picture { bytes: Bytes::from(bytes).slice(..whole.len), format: PixelFormat::Jpeg, size: whole.size })
}

fn read_png(bytes: &[u8]) -> Result<Picture, ReadError> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(Size::MAX_SIDE);
    limits.max_image_height = Some(Size::MAX_SIDE);
    limits.max_alloc = Some(decode::MAX_AREA * 4);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Png);
    reader.limits(limits);
    let picture = reader.decode()?.into_rgb8();
    let size = Size::new(picture.width(), picture.height());
    Ok(Picture { bytes: picture.into_raw().into(), format: PixelFormat::Rgb, size })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::RgbImage;

    const INTERVAL: Duration = Duration::from_millis(1);

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn save(folder: &Path, name: &str, width: u32, height: u32) -> Vec<u8> {
        RgbImage::from_pixel(width, height, image::Rgb([10, 200, 30])).save(folder.join(name)).unwrap();
        fs::read(folder.join(name)).unwrap()
    }

    fn next(images: &mut Images) -> Frame {
        images.next(Duration::from_secs(10)).unwrap().unwrap()
    }

    #[test]
    fn pictures_come_in_the_order_of_their_names_for_ever() {
        let folder = folder();
        let b = save(folder.path(), "b.JPG", 30, 20);
        let a = save(folder.path(), "a.jpeg", 16, 16);
        save(folder.path(), "c.png", 40, 10);
        fs::write(folder.path().join("notes.txt"), "no picture").unwrap();
        let mut images = Images::open(folder.path(), INTERVAL).unwrap();
        assert_eq!((images.mode().size, images.mode().format), (Size::new(16, 16), PixelFormat::Jpeg));
        let mut last = None;
        for _ in 0..3 {
            let frames = [next(&mut images), next(&mut images), next(&mut images)];
            assert_eq!(frames[0].bytes, a, "JPEG bytes are untouched");
            assert_eq!(frames[1].bytes, b);
            assert_eq!((frames[2].format, frames[2].size), (PixelFormat::Rgb, Size::new(40, 10)));
            assert_eq!(frames[2].bytes[..3], [10, 200, 30]);
            assert!(last < Some(frames[0].number));
            last = Some(frames[2].number);
        }
    }

    #[test]
    fn a_slow_show_leaves_no_picture_out() {
        let folder = folder();
        let pictures = ["a.jpg", "b.jpg"].map(|name| save(folder.path(), name, 8 * name.len() as u32, 8));
        let mut images = Images::open(folder.path(), Duration::from_secs(3600)).unwrap();
        assert_eq!(next(&mut images).bytes, pictures[0]);
        assert!(images.next(Duration::ZERO).unwrap().is_none(), "the next one is due in an hour");
    }

    #[test]
    fn bad_files_are_left_out() {
        let folder = folder();
        let good = save(folder.path(), "m.jpg", 30, 20);
        fs::write(folder.path().join("a.jpg"), &good[..good.len() / 2]).unwrap();
        fs::write(folder.path().join("b.png"), "no PNG at all").unwrap();
        fs::write(folder.path().join("c.png"), b"\x89PNG\r\n\x1a\nand no more").unwrap();
        fs::create_dir(folder.path().join("z.jpg")).unwrap();
        let mut images = Images::open(folder.path(), INTERVAL).unwrap();
        for _ in 0..3 {
            assert_eq!(next(&mut images).bytes, good);
        }
        assert_eq!(images.bad.len(), 4);
    }

    #[test]
    fn a_folder_without_pictures_is_an_error_in_words() {
        let folder = folder();
        let told = |path: &Path| Images::open(path, INTERVAL).unwrap_err().to_string();
        assert!(told(folder.path()).contains("has no pictures"));
        assert!(told(&folder.path().join("nowhere")).contains("does not exist"));
        fs::write(folder.path().join("a.jpg"), "no JPEG").unwrap();
        assert!(told(folder.path()).contains("no picture that can be read"));
    }

    #[test]
    fn the_last_picture_taken_away_is_an_error_not_a_spin() {
        let folder = folder();
        save(folder.path(), "a.png", 8, 8);
        let mut images = Images::open(folder.path(), INTERVAL).unwrap();
        next(&mut images);
        fs::remove_file(folder.path().join("a.png")).unwrap();
        assert!(matches!(images.next(Duration::from_secs(10)), Err(SourceError::Images { .. })));
    }
}
