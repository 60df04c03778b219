//! Beside the picture while live: the address to share, what viewers need, and who is there.

use std::time::{Duration, Instant};

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Align, Align2, Color32, Layout, RichText, Sense, Ui, WidgetInfo, vec2};

use super::clock::Moment;
use super::dialog::Kind;
use super::widgets::{self, Weight, muted, section, steady, warning};
use super::{Action, Drafts, clock, look, pairing, picture, qr, reached, viewers};
use crate::state::{Address, Audience, Awake, Command, OnAir, State};

/// How many addresses are named beside the best one.
const OTHERS: usize = 3;
/// How long the copy button says that it has copied.
pub(super) const COPIED: Duration = Duration::from_secs(2);
/// The least side of the QR code, in points.
const QR_SIDE: f32 = 96.0;
/// Of a number with its name.
const ROW_HEIGHT: f32 = 34.0;

pub(super) fn show(ui: &mut Ui, state: &State, drafts: &mut Drafts, moment: &Moment, actions: &mut Vec<Action>) {
    if matches!(state.on_air, OnAir::Paused { .. }) {
        if widgets::pressed(&widgets::button(ui, "Go on", Weight::Plain)) {
            actions.push(Action::Command(Command::Resume));
        }
        ui.add_space(look::WITHIN);
    }
    section(ui, "Share");
    match state.addresses.split_first() {
        Some((best, others)) => share(ui, state, best, others, drafts, actions),
        None => {
            muted(ui, "This computer is in no network. Connect it to Wi-Fi or a cable, and the address appears here.");
        }
    }
    reached::show(ui, state, moment, actions);
    ui.add_space(look::WITHIN);
    pairing::show(ui, state, moment, actions);
    viewers::show(ui, state, moment, actions);
    ui.add_space(look::WITHIN);
    section(ui, "Picture");
    pictures(ui, state);
    match state.awake {
        Awake::NotAsked => {}
        Awake::Kept => drop(muted(ui, "This computer stays awake while you are live.")),
        Awake::NotKept => warning(ui, "This computer may fall asleep. Switch sleep off in its settings."),
    }
    picture::entry(ui, state, actions);
}

/// Whether other devices can open the address; if not, a code for a phone would lead nowhere.
fn is_reachable(state: &State) -> bool {
    state.choices.audience == Some(Audience::ThisNetwork)
}

fn share(ui: &mut Ui, state: &State, best: &Address, others: &[Address], drafts: &mut Drafts, actions: &mut Vec<Action>) {
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
        if is_reachable(state) {
            code(ui, best, &mut drafts.code, actions);
            ui.add_space(4.0);
        }
        ui.with_layout(Layout::top_down(Align::Min), |ui| {
            ui.spacing_mut().item_spacing.y = 6.0;
            let address = RichText::new(written(best)).font(egui::FontId::monospace(15.0)).strong();
            ui.add(egui::Label::new(address).wrap());
            for other in others.iter().take(OTHERS) {
                muted(ui, format!("also {}", written(other)));
            }
            copy_button(ui, best, drafts);
        });
    });
}

/// As a person types it.
fn written(address: &Address) -> &str {
    address.url.trim_start_matches("http://").trim_end_matches('/')
}

fn code(ui: &mut Ui, address: &Address, code: &mut qr::Code, actions: &mut Vec<Action>) {
    let Some(response) = code.show(ui, &address.url, QR_SIDE, Sense::click()) else { return };
    let name = "QR code of the address: press to enlarge";
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    widgets::focus_ring(ui, &response, 6, look::colours(ui));
    if response.clicked() {
        actions.push(Action::Open(Kind::Code));
    }
    response.on_hover_text("Enlarge");
}

fn copy_button(ui: &mut Ui, address: &Address, drafts: &mut Drafts) {
    let copied = drafts.copied.is_some_and(|at| at.elapsed() < COPIED);
    let text = if copied { "Copied" } else { "Copy" };
    let response = widgets::button(ui, text, Weight::Plain).accessible_name(if copied { "Copied" } else { "Copy the address" });
    if response.clicked() {
        ui.ctx().copy_text(address.url.clone());
        drafts.copied = Some(Instant::now());
        ui.ctx().request_repaint_after(COPIED);
    }
}

