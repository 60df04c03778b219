//! Where encoded frames go: to the server in this process.

mod embedded;

pub use embedded::Embedded;
