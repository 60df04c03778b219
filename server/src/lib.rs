//! The push server: takes messages and pictures from publishers and gives them to subscribers and viewers.
//!
//! What this crate must not know: cameras, pixels (of a picture it reads no more than type and size in the header) and windows.

pub mod relay;
