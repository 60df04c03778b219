//! The sound that announces the first viewer: two soft notes, made here.

use std::f64::consts::TAU;

/// Samples a second.
const RATE: u32 = 22_050;
/// When each note begins, in seconds, and its pitch in hertz: E and, a fifth above, B.
const NOTES: [(f64, f64); 2] = [(0.0, 659.26), (0.14, 987.77)];
/// Of the whole, in samples: six tenths of a second.
const LENGTH: u32 = RATE * 6 / 10;
/// Of the loudest that there is.
const LOUDNESS: f64 = 0.3;

/// As a WAV file: mono, 16 bits a sample.
pub(super) fn wav() -> Vec<u8> {
    let data = LENGTH * 2;
    let mut file = Vec::with_capacity(44 + data as usize);
    file.extend(b"RIFF");
    file.extend((36 + data).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    for field in [1_u16, 1] {
        file.extend(field.to_le_bytes());
    }
    file.extend(RATE.to_le_bytes());
    file.extend((RATE * 2).to_le_bytes());
    for field in [2_u16, 16] {
        file.extend(field.to_le_bytes());
    }
    file.extend(b"data");
    file.extend(data.to_le_bytes());
    for sample in 0..LENGTH {
        file.extend(loudness_at(f64::from(sample) / f64::from(RATE)).to_le_bytes());
    }
    file
}

fn loudness_at(seconds: f64) -> i16 {
    let note = |(begin, pitch): (f64, f64)| {
        let at = seconds - begin;
        if at < 0.0 {
            return 0.0;
        }
        // It swells in 5 ms, so that it doesn't click, and dies away like a bell.
        (at / 0.005).min(1.0) * (-7.0 * at).exp() * (TAU * pitch * at).sin()
    };
    let sum: f64 = NOTES.into_iter().map(note).sum();
    #[expect(clippy::cast_possible_truncation, reason = "two notes of 0.3 each are below 1")]
    let sample = (sum * LOUDNESS * f64::from(i16::MAX)) as i16;
    sample
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_whole_wav_file_that_begins_and_ends_softly() {
        let file = wav();
        let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!(
            (&file[..4], &file[8..16], number(4), number(40)),
            (&b"RIFF"[..], &b"WAVEfmt "[..], file.len() - 8, file.len() - 44)
        );
        let samples: Vec<i16> = file[44..].chunks(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
        assert!(samples.iter().any(|sample| sample.abs() > 5_000), "it can be heard");
        assert!(samples[0].abs() < 50 && samples[samples.len() - 200..].iter().all(|sample| sample.abs() < 1_000));
    }
}
