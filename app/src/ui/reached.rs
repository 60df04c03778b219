//! Whether another device has reached this computer since it went live, and what to do if none does.

use eframe::egui::accesskit::Role;
use eframe::egui::{Align, Layout, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::clock::Moment;
use super::dialog::Kind;
use super::widgets::{self, Icon, Weight, muted};
use super::{Action, look};
use crate::state::{Audience, OnAir, State};

/// A person at a phone needs that long to open an address.
const PATIENCE_MS: u64 = 20_000;

pub(super) fn show(ui: &mut Ui, state: &State, moment: &Moment, actions: &mut Vec<Action>) {
    let (OnAir::Live { since_ms } | OnAir::Paused { since_ms }) = state.on_air else { return };
    if state.choices.audience != Some(Audience::ThisNetwork) || state.addresses.is_empty() {
        return;
    }
    if state.numbers.reached_ms.is_some_and(|at| at >= since_ms) {
        light(ui, "Reached from another device", Light::On);
        return;
    }
    if moment.since_ms(since_ms) < PATIENCE_MS {
        light(ui, "No other device has reached it yet", Light::Off);
        return;
    }
    ui.horizontal(|ui| {
        light(ui, "No other device has reached it yet", Light::Off);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if widgets::button(ui, "Why?", Weight::Plain).accessible_name("Why has no other device reached it?").clicked() {
                actions.push(Action::Open(Kind::Firewall));
            }
        });
    });
    muted(ui, "If the address doesn’t open there, this computer’s firewall may keep others out.");
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Light {
    On,
    Off,
}

fn light(ui: &mut Ui, text: &str, light: Light) {
    let colours = look::colours(ui);
    let colour = if light == Light::On { colours.ok } else { colours.muted };
    let galley = ui.painter().layout_no_wrap(text.to_owned(), look::small(), colour);
    let (rect, response) = ui.allocate_exact_size(vec2(20.0 + galley.size().x, 20.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, text));
    let place = rect.with_max_x(rect.left() + 14.0);
    if light == Light::On {
        Icon::Check.paint(ui.painter(), place, colour);
    } else {
        ui.painter().circle_stroke(place.center(), 4.0, Stroke::new(1.5, colour));
    }
    ui.painter().galley(pos2(rect.left() + 20.0, rect.center().y - galley.size().y / 2.0), galley, colour);
}

#[cfg(test)]
mod tests {
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    use super::super::fixture::{self, Drawn};
    use super::*;

    fn panel(state: State) -> Harness<'static, Drawn> {
        fixture::panel(state, |ui, state, actions| show(ui, state, &fixture::moment(), actions))
    }

    fn live_for(seconds: u64) -> State {
        let mut state = fixture::live();
        state.on_air = OnAir::Live { since_ms: fixture::NOW_MS - 1_000 * seconds };
        state.numbers.reached_ms = None;
        state
    }

    #[test]
    fn the_light_is_on_only_once_another_device_came_in_this_broadcast() {
        let mut state = live_for(5);
        state.numbers.reached_ms = Some(fixture::NOW_MS - 6_000);
        panel(state.clone()).get_by_label("No other device has reached it yet");
        state.numbers.reached_ms = Some(fixture::NOW_MS - 4_000);
        panel(state).get_by_label("Reached from another device");
    }

    #[test]
    fn the_firewall_is_named_after_twenty_seconds_and_not_before() {
        assert!(panel(live_for(19)).query_by_label("Why has no other device reached it?").is_none());
        let mut harness = panel(live_for(20));
        harness.get_by_label("Why has no other device reached it?").click();
        harness.run();
        assert_eq!(harness.state().actions, [Action::Open(Kind::Firewall)]);
    }

    #[test]
    fn where_nobody_else_is_let_in_nothing_is_said_of_others() {
        let mut state = live_for(60);
        state.choices.audience = Some(Audience::ThisComputer);
        let harness = panel(state);
        assert!(harness.query_by_label_contains("device").is_none());
    }
}
