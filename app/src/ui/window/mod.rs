//! The window's content: takes in what happened, draws, and hands over what the person wants.

mod events;
#[cfg(test)]
mod fixture;
mod typed_ahead;

use std::sync::mpsc::TrySendError;
use std::time::Duration;

use eframe::egui;

use self::events::AGE_INTERVAL_MS;
use self::typed_ahead::TypedAhead;
use super::clock::Moment;
use super::dialog::{Dialog, Kind};
use super::preview::{Order, Preview};
use super::{Action, Lines, View, look};
use crate::commands::Commands;
use crate::outbox::Events;
use crate::state::{Command, Fault, OnAir, State};

/// The window's content.
pub(super) struct Window {
    state: State,
    view: View,
    events: Events,
    commands: Commands,
    preview: Preview,
    moment: Moment,
    /// Whether the window was told to close and may.
    closing: bool,
    typed_ahead: TypedAhead,
    /// Whether another source was chosen that has not been told of yet.
    opening: bool,
}

/// One more drawing, once; `request_repaint` makes two.
const SOON: Duration = Duration::from_millis(1);
/// What is said when the studio's ends of the lines are gone.
const STUDIO_GONE: &str = "Cometcam has stopped working inside. Close the window and start it again.";

impl Window {
    /// # Errors
    /// If the system gives no thread for the preview.
    pub(super) fn new(ctx: &egui::Context, lines: Lines) -> std::io::Result<Self> {
        look::install(ctx);
        Ok(Self {
            view: View::new(&lines.state),
            state: lines.state,
            events: lines.events,
            commands: lines.commands,
            preview: Preview::start(ctx.clone(), lines.frames)?,
            moment: Moment::now(),
            closing: false,
            typed_ahead: TypedAhead::default(),
            opening: false,
        })
    }

    /// Asks, if there is something to ask; otherwise the window closes.
    fn close(&mut self, ctx: &egui::Context) {
        match self.state.intercept(Command::Quit) {
            Some(quit) => {
                self.closing = true;
                self.send(&quit);
            }
            None => ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose),
        }
    }

    fn draw(&mut self, ui: &mut egui::Ui) {
        let mut actions = Vec::new();
        let shown = self.preview.shown();
        let stage = self.view.show(ui, &self.state, &shown, &self.moment, &mut actions);
        self.preview.order(Order { stage, on_air: self.state.on_air.is_on() });
        // Ages and the time that a code has left go on.
        if matches!(self.state.on_air, OnAir::Live { .. } | OnAir::Paused { .. }) || self.view.dialog.is_some() {
            ui.request_repaint_after(Duration::from_millis(AGE_INTERVAL_MS));
        }
        if !actions.is_empty() {
            // What they change is to be seen at once.
            ui.request_repaint_after(SOON);
        }
        for action in actions {
            self.act(ui.ctx(), action);
        }
    }

    fn act(&mut self, ctx: &egui::Context, action: Action) {
        match action {
            Action::Command(command) => {
                if let Some(command) = self.state.intercept(command) {
                    self.send(&command);
                }
            }
            Action::Answer(answer) => {
                for command in self.state.answer(answer) {
                    if command == Command::Quit {
                        self.closing = true;
                        ctx.send_viewport_cmd(egui::ViewportCommand::Close);
                    }
                    if !self.send(&command) {
                        break;
                    }
                }
            }
            Action::Open(kind) => self.open(kind),
            Action::CloseDialog => self.view.dialog = None,
            Action::DismissFault => {
                // A studio that is busy or gone is no reason to show something else in its place.
                drop(self.state.dismiss_fault().map(|command| self.commands.try_send(command)));
            }
            Action::DismissNotice => self.state.dismiss_notice(),
            Action::DismissDark => self.state.dismiss_dark(),
            Action::ShowPicture => self.view.drafts.picture.open(),
            // A line that is full is no fault: it is wanted again.
            Action::Adjust(command) => drop(self.commands.try_send(command)),
        }
    }

    fn open(&mut self, kind: Kind) {
        let picture = self.preview.shown().picture;
        let taken_ms = picture.map_or(self.moment.now_ms, |picture| picture.captured_ms);
        self.view.dialog = Some(Dialog::new(kind, &self.state, &self.moment.file_name(taken_ms)));
        if kind == Kind::SavePicture {
            self.send(&Command::HoldPicture);
        }
    }

    /// Hands a command to the studio without waiting; whether it took it.
    fn send(&mut self, command: &Command) -> bool {
        let fault = match self.commands.try_send(command.clone()) {
            Ok(()) => {
                self.change(|state| state.sent(command));
                return true;
            }
            Err(TrySendError::Full(_)) => "Cometcam is still busy and did not take this in. Press again in a moment.",
            Err(TrySendError::Disconnected(_)) => STUDIO_GONE,
        };
        self.fail(fault);
        false
    }

    fn fail(&mut self, sentence: &str) {
        self.state.fault = Some(Fault { sentence: sentence.to_owned() });
    }
}

