//! Who watches, one row each: where, since when, and how fresh what they see is. One of them can be closed, and let in again.

use std::sync::Arc;

use cometcam_server::http::Viewer;
use cometcam_server::units::Bandwidth;
use eframe::egui::accesskit::Role;
use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{self, Align, Color32, Galley, Id, Layout, Rect, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::clock::{self, Moment};
use super::dialog::Kind;
use super::widgets::{self, Icon, Weight, hairline, icon_button, icon_button_at, muted, section, steady, warning};
use super::{Action, look};
use crate::state::{Audience, Command, OnAir, State, ViewersCommand};

/// Of a viewer.
const ROW_HEIGHT: f32 = 50.0;
/// Of its lines, from its top.
const LINES: [f32; 2] = [16.0, 35.0];
/// Of the button at its end.
const BUTTON: f32 = 32.0;
/// A viewer is behind if the newest picture is newer by more than this than what it has, and than three intervals.
const BEHIND_MS: u64 = 2_000;
/// After that long it says more that somebody is there since days than since which minute.
const DAY_MS: u64 = 86_400_000;

pub(super) fn show(ui: &mut Ui, state: &State, moment: &Moment, actions: &mut Vec<Action>) {
    header(ui, state, actions);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for (index, viewer) in state.viewers.list.iter().enumerate() {
            if index > 0 {
                hairline(ui);
            }
            row(ui, state, viewer, moment, actions);
        }
    });
    if state.viewers.list.is_empty() {
        muted(ui, nobody(state));
    }
    if let (true, Some(most @ Bandwidth::AtMost(_))) = (state.sharing.is_shared, state.sharing.in_force) {
        muted(ui, format!("They share {most}, so each gets fewer pictures."));
    }
    if let Some(sentence) = &state.unannounced {
        warning(ui, sentence);
    }
    for address in &state.viewers.closed {
        ui.horizontal(|ui| {
            let (name, text) = (format!("Let {address} in again"), "Let in again");
            let width = ui.available_width() - widgets::button_width(ui, text) - look::WITHIN;
            let galley = elided(ui, format!("{address} is closed"), look::small(), look::colours(ui).muted, width);
            let (rect, response) = ui.allocate_exact_size(vec2(width, look::FIELD_HEIGHT), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{address} is closed")));
            ui.painter().galley(pos2(rect.left(), rect.center().y - galley.size().y / 2.0), galley, Color32::PLACEHOLDER);
            if widgets::button(ui, text, Weight::Plain).accessible_name(&name).clicked() {
                actions.push(Action::Command(Command::Viewers(ViewersCommand::AdmitAgain(*address))));
            }
        });
    }
}

fn header(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        section(ui, "Watching");
        if let Some(most) = state.choices.viewing.at_most {
            muted(ui, format!("{} of {most} at most", state.viewers.list.len()));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if icon_button(ui, Icon::More, "Viewers: how many, and how they are announced").clicked() {
                actions.push(Action::Open(Kind::Viewers));
            }
        });
    });
}

fn nobody(state: &State) -> &'static str {
    if state.choices.audience == Some(Audience::ThisNetwork) {
        "Nobody is watching yet. Open the address in a browser, or point a phone’s camera at the code."
    } else {
        "Nobody is watching yet. Open the address in a browser on this computer."
    }
}

/// What a viewer is called.
fn name(viewer: &Viewer) -> String {
    viewer.display.as_ref().map_or_else(|| viewer.device.clone(), |display| format!("Display “{display}”"))
}

