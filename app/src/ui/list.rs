//! A list to choose one thing from.

use eframe::egui::{Button, ComboBox, Ui};

use super::widgets::{Icon, focus_edge, focus_ring};
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
            let item = ui.add(Button::selectable(is_chosen, text));
            focus_edge(ui, &item);
            if !item.clicked() {
                continue;
            }
            // A key closes nothing by itself.
            ui.close();
            if !is_chosen {
                actions.extend(action);
            }
        }
    });
    focus_ring(ui, &shown.response, look::FIELD_RADIUS, look::colours(ui));
    let opened = shown.response.clicked() && shown.inner.is_some();
    shown.response.accessible_name(name);
    opened
}

#[cfg(test)]
mod tests {
    use eframe::egui::Key;
    use egui_kittest::kittest::Queryable as _;

    use super::super::fixture;
    use super::*;

    #[test]
    fn it_is_opened_and_chosen_from_by_keyboard() {
        let mut harness = fixture::panel(fixture::ready(), |ui, _, actions| {
            let choices = vec![("One".to_owned(), None), ("Two".to_owned(), Some(Action::DismissNotice))];
            list(ui, "Which", "One", choices, actions);
        });
        harness.get_by_label("Which").focus();
        harness.run();
        harness.key_press(Key::Enter);
        harness.run();
        harness.get_by_label("Two").focus();
        harness.run();
        harness.key_press(Key::Enter);
        harness.run();
        assert_eq!(harness.state().actions, [Action::DismissNotice]);
        assert!(harness.query_by_label("Two").is_none(), "it closes");
    }
}