impl eframe::App for Window {
    fn raw_input_hook(&mut self, ctx: &egui::Context, input: &mut egui::RawInput) {
        if self.typed_ahead.one_move_at_a_time(&mut input.events) {
            ctx.request_repaint_after(SOON);
        }
    }

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

#[cfg(test)]
mod tests {
    use eframe::egui::ViewportCommand;
    use egui_kittest::kittest::{NodeT as _, Queryable as _};

    use super::super::fixture as states;
    use super::fixture::{close, press, window};
    use super::*;
    use crate::state::{Audience, Event, Numbers};

    #[test]
    fn the_first_go_live_asks_and_then_goes() {
        let mut state = states::ready();
        state.choices.audience = None;
        let (mut harness, studio) = window(state);
        press(&mut harness, "Go live");
        assert_eq!(studio.commands(), [], "nothing happens before the answer");
        press(&mut harness, "Everyone in this network. Anyone in this network who has the address. No password.");
        assert_eq!(studio.commands(), [Command::SetAudience(Audience::ThisNetwork), Command::GoLive]);
        assert!(harness.query_by_label_contains("Everyone in this network").is_none());
    }

    #[test]
    fn everything_is_reached_by_keyboard_from_top_to_bottom() {
        let focused = |state: State| {
            let (mut harness, _studio) = window(state);
            let mut names = Vec::new();
            for _ in 0..12 {
                harness.key_press(egui::Key::Tab);
                harness.run_steps(2);
                let focused = harness.root().children_recursive().find(egui_kittest::Node::is_focused);
                names.extend(focused.and_then(|node| node.accesskit_node().label()));
            }
            // Round and round.
            let again = names.iter().skip(1).position(|name| *name == names[0]).map_or(names.len(), |at| at + 1);
            names.truncate(again);
            names
        };
        let picture = "Mirror, turn, text, camera…";
        let camera = ["Menu", "Camera", "Size", "Pictures a second", picture];
        let ready = [&camera[..], &["This computer", "This network", "What viewers need", "Channel", "Go live"]].concat();
        assert_eq!(focused(states::ready()), ready);
        let live = [
            "Menu",
            "QR code of the address: press to enlarge",
            "Copy the address",
            "Viewers: how many, and how they are announced",
            "Close Safari on iPhone, 192.168.1.31",
            "Close Display “Lobby”, 192.168.1.40",
            "Close Firefox on Windows, 192.168.1.52",
            picture,
            "Stop",
        ];
        assert_eq!(focused(states::live()), live);
    }

    #[test]
    fn after_stop_the_window_says_not_live_though_the_studio_is_busy() {
        let (mut harness, studio) = window(states::live());
        harness.run_steps(2);
        harness.get_by_label("Stop").click();
        harness.step();
        assert_eq!(studio.commands(), [Command::Stop]);
        harness.step();
        harness.get_by_label("NOT LIVE only you see this");
        harness.get_by_label("Go live");
        studio.events.send(Event::Numbers(Numbers { watching: 2, ..Numbers::default() }));
        studio.events.send(Event::OnAir(OnAir::Paused { since_ms: 0 }));
        harness.run_steps(2);
        harness.get_by_label("NOT LIVE only you see this");
    }

    #[test]
    fn a_full_line_is_told_and_not_waited_for() {
        let (mut harness, studio) = window(states::ready());
        for _ in 0..3 {
            press(&mut harness, "Go live");
        }
        harness.get_by_label("Cometcam is still busy and did not take this in. Press again in a moment.");
        assert_eq!(studio.commands().len(), 2);
    }

    #[test]
    fn closing_while_live_asks_once() {
        let (mut harness, studio) = window(states::live());
        assert_eq!(close(&mut harness), [ViewportCommand::CancelClose]);
        press(&mut harness, "Stay live");
        assert_eq!(studio.commands(), []);
        assert_eq!(close(&mut harness), [ViewportCommand::CancelClose]);
        press(&mut harness, "End the broadcast and close");
        assert_eq!(studio.commands(), [Command::Quit]);
        assert_eq!(close(&mut harness), [], "it was asked");
    }

    #[test]
    fn closing_while_not_live_just_closes() {
        let (mut harness, studio) = window(states::ready());
        assert_eq!(close(&mut harness), []);
        assert_eq!(studio.commands(), [Command::Quit]);
    }
}
