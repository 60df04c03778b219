//! The window's content: takes in what happened, draws, and hands over what the person wants.

use std::sync::mpsc::{TryRecvError, TrySendError};
use std::time::Duration;

use eframe::egui;

use super::clock::Moment;
use super::dialog::{Dialog, Kind};
use super::preview::{Order, Preview};
use super::{Action, Lines, View, look};
use crate::commands::Commands;
use crate::outbox::Events;
use crate::state::{Command, Event, Fault, OnAir, State};

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
    /// Typed while the focus was still moving.
    typed_ahead: Vec<egui::Event>,
    /// Whether another source was chosen that has not been told of yet.
    opening: bool,
}

/// While live the age of the newest picture is shown anew this often, whether or not anything happens.
const AGE_INTERVAL_MS: u64 = 1_000;
/// One more drawing, once; `request_repaint` makes two.
const SOON: Duration = Duration::from_millis(1);
/// So many events at most are taken in for one drawing.
const EVENTS_AT_ONCE: usize = 256;
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
            typed_ahead: Vec::new(),
            opening: false,
        })
    }

    /// Takes in what happened.
    fn take_in(&mut self, ctx: &egui::Context) {
        let any = self.drain(ctx);
        // Ages are told as of the last event, so that they don't flicker with each picture; but not for ever.
        let mut now = self.moment.clone();
        now.move_on();
        if any || now.since_ms(self.moment.now_ms) >= AGE_INTERVAL_MS {
            self.moment = now;
        }
        if ctx.input(|input| input.viewport().close_requested()) && !self.closing {
            self.close(ctx);
        }
    }

    /// Applies the events that wait; whether there were any.
    fn drain(&mut self, ctx: &egui::Context) -> bool {
        for taken in 0..EVENTS_AT_ONCE {
            match self.events.try_recv() {
                Ok(event) => {
                    if event == Event::Closing {
                        self.closing = true;
                        ctx.send_viewport_cmd(egui::ViewportCommand::Close);
                    }
                    self.apply(event);
                }
                Err(TryRecvError::Empty) => return taken > 0,
                Err(TryRecvError::Disconnected) => {
                    self.fail(STUDIO_GONE);
                    return true;
                }
            }
        }
        // The rest has its turn after this drawing.
        ctx.request_repaint_after(SOON);
        true
    }

    /// Applies an event, and takes away the pictures that it makes old.
    fn apply(&mut self, event: Event) {
        let (source, was_on) = (self.state.choices.source.clone(), self.state.on_air.is_on());
        let is_told = matches!(event, Event::SourceOpen(_) | Event::SourceFault(_));
        self.state.apply(event);
        let changed = source != self.state.choices.source;
        // The former source may give one more picture until something is told of the new one.
        if changed || (is_told && self.opening) {
            self.preview.forget();
            self.opening = changed;
        }
        if was_on != self.state.on_air.is_on() {
            self.preview.clear_strip();
        }
    }

    /// Asks, if there is something to ask; otherwise the window closes.
    fn close(&mut self, ctx: &egui::Context) {
        match self.state.intercept(Command::Quit) {
            Some(quit) => {
                self.closing = true;
                self.send(quit);
            }
            None => ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose),
        }
    }

    fn draw(&mut self, ui: &mut egui::Ui) {
        let mut actions = Vec::new();
        let shown = self.preview.shown();
        let stage = self.view.show(ui, &self.state, &shown, &self.moment, &mut actions);
        self.preview.order(Order { stage, on_air: self.state.on_air.is_on() });
        if matches!(self.state.on_air, OnAir::Live { .. }) {
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
            Action::Open(kind) => self.open(kind),
            Action::CloseDialog => self.view.dialog = None,
            Action::DismissFault => self.state.dismiss_fault(),
            Action::DismissNotice => self.state.dismiss_notice(),
        }
    }

    fn open(&mut self, kind: Kind) {
        let picture = self.preview.shown().picture;
        let taken_ms = picture.map_or(self.moment.now_ms, |picture| picture.captured_ms);
        self.view.dialog = Some(Dialog::new(kind, &self.state, &self.moment.file_name(taken_ms)));
        if kind == Kind::SavePicture {
            self.send(Command::HoldPicture);
        }
    }

    /// Hands a command to the studio without waiting; whether it took it.
    fn send(&mut self, command: Command) -> bool {
        let fault = match self.commands.try_send(command) {
            Ok(()) => return true,
            Err(TrySendError::Full(_)) => "Cometcam is still busy and did not take this in. Press again in a moment.",
            Err(TrySendError::Disconnected(_)) => STUDIO_GONE,
        };
        self.fail(fault);
        false
    }

    fn fail(&mut self, sentence: &str) {
        self.state.fault = Some(Fault { sentence: sentence.to_owned(), at_ms: self.moment.now_ms });
    }
}