fn row(ui: &mut Ui, state: &State, viewer: &Viewer, moment: &Moment, actions: &mut Vec<Action>) {
    let (rect, row) = ui.allocate_exact_size(vec2(ui.available_width(), ROW_HEIGHT), Sense::hover());
    let button = Rect::from_center_size(pos2(rect.right() - BUTTON / 2.0, rect.center().y), Vec2::splat(BUTTON));
    let id = Id::unique("close viewer").with(viewer.id);
    let name = name(viewer);
    // Tab comes to those too that are out of sight; only what is in sight is drawn.
    let response = if ui.is_rect_visible(rect) {
        let text = rect.with_max_x(button.left() - 4.0);
        let said = write(ui, state, viewer, &name, moment, text);
        row.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
        icon_button_at(ui, id, button, Icon::Cross, &format!("Close {name}, {}", viewer.address))
    } else {
        ui.interact(button, id, Sense::click())
    };
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    if response.clicked() {
        actions.push(Action::Command(Command::Viewers(ViewersCommand::Close(viewer.id))));
    }
}

/// Writes what is known of a viewer into `place`; the same in one line.
fn write(ui: &Ui, state: &State, viewer: &Viewer, name: &str, moment: &Moment, place: Rect) -> String {
    let colours = look::colours(ui);
    let (since, address) = (since(viewer, moment), viewer.address);
    let (fresh, is_behind) = freshness(state, viewer, moment);
    let said = format!("{name}, {address}, {since}, {fresh}");
    let fresh_colour = if is_behind { colours.warn } else { colours.muted };
    let fresh = ui.painter().layout_job(steady(ui, &fresh, &look::small(), fresh_colour));
    let left = place.width() - fresh.size().x - look::WITHIN;
    let name = elided(ui, name.to_owned(), look::body(), colours.text, left);
    let place_and_time = elided(ui, format!("{address} · {since}"), look::small(), colours.muted, place.width());
    let [first, second] = LINES.map(|line| place.top() + line);
    let write = |galley: Arc<Galley>, x: f32, middle: f32| {
        ui.painter().galley(pos2(x, middle - galley.size().y / 2.0), galley, Color32::PLACEHOLDER);
    };
    write(name, place.left(), first);
    let right = place.right() - fresh.size().x;
    write(fresh, right, first);
    write(place_and_time, place.left(), second);
    said
}

fn since(viewer: &Viewer, moment: &Moment) -> String {
    let here_ms = moment.since_ms(viewer.since_ms);
    if here_ms < DAY_MS { format!("since {}", moment.minute(viewer.since_ms)) } else { format!("for {}", clock::age(here_ms)) }
}

/// How fresh what a viewer sees is in words, and whether it lags behind what is there.
fn freshness(state: &State, viewer: &Viewer, moment: &Moment) -> (String, bool) {
    let Some(painted_ms) = viewer.painted_ms else { return ("no picture yet".to_owned(), false) };
    let behind_ms = state.numbers.newest_ms.unwrap_or(painted_ms).saturating_sub(painted_ms);
    if behind_ms > BEHIND_MS.max(state.numbers.interval_ms.saturating_mul(3)) {
        return (format!("{} behind", clock::age(behind_ms)), true);
    }
    if matches!(state.on_air, OnAir::Paused { .. }) {
        return ("sees the last picture".to_owned(), false);
    }
    (format!("sees {}", clock::age(moment.since_ms(painted_ms))), false)
}

/// `text` in one line, cut off where it would be wider.
pub(super) fn elided(ui: &Ui, text: String, font: egui::FontId, colour: Color32, width: f32) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text, font, colour);
    job.wrap = TextWrapping::truncate_at_width(width.max(0.0));
    ui.painter().layout_job(job)
}

#[cfg(test)]
mod tests {
    use eframe::egui::Key;
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    use super::super::fixture::{self, Drawn};
    use super::*;
    use crate::state::Viewers;

