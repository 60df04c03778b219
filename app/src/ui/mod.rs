//! The window: drawn from [`State`], changed by [`Command`]s. The only place that knows egui.
//!
//! Nothing here waits or decodes on the window's thread: pictures are decoded by the preview's, and what takes time is the
//! studio's.

mod clock;
mod dialog;
#[cfg(test)]
mod fixture;
mod guard;
mod list;
mod live;
mod look;
mod menu;
mod notices;
mod opening;
mod pairing;
mod picture;
mod pixels;
mod preview;
pub mod qr;
mod questions;
mod reached;
mod ready;
mod receipt;
#[cfg(target_os = "linux")]
mod scheme;
mod side;
#[cfg(test)]
mod snapshots;
mod stage;
mod strip;
mod top_bar;
mod viewers;
mod widgets;
mod window;

use std::sync::Arc;
use std::time::Instant;

use eframe::egui;

pub use self::opening::{Opening, WindowError};

use self::clock::Moment;
use self::dialog::Dialog;
use self::preview::Shown;
use crate::commands::Commands;
use crate::frame::Frame;
use crate::latest::Latest;
use crate::outbox::Events;
use crate::state::{Answer, Command, State};

/// Tells the window that there is something to draw. Cheap; called from any thread after the event was sent.
pub type WakeUp = Arc<dyn Fn() + Send + Sync>;

/// The window's ends of its lines to the studio.
pub struct Lines {
    /// What is known at the start.
    pub state: State,
    /// What happens.
    pub events: Events,
    /// What the person wants; a full line is told as a fault, not waited for.
    pub commands: Commands,
    /// The source's pictures, live or not; the window is their only reader.
    pub frames: Arc<Latest<Frame>>,
}

/// What a view asks of the window.
#[derive(Debug, Clone, PartialEq)]
enum Action {
    Command(Command),
    Answer(Answer),
    Open(dialog::Kind),
    CloseDialog,
    DismissFault,
    DismissNotice,
    DismissDark,
    /// Shows what can be done to the picture, at the side.
    ShowPicture,
    /// As `Command`, and one that may wait: it is wanted until it is in force.
    Adjust(Command),
}

/// A text that is being typed, over a value that may change meanwhile. It may be a password, so it is never logged.
struct Draft {
    text: String,
    value: String,
    /// Whether its field had the focus when it was drawn last.
    focused: bool,
}

impl Draft {
    fn new(value: String) -> Self {
        Self { text: value.clone(), value, focused: false }
    }

    /// Whether its field lost the focus since it was drawn last; egui's own answer is the same twice.
    fn left(&mut self, field: &egui::Response) -> bool {
        let focused = std::mem::replace(&mut self.focused, field.has_focus());
        focused && !self.focused
    }

    /// Takes the value over if it is another one than before; whether it was.
    fn follow(&mut self, value: &str) -> bool {
        let changed = self.value != value;
        if changed {
            value.clone_into(&mut self.value);
            value.clone_into(&mut self.text);
        }
        changed
    }
}

/// What the panels remember from one drawing to the next.
struct Drafts {
    channel: Draft,
    password: Draft,
    /// Whether the password is shown as it is.
    is_revealed: bool,
    /// When the folder's path was copied.
    folder_copied: Option<Instant>,
    /// When the address was copied.
    copied: Option<Instant>,
    /// When Go live was pressed last, by egui's time; `None` after Stop.
    went_live: Option<f64>,
    /// The address to show to phones.
    code: qr::Code,
    picture: picture::Panel,
}

impl Drafts {
    fn new(state: &State) -> Self {
        let password = state.choices.viewing.password.as_ref().map_or_else(String::new, |password| password.text().to_owned());
        Self {
            channel: Draft::new(state.choices.channel.clone()),
            password: Draft::new(password),
            is_revealed: false,
            folder_copied: None,
            copied: None,
            went_live: None,
            code: qr::Code::default(),
            picture: picture::Panel::default(),
        }
    }
}

/// What the whole window remembers from one drawing to the next.
struct View {
    drafts: Drafts,
    dialog: Option<Dialog>,
}

impl View {
    fn new(state: &State) -> Self {
        Self { drafts: Drafts::new(state), dialog: None }
    }

    /// Draws everything. Returns the stage's size in pixels.
    fn show(
        &mut self,
        ui: &mut egui::Ui,
        state: &State,
        shown: &Shown,
        moment: &Moment,
        actions: &mut Vec<Action>,
    ) -> [usize; 2] {
        top_bar::show(ui, state, moment, actions);
        side::show(ui, state, &mut self.drafts, moment, actions);
        let stage = stage::show(ui, state, shown, moment, actions);
        if let Some(question) = state.question {
            questions::show(ui.ctx(), state, question, actions);
        } else if let Some(dialog) = &mut self.dialog {
            dialog.show(ui.ctx(), state, moment, actions);
        }
        stage
    }
}
