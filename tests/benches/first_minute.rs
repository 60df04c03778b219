//! The first minute, several times: prints how long its steps took, and fails where one of them took longer than it may.

use std::process::ExitCode;
use std::time::Duration;

use cometcam_tests::first_minute::{Times, first_minute};

/// Odd, so that there is a middle one.
const TIMES: usize = 5;

/// A step, how long it may take, and how long it took.
type Step = (&'static str, Duration, fn(&Times) -> Duration);

const STEPS: [Step; 4] = [
    ("start to the window, painted", Duration::from_secs(1), |times| times.painted),
    ("start to the first picture in it", Duration::from_secs(2), |times| times.preview),
    ("opening the address on a phone to the picture on its screen", Duration::from_secs(2), |times| times.on_phone),
    ("Stop to nothing served", Duration::from_millis(100), |times| times.stopped),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut minutes = Vec::new();
    for _ in 0..TIMES {
        minutes.push(first_minute().await);
    }
    println!("| the first minute | may take | took: middle | slowest of {TIMES} |\n|---|---|---|---|");
    let mut is_within = true;
    for (what, limit, of) in STEPS {
        let mut took: Vec<_> = minutes.iter().map(of).collect();
        took.sort_unstable();
        let (middle, slowest) = (took[TIMES / 2], took[TIMES - 1]);
        is_within &= middle <= limit;
        println!("| {what} | {} ms | {} ms | {} ms |", limit.as_millis(), middle.as_millis(), slowest.as_millis());
    }
    if is_within {
        return ExitCode::SUCCESS;
    }
    eprintln!("The first minute takes longer than it may.");
    ExitCode::FAILURE
}
