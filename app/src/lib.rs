//! Cometcam's desktop program as a library: from a source of pictures to a published broadcast, with or without a window.
//!
//! What this crate must not know: how a message travels to a viewer (that is `cometcam-server`), and, outside `ui`, that egui
//! exists. The camera crates are named only in `source/camera`.

pub mod address;
pub mod announce;
pub mod asleep;
pub mod awake;
mod child;
pub mod cli;
pub mod commands;
pub mod control;
pub mod decode;
pub mod desktop;
pub mod diagnostics;
pub mod encode;
pub mod frame;
pub mod headless;
pub mod journal;
pub mod latest;
pub mod login;
#[cfg(test)]
mod manual;
pub mod notify;
pub mod outbox;
pub mod pipeline;
pub mod planes;
pub mod publish;
pub mod retouch;
pub mod save;
pub mod second_start;
pub mod settings;
pub mod source;
pub mod state;
pub mod studio;
pub mod ui;

pub use cometcam_server::channel;
