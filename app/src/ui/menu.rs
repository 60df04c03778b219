//! The menu: what is one step away.

use eframe::egui::{self, Popup, Ui};

use super::widgets::{Icon, focus_edge, icon_button};
use super::{Action, dialog::Kind};
use crate::state::{Command, OnAir, State};

/// The button that opens the menu, and the menu while it is open.
pub(super) fn show(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let button = icon_button(ui, Icon::Menu, "Menu");
    Popup::menu(&button).width(250.0).gap(6.0).accessible_name("Menu").show(|ui| items(ui, state, actions));
}

fn items(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    ui.set_min_width(250.0);
    ui.spacing_mut().item_spacing.y = 2.0;
    ui.spacing_mut().button_padding.x = 10.0;
    let mut item = |ui: &mut Ui, text: &str, enabled: bool, action: Action| {
        let item = ui.add_enabled(enabled, egui::Button::new(text));
        focus_edge(ui, &item);
        if item.clicked() {
            // A key closes nothing by itself.
            ui.close();
            actions.push(action);
        }
    };
    match state.on_air {
        OnAir::Live { .. } => item(ui, "Pause", true, Action::Command(Command::Pause)),
        OnAir::Paused { .. } => item(ui, "Go on after the pause", true, Action::Command(Command::Resume)),
        OnAir::NotLive | OnAir::Starting => {}
    }
    item(ui, "Save this picture…", state.mode.is_some(), Action::Open(Kind::SavePicture));
    item(ui, "Mirror, turn, text, camera…", true, Action::ShowPicture);
    item(ui, "Show pictures from a folder…", true, Action::Open(Kind::Folder));
    item(ui, "What is saved, and where…", true, Action::Open(Kind::Saving));
    item(ui, "Viewers…", true, Action::Open(Kind::Viewers));
    item(ui, "Who was let in…", true, Action::Open(Kind::Guests));
    item(ui, "Displays…", true, Action::Open(Kind::Displays));
    item(ui, "Look for cameras again", true, Action::Command(Command::FindCameras));
    item(ui, "When you log in…", true, Action::Open(Kind::Login));
    item(ui, "Copy diagnostics", true, Action::Command(Command::CopyDiagnostics));
    item(ui, "About Cometcam", true, Action::Open(Kind::About));
}

#[cfg(test)]
mod tests {
    use eframe::egui::Key;
    use egui_kittest::kittest::Queryable as _;

    use super::super::fixture;
    use super::*;

    #[test]
    fn everything_is_one_step_away_and_each_press_gives_one_command() {
        let mut harness = fixture::panel(fixture::live(), show);
        harness.get_by_label("Menu").click();
        harness.run();
        harness.get_by_label("Pause").click();
        harness.run();
        assert_eq!(harness.state().actions, [Action::Command(Command::Pause)]);
        assert!(harness.query_by_label("Pause").is_none(), "the menu closes");
    }

    #[test]
    fn a_pause_can_only_be_made_while_live() {
        let mut harness = fixture::panel(fixture::ready(), show);
        harness.get_by_label("Menu").click();
        harness.run();
        assert!(harness.query_by_label("Pause").is_none());
        harness.get_by_label("Look for cameras again").click();
        harness.run();
        assert_eq!(harness.state().actions, [Action::Command(Command::FindCameras)]);
    }

    #[test]
    fn it_opens_and_closes_by_keyboard() {
        let mut harness = fixture::panel(fixture::ready(), show);
        harness.get_by_label("Menu").focus();
        harness.key_press(Key::Enter);
        harness.run();
        harness.get_by_label("About Cometcam");
        harness.key_press(Key::Escape);
        harness.run();
        assert!(harness.query_by_label("About Cometcam").is_none());
        assert_eq!(harness.state().actions, []);
    }

    #[test]
    fn what_is_chosen_by_keyboard_closes_it() {
        let mut harness = fixture::panel(fixture::ready(), show);
        harness.get_by_label("Menu").focus();
        harness.key_press(Key::Enter);
        harness.run();
        harness.get_by_label("About Cometcam").focus();
        harness.run();
        harness.key_press(Key::Enter);
        harness.run();
        assert_eq!(harness.state().actions, [Action::Open(Kind::About)]);
        assert!(harness.query_by_label("About Cometcam").is_none(), "it would lie behind the dialog, and take its Esc");
    }
}
