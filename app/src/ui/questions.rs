//! What is asked before a command goes on to the studio.

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Align, Id, Layout, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::dialog::modal;
use super::guard;
use super::widgets::{self, Weight, button, focus_ring, muted};
use super::{Action, look};
use crate::state::{Answer, Audience, Question, State};

pub(super) fn show(ctx: &egui::Context, state: &State, question: Question, actions: &mut Vec<Action>) {
    let is_over = match question {
        Question::WhoCanWatch => {
            modal(ctx, Id::unique("who can watch?"), "Who can watch?", |ui| who_can_watch(ui, state, actions))
        }
        Question::CloseWhileLive => modal(ctx, Id::unique("close?"), "You are live", |ui| close(ui, state, actions)),
    };
    // Beside Esc a click beside the dialog closes it; neither changes anything.
    if is_over {
        actions.push(Action::Answer(Answer::Never));
    }
}

fn who_can_watch(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    ui.heading("Who can watch?");
    muted(ui, "You are asked this once. You can change it beside the picture, whenever you are not live.");
    for (audience, title) in [(Audience::ThisComputer, "This computer"), (Audience::ThisNetwork, "Everyone in this network")] {
        if card(ui, title, guard::short_sentence(audience, state.choices.viewing.guard)) {
            actions.push(Action::Answer(Answer::Watch(audience)));
        }
    }
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| never(ui, "Not now", actions));
}

fn close(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    ui.heading("You are live");
    let watching = match state.numbers.watching {
        0 => "Nobody is watching now.".to_owned(),
        1 => "One viewer is watching now.".to_owned(),
        count => format!("{count} viewers are watching now."),
    };
    ui.label(format!("Closing the window ends the broadcast. {watching}"));
    ui.add_space(4.0);
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
        if widgets::pressed(&button(ui, "End the broadcast and close", Weight::Live)) {
            actions.push(Action::Answer(Answer::EndAndClose));
        }
        never(ui, "Stay live", actions);
    });
}

/// The answer that leaves everything as it is; the focus is on it at first.
fn never(ui: &mut Ui, text: &str, actions: &mut Vec<Action>) {
    let response = button(ui, text, Weight::Plain);
    widgets::focus_first(&response);
    if widgets::pressed(&response) {
        actions.push(Action::Answer(Answer::Never));
    }
}

/// A large button with a sentence that explains it; whether it was pressed.
fn card(ui: &mut Ui, title: &str, sentence: &str) -> bool {
    let colours = look::colours(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 68.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{title}. {sentence}")));
    let edge = if response.hovered() || response.has_focus() { colours.accent } else { colours.line };
    ui.painter().rect_filled(rect, look::PICTURE_RADIUS, colours.raised);
    ui.painter().rect_stroke(rect, look::PICTURE_RADIUS, Stroke::new(1.0, edge), StrokeKind::Inside);
    focus_ring(ui, &response, look::PICTURE_RADIUS, colours);
    let left = rect.left() + 16.0;
    let title_at = pos2(left, rect.top() + 14.0);
    ui.painter().text(title_at, egui::Align2::LEFT_TOP, title, look::semibold(15.0), colours.text);
    ui.painter().text(pos2(left, rect.bottom() - 14.0), egui::Align2::LEFT_BOTTOM, sentence, look::small(), colours.muted);
    widgets::pressed(&response)
}

#[cfg(test)]
mod tests {
    use eframe::egui::Key;
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    use super::super::fixture::{self, Drawn};
    use super::*;

    fn ask(question: Question) -> Harness<'static, Drawn> {
        fixture::panel(fixture::live(), move |ui, state, actions| show(ui.ctx(), state, question, actions))
    }

    #[test]
    fn who_can_watch_is_explained_and_answered() {
        for (label, audience) in [("This computer", Audience::ThisComputer), ("Everyone in this network", Audience::ThisNetwork)]
        {
            let mut harness = ask(Question::WhoCanWatch);
            harness.get_by_label_contains(label).click();
            harness.run();
            assert_eq!(harness.state().actions, [Action::Answer(Answer::Watch(audience))]);
        }
    }

    #[test]
    fn closing_says_what_it_ends() {
        let mut harness = ask(Question::CloseWhileLive);
        harness.get_by_label("Closing the window ends the broadcast. 3 viewers are watching now.");
        harness.get_by_label("End the broadcast and close").click();
        harness.run();
        assert_eq!(harness.state().actions, [Action::Answer(Answer::EndAndClose)]);
    }

    #[test]
    fn enter_and_escape_change_nothing() {
        for question in [Question::WhoCanWatch, Question::CloseWhileLive] {
            for key in [Key::Enter, Key::Escape] {
                let mut harness = ask(question);
                harness.run();
                harness.key_press(key);
                harness.run();
                assert_eq!(harness.state().actions, [Action::Answer(Answer::Never)], "{question:?} {key:?}");
            }
        }
    }
}
