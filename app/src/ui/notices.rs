//! What went wrong beside the source, and what went well: over the top of the stage, so that nothing moves when it comes and goes.

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Rect, Sense, Stroke, StrokeKind, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2};

use super::widgets::{Icon, icon_button};
use super::{Action, look};
use crate::state::State;

pub(super) fn show(ui: &mut Ui, state: &State, stage: Rect, actions: &mut Vec<Action>) {
    if state.fault.is_none() && state.notice.is_none() && state.dark.is_empty() {
        return;
    }
    let inner = stage.shrink(12.0);
    let width = inner.width().min(560.0);
    let left = inner.center().x - width / 2.0;
    let rect = Rect::from_min_max(pos2(left, inner.top()), pos2(left + width, inner.bottom()));
    ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
        let colours = look::colours(ui);
        if let Some(fault) = &state.fault {
            line(ui, Icon::Warning, colours.warn, &fault.sentence, "Take this message away", Action::DismissFault, actions);
        }
        if let Some(sentence) = dark(&state.dark) {
            let action = Action::DismissDark;
            line(ui, Icon::Warning, colours.warn, &sentence, "Take the message of displays away", action, actions);
        }
        if let Some(notice) = &state.notice {
            line(ui, Icon::Check, colours.ok, notice, "Take this notice away", Action::DismissNotice, actions);
        }
    });
}

/// That displays are dark; `None` if none is.
fn dark(names: &[String]) -> Option<String> {
    /// So many are named.
    const NAMED: usize = 3;
    let quoted = |names: &[String]| names.iter().map(|name| format!("“{name}”")).collect::<Vec<_>>().join(", ");
    match names {
        [] => None,
        [name] => Some(format!("The display “{name}” is dark: it asks for no pictures. Look at its power and its network.")),
        names => {
            let (named, others) = names.split_at(names.len().min(NAMED));
            let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
            Some(format!("{} displays are dark: {}{more}. Look at their power and their network.", names.len(), quoted(named)))
        }
    }
}

fn line(ui: &mut Ui, icon: Icon, colour: egui::Color32, text: &str, dismiss: &str, action: Action, actions: &mut Vec<Action>) {
    let colours = look::colours(ui);
    let width = ui.available_width();
    let galley = ui.painter().layout(text.to_owned(), look::body(), colours.text, width - 40.0 - 44.0);
    let (rect, response) = ui.allocate_exact_size(vec2(width, (galley.size().y + 20.0).max(44.0)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, text));
    ui.painter().rect_filled(rect, look::PICTURE_RADIUS, colours.surface);
    ui.painter().rect_stroke(rect, look::PICTURE_RADIUS, Stroke::new(1.0, colour), StrokeKind::Inside);
    icon.paint(ui.painter(), rect.with_max_x(rect.left() + 40.0), colour);
    ui.painter().galley(pos2(rect.left() + 40.0, rect.center().y - galley.size().y / 2.0), galley, colours.text);
    let button = Rect::from_center_size(pos2(rect.right() - 22.0, rect.center().y), Vec2::splat(32.0));
    let mut child = ui.new_child(UiBuilder::new().id_salt(dismiss).max_rect(button));
    if icon_button(&mut child, Icon::Cross, dismiss).clicked() {
        actions.push(action);
    }
}

#[cfg(test)]
mod tests {
    use egui_kittest::kittest::Queryable as _;

    use super::super::fixture;
    use super::*;
    use crate::state::Fault;

    #[test]
    fn a_fault_and_a_notice_stay_until_they_are_read() {
        let mut state = fixture::ready();
        state.fault = Some(Fault { sentence: "The disk is full. Make room.".to_owned() });
        state.notice = Some("The picture was saved as /home/ada/picture.jpg.".to_owned());
        let mut harness = fixture::panel(state, |ui, state, actions| {
            let stage = ui.available_rect_before_wrap();
            show(ui, state, stage, actions);
        });
        harness.get_by_label("The disk is full. Make room.");
        harness.get_by_label("The picture was saved as /home/ada/picture.jpg.");
        harness.get_by_label("Take this message away").click();
        harness.run();
        harness.get_by_label("Take this notice away").click();
        harness.run();
        assert_eq!(harness.state().actions, [Action::DismissFault, Action::DismissNotice]);
    }

    #[test]
    fn that_displays_are_dark_is_one_line_that_goes_when_it_is_read() {
        let mut state = fixture::ready();
        state.displays = fixture::displays();
        state.dark = vec!["Workshop".to_owned()];
        let mut harness = fixture::panel(state, |ui, state, actions| {
            let stage = ui.available_rect_before_wrap();
            show(ui, state, stage, actions);
        });
        harness.get_by_label("The display “Workshop” is dark: it asks for no pictures. Look at its power and its network.");
        harness.get_by_label("Take the message of displays away").click();
        harness.run();
        assert_eq!(harness.state().actions, [Action::DismissDark]);
        let names = ["A", "B", "C", "D", "E"].map(str::to_owned);
        let said = dark(&names).unwrap();
        assert_eq!(said, "5 displays are dark: “A”, “B”, “C” and 2 more. Look at their power and their network.");
    }
}
