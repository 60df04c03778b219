//! Drawing straight into an NV12 picture: the format that costs least to fill and to compress.

use crate::frame::{PixelFormat, Size};

/// In the limited range of BT.601.
#[derive(Debug, Clone, Copy)]
pub(super) struct Color {
    y: u8,
    uv: [u8; 2],
}

impl Color {
    pub(super) const fn rgb(r: u8, g: u8, b: u8) -> Self {
        let (r, g, b) = (r as i32, g as i32, b as i32);
        Self {
            y: ((66 * r + 129 * g + 25 * b + 128) / 256 + 16) as u8,
            uv: [((-38 * r - 74 * g + 112 * b + 32_896) / 256) as u8, ((112 * r - 94 * g - 18 * b + 32_896) / 256) as u8],
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Canvas {
    size: Size,
    /// The plane of Y, then that of U and V.
    bytes: Vec<u8>,
}

impl Canvas {
    pub(super) fn new(size: Size, color: Color) -> Self {
        let bytes = vec![0; PixelFormat::Nv12.bytes_of(size).unwrap_or_default()];
        let mut canvas = Self { size, bytes };
        canvas.fill(0, 0, size.width, size.height, color);
        canvas
    }

    pub(super) fn size(&self) -> Size {
        self.size
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Fills a rectangle; what lies outside of the picture is left out. Chroma spreads to whole pairs of pixels.
    pub(super) fn fill(&mut self, left: u32, top: u32, width: u32, height: u32, color: Color) {
        let right = left.saturating_add(width).min(self.size.width) as usize;
        let bottom = top.saturating_add(height).min(self.size.height) as usize;
        let (left, top) = ((left as usize).min(right), (top as usize).min(bottom));
        if left == right || top == bottom {
            return;
        }
        let stride = self.size.width as usize;
        let (luma, chroma) = self.bytes.split_at_mut(self.size.area() as usize);
        for row in luma.chunks_exact_mut(stride).take(bottom).skip(top) {
            row[left..right].fill(color.y);
        }
        let pairs = left / 2..right.div_ceil(2);
        for row in chroma.chunks_exact_mut(stride.div_ceil(2) * 2).take(bottom.div_ceil(2)).skip(top / 2) {
            row[pairs.start * 2..pairs.end * 2].as_chunks_mut().0.fill(color.uv);
        }
    }

    /// Fills the disc around the pixel at `x`, `y`.
    pub(super) fn disc(&mut self, x: f64, y: f64, radius: f64, color: Color) {
        // A cast takes what is left of or above the picture to 0.
        for row in (y - radius) as u32..=(y + radius) as u32 {
            let half = (radius * radius - (f64::from(row) - y).powi(2)).max(0.0).sqrt();
            self.fill((x - half) as u32, row, (half * 2.0) as u32, 1, color);
        }
    }

    /// Writes `text` with each dot of a letter `scale` pixels wide and high; letters that the font lacks are blanks.
    pub(super) fn text(&mut self, left: u32, top: u32, scale: u32, text: &str, color: Color) {
        for (column, letter) in (0..).zip(text.chars()) {
            for (y, row) in (0..).zip(glyph(letter)) {
                for x in (0..5).filter(|x| row >> (4 - x) & 1 == 1) {
                    self.fill(left + (column * 6 + x) * scale, top + y * scale, scale, scale, color);
                }
            }
        }
    }
}

/// Of a letter, in its dots.
pub(super) const TEXT_HEIGHT: u32 = 7;

/// Of `text`, in the dots of its letters.
pub(super) fn text_width(text: &str) -> u32 {
    (text.chars().count() as u32 * 6).saturating_sub(1).max(1)
}

/// Seven rows of five dots, the leftmost in the highest bit.
const fn glyph(letter: char) -> [u8; 7] {
    match letter {
        '0' => [0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110],
        '1' => [0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
        '2' => [0b01110, 0b10001, 0b00001, 0b00110, 0b01000, 0b10000, 0b11111],
        '3' => [0b01110, 0b10001, 0b00001, 0b00110, 0b00001, 0b10001, 0b01110],
        '4' => [0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010],
        '5' => [0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110],
        '6' => [0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110],
        '7' => [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000],
        '8' => [0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110],
        '9' => [0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100],
        ':' => [0b00000, 0b01100, 0b01100, 0b00000, 0b01100, 0b01100, 0b00000],
        '.' => [0b00000, 0b00000, 0b00000, 0b00000, 0b00000, 0b01100, 0b01100],
        '#' => [0b01010, 0b01010, 0b11111, 0b01010, 0b11111, 0b01010, 0b01010],
        'U' => [0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110],
        'T' => [0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100],
        'C' => [0b01110, 0b10001, 0b10000, 0b10000, 0b10000, 0b10001, 0b01110],
        _ => [0; 7],
    }
}
