//! A picture turned by quarters, and mirrored.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Plane, Planes, Sampling};
use crate::frame::Size;

/// How far a picture is turned, clockwise. In a file it is a number of degrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub enum Turn {
    /// Not at all.
    #[default]
    None,
    /// By 90 degrees.
    Quarter,
    /// By 180 degrees: upside down.
    Half,
    /// By 270 degrees, or 90 the other way.
    ThreeQuarters,
}

/// No quarter of a turn.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a picture can’t be turned by {0} degrees: write 0, 90, 180 or 270")]
pub struct TurnError(i64);

impl Turn {
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::None, Self::Quarter, Self::Half, Self::ThreeQuarters];

    /// Degrees, clockwise.
    #[must_use]
    pub fn degrees(self) -> u16 {
        match self {
            Self::None => 0,
            Self::Quarter => 90,
            Self::Half => 180,
            Self::ThreeQuarters => 270,
        }
    }

    /// Whether width and height change places.
    #[must_use]
    pub fn swaps(self) -> bool {
        matches!(self, Self::Quarter | Self::ThreeQuarters)
    }
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}°", self.degrees())
    }
}

impl TryFrom<i64> for Turn {
    type Error = TurnError;

    fn try_from(degrees: i64) -> Result<Self, TurnError> {
        Self::ALL.into_iter().find(|turn| i64::from(turn.degrees()) == degrees).ok_or(TurnError(degrees))
    }
}

impl From<Turn> for i64 {
    fn from(turn: Turn) -> Self {
        turn.degrees().into()
    }
}

/// Whether what is turned is seen in a mirror afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mirror {
    Yes,
    No,
}

/// Where the sample of a place comes from.
#[derive(Debug, Clone, Copy)]
struct Way {
    /// Rows become columns.
    swap: bool,
    /// The columns of what it comes from are counted from the right.
    from_right: bool,
    /// And its rows from below.
    from_below: bool,
}

impl Way {
    fn new(turn: Turn, mirror: Mirror) -> Self {
        let mirrored = mirror == Mirror::Yes;
        let swap = turn.swaps();
        Self {
            swap,
            from_right: matches!(turn, Turn::Half | Turn::ThreeQuarters) ^ (mirrored && !swap),
            from_below: matches!(turn, Turn::Quarter | Turn::Half) ^ (mirrored && swap),
        }
    }
}

impl Planes {
    /// Becomes `from`, turned and then mirrored.
    pub(crate) fn turn(&mut self, from: &mut Self, turn: Turn, mirror: Mirror) {
        let way = Way::new(turn, mirror);
        let size = from.size();
        if way.swap {
            // Two beside each other would become two below each other, which few readers of JPEGs expect.
            from.halve_chroma_rows();
        }
        self.reshape(if way.swap { Size::new(size.height, size.width) } else { size }, from.sampling);
        for (to, from) in [(&mut self.y, &from.y), (&mut self.u, &from.u), (&mut self.v, &from.v)] {
            if way.swap { to.swap_from(from, way) } else { to.copy_from(from, way) }
        }
    }

    /// From two beside each other that share chroma to two by two.
    fn halve_chroma_rows(&mut self) {
        if self.sampling != Sampling::Wide {
            return;
        }
        for chroma in [&mut self.u, &mut self.v] {
            let (stride, rows) = (chroma.stride, chroma.height);
            for row in 0..rows.div_ceil(2) {
                // The last one of an odd number is its own pair.
                let (upper, lower) = (row * 2 * stride, (row * 2 + 1).min(rows - 1) * stride);
                for x in 0..chroma.width {
                    let sum = u16::from(chroma.samples[upper + x]) + u16::from(chroma.samples[lower + x]);
                    chroma.samples[row * stride + x] = sum.div_ceil(2) as u8;
                }
            }
            chroma.height = rows.div_ceil(2);
        }
        self.sampling = Sampling::Quarter;
    }
}

impl Plane {
    fn copy_from(&mut self, from: &Self, way: Way) {
        let height = self.height;
        for y in 0..height {
            let source = from.row(if way.from_below { height - 1 - y } else { y });
            let row = self.row_mut(y);
            if way.from_right { copy_reversed(source, row) } else { row.copy_from_slice(source) }
        }
    }

    /// Rows become columns: eight by eight samples at once, and those at the edges one by one.
    fn swap_from(&mut self, from: &Self, way: Way) {
        let (width, height) = (self.width, self.height);
        let (whole_width, whole_height) = (width / 8 * 8, height / 8 * 8);
        let row_of = |x: usize| if way.from_below { width - 1 - x } else { x };
        for y in (0..whole_height).step_by(8) {
            let column = if way.from_right { height - 8 - y } else { y };
            for x in (0..whole_width).step_by(8) {
                let mut block = std::array::from_fn(|line| {
                    let samples = eight(&from.samples[row_of(x + line) * from.stride + column..]);
                    if way.from_right { samples.swap_bytes() } else { samples }
                });
                transpose(&mut block);
                for (line, samples) in block.iter().enumerate() {
                    self.samples[(y + line) * self.stride + x..][..8].copy_from_slice(&samples.to_le_bytes());
                }
            }
        }
        for y in 0..height {
            let column = if way.from_right { height - 1 - y } else { y };
            let first = if y < whole_height { whole_width } else { 0 };
            for x in first..width {
                self.samples[y * self.stride + x] = from.samples[row_of(x) * from.stride + column];
            }
        }
    }
}

/// The first of them is the lowest byte.
fn eight(samples: &[u8]) -> u64 {
    samples.first_chunk().map_or(0, |samples| u64::from_le_bytes(*samples))
}

fn copy_reversed(from: &[u8], to: &mut [u8]) {
    let (to, rest) = to.as_chunks_mut::<8>();
    let (first, from) = from.as_rchunks::<8>();
    for (to, from) in to.iter_mut().zip(from.iter().rev()) {
        *to = u64::from_le_bytes(*from).swap_bytes().to_le_bytes();
    }
    for (to, from) in rest.iter_mut().zip(first.iter().rev()) {
        *to = *from;
    }
}

/// Swaps rows and columns of eight by eight bytes: of the halves, of their halves, and of theirs.
fn transpose(block: &mut [u64; 8]) {
    for (distance, mask) in [(4, 0x0000_0000_ffff_ffff), (2, 0x0000_ffff_0000_ffff), (1, 0x00ff_00ff_00ff_00ff)] {
        let shift = distance * 8;
        for one in (0..8).filter(|line| line & distance == 0) {
            let other = one + distance;
            let swapped = ((block[one] >> shift) ^ block[other]) & mask;
            block[one] ^= swapped << shift;
            block[other] ^= swapped;
        }
    }
}
