//! The harness of the tests over the wire: real programs, real sockets, a real browser.
//!
//! What this crate must not know: anything inside the programs. It starts them, speaks to their sockets and signals, and reads
//! what they print and write; of the crate `cometcam` it uses only what reads a test pattern's number. Everything waits for an
//! event under a deadline, so that a test fails with a sentence and never hangs or sleeps.

pub mod bare;
pub mod browser;
pub mod bus;
pub mod clock;
pub mod deadline;
pub mod desktop;
pub mod disk;
pub mod dunst;
mod duration;
pub mod files;
pub mod first_minute;
pub mod guest;
pub mod http;
pub mod jpeg;
pub mod lan;
pub mod longpoll;
pub mod look;
pub mod mjpg;
pub mod person;
pub mod program;
pub mod random;
pub mod raw;
pub mod reader;
pub mod server;
pub mod tap;