    fn list(state: State) -> Harness<'static, Drawn> {
        fixture::panel(state, |ui, state, actions| {
            egui::ScrollArea::vertical().max_height(300.0).show(ui, |ui| show(ui, state, &fixture::moment(), actions));
        })
    }

    #[test]
    fn each_is_told_with_its_place_its_time_and_how_fresh_its_picture_is() {
        let harness = list(fixture::live());
        harness.get_by_label("Safari on iPhone, 192.168.1.31, since 14:09, sees 0.3 s");
        harness.get_by_label("Display “Lobby”, 192.168.1.40, for 3 days, sees 0.2 s");
        harness.get_by_label("Firefox on Windows, 192.168.1.52, since 14:20, 12 s behind");
    }

    #[test]
    fn a_viewer_is_not_behind_a_slow_camera_or_a_paused_one() {
        let mut state = fixture::live();
        state.numbers.interval_ms = 10_000;
        list(state.clone()).get_by_label_contains("Firefox on Windows, 192.168.1.52, since 14:20, sees 12 s");
        state.on_air = OnAir::Paused { since_ms: fixture::SINCE_MS };
        list(state.clone()).get_by_label_contains("Firefox on Windows, 192.168.1.52, since 14:20, sees the last picture");
        state.viewers.list[0].painted_ms = None;
        list(state).get_by_label_contains("Safari on iPhone, 192.168.1.31, since 14:09, no picture yet");
    }

    #[test]
    fn one_is_closed_and_its_device_let_in_again() {
        let mut harness = list(fixture::live());
        harness.get_by_label("Close Safari on iPhone, 192.168.1.31").click();
        harness.run();
        let id = fixture::live().viewers.list[0].id;
        let closed = Action::Command(Command::Viewers(ViewersCommand::Close(id)));
        assert_eq!(std::mem::take(&mut harness.state_mut().actions), [closed]);
        let address = "192.168.1.31".parse().unwrap();
        harness.state_mut().state.viewers.list.remove(0);
        harness.state_mut().state.viewers.closed = vec![address];
        harness.run();
        harness.get_by_label("192.168.1.31 is closed");
        harness.get_by_label("Let 192.168.1.31 in again").click();
        harness.run();
        assert_eq!(harness.state().actions, [Action::Command(Command::Viewers(ViewersCommand::AdmitAgain(address)))]);
    }

    #[test]
    fn of_a_hundred_each_is_reached_by_keyboard_in_the_order_in_which_they_came() {
        let mut state = fixture::live();
        state.viewers = Viewers { list: fixture::many_viewers(100), closed: Vec::new() };
        let mut harness = list(state);
        harness.run();
        // The button above them is the first.
        for _ in 0..=90 {
            harness.key_press(Key::Tab);
            harness.step();
        }
        harness.run_steps(8);
        let focused = harness.get_by_label("Close Chrome on Android, 10.0.0.89");
        assert!(focused.is_focused() && focused.rect().bottom() <= 340.0, "it is in sight: {}", focused.rect());
        harness.key_press(Key::Enter);
        harness.run_steps(2);
        let id = fixture::many_viewers(100)[89].id;
        assert_eq!(harness.state().actions, [Action::Command(Command::Viewers(ViewersCommand::Close(id)))]);
    }

    #[test]
    fn only_those_in_sight_are_drawn() {
        let mut state = fixture::live();
        state.viewers = Viewers { list: fixture::many_viewers(100), closed: Vec::new() };
        let harness = list(state);
        assert!(harness.query_all_by_label_contains("Chrome on Android, 10.0.0").count() < 2 * 20);
    }

    #[test]
    fn nobody_is_said() {
        let mut state = fixture::live();
        state.viewers = Viewers::default();
        list(state).get_by_label_contains("Nobody is watching yet.");
    }

    #[test]
    fn a_limit_and_a_missing_announcement_are_said() {
        let mut state = fixture::live();
        state.choices.viewing.at_most = Some(20);
        state.unannounced = Some("The first viewer came, and was not announced.".to_owned());
        let mut harness = list(state);
        harness.get_by_label("3 of 20 at most");
        harness.get_by_label("The first viewer came, and was not announced.");
        harness.get_by_label("Viewers: how many, and how they are announced").click();
        harness.run();
        assert_eq!(harness.state().actions, [Action::Open(Kind::Viewers)]);
    }
}
