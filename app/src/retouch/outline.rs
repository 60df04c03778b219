//! From a letter's outline to its pixels.

use skrifa::outline::OutlinePen;

/// Rows of samples in a row of pixels. Across, coverage is exact.
const FINE: usize = 8;
/// Straight pieces that stand for a curve.
const PIECES: u16 = 8;

/// Collects an outline, in pixels with y downwards.
#[derive(Debug, Default)]
pub(super) struct Outline {
    edges: Vec<Edge>,
    start: (f32, f32),
    at: (f32, f32),
}

/// A straight piece that goes up or down.
#[derive(Debug, Clone, Copy)]
struct Edge {
    top: (f32, f32),
    bottom: (f32, f32),
    /// 1 if it goes down, -1 if it goes up.
    winding: i32,
}

/// The pixels of a letter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ink {
    /// Of its left edge, from where the letter begins.
    pub(super) left: i32,
    /// Of its upper edge, from the line it stands on; negative is above.
    pub(super) top: i32,
    pub(super) width: usize,
    /// How much of each pixel is covered, in 255ths, row by row.
    pub(super) coverage: Vec<u8>,
}

impl Outline {
    fn edge_to(&mut self, to: (f32, f32)) {
        let from = std::mem::replace(&mut self.at, to);
        if from.1 < to.1 {
            self.edges.push(Edge { top: from, bottom: to, winding: 1 });
        } else if to.1 < from.1 {
            self.edges.push(Edge { top: to, bottom: from, winding: -1 });
        }
    }

    fn curve(&mut self, point: impl Fn(f32) -> (f32, f32)) {
        for piece in 1..=PIECES {
            self.edge_to(point(f32::from(piece) / f32::from(PIECES)));
        }
    }

    /// The pixels that it covers; none of an outline that is beyond all measure.
    pub(super) fn ink(&self) -> Ink {
        let ends = || self.edges.iter().flat_map(|edge| [edge.top, edge.bottom]);
        let span = |of: fn((f32, f32)) -> f32| {
            let (low, high) = ends().map(of).fold((f32::MAX, f32::MIN), |(low, high), at| (low.min(at), high.max(at)));
            (low.floor(), high.ceil())
        };
        let ((left, right), (top, bottom)) = (span(|point| point.0), span(|point| point.1));
        let is_sane = |low: f32, high: f32| low < high && low.abs() < 2_000.0 && high.abs() < 2_000.0;
        if !is_sane(left, right) || !is_sane(top, bottom) {
            return Ink::default();
        }
        let (width, height) = ((right - left) as usize, (bottom - top) as usize);
        let mut coverage = Vec::with_capacity(width * height);
        for row in 0..height {
            let mut covered = vec![0.0; width];
            for fine in 0..FINE {
                let y = top + row as f32 + (fine as f32 + 0.5) / FINE as f32;
                self.cover(y, left, &mut covered);
            }
            coverage.extend(covered.iter().map(|covered| (covered * 255.0 / FINE as f32).round().min(255.0) as u8));
        }
        Ink { left: left as i32, top: top as i32, width, coverage }
    }

    /// Adds what is inside at the height `y` to the pixels, the first of which begins at `left`.
    fn cover(&self, y: f32, left: f32, pixels: &mut [f32]) {
        let crossed = self.edges.iter().filter(|edge| (edge.top.1..edge.bottom.1).contains(&y));
        let mut crossings: Vec<(f32, i32)> = crossed
            .map(|edge| {
                let part = (y - edge.top.1) / (edge.bottom.1 - edge.top.1);
                (edge.top.0 + part * (edge.bottom.0 - edge.top.0) - left, edge.winding)
            })
            .collect();
        crossings.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (mut winding, mut begin) = (0, 0.0);
        for (x, turn) in crossings {
            if winding == 0 {
                begin = x;
            }
            winding += turn;
            if winding == 0 {
                fill(begin, x, pixels);
            }
        }
    }
}

/// Adds to each pixel the part of it that is between two places.
fn fill(begin: f32, end: f32, pixels: &mut [f32]) {
    let last = (end.max(0.0).ceil() as usize).min(pixels.len());
    for (index, pixel) in pixels.iter_mut().enumerate().take(last).skip(begin.max(0.0) as usize) {
        let (left, right) = (index as f32, index as f32 + 1.0);
        *pixel += (end.min(right) - begin.max(left)).max(0.0);
    }
}

/// The font has y upwards.
impl OutlinePen for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.close();
        (self.start, self.at) = ((x, -y), (x, -y));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.edge_to((x, -y));
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let from = self.at;
        let mix = |a: f32, b: f32, c: f32, t: f32| a * (1.0 - t).powi(2) + 2.0 * b * t * (1.0 - t) + c * t.powi(2);
        self.curve(|t| (mix(from.0, cx, x, t), mix(from.1, -cy, -y, t)));
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        let from = self.at;
        let mix = |a: f32, b: f32, c: f32, d: f32, t: f32| {
            let s = 1.0 - t;
            a * s.powi(3) + 3.0 * b * s.powi(2) * t + 3.0 * c * s * t.powi(2) + d * t.powi(3)
        };
        self.curve(|t| (mix(from.0, cx0, cx1, x, t), mix(from.1, -cy0, -cy1, -y, t)));
    }

    fn close(&mut self) {
        self.edge_to(self.start);
    }
}
