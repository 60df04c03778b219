//! What the person wants.

use std::net::IpAddr;
use std::path::PathBuf;

use cometcam_server::access::GuestId;
use cometcam_server::http::{DisplayOrder, ViewerId};

use crate::frame::Size;
use crate::login::AtLogin;
use crate::retouch::Retouch;
use crate::save::Save;
use crate::source::SourceSpec;
use crate::state::{Audience, ViewingChange};

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
    /// Do this to each picture from now on.
    SetPicture(Retouch),
    /// Set something of a camera itself, now and each time when it is opened.
    SetKnob {
        /// As it is found again.
        camera: SourceSpec,
        /// Of the knob.
        name: String,
        /// One that it can have.
        value: i64,
    },
    /// Do nothing to the pictures, and set this camera as it was made.
    ResetPicture(SourceSpec),
    /// Hold the newest picture for [`Command::SavePicture`]: what was seen when it was asked for.
    HoldPicture,
    /// Write the held picture to this file; the newest, if none is held.
    SavePicture(PathBuf),
    /// As [`Command::SavePicture`], in the place of what may be there: the person was asked.
    ReplacePicture(PathBuf),
    /// Tell this sentence no more: the person has read what is wrong.
    DismissFault(String),
    /// Look for cameras again.
    FindCameras,
    /// Let the person choose the folder for [`Command::SetData`] in the system's dialog.
    PickData,
    /// Let the person choose the folder of a [`SourceSpec::Images`] in the system's dialog.
    PickImages,
    /// Let the person choose the file for [`Command::SavePicture`] in the system's dialog.
    PickPicture,
    /// Something about those who watch.
    Viewers(ViewersCommand),
    /// Something about the broadcast that is over.
    Receipt(ReceiptCommand),
    /// Something about the displays.
    Displays(DisplaysCommand),
    /// What happens when the person logs in.
    SetAtLogin(AtLogin),
    /// Copy what somebody who helps needs to know.
    CopyDiagnostics,
    /// End the program, and the broadcast with it.
    Quit,
}

/// What the person wants of those who watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViewersCommand {
    /// Choose something.
    Choose(ViewingChange),
    /// This one is to watch no more.
    Close(ViewerId),
    /// Let a device in again that was closed.
    AdmitAgain(IpAddr),
    /// Show a new code to pair devices with.
    NewCode,
    /// This guest has to enter anew.
    Revoke(GuestId),
}

/// What the person wants of the broadcast that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptCommand {
    /// Keep what was saved.
    Keep,
    /// Remove what was saved.
    Remove,
    /// It was read. What was saved is removed, unless it is kept.
    Close,
    /// Show the folder in the system's program for files.
    OpenFolder,
}

/// What the person wants of a display, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DisplaysCommand {
    /// Tell it to do this.
    Order(String, DisplayOrder),
    /// Forget it until it signs in again.
    Forget(String),
}
