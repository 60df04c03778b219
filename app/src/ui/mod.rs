//! The window: drawn from [`State`], changed by [`Command`]s. The only place that knows egui.
//!
//! Nothing here waits or decodes on the window's thread: pictures are decoded by the preview's, and what takes time is the
//! studio's.

mod clock;
mod dialog;
#[cfg(test)]
mod fixture;
mod live;
mod look;
mod menu;
mod notices;
mod opening;
mod preview;
pub mod qr;
mod questions;
mod ready;
mod side;
#[cfg(test)]
mod snapshots;
mod stage;
mod top_bar;
mod widgets;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError};
use std::time::{Duration, Instant};

use eframe::egui;

pub use self::opening::{Opening, WindowError};
pub use self::preview::Decode;

use self::clock::Moment;
use self::dialog::Dialog;
use self::preview::{Picture, Preview};
use crate::frame::Frame;
use crate::latest::Latest;
use crate::state::{Answer, Command, Event, Fault, OnAir, State};

/// Tells the window that there is something to draw. Cheap; called from any thread after the event was sent.
pub type WakeUp = Arc<dyn Fn() + Send + Sync>;

/// The window's ends of its lines to the studio.
pub struct Lines {
    /// What is known at the start.
    pub state: State,
    /// What happens.
    pub events: Receiver<Event>,
    /// What the person wants; a full line is told as a fault, not waited for.
    pub commands: SyncSender<Command>,
    /// The source's pictures, live or not; the window is their only reader.
    pub frames: Arc<Latest<Frame>>,
    /// Makes pixels of them.
    pub decode: Decode,
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
}

/// A text that is being typed, over a value that may change meanwhile.
#[derive(Debug)]
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
#[derive(Debug)]
struct Drafts {
    channel: Draft,
    /// When the address was copied.
    copied: Option<Instant>,
}

impl Drafts {
    fn new(state: &State) -> Self {
        Self { channel: Draft::new(state.choices.channel.clone()), copied: None }
    }
}

/// What the whole window remembers from one drawing to the next.
#[derive(Debug)]
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
        picture: Option<&Picture>,
        moment: &Moment,
        actions: &mut Vec<Action>,
    ) -> [usize; 2] {
        top_bar::show(ui, state, moment, actions);
        side::show(ui, state, &mut self.drafts, actions);
        let stage = stage::show(ui, state, picture, moment, actions);
        if let Some(question) = state.question {
            questions::show(ui.ctx(), state, question, actions);
        } else if let Some(dialog) = &mut self.dialog {
            dialog.show(ui.ctx(), state, actions);
        }
        stage
    }
}

/// The window's content.
struct Window {
    state: State,
    view: View,
    events: Receiver<Event>,
    commands: SyncSender<Command>,
    preview: Preview,
    moment: Moment,
    /// Whether the window was told to close and may.
    closing: bool,
}

/// While live the age of the newest picture is shown anew this often, whether or not anything happens.
const AGE_INTERVAL: Duration = Duration::from_secs(1);
/// So many events at most are taken in for one drawing.
const EVENTS_AT_ONCE: usize = 256;

impl Window {
    fn new(ctx: &egui::Context, lines: Lines) -> std::io::Result<Self> {
        look::install(ctx);
        Ok(Self {
            view: View::new(&lines.state),
            state: lines.state,
            events: lines.events,
            commands: lines.commands,
            preview: Preview::start(ctx.clone(), lines.frames, lines.decode)?,
            moment: Moment::now(),
            closing: false,
        })
    }

    /// Takes in what happened.
    fn take_in(&mut self, ctx: &egui::Context) {
        let before = self.moment.now_ms;
        let source = self.state.choices.source.clone();
        for taken in 0.. {
            if taken == EVENTS_AT_ONCE {
                ctx.request_repaint_after(Duration::from_millis(1));
                break;
            }
            match self.events.try_recv() {
                Ok(event) => self.state.apply(event),
                Err(TryRecvError::Empty) if taken == 0 => break,
                Err(TryRecvError::Empty) => {
                    self.moment.move_on();
                    break;
                }
                Err(TryRecvError::Disconnected) => {
                    self.fail("Cometcam has stopped working inside. Close the window and start it again.");
                    break;
                }
            }
        }
        if source != self.state.choices.source {
            self.preview.forget();
        }
        // Ages are told as of the last event, so that they don't flicker with each picture; but not for ever.
        let mut now = self.moment.clone();
        now.move_on();
        if now.since_ms(before) >= 1_000 {
            self.moment = now;
        }
        if ctx.input(|input| input.viewport().close_requested()) && !self.closing {
            self.close(ctx);
        }
    }

    /// Asks, if there is something to ask; otherwise the window closes.
    fn close(&mut self, ctx: &egui::Context) {
        match self.state.intercept(Command::Quit) {
            Some(quit) => {
                self.closing = true;
                self.send(quit);
            }
            None => {
                ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
                ctx.send_viewport_cmd(egui::ViewportCommand::Minimized(false));
            }
        }
    }

    fn draw(&mut self, ui: &mut egui::Ui) {
        let mut actions = Vec::new();
        let picture = self.preview.picture();
        let stage = self.view.show(ui, &self.state, picture.as_ref(), &self.moment, &mut actions);
        self.preview.order(stage);
        if matches!(self.state.on_air, OnAir::Live { .. }) {
            ui.request_repaint_after(AGE_INTERVAL);
        }
        if !actions.is_empty() {
            // What they change is to be seen at once.
            ui.request_repaint_after(Duration::from_millis(1));
        }
        for action in actions {
            self.act(ui.ctx(), action);
        }
    }

    fn act(&mut self, ctx: &egui::Context, action: Action) {
        match action {
            Action::Command(command) => {
                if let Some(command) = self.state.intercept(command) {
                    self.send(command);
                }
            }
            Action::Answer(answer) => {
                for command in self.state.answer(answer) {
                    if command == Command::Quit {
                        self.closing = true;
                        ctx.send_viewport_cmd(egui::ViewportCommand::Close);
                    }
                    if !self.send(command) {
                        break;
                    }
                }
            }
            Action::Open(kind) => self.view.dialog = Some(Dialog::new(kind, &self.state, &self.moment)),
            Action::CloseDialog => self.view.dialog = None,
            Action::DismissFault => self.state.dismiss_fault(),
            Action::DismissNotice => self.state.dismiss_notice(),
        }
    }

    /// Hands a command to the studio without waiting; whether it took it.
    fn send(&mut self, command: Command) -> bool {
        let fault = match self.commands.try_send(command) {
            Ok(()) => return true,
            Err(TrySendError::Full(_)) => "Cometcam is still busy and did not take this in. Press again in a moment.",
            Err(TrySendError::Disconnected(_)) => "Cometcam has stopped working inside. Close the window and start it again.",
        };
        self.fail(fault);
        false
    }

    fn fail(&mut self, sentence: &str) {
        self.state.fault = Some(Fault { sentence: sentence.to_owned(), at_ms: self.moment.now_ms });
    }
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.take_in(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.draw(ui);
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}
