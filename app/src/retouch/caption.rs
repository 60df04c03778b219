//! The line of text in a picture: white on a dark plate, at the lower left, so that it can be read on any picture.

use super::letters::Letters;
use crate::planes::{Plane, Planes};

/// What stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// What the person typed; may be empty.
    pub(super) text: &'a str,
    /// Behind it, and never cut off for it; may be empty.
    pub(super) time: &'a str,
}

/// Draws the line; what was drawn is kept until another one is to be.
#[derive(Debug, Default)]
pub(super) struct Caption {
    letters: Letters,
    drawn: Option<Drawn>,
}

/// A plate with its text, ready to be laid over a picture.
#[derive(Debug)]
struct Drawn {
    text: String,
    time: String,
    /// Of the picture, and the pixels that share chroma.
    room: (usize, usize, (usize, usize)),
    /// Its left and top edge in the picture.
    at: (usize, usize),
    /// What becomes of the luma below it.
    luma: Veil,
    /// And of the chroma, sample by sample.
    chroma: Veil,
}

/// What stays of each sample below, in 255ths, and what is added to it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Veil {
    width: usize,
    stays: Vec<u8>,
    added: Vec<u8>,
}

/// How dark the plate is, in 255ths.
const DARK: u16 = 0xa8;

impl Caption {
    /// Writes the line upon the picture.
    pub(super) fn stamp(&mut self, planes: &mut Planes, line: &Line<'_>) {
        if (line.text, line.time) == ("", "") {
            return;
        }
        let room = (planes.y.width, planes.y.height, planes.sampling.pixels());
        let is_drawn = |drawn: &Drawn| (&*drawn.text, &*drawn.time, drawn.room) == (line.text, line.time, room);
        if !self.drawn.as_ref().is_some_and(is_drawn) {
            self.drawn = Some(draw(&mut self.letters, line, room));
        }
        let Some(drawn) = &self.drawn else { return };
        let (left, top) = drawn.at;
        drawn.luma.lay(&mut planes.y, left, top);
        let (across, down) = room.2;
        for chroma in [&mut planes.u, &mut planes.v] {
            drawn.chroma.lay(chroma, left / across, top / down);
        }
    }
}

impl Veil {
    fn lay(&self, plane: &mut Plane, left: usize, top: usize) {
        let rows = self.stays.chunks_exact(self.width).zip(self.added.chunks_exact(self.width));
        for (y, (stays, added)) in (top..plane.height).zip(rows) {
            let samples = plane.row_mut(y).iter_mut().skip(left);
            for (sample, (stays, added)) in samples.zip(stays.iter().zip(added)) {
                let mixed = u16::from(*sample) * u16::from(*stays) + u16::from(*added) * (255 - u16::from(*stays));
                *sample = ((mixed + 127) / 255) as u8;
            }
        }
    }

    /// The same for samples that `across` by `down` pixels share, all of them to no colour.
    fn of_chroma(&self, (across, down): (usize, usize)) -> Self {
        let width = self.width.div_ceil(across);
        let mut stays = Vec::with_capacity(width * self.stays.len() / self.width / down);
        for rows in self.stays.chunks(self.width * down) {
            for x in 0..width {
                let shared = rows.chunks(self.width).flat_map(|row| &row[x * across..(x * across + across).min(self.width)]);
                let (sum, count) = shared.fold((0, 0), |(sum, count), stays| (sum + u32::from(*stays), count + 1));
                stays.push((sum / u32::max(count, 1)) as u8);
            }
        }
        Self { width, added: vec![128; stays.len()], stays }
    }
}

fn draw(letters: &mut Letters, line: &Line<'_>, room: (usize, usize, (usize, usize))) -> Drawn {
    let (width, height, shared) = room;
    let mut pixels = (width.min(height) / 24).clamp(12, 120);
    // Even, so that it begins where a sample of chroma does.
    let margin = pixels / 2 / 2 * 2;
    let padding = pixels / 3;
    let available = width.saturating_sub(2 * (margin + padding));
    letters.set_size(pixels);
    if !line.time.is_empty() {
        while pixels > 8 && letters.width(line.time) > available {
            pixels -= 1;
            letters.set_size(pixels);
        }
    }
    let words = letters.fitted(line.text, line.time, available);
    let text_width = letters.width(&words).min(available);
    let plate_width = (text_width + 2 * padding).min(width).next_multiple_of(2);
    let plate_height = (pixels * 7 / 4).next_multiple_of(2);
    let text = letters.draw(&words, text_width, plate_height);
    let luma = plate(&text, plate_width, plate_height, padding);
    let top = height.saturating_sub(margin + plate_height) / 2 * 2;
    Drawn {
        text: line.text.to_owned(),
        time: line.time.to_owned(),
        room,
        at: (margin.min(width / 4 * 2), top),
        chroma: luma.of_chroma(shared),
        luma,
    }
}

/// A plate with round corners, and upon it the text, of which there is the coverage in rows of the plate's height.
fn plate(text: &[u8], width: usize, height: usize, padding: usize) -> Veil {
    let text_width = text.len() / height.max(1);
    let (mut stays, mut added) = (Vec::with_capacity(width * height), Vec::with_capacity(width * height));
    for y in 0..height {
        let row = &text[y * text_width..][..text_width];
        for x in 0..width {
            let inked = x.checked_sub(padding).and_then(|x| row.get(x)).copied().map_or(0, u16::from);
            // White over dark: of what is below the plate stays a part, and of that what no letter covers.
            let below = 255 - DARK * corner(x, y, width, height) / 255;
            let stay = below * (255 - inked) / 255;
            stays.push(stay as u8);
            added.push((inked * 255 / (255 - stay).max(1)).min(255) as u8);
        }
    }
    Veil { width, stays, added }
}

/// How much of the plate is at a place, in 255ths: its corners are round.
fn corner(x: usize, y: usize, width: usize, height: usize) -> u16 {
    let radius = height / 5;
    let outside = |at: usize, length: usize| radius.saturating_sub(at.min(length - 1 - at));
    let (dx, dy) = (outside(x, width), outside(y, height));
    if dx == 0 || dy == 0 {
        return 255;
    }
    ((radius as f32 + 0.5 - (dx as f32).hypot(dy as f32)).clamp(0.0, 1.0) * 255.0) as u16
}
