//! What happens when the person logs in.

use eframe::egui::{self, Ui};

use super::super::widgets::{muted, warning};
use super::super::{Action, look};
use super::{buttons, close_button};
use crate::login::AtLogin;
use crate::state::{Command, State};

const CHOICES: [(AtLogin, &str); 3] =
    [(AtLogin::Off, "Do nothing"), (AtLogin::Open, "Open this window"), (AtLogin::Live, "Open this window and go live")];

pub(super) fn show(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    muted(ui, "What Cometcam does by itself when you log in to this computer:");
    let answered = state.choices.audience.is_some();
    ui.scope(|ui| {
        // An empty ring has nothing else to be seen by.
        ui.visuals_mut().widgets.inactive.bg_stroke = egui::Stroke::new(1.0, look::colours(ui).muted);
        ui.spacing_mut().icon_spacing = 10.0;
        ui.spacing_mut().item_spacing.y = 2.0;
        for (choice, words) in CHOICES {
            let possible = answered || choice != AtLogin::Live;
            let button = ui.add_enabled(possible, egui::RadioButton::new(state.at_login == choice, words));
            if button.clicked() {
                actions.push(Action::Command(Command::SetAtLogin(choice)));
            }
        }
    });
    if state.at_login == AtLogin::Live {
        muted(ui, "A notification and this window say it each time, and Stop ends it.");
    } else if !answered {
        muted(ui, "To go live by itself, it has to know who can watch: press Go live once and choose.");
    }
    if let Some(fault) = &state.fault {
        // Over the picture it is dimmed by this dialog.
        warning(ui, &fault.sentence);
    }
    buttons(ui, |ui| close_button(ui, actions));
}

#[cfg(test)]
mod tests {
    use egui_kittest::kittest::Queryable as _;

    use super::super::super::fixture;
    use super::*;

    #[test]
    fn each_choice_is_one_press_away() {
        let mut harness = fixture::panel(fixture::ready(), show);
        harness.get_by_label("Open this window and go live").click();
        harness.run();
        harness.get_by_label("Open this window").click();
        harness.run();
        let asked = [AtLogin::Live, AtLogin::Open].map(|at_login| Action::Command(Command::SetAtLogin(at_login)));
        assert_eq!(harness.state().actions, asked);
    }

    #[test]
    fn nobody_goes_live_at_login_who_never_said_who_can_watch() {
        let mut state = fixture::ready();
        state.choices.audience = None;
        let mut harness = fixture::panel(state, show);
        harness.get_by_label("Open this window and go live").click();
        harness.run();
        assert_eq!(harness.state().actions, []);
        harness.get_by_label_contains("press Go live once");
    }
}
