//! Random choices that can be had again: the seed is told when the test fails.

use std::thread::panicking;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The variable of the environment that repeats the choices of a failed run.
const SEED: &str = "COMETCAM_SEED";

/// A source of choices: SplitMix64 (<https://prng.di.unimi.it/splitmix64.c>).
#[derive(Debug)]
pub struct Random {
    seed: u64,
    state: u64,
}

impl Random {
    /// Seeded by the clock, or by `COMETCAM_SEED`.
    ///
    /// # Panics
    /// If that is set to something else than a number.
    #[must_use]
    pub fn new() -> Self {
        let clock = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Self::seeded(std::env::var(SEED).map_or_else(|_| clock(), |seed| seed.parse().expect("a seed is a number")))
    }

    fn seeded(seed: u64) -> Self {
        Self { seed, state: seed }
    }

    /// Another source, for a task of its own.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        let state = self.next();
        Self { seed: self.seed, state }
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("it is below a usize")
    }

    /// One time out of so many.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of these, of which there is at least one.
    pub fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// A time up to this.
    pub fn up_to(&mut self, longest: Duration) -> Duration {
        Duration::from_micros(self.next() % u64::try_from(longest.as_micros()).unwrap_or(u64::MAX).max(1))
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Default for Random {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Random {
    fn drop(&mut self) {
        if panicking() {
            eprintln!("{SEED}={} makes the same choices again", self.seed);
        }
    }
}
