//! What happened.

use std::net::IpAddr;

use cometcam_server::access::{Guest, Pairing};
use cometcam_server::http::{Display, Viewer};
use cometcam_server::units::Bandwidth;

use crate::frame::Size;
use crate::login::AtLogin;
use crate::source::{Knob, Mode, SourceSpec};
use crate::state::{Choices, Receipt};

/// A camera that can be chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraChoice {
    /// For people.
    pub name: String,
    /// What choosing it means.
    pub source: SourceSpec,
    /// The sizes it offers, largest first; empty if it did not tell.
    pub sizes: Vec<Size>,
}

/// Whether anybody can see the pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnAir {
    /// Nothing is stored and nothing served.
    NotLive,
    /// Go live was pressed and is being carried out.
    Starting,
    /// Since this time, in milliseconds of the Unix epoch.
    Live {
        /// When it began.
        since_ms: u64,
    },
    /// Live, with the source held back.
    Paused {
        /// When the broadcast began.
        since_ms: u64,
    },
}

/// An address at which viewers reach the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// For the address bar and the QR code, e.g. `http://192.168.1.20:8060/`.
    pub url: String,
}

/// What is wrong, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What happened and what to do.
    pub sentence: String,
}

/// Whether the computer stays awake by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awake {
    /// Nobody asked it to: nothing is live.
    NotAsked,
    /// It does.
    Kept,
    /// It may fall asleep: nobody could be asked, or agreed.
    NotKept,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The choices in force, at the start and after each change.
    Choices(Box<Choices>),
    /// The cameras there are.
    Cameras(Vec<CameraChoice>),
    /// The source is open and gives pictures.
    SourceOpen(Mode),
    /// The source gives no pictures.
    SourceFault(Fault),
    /// What can be set of this camera, as it is now.
    Knobs(SourceSpec, Vec<Knob>),
    /// The broadcast's state changed.
    OnAir(OnAir),
    /// Where the server listens: the best address first.
    Addresses(Vec<Address>),
    /// Numbers of the moment; at most a few times a second.
    Numbers(Numbers),
    /// Something other than the source failed, or recovered (`None`).
    Fault(Option<Fault>),
    /// Something succeeded that the person asked for, e.g. where a picture was saved.
    Notice(String),
    /// Who watches.
    Viewers(Viewers),
    /// Why the first viewer was not announced as it should be.
    Unannounced(String),
    /// Who was let in, and how more may come.
    Entry(Entry),
    /// The displays that are known, by name.
    Displays(Vec<Display>),
    /// These went dark, or are at the start; once each, after they were told with [`Event::Displays`].
    Dark(Vec<String>),
    /// What viewers have of the network.
    Sharing(Sharing),
    /// What the broadcast was that is over, until the person has read it.
    Receipt(Option<Receipt>),
    /// Whether the computer stays awake.
    Awake(Awake),
    /// What happens at the next login.
    AtLogin(AtLogin),
    /// The text that [`Command::CopyDiagnostics`](super::Command::CopyDiagnostics) asked for.
    Diagnostics(String),
    /// Cometcam was started once more: the window comes to the front.
    Raise,
    /// The system asked the program to end: the window closes without a question.
    Closing,
}

/// Who watches the channel.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Viewers {
    /// Those first that came first.
    pub list: Vec<Viewer>,
    /// The devices that may not for now, those first that were closed first.
    pub closed: Vec<IpAddr>,
}

/// Who was let in by a password or a code, and the code.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Entry {
    /// Those first that came first.
    pub guests: Vec<Guest>,
    /// Whether there is a code, or why no more.
    pub pairing: Pairing,
}

/// What all viewers on other devices have of the network together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sharing {
    /// At most, as it comes to with the network adapters of now; `None` before it is known.
    pub in_force: Option<Bandwidth>,
    /// Whether they wanted more in the last few seconds, so that each got fewer pictures.
    pub is_shared: bool,
}

/// Numbers of the moment.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Numbers {
    /// Viewers now.
    pub watching: usize,
    /// Frames published in this broadcast.
    pub published: u64,
    /// Frames dropped in this broadcast, at whatever stage.
    pub dropped: u64,
    /// Frames that could not be saved to disk in this broadcast.
    pub unsaved: u64,
    /// Pictures a second out of the source, measured.
    pub fps: f32,
    /// When the newest published picture was taken, in milliseconds of the Unix epoch.
    pub newest_ms: Option<u64>,
    /// From one published picture to the next, as viewers are told; 0 before the first.
    pub interval_ms: u64,
    /// When another device asked the server last for anything, in milliseconds of the Unix epoch.
    pub reached_ms: Option<u64>,
}

impl OnAir {
    /// Whether there is a broadcast, or soon will be.
    #[must_use]
    pub fn is_on(self) -> bool {
        self != Self::NotLive
    }
}
