//! The panel at the side: what matters now, and the big button, always in the same place.

use eframe::egui::{self, Id, Margin, Rect, Response, ScrollArea, Stroke, Ui};

use super::clock::Moment;
use super::widgets::{Weight, filled_button, pressed};
use super::{Action, Drafts, live, look, picture, ready, receipt};
use crate::state::{Command, OnAir, State};

/// Of the whole panel.
const WIDTH: f32 = 336.0;
/// Of the big button.
const BUTTON_HEIGHT: f32 = 54.0;

pub(super) fn show(ui: &mut Ui, state: &State, drafts: &mut Drafts, moment: &Moment, actions: &mut Vec<Action>) {
    let colours = look::colours(ui);
    let frame = egui::Frame::new().fill(colours.surface);
    let side = egui::Panel::right("side").exact_size(WIDTH).resizable(false).show_separator_line(false).frame(frame);
    let rect = side
        .show(ui, |ui| {
            // The button is laid out first, so that it keeps its place at any height; it is drawn last, so that Tab comes to
            // it after what is above it.
            let whole = ui.max_rect();
            let button = Rect::from_min_max(whole.min, whole.max).shrink(look::BETWEEN);
            let button = button.with_min_y(button.max.y - BUTTON_HEIGHT);
            let above = whole.with_max_y(button.min.y - look::WITHIN);
            ui.scope_builder(egui::UiBuilder::new().max_rect(above), |ui| scrolled(ui, state, drafts, moment, actions));
            big_button(ui, button, state, drafts, actions);
        })
        .response
        .rect;
    ui.painter().vline(rect.left() + 0.5, rect.y_range(), Stroke::new(1.0, colours.line));
}

fn scrolled(ui: &mut Ui, state: &State, drafts: &mut Drafts, moment: &Moment, actions: &mut Vec<Action>) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        egui::Frame::new().inner_margin(Margin::same(16)).show(ui, |ui| {
            if drafts.picture.is_open() {
                return picture::show(ui, state, &mut drafts.picture, actions);
            }
            match &state.receipt {
                _ if state.on_air.is_on() => live::show(ui, state, drafts, moment, actions),
                Some(receipt) => receipt::show(ui, receipt, drafts, actions),
                None => ready::show(ui, state, drafts, actions),
            }
        });
    });
}

fn big_button(ui: &mut Ui, rect: Rect, state: &State, drafts: &mut Drafts, actions: &mut Vec<Action>) {
    let (text, weight, command) = match state.on_air {
        OnAir::NotLive => ("Go live", Weight::Accent, Command::GoLive),
        OnAir::Starting => ("Cancel", Weight::Plain, Command::Stop),
        OnAir::Live { .. } | OnAir::Paused { .. } => ("Stop", Weight::Live, Command::Stop),
    };
    // Each has its own identity: after Stop the focus is gone, so one more press of the same key puts nobody on air.
    let id = Id::unique("big button").with(text);
    let response = filled_button(ui, id, rect, text, 17.0, weight);
    let is_meant = match command {
        Command::GoLive => pressed(&response),
        _ => response.clicked() && !ends_a_double_click(&response, drafts.went_live),
    };
    if is_meant {
        drafts.went_live = (command == Command::GoLive).then(|| ui.input(|input| input.time));
        actions.push(Action::Command(command));
    }
}

/// Whether this is the second click of a double click that began as Go live, by egui's time. Any other click on Stop is heeded,
/// however fast it comes.
fn ends_a_double_click(response: &Response, went_live: Option<f64>) -> bool {
    let delay = response.ctx.options(|options| options.input_options.max_double_click_delay);
    let now = response.ctx.input(|input| input.time);
    response.double_clicked() && went_live.is_some_and(|at| now - at < delay)
}

#[cfg(test)]
mod tests {
    use eframe::egui::{Event, Key, Modifiers};
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    use super::super::fixture::{self, Drawn};
    use super::*;

