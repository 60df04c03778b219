//! Where a JPEG ends and how large its picture is, told by its markers alone (ITU-T T.81, annex B).

use crate::frame::Size;

/// A whole JPEG at the start of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Whole {
    /// Bytes from its SOI to its EOI marker, both included.
    pub(super) len: usize,
    /// Of the picture, from the frame header.
    pub(super) size: Size,
}

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;

/// Walks the markers to the first EOI; `None` if the bytes don't begin with a JPEG, or it is cut off. Segments are stepped over
/// by their length, so that a thumbnail inside one is not taken for the picture, nor what lies behind the end.
pub(super) fn measure(bytes: &[u8]) -> Option<Whole> {
    if !bytes.starts_with(&[0xff, SOI]) {
        return None;
    }
    let mut size = None;
    let mut at = 2;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        let marker = *bytes.get(at + 1)?;
        match marker {
            // A fill byte: the marker may follow.
            0xff => at += 1,
            // A stuffed zero or a restart marker inside of the picture's data, TEM, or an SOI too many.
            0x00 | 0x01 | 0xd0..=0xd7 | SOI => at += 2,
            EOI => return Some(Whole { len: at + 2, size: size? }),
            _ => {
                let segment = bytes.get(at + 2..at + 2 + segment_len(bytes, at + 2)?)?;
                if is_frame_header(marker) {
                    size = Some(picture_size(segment)?);
                }
                if marker == SOS {
                    size?;
                }
                at += 2 + segment.len();
            }
        }
    }
}

/// The length that stands at the start of a segment, itself included.
fn segment_len(bytes: &[u8], at: usize) -> Option<usize> {
    let len = usize::from(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    (len >= 2).then_some(len)
}

/// SOF0 to SOF15 without DHT, JPG and DAC, which share their range.
fn is_frame_header(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}

fn picture_size(segment: &[u8]) -> Option<Size> {
    let [_, _, _precision, h1, h0, w1, w0, ..] = *segment else { return None };
    let (width, height) = (u32::from(u16::from_be_bytes([w1, w0])), u32::from(u16::from_be_bytes([h1, h0])));
    let sides = 1..=Size::MAX_SIDE;
    (sides.contains(&width) && sides.contains(&height)).then_some(Size { width, height })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::codecs::jpeg::JpegEncoder;

    fn picture() -> Vec<u8> {
        let mut jpeg = Vec::new();
        let noise: Vec<u8> = (0..50_u32 * 30 * 3).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        JpegEncoder::new_with_quality(&mut jpeg, 95).encode(&noise, 50, 30, image::ExtendedColorType::Rgb8).unwrap();
        jpeg
    }

    #[test]
    fn the_first_end_counts_whatever_follows() {
        let jpeg = picture();
        let whole = Whole { len: jpeg.len(), size: Size::new(50, 30) };
        assert_eq!(measure(&jpeg), Some(whole));
        for tail in [vec![0; 100], vec![0xff; 9], b"old \xff\xd9 tail \xff\xd8\xff\xd9".to_vec(), jpeg.clone()] {
            assert_eq!(measure(&[jpeg.clone(), tail].concat()), Some(whole));
        }
    }

    #[test]
    fn a_thumbnail_is_not_the_picture() {
        let jpeg = picture();
        let thumbnail = picture();
        let len = u16::try_from(thumbnail.len() + 2).unwrap().to_be_bytes();
        let with = [&jpeg[..2], &[0xff, 0xe1], &len, &thumbnail, &jpeg[2..]].concat();
        assert_eq!(measure(&with).map(|whole| whole.len), Some(with.len()));
    }

    #[test]
    fn whatever_is_cut_off_is_no_picture() {
        let jpeg = picture();
        for len in 0..jpeg.len() {
            assert_eq!(measure(&jpeg[..len]), None, "cut at {len}");
        }
    }

    #[test]
    fn other_bytes_are_no_picture() {
        for bytes in
            [&b""[..], b"\xff\xd8", b"\xff\xd8\xff\xd9", b"\xff\xd8\xff\xe0\x00\x00\xff\xd9", b"\x89PNG", b"\xff\xd8\xff\xff\xff"]
        {
            assert_eq!(measure(bytes), None);
        }
    }
}