/// How many pictures were published, and what became of the others.
fn pictures(ui: &mut Ui, state: &State) {
    let count = clock::count;
    let numbers = &state.numbers;
    let text = format!("{} pictures published, {} dropped", count(numbers.published), count(numbers.dropped));
    let colour = look::colours(ui).muted;
    let job = steady(ui, &text, &look::small(), colour);
    ui.label(job);
    if numbers.unsaved > 0 {
        warning(ui, &format!("{} not saved, as the disk is slow or full", count(numbers.unsaved)));
    }
}

/// A name and its number, in the middle of a row that is as high as all others.
pub(super) fn row(ui: &mut Ui, name: &str, number: &str, [name_colour, number_colour]: [Color32; 2]) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW_HEIGHT), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name}: {number}")));
    ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, name, look::small(), name_colour);
    let number = ui.painter().layout_job(steady(ui, number, &look::semibold(14.0), number_colour));
    let place = Align2::RIGHT_CENTER.align_size_within_rect(number.size(), rect);
    ui.painter().galley(place.min, number, number_colour);
}

#[cfg(test)]
mod tests {
    use eframe::egui::OutputCommand;
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    use super::super::fixture::{self, Drawn};
    use super::*;

    fn panel(state: State) -> Harness<'static, Drawn> {
        let mut drafts = Drafts::new(&state);
        fixture::panel(state, move |ui, state, actions| show(ui, state, &mut drafts, &fixture::moment(), actions))
    }

    #[test]
    fn the_best_address_is_large_and_the_others_are_named() {
        let harness = panel(fixture::live());
        harness.get_by_label("192.168.1.20:8060");
        harness.get_by_label("also 10.8.0.6:8060");
    }

    #[test]
    fn the_whole_address_is_copied() {
        let mut harness = panel(fixture::live());
        harness.get_by_label("Copy the address").click();
        harness.step();
        let commands = harness.output().platform_output.commands.clone();
        harness.step();
        let commands = [commands, harness.output().platform_output.commands.clone()].concat();
        let is_address =
            |command: &OutputCommand| matches!(command, OutputCommand::CopyText(text) if text == "http://192.168.1.20:8060/");
        assert!(commands.iter().any(is_address), "{commands:?}");
        harness.get_by_label("Copied");
    }

    #[test]
    fn the_code_can_be_enlarged() {
        let mut harness = panel(fixture::live());
        harness.get_by_label("QR code of the address: press to enlarge").click();
        harness.run();
        assert_eq!(harness.state().actions, [Action::Open(Kind::Code)]);
    }

    #[test]
    fn there_is_no_code_for_a_phone_that_could_not_open_it() {
        let mut state = fixture::live();
        state.choices.audience = Some(Audience::ThisComputer);
        state.viewers = crate::state::Viewers::default();
        let harness = panel(state);
        assert!(harness.query_by_label("QR code of the address: press to enlarge").is_none());
        harness.get_by_label("Nobody is watching yet. Open the address in a browser on this computer.");
    }

    #[test]
    fn the_numbers_of_the_broadcast_are_told() {
        let harness = panel(fixture::live());
        harness.get_by_label("16\u{a0}260 pictures published, 7 dropped");
        assert!(harness.query_by_label_contains("not saved").is_none());
    }

    #[test]
    fn what_could_not_be_saved_is_said() {
        let mut state = fixture::live();
        state.numbers.unsaved = 4;
        panel(state).get_by_label("4 not saved, as the disk is slow or full");
    }

    #[test]
    fn whether_the_computer_stays_awake_is_told() {
        let mut state = fixture::live();
        for (awake, words) in [(Awake::Kept, "stays awake while you are live"), (Awake::NotKept, "may fall asleep")] {
            state.awake = awake;
            panel(state.clone()).get_by_label_contains(words);
        }
    }

    #[test]
    fn a_computer_without_a_network_is_told_what_to_do() {
        let mut state = fixture::live();
        state.addresses.clear();
        panel(state).get_by_label_contains("This computer is in no network.");
    }

    #[test]
    fn a_pause_is_ended_here() {
        let mut state = fixture::live();
        state.on_air = OnAir::Paused { since_ms: fixture::SINCE_MS };
        let mut harness = panel(state);
        harness.get_by_label("Go on").click();
        harness.run();
        assert_eq!(harness.state().actions, [Action::Command(Command::Resume)]);
    }
}
