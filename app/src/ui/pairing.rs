//! While live: the code that pairs a device, and those who were let in.

use cometcam_server::access::{Code, Pairing};
use eframe::egui::accesskit::Role;
use eframe::egui::{Align, Layout, Sense, Ui, WidgetInfo, vec2};

use super::clock::Moment;
use super::dialog::Kind;
use super::widgets::{self, Icon, Weight, icon_button, muted, section, steady, warning};
use super::{Action, look};
use crate::state::{Command, Guard, State, ViewersCommand};

pub(super) fn show(ui: &mut Ui, state: &State, moment: &Moment, actions: &mut Vec<Action>) {
    let title = match state.choices.viewing.guard {
        Guard::Anyone => return,
        Guard::Password => "Password",
        Guard::Code => "Code",
    };
    header(ui, title, state, actions);
    match state.choices.viewing.guard {
        Guard::Code => code(ui, state, moment, actions),
        Guard::Anyone | Guard::Password => {
            muted(ui, "Viewers need the password.");
        }
    }
    ui.add_space(look::WITHIN);
}

fn header(ui: &mut Ui, title: &str, state: &State, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        section(ui, title);
        let guests = state.entry.guests.len();
        if guests > 0 {
            muted(ui, format!("{guests} let in"));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if icon_button(ui, Icon::More, "Who was let in").clicked() {
                actions.push(Action::Open(Kind::Guests));
            }
        });
    });
}

/// The code and how long it is good, or why there is none.
fn code(ui: &mut Ui, state: &State, moment: &Moment, actions: &mut Vec<Action>) {
    let code = match &state.entry.pairing {
        Pairing::Open(code) if code.until_ms > moment.now_ms => Ok(code),
        Pairing::Open(_) | Pairing::Expired => {
            Err("The code was good for five minutes, and that is over. Who was let in stays in.")
        }
        Pairing::Spent => Err("The code was guessed wrong too often, and is void."),
        Pairing::Off => Err("There is no code now. Make one for the next device."),
    };
    ui.horizontal(|ui| {
        if let Ok(code) = code {
            digits(ui, code, 34.0);
        }
        let new = |ui: &mut Ui| widgets::button(ui, "New code", Weight::Plain).clicked();
        let side = if code.is_ok() { Layout::right_to_left(Align::Center) } else { Layout::left_to_right(Align::Center) };
        if ui.with_layout(side, new).inner {
            actions.push(Action::Command(Command::Viewers(ViewersCommand::NewCode)));
        }
    });
    match code {
        Ok(code) => {
            let left = moment.until_s(code.until_ms);
            let text = format!("Typed once on each device. Good for {}:{:02}.", left / 60, left % 60);
            let colour = look::colours(ui).muted;
            let job = steady(ui, &text, &look::small(), colour);
            ui.label(job);
        }
        Err(why) if state.entry.pairing == Pairing::Spent => warning(ui, why),
        Err(why) => {
            muted(ui, why);
        }
    }
}

/// The code, with a gap in the middle.
pub(super) fn digits(ui: &mut Ui, code: &Code, size: f32) {
    let text = spaced(code);
    let job = steady(ui, &text, &look::semibold(size), look::colours(ui).text);
    let galley = ui.painter().layout_job(job);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x, galley.size().y), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Code {text}")));
    ui.painter().galley(rect.min, galley, look::colours(ui).text);
}

fn spaced(Code { digits, .. }: &Code) -> String {
    let middle = digits.len() / 2;
    match digits.split_at_checked(middle) {
        Some((left, right)) => format!("{left} {right}"),
        None => digits.clone(),
    }
}

#[cfg(test)]
mod tests {
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    use super::super::fixture::{self, Drawn};
    use super::*;

    fn panel(guard: Guard, pairing: Pairing) -> Harness<'static, Drawn> {
        let mut state = fixture::live();
        state.choices.viewing.guard = guard;
        state.entry.pairing = pairing;
        state.entry.guests = fixture::guests();
        fixture::panel(state, |ui, state, actions| show(ui, state, &fixture::moment(), actions))
    }

    #[test]
    fn the_code_is_large_with_the_time_that_it_has_left() {
        let mut harness = panel(Guard::Code, Pairing::Open(fixture::code()));
        harness.get_by_label("Code 482 913");
        harness.get_by_label("Typed once on each device. Good for 4:12.");
        harness.get_by_label("New code").click();
        harness.run();
        assert_eq!(harness.state().actions, [Action::Command(Command::Viewers(ViewersCommand::NewCode))]);
    }

    #[test]
    fn why_there_is_no_code_is_said() {
        for (pairing, words) in [
            (Pairing::Expired, "that is over"),
            (Pairing::Spent, "guessed wrong too often"),
            (Pairing::Off, "There is no code now."),
        ] {
            let harness = panel(Guard::Code, pairing);
            harness.get_by_label_contains(words);
            harness.get_by_label("New code");
        }
        let gone = Code { until_ms: fixture::NOW_MS, ..fixture::code() };
        panel(Guard::Code, Pairing::Open(gone)).get_by_label_contains("that is over");
    }

    #[test]
    fn those_who_were_let_in_are_one_step_away() {
        for guard in [Guard::Password, Guard::Code] {
            let mut harness = panel(guard, Pairing::Off);
            harness.get_by_label("2 let in");
            harness.get_by_label("Who was let in").click();
            harness.run();
            assert_eq!(harness.state().actions, [Action::Open(Kind::Guests)]);
        }
        assert!(panel(Guard::Anyone, Pairing::Off).query_by_label("2 let in").is_none());
    }
}
