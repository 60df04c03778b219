//! One picture, and how long it may be seen.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;

use super::id::FrameId;

/// The types of picture that browsers of all ages and this server read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PictureType {
    /// `image/jpeg`
    Jpeg,
    /// `image/png`
    Png,
    /// `image/webp`
    Webp,
}

impl PictureType {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Jpeg, Self::Png, Self::Webp];

    /// The media type.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }

    /// The ending of a file, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
        }
    }

    /// The type of files with this ending.
    #[must_use]
    pub fn from_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.extension() == extension)
    }
}

/// What the header of a picture tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// By its first bytes, whatever the sender says.
    pub kind: PictureType,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

/// Why bytes are not taken as a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// None of the types, or cut off in the header.
    #[error("this is no JPEG, PNG or WebP picture")]
    NoPicture,
    /// The end is missing.
    #[error("this picture is cut off: its end is missing")]
    CutOff,
    /// Too many pixels for a browser to show.
    #[error("this picture has {width}x{height} pixels; at most {max}x{max} are taken")]
    TooLarge {
        /// In pixels.
        width: usize,
        /// In pixels.
        height: usize,
        /// Of a side, in pixels.
        max: usize,
    },
}

impl Probe {
    /// The longest side of a picture, in pixels.
    pub const MAX_SIDE: usize = 16_384;

    /// Reads type and size from the header, without decoding.
    ///
    /// # Errors
    /// [`PictureError`] for what no browser would show.
    pub fn read(bytes: &[u8]) -> Result<Self, PictureError> {
        let kind = match imagesize::image_type(bytes) {
            Ok(imagesize::ImageType::Jpeg) => PictureType::Jpeg,
            Ok(imagesize::ImageType::Png) => PictureType::Png,
            Ok(imagesize::ImageType::Webp) => PictureType::Webp,
            _ => return Err(PictureError::NoPicture),
        };
        let size = imagesize::blob_size(bytes).map_err(|_| PictureError::NoPicture)?;
        let side = |pixels: usize| u32::try_from(pixels).ok().filter(|_| (1..=Self::MAX_SIDE).contains(&pixels));
        let too_large = PictureError::TooLarge { width: size.width, height: size.height, max: Self::MAX_SIDE };
        if size.width == 0 || size.height == 0 {
            return Err(PictureError::NoPicture);
        }
        let (width, height) = side(size.width).zip(side(size.height)).ok_or(too_large)?;
        if !is_whole(kind, bytes) {
            return Err(PictureError::CutOff);
        }
        Ok(Self { kind, width, height })
    }
}

/// Whether the end that the format prescribes is there; some cameras pad it with zeros.
fn is_whole(kind: PictureType, bytes: &[u8]) -> bool {
    match kind {
        PictureType::Jpeg => {
            let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
            bytes[..end].ends_with(&[0xff, 0xd9])
        }
        PictureType::Png => bytes.ends_with(b"IEND\xae\x42\x60\x82"),
        // RIFF: the length behind the first four bytes counts all that follows it.
        PictureType::Webp => bytes
            .get(4..8)
            .and_then(|length| length.try_into().ok())
            .is_some_and(|length| u64::from(u32::from_le_bytes(length)) + 8 <= bytes.len() as u64),
    }
}

/// The time during which a broadcast's pictures may be seen.
#[derive(Debug, Default)]
pub struct Interval {
    over: watch::Sender<bool>,
}

impl Interval {
    /// Whether no byte of its pictures may be given out any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        *self.over.borrow()
    }

    /// Gives bytes of its pictures out, unless it is over. The end waits until that is done, so it must be done without waiting.
    pub fn unless_over<T>(&self, give_out: impl FnOnce() -> T) -> Option<T> {
        let over = self.over.borrow();
        (!*over).then(give_out)
    }

    /// Resolves when it is over.
    pub async fn ended(&self) {
        // The sender is here, so there is no error.
        drop(self.over.subscribe().wait_for(|over| *over).await);
    }

    pub(crate) fn end(&self) {
        self.over.send_replace(true);
    }
}

/// A picture in memory.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Its name within the channel.
    pub id: FrameId,
    /// Its type.
    pub kind: PictureType,
    /// The whole file.
    pub bytes: Bytes,
    /// Who sends it looks here before each byte. `None` for a picture that is kept.
    pub interval: Option<Arc<Interval>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x07\0\0\0\x05\x08\x02\0\0\0\0\0\0\0\0\0\0\0IEND\xae\x42\x60\x82";

    #[test]
    fn type_and_size_come_from_the_header() {
        assert_eq!(Probe::read(PNG), Ok(Probe { kind: PictureType::Png, width: 7, height: 5 }));
    }

    #[test]
    fn what_no_browser_shows_is_refused_in_words() {
        assert_eq!(Probe::read(b""), Err(PictureError::NoPicture));
        assert_eq!(Probe::read(b"GIF89a\x01\0\x01\0"), Err(PictureError::NoPicture));
        assert_eq!(Probe::read(&[0xff, 0xd8, 0xff]), Err(PictureError::NoPicture));
        assert_eq!(Probe::read(&PNG[..PNG.len() - 1]), Err(PictureError::CutOff));
        let mut bomb = PNG.to_vec();
        bomb[16] = 0x7f;
        assert!(matches!(Probe::read(&bomb), Err(PictureError::TooLarge { .. })));
        let mut empty = PNG.to_vec();
        empty[19] = 0;
        assert_eq!(Probe::read(&empty), Err(PictureError::NoPicture));
    }
}
