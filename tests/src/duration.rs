//! How long a test took, where that is long: libtest doesn't say it.

use std::time::{Duration, Instant};

/// What is worth a line.
const LONG: Duration = Duration::from_secs(10);

thread_local! {
    static TEST: Test = Test { name: std::thread::current().name().unwrap_or_default().to_owned(), begun: Instant::now() };
}

/// Each has a thread of its own, of its name.
struct Test {
    name: String,
    begun: Instant,
}

/// To be called when a test starts something.
pub(crate) fn count() {
    TEST.with(|_| ());
}

impl Drop for Test {
    fn drop(&mut self) {
        let took = self.begun.elapsed();
        if took >= LONG {
            eprintln!("{} took {} s", self.name, took.as_secs());
        }
    }
}
