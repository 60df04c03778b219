//! What the window shows ([`State`]), what happened ([`Event`]) and what the person wants ([`Command`]). Pure: no thread, no
//! socket, no camera and no egui; the studio does the work, and the window draws.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::frame::Size;
use crate::source::{Mode, SourceSpec};

/// Who can watch; the server listens accordingly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Browsers on this machine.
    ThisComputer,
    /// Everyone in this network who has the address.
    ThisNetwork,
}

/// Which pictures go to disk while live; all of them are in memory for a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Save {
    /// Each picture.
    Every,
    /// None.
    Off,
    /// At most one in so many milliseconds.
    EachMillis(u64),
}

/// Everything the person chose; remembered from one start to the next.
#[derive(Debug, Clone, PartialEq)]
pub struct Choices {
    /// Where pictures come from.
    pub source: SourceSpec,
    /// The size asked of the source.
    pub size: Size,
    /// Pictures a second, at most.
    pub fps: u32,
    /// The channel's name.
    pub channel: String,
    /// `None` until it was asked at the first Go live.
    pub audience: Option<Audience>,
    /// Where pictures are saved.
    pub data: PathBuf,
    /// Which of them.
    pub save: Save,
    /// Whether what was saved stays after the broadcast.
    pub keep: bool,
}

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
    /// Of the network adapter, in the system's words, e.g. `wlan0`; empty for this computer.
    pub adapter: String,
}

/// What is wrong, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What happened and what to do.
    pub sentence: String,
    /// When, in milliseconds of the Unix epoch.
    pub at_ms: u64,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The choices in force, at the start and after each change.
    Choices(Choices),
    /// The cameras there are.
    Cameras(Vec<CameraChoice>),
    /// The source is open and gives pictures.
    SourceOpen(Mode),
    /// The source gives no pictures.
    SourceFault(Fault),
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
}

/// What the person wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Begin a broadcast.
    GoLive,
    /// End it.
    Stop,
    /// Hold the source back while live; the viewers are told.
    Pause,
    /// Go on after a pause.
    Resume,
    /// Take pictures from there.
    SetSource(SourceSpec),
    /// Ask the source for this size.
    SetSize(Size),
    /// At most so many pictures a second.
    SetFps(u32),
    /// Publish to this channel (while not live).
    SetChannel(String),
    /// Who can watch; the server listens accordingly and keeps its port.
    SetAudience(Audience),
    /// Save pictures there (while not live).
    SetData(PathBuf),
    /// Which pictures go to disk.
    SetSave(Save),
    /// Whether what was saved stays after the broadcast.
    SetKeep(bool),
    /// Write the newest picture to this file.
    SavePicture(PathBuf),
    /// Look for cameras again.
    FindCameras,
    /// Let the person choose the folder for [`Command::SetData`] in the system's dialog.
    PickData,
    /// Let the person choose the folder of a [`SourceSpec::Images`] in the system's dialog.
    PickImages,
    /// Let the person choose the file for [`Command::SavePicture`] in the system's dialog.
    PickPicture,
    /// End the program, and the broadcast with it.
    Quit,
}

/// What the window draws. It changes by [`State::apply`] and [`State::intercept`] alone.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// In force.
    pub choices: Choices,
    /// That can be chosen.
    pub cameras: Vec<CameraChoice>,
    /// What the source delivers, once it does.
    pub mode: Option<Mode>,
    /// Why the source gives no pictures.
    pub source_fault: Option<Fault>,
    /// Anything else that is wrong.
    pub fault: Option<Fault>,
    /// Whether anybody can see the pictures.
    pub on_air: OnAir,
    /// The best one first.
    pub addresses: Vec<Address>,
    /// Of the moment.
    pub numbers: Numbers,
    /// The last success, in words.
    pub notice: Option<String>,
    /// What the person is being asked.
    pub question: Option<Question>,
}

/// Asked before something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Who can watch: once, at the first Go live.
    WhoCanWatch,
    /// Whether to end the broadcast: the window was told to close while live.
    CloseWhileLive,
}
