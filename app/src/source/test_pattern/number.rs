//! The frame's number in black and white blocks, for programs that look at pictures.
//!
//! The lowest eighth of the picture is two rows of 20 blocks. The outermost blocks of a row are white and black in the upper,
//! black and white in the lower one: they tell the pattern from other pictures, and what white and black have become. Between
//! them are 36 bits, the highest first: the number's 32, and 4 that check them.

use super::canvas::{Canvas, Color};
use crate::frame::Size;

const COLUMNS: u32 = 20;
/// White and black must be this far apart to be told from noise.
const CONTRAST: u32 = 64;

/// 40 bits, row by row.
fn blocks(number: u32) -> u64 {
    let bits = u64::from(number) << 4 | check(number);
    let (upper, lower) = (bits >> 18, bits & 0x3_ffff);
    (1 << 19 | upper << 1) << 20 | lower << 1 | 1
}

fn check(number: u32) -> u64 {
    let sum = (0..8).map(|nibble| (number >> (nibble * 4) & 15) * (nibble + 1)).sum::<u32>();
    u64::from((sum % 16) ^ 0b0110)
}

/// The block's left, top, width and height in a picture of `size`.
fn place(block: u32, size: Size) -> (u32, u32, u32, u32) {
    let (column, row) = (block % COLUMNS, block / COLUMNS);
    let (left, right) = (size.width * column / COLUMNS, size.width * (column + 1) / COLUMNS);
    let edge = |row| size.height - size.height / 8 + size.height / 8 * row / 2;
    (left, edge(row), right - left, edge(row + 1) - edge(row))
}

pub(super) fn draw(canvas: &mut Canvas, number: u32) {
    let size = canvas.size();
    let blocks = blocks(number);
    for block in 0..COLUMNS * 2 {
        let white = blocks >> (COLUMNS * 2 - 1 - block) & 1 == 1;
        let (left, top, width, height) = place(block, size);
        canvas.fill(left, top, width, height, if white { Color::rgb(255, 255, 255) } else { Color::rgb(0, 0, 0) });
    }
}

/// The number in a frame of the test pattern, or in a smaller or compressed picture of it; `None` if it can't be made out.
/// `rgb` is packed, 3 bytes a pixel, and shows the whole frame.
#[must_use]
pub fn read_number(rgb: &[u8], size: Size) -> Option<u32> {
    if rgb.len() as u64 != size.area() * 3 || size.width < COLUMNS * 2 || size.height < 16 {
        return None;
    }
    let light: Vec<u32> = (0..COLUMNS * 2).map(|block| brightness(rgb, size, place(block, size))).collect();
    let corner = |row: usize, column: usize| light[row * COLUMNS as usize + column];
    let last = COLUMNS as usize - 1;
    let white = corner(0, 0).min(corner(1, last));
    let black = corner(0, last).max(corner(1, 0));
    if white < black + CONTRAST {
        return None;
    }
    let read = light.iter().fold(0, |bits, light| bits << 1 | u64::from(*light * 2 > white + black));
    let number = (read >> 21 & 0x3_ffff) << 14 | read >> 5 & 0x3fff;
    let number = u32::try_from(number).ok()?;
    (blocks(number) == read).then_some(number)
}

/// The mean of the inner half of a block, 0 to 255.
fn brightness(rgb: &[u8], size: Size, (left, top, width, height): (u32, u32, u32, u32)) -> u32 {
    let (mut sum, mut count) = (0, 0);
    for y in top + height / 4..(top + height * 3 / 4).max(top + height / 4 + 1) {
        for x in left + width / 4..(left + width * 3 / 4).max(left + width / 4 + 1) {
            let at = (y * size.width + x) as usize * 3;
            sum += rgb[at..at + 3].iter().copied().map(u32::from).sum::<u32>();
            count += 3;
        }
    }
    sum / count
}