/// Leaves what is typed after a move of the focus to the next drawing: what it is for is known only then, and on a slow machine
/// several keys come in one. Whether there is something left.
fn one_move_at_a_time(events: &mut Vec<egui::Event>, typed_ahead: &mut Vec<egui::Event>) -> bool {
    events.splice(0..0, typed_ahead.drain(..));
    let moves = |event: &egui::Event| matches!(event, egui::Event::Key { key: egui::Key::Tab, pressed: true, .. });
    if let Some(at) = events.iter().position(moves) {
        *typed_ahead = events.split_off(at + 1);
    }
    !typed_ahead.is_empty()
}

impl eframe::App for Window {
    fn raw_input_hook(&mut self, ctx: &egui::Context, input: &mut egui::RawInput) {
        if one_move_at_a_time(&mut input.events, &mut self.typed_ahead) {
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
    use std::sync::Arc;
    use std::sync::mpsc::Receiver;

    use eframe::egui::{ViewportCommand, ViewportEvent, ViewportId};
    use egui_kittest::Harness;
    use egui_kittest::kittest::{NodeT as _, Queryable as _};

    use super::super::fixture;
    use super::*;
    use crate::commands::Order;
    use crate::frame::{Frame, PixelFormat, Size, StageTimes};
    use crate::latest::Latest;
    use crate::outbox::Outbox;
    use crate::source::SourceSpec;
    use crate::state::{Audience, Choices, Numbers};

    /// The studio's ends of the lines to a window.
    struct Studio {
        events: Outbox,
        orders: Receiver<Order>,
        frames: Arc<Latest<Frame>>,
    }

    impl Studio {
        fn commands(&self) -> Vec<Command> {
            self.orders.try_iter().map(|order| order.command).collect()
        }
    }

    /// A window and its studio, whose line for commands holds two.
    fn window(state: State) -> (Harness<'static, Window>, Studio) {
        let (outbox, events) = Outbox::new(|| ());
        let (commands, orders) = Commands::line(Arc::default(), 2);
        let frames = Arc::new(Latest::default());
        let studio = Studio { events: outbox, orders, frames: Arc::clone(&frames) };
        // Woken as in the real window, whose context is there before the window is.
        let window = Window::new(&egui::Context::default(), Lines { state, events, commands, frames }).unwrap();
        let harness = Harness::builder()
            .with_size(egui::vec2(1120.0, 720.0))
            .with_max_steps(16)
            .with_context_setup(look::install)
            .build_ui_state(
                |ui, window: &mut Window| {
                    window.take_in(ui.ctx());
                    fixture::whole(ui, |ui| window.draw(ui));
                },
                window,
            );
        (harness, studio)
    }

    fn press(harness: &mut Harness<'_, Window>, label: &str) {
        harness.get_by_label(label).click();
        harness.run_steps(4);
    }

    /// Presses the cross of the window; what the window says to that.
    fn close(harness: &mut Harness<'_, Window>) -> Vec<ViewportCommand> {
        harness.input_mut().viewports.entry(ViewportId::ROOT).or_default().events.push(ViewportEvent::Close);
        harness.step();
        let commands = harness.output().viewport_output[&ViewportId::ROOT].commands.clone();
        harness.input_mut().viewports.entry(ViewportId::ROOT).or_default().events.clear();
        harness.run_steps(4);
        commands
    }

    #[test]
    fn the_first_go_live_asks_and_then_goes() {
        let mut state = fixture::ready();
        state.choices.audience = None;
        let (mut harness, studio) = window(state);
        press(&mut harness, "Go live");
        assert_eq!(studio.commands(), [], "nothing happens before the answer");
        press(&mut harness, "Everyone in this network. Anyone in this network who has the address. No password.");
        assert_eq!(studio.commands(), [Command::SetAudience(Audience::ThisNetwork), Command::GoLive]);
        assert!(harness.query_by_label_contains("Everyone in this network").is_none());
    }

    #[test]
    fn what_happens_is_drawn() {
        let (mut harness, studio) = window(fixture::ready());
        studio.events.send(Event::OnAir(OnAir::Live { since_ms: 0 }));
        studio.events.send(Event::Numbers(Numbers { watching: 2, ..Numbers::default() }));
        harness.run_steps(2);
        harness.get_by_label("Stop");
        harness.get_by_label_contains("LIVE to this network · 2 watching · no picture yet · since");
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
        let ready = ["Menu", "Camera", "Size", "Pictures a second", "This computer", "This network", "Channel", "Go live"];
        assert_eq!(focused(fixture::ready()), ready);
        let live = ["Menu", "QR code of the address: press to enlarge", "Copy the address", "Stop"];
        assert_eq!(focused(fixture::live()), live);
    }

    #[test]
    fn a_full_line_is_told_and_not_waited_for() {
        let (mut harness, studio) = window(fixture::ready());
        for _ in 0..3 {
            press(&mut harness, "Go live");
        }
        harness.get_by_label("Cometcam is still busy and did not take this in. Press again in a moment.");
        assert_eq!(studio.commands().len(), 2);
    }

    #[test]
    fn a_studio_that_is_gone_is_told() {
        let (mut harness, studio) = window(fixture::ready());
        drop(studio);
        harness.run_steps(2);
        harness.get_by_label(STUDIO_GONE);
    }

    #[test]
    fn closing_while_live_asks_once() {
        let (mut harness, studio) = window(fixture::live());
        assert_eq!(close(&mut harness), [ViewportCommand::CancelClose]);
        press(&mut harness, "Stay live");
        assert_eq!(studio.commands(), []);
        assert_eq!(close(&mut harness), [ViewportCommand::CancelClose]);
        press(&mut harness, "End the broadcast and close");
        assert_eq!(studio.commands(), [Command::Quit]);
        assert_eq!(close(&mut harness), [], "it was asked");
    }

    #[test]
    fn keys_typed_while_the_focus_moves_are_for_where_it_comes_to() {
        let key =
            |key, pressed| egui::Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: egui::Modifiers::NONE };
        let (tab, enter) = (key(egui::Key::Tab, true), key(egui::Key::Enter, true));
        let mut typed_ahead = Vec::new();
        let mut drawing = |events: &[egui::Event]| {
            let mut events = events.to_vec();
            let more = one_move_at_a_time(&mut events, &mut typed_ahead);
            (events, more)
        };
        let up = key(egui::Key::Tab, false);
        assert_eq!(drawing(&[tab.clone(), up.clone(), tab.clone(), enter.clone()]), (vec![tab.clone()], true));
        assert_eq!(drawing(&[egui::Event::Copy]), (vec![up, tab.clone()], true));
        assert_eq!(drawing(&[]), (vec![enter.clone(), egui::Event::Copy], false));
        assert_eq!(drawing(std::slice::from_ref(&enter)), (vec![enter], false));
    }

    #[test]
    fn closing_while_not_live_just_closes() {
        let (mut harness, studio) = window(fixture::ready());
        assert_eq!(close(&mut harness), []);
        assert_eq!(studio.commands(), [Command::Quit]);
    }

    #[test]
    fn an_idle_window_is_not_drawn_again() {
        let delay = |harness: &Harness<'_, Window>| harness.output().viewport_output[&ViewportId::ROOT].repaint_delay;
        let (mut harness, _studio) = window(fixture::ready());
        harness.run();
        assert_eq!(delay(&harness), Duration::MAX);
        let (mut harness, _studio) = window(fixture::live());
        harness.run_steps(8);
        assert_eq!(delay(&harness), Duration::from_millis(AGE_INTERVAL_MS), "the age of the newest picture goes on");
    }

    /// Gives the window a picture, and waits until it is shown.
    fn show_picture(harness: &mut Harness<'_, Window>, studio: &Studio) {
        let (bytes, times) = (vec![200; 36].into(), StageTimes::captured_now());
        studio.frames.put(Frame { bytes, format: PixelFormat::Rgb, size: Size::new(4, 3), number: 0, times });
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while harness.state().preview.shown().picture.is_none() {
            assert!(std::time::Instant::now() < deadline, "the preview shows nothing");
            std::thread::yield_now();
        }
        harness.run_steps(2);
    }

    #[test]
    fn a_picture_of_another_source_is_taken_away() {
        let (mut harness, studio) = window(fixture::ready());
        harness.run_steps(2);
        show_picture(&mut harness, &studio);
        harness.get_by_label("Live picture");
        let choices = Choices { source: SourceSpec::TestPattern, ..fixture::ready().choices };
        studio.events.send(Event::Choices(choices));
        harness.run_steps(2);
        harness.get_by_label("One moment. The camera is being opened.");
        // The former source's last one.
        show_picture(&mut harness, &studio);
        let mode = fixture::ready().mode.unwrap();
        studio.events.send(Event::SourceOpen(mode.clone()));
        harness.run_steps(2);
        harness.get_by_label("One moment. The first picture is on its way.");
        show_picture(&mut harness, &studio);
        studio.events.send(Event::SourceOpen(mode));
        harness.run_steps(2);
        harness.get_by_label("Live picture");
    }
}
