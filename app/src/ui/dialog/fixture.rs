//! An open dialog in the tests.

use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers, PointerButton, pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::super::fixture::{self, Drawn};
use super::{Dialog, Kind};
use crate::state::State;

/// A window with a dialog open.
pub(super) fn open(kind: Kind, state: State) -> Harness<'static, Drawn> {
    let mut dialog = Dialog::new(kind, &state, "2026-11-22 14.21.07");
    fixture::panel(state, move |ui, state, actions| dialog.show(ui.ctx(), state, &fixture::moment(), actions))
}

/// Types another text into a field.
pub(super) fn retype(harness: &mut Harness<'_, Drawn>, field: &str, text: &str) {
    harness.get_by_role_and_label(Role::TextInput, field).focus();
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.get_by_role_and_label(Role::TextInput, field).type_text(text);
    harness.run();
}

/// Clicks beside the dialog.
pub(super) fn click_beside<S>(harness: &mut Harness<'_, S>) {
    let pos = pos2(20.0, 20.0);
    harness.event(Event::PointerMoved(pos));
    for pressed in [true, false] {
        harness.event(Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE });
    }
}
