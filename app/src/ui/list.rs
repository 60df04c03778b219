//! A list to choose one thing from.

use eframe::egui::{Button, ComboBox, Ui};

use super::widgets::{Icon, focus_ring};
use super::{Action, look};

/// Shows what is `chosen`, and when it is pressed the `choices`: what is shown and what is done. What is chosen already does
/// nothing. Whether it was opened just now.
pub(super) fn list(
    ui: &mut Ui,
    name: &str,
    chosen: &str,
    choices: Vec<(String, Option<Action>)>,
    actions: &mut Vec<Action>,
) -> bool {
    let width = ui.available_width();
    let combo = ComboBox::from_id_salt(name)
        .width(width)
        .truncate()
        .selected_text(chosen)
        .icon(|ui, rect, _, _| Icon::Down.paint(ui.painter(), rect, look::colours(ui).muted));
    let shown = combo.show_ui(ui, |ui| {
        for (text, action) in choices {
            let is_chosen = text == chosen;
            if ui.add(Button::selectable(is_chosen, text)).clicked()
                && let Some(action) = action
                && !is_chosen
            {
                actions.push(action);
            }
        }
    });
    focus_ring(ui, &shown.response, look::FIELD_RADIUS, look::colours(ui));
    let opened = shown.response.clicked() && shown.inner.is_some();
    shown.response.accessible_name(name);
    opened
}
