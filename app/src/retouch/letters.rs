//! Letters of the program's own font, as pixels.

use std::collections::HashMap;

use skrifa::instance::{LocationRef, Size};
use skrifa::outline::DrawSettings;
use skrifa::{FontRef, GlyphId, MetadataProvider};

use super::outline::{Ink, Outline};

const FONT: &[u8] = include_bytes!("../../../assets/fonts/Inter-SemiBold.otf");
/// Letters that are kept as pixels, of one size.
const KEPT: usize = 512;

/// Draws words; keeps the letters it drew.
#[derive(Debug, Default)]
pub(super) struct Letters {
    /// Of the font, in pixels.
    size: usize,
    kept: HashMap<char, Letter>,
}

#[derive(Debug, Clone)]
struct Letter {
    ink: Ink,
    /// From where it begins to where the next one does, in pixels.
    advance: f32,
    /// That it is moved by to the right: digits stand in the middle of cells of one width.
    shift: f32,
}

impl Letters {
    /// From now on letters are so many pixels high, from one line to the next one without a gap.
    pub(super) fn set_size(&mut self, pixels: usize) {
        if self.size != pixels {
            self.size = pixels;
            self.kept.clear();
        }
    }

    /// Of the words in one line, in pixels.
    pub(super) fn width(&mut self, words: &str) -> usize {
        visible(words).map(|letter| self.letter(letter).advance).sum::<f32>().ceil() as usize
    }

    /// `text` and behind it `time`, the text cut off where both would be wider than `available`.
    pub(super) fn fitted(&mut self, text: &str, time: &str, available: usize) -> String {
        let both = |text: &str| if text.is_empty() { time.to_owned() } else { format!("{text} {time}").trim().to_owned() };
        let whole = both(text);
        if self.width(&whole) <= available {
            return whole;
        }
        let mut cut = text.to_owned();
        while cut.pop().is_some() {
            let shortened = both(&format!("{}…", cut.trim_end()));
            if self.width(&shortened) <= available {
                return shortened;
            }
        }
        if time.is_empty() { "…".to_owned() } else { time.to_owned() }
    }

    /// The words as coverage in 255ths, in the middle of `height` rows of `width` pixels; what is wider is cut off.
    pub(super) fn draw(&mut self, words: &str, width: usize, height: usize) -> Vec<u8> {
        let mut pixels = vec![0; width * height];
        // Capitals stand in the middle: they are 0.73 of Inter's size.
        let line = i64::try_from((height * 100 + self.size * 73) / 200).unwrap_or_default();
        let mut at = 0.0;
        for letter in visible(words) {
            let Letter { ink, advance, shift } = self.letter(letter);
            let left = (at + shift).round() as i64 + i64::from(ink.left);
            for (y, row) in (line + i64::from(ink.top)..).zip(ink.coverage.chunks_exact(ink.width.max(1))) {
                for (x, covered) in (left..).zip(row) {
                    let place = usize::try_from(x).ok().filter(|x| *x < width).zip(usize::try_from(y).ok());
                    if let Some(pixel) = place.and_then(|(x, y)| pixels.get_mut(y * width + x)) {
                        *pixel = u8::max(*pixel, *covered);
                    }
                }
            }
            at += advance;
        }
        pixels
    }

    fn letter(&mut self, letter: char) -> &Letter {
        if self.kept.len() >= KEPT {
            self.kept.clear();
        }
        let size = self.size;
        self.kept.entry(letter).or_insert_with(|| made(letter, size))
    }
}

/// Without those that only join or change others.
fn visible(words: &str) -> impl Iterator<Item = char> {
    let joins = |letter: &char| matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}');
    words.chars().filter(move |letter| !joins(letter))
}

/// Nothing, if the font that is built in could not be read.
fn made(letter: char, size: usize) -> Letter {
    let size = Size::new(size as f32);
    let none = Letter { ink: Ink::default(), advance: 0.0, shift: 0.0 };
    let Ok(font) = FontRef::new(FONT) else { return none };
    let letters = font.charmap();
    let glyph_of = |letter: char| letters.map(letter).filter(|glyph| *glyph != GlyphId::NOTDEF);
    // The font's own sign for a letter that it lacks.
    let glyph = glyph_of(letter).or_else(|| glyph_of('\u{fffd}')).unwrap_or(GlyphId::NOTDEF);
    let metrics = font.glyph_metrics(size, LocationRef::default());
    let own = metrics.advance_width(glyph).unwrap_or_default();
    let widest = || ('0'..='9').filter_map(glyph_of).filter_map(|digit| metrics.advance_width(digit)).fold(0.0, f32::max);
    let advance = if letter.is_ascii_digit() { widest() } else { own };
    let mut outline = Outline::default();
    let drawn = font
        .outline_glyphs()
        .get(glyph)
        .map(|glyph| glyph.draw(DrawSettings::unhinted(size, LocationRef::default()), &mut outline));
    let ink = if matches!(drawn, Some(Ok(_))) { outline.ink() } else { Ink::default() };
    Letter { ink, advance, shift: (advance - own) / 2.0 }
}
