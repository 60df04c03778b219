//! Cometcam left alone: with nobody at it, on a computer that would fall asleep, in networks that come and go, started by the
//! desktop, and started twice.

mod awake;
mod found;
mod login;
mod moved;
mod once;
pub(crate) mod said;
mod waits;