    fn side(state: State) -> Harness<'static, Drawn> {
        let mut drafts = Drafts::new(&state);
        fixture::panel(state, move |ui, state, actions| show(ui, state, &mut drafts, &fixture::moment(), actions))
    }

    #[test]
    fn the_big_button_goes_live_and_stops() {
        let mut harness = side(fixture::ready());
        let place = harness.get_by_label("Go live").rect();
        harness.get_by_label("Go live").click();
        harness.run();
        assert_eq!(harness.state().actions, [Action::Command(Command::GoLive)]);

        let mut harness = side(fixture::live());
        assert_eq!(harness.get_by_label("Stop").rect(), place);
        harness.get_by_label("Stop").click();
        harness.run();
        assert_eq!(harness.state().actions, [Action::Command(Command::Stop)]);
    }

    /// Clicks the big button `times` times, each less than a tenth of a second after the one before. After each `studio` makes of
    /// what was wanted what comes of it. All that was wanted.
    fn clicked_quickly(state: State, times: usize, studio: impl Fn(&Action) -> Option<State>) -> Vec<Action> {
        let mut drafts = Drafts::new(&state);
        // An event is a step.
        let mut harness = Harness::builder().with_step_dt(0.02).with_context_setup(look::install).build_ui_state(
            move |ui, drawn: &mut Drawn| {
                fixture::whole(ui, |ui| show(ui, &drawn.state, &mut drafts, &fixture::moment(), &mut drawn.actions));
            },
            Drawn { state, actions: Vec::new() },
        );
        for _ in 0..times {
            let wanted = harness.state().actions.len();
            let name = if harness.state().state.on_air.is_on() { "Stop" } else { "Go live" };
            harness.get_by_label(name).click();
            harness.step();
            if let Some(state) = harness.state().actions[wanted..].iter().find_map(&studio) {
                harness.state_mut().state = state;
                harness.step();
            }
        }
        std::mem::take(&mut harness.state_mut().actions)
    }

    fn quick(action: &Action) -> Option<State> {
        match action {
            Action::Command(Command::GoLive) => Some(fixture::live()),
            Action::Command(Command::Stop) => Some(fixture::ready()),
            _ => None,
        }
    }

    const GO_LIVE: Action = Action::Command(Command::GoLive);
    const STOP: Action = Action::Command(Command::Stop);

    #[test]
    fn stop_is_heeded_however_quickly_it_is_clicked() {
        assert_eq!(clicked_quickly(fixture::live(), 4, |_| None), [STOP; 4], "of a studio that is busy");
        assert_eq!(clicked_quickly(fixture::ready(), 3, quick), [GO_LIVE, STOP], "the second one ends a double click");
    }

    #[test]
    fn a_press_that_is_held_long_stops_too() {
        let mut harness = side(fixture::live());
        let pos = harness.get_by_label("Stop").rect().center();
        let button =
            |pressed| Event::PointerButton { pos, button: egui::PointerButton::Primary, pressed, modifiers: Modifiers::NONE };
        harness.event(Event::PointerMoved(pos));
        harness.event(button(true));
        // Two seconds.
        harness.run_steps(8);
        harness.event(button(false));
        harness.run();
        assert_eq!(harness.state().actions, [STOP]);
    }

    #[test]
    fn a_double_click_does_one_thing() {
        assert_eq!(clicked_quickly(fixture::ready(), 2, quick), [GO_LIVE]);
        assert_eq!(clicked_quickly(fixture::live(), 5, quick), [STOP], "nobody goes live by clicking on");
    }

    #[test]
    fn what_is_starting_can_be_taken_back() {
        let mut state = fixture::ready();
        state.on_air = OnAir::Starting;
        let mut harness = side(state);
        harness.get_by_label("Cancel").click();
        harness.run();
        assert_eq!(harness.state().actions, [Action::Command(Command::Stop)]);
    }

    #[test]
    fn the_key_that_stopped_does_not_go_live_again() {
        let mut harness = side(fixture::live());
        harness.get_by_label("Stop").focus();
        harness.key_press(Key::Space);
        harness.run();
        harness.state_mut().state = fixture::ready();
        harness.run();
        harness.key_press(Key::Space);
        harness.run();
        assert_eq!(harness.state().actions, [Action::Command(Command::Stop)]);
    }

    #[test]
    fn a_key_held_down_is_one_press() {
        let mut harness = side(fixture::ready());
        harness.get_by_label("Go live").focus();
        harness.run();
        let key = |repeat| Event::Key { key: Key::Enter, physical_key: None, pressed: true, repeat, modifiers: Modifiers::NONE };
        for repeat in [false, true, true] {
            harness.event(key(repeat));
            harness.run();
        }
        assert_eq!(harness.state().actions, [Action::Command(Command::GoLive)]);
    }

    #[test]
    fn the_button_keeps_its_place_in_a_low_window() {
        let mut harness = side(fixture::live());
        harness.set_size(egui::vec2(900.0, 600.0));
        harness.run();
        let button = harness.get_by_label("Stop").rect();
        assert_eq!((button.right(), button.bottom(), button.height()), (884.0, 584.0, BUTTON_HEIGHT));
    }
}
