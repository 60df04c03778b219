//! What of a broadcast is saved, where, and how long.

use eframe::egui::{Checkbox, Ui};

use super::super::list::list;
use super::super::widgets::{self, Weight, muted, warning};
use super::super::{Action, look};
use super::path::{Done, PathField};
use super::{buttons, close_button};
use crate::save::Save;
use crate::state::{Command, State};

/// Of what stands for the whole of a broadcast.
const NOT_LIVE: &str = "It can be changed when you are not live.";

pub(super) fn show(ui: &mut Ui, path: &mut PathField, state: &State, actions: &mut Vec<Action>) {
    muted(ui, "While live, every picture is in memory for a minute. These go to disk as well:");
    save_list(ui, state, actions);
    keep(ui, state, actions);
    muted(
        ui,
        if state.choices.keep {
            "It can be watched until you delete it."
        } else {
            "After Stop you are asked whether it stays. Without an answer it is removed."
        },
    );
    if state.on_air.is_on() {
        muted(ui, NOT_LIVE);
    }
    ui.add_space(4.0);
    widgets::section(ui, "Data folder");
    path.follow(&state.choices.data.display().to_string());
    if state.on_air.is_on() {
        ui.label(state.choices.data.display().to_string());
        muted(ui, NOT_LIVE);
        buttons(ui, |ui| close_button(ui, actions));
    } else {
        data_folder(ui, path, state, actions);
    }
}

fn keep(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let mut keep = state.choices.keep;
    let checkbox = Checkbox::new(&mut keep, "Keep what was saved after the broadcast");
    let response = ui.scope(|ui| {
        // An empty box has nothing else to be seen by.
        ui.visuals_mut().widgets.inactive.bg_stroke.color = look::colours(ui).muted;
        ui.add_enabled(!state.on_air.is_on(), checkbox)
    });
    if response.inner.changed() {
        actions.push(Action::Command(Command::SetKeep(keep)));
    }
}

/// The field for the data folder, and the buttons. What is typed is taken over with Enter or the button, and with nothing else.
fn data_folder(ui: &mut Ui, path: &mut PathField, state: &State, actions: &mut Vec<Action>) {
    let done = path.show(ui, "Data folder", Command::PickData, actions);
    let typed = path.typed();
    if let Err(wrong) = typed {
        warning(ui, wrong);
    } else if let Some(fault) = &state.fault {
        // Over the picture it is dimmed by this dialog.
        warning(ui, &fault.sentence);
    }
    buttons(ui, |ui| {
        close_button(ui, actions);
        if let Some(folder) = typed.ok().filter(|folder| *folder != state.choices.data)
            && (widgets::pressed(&widgets::button(ui, "Use this folder", Weight::Accent)) || done == Done::Entered)
        {
            actions.push(Action::Command(Command::SetData(folder)));
        }
    });
}

fn save_list(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let mut saves = vec![Save::Every, Save::EachMillis(1_000), Save::EachMillis(10_000), Save::EachMillis(60_000), Save::Off];
    if !saves.contains(&state.choices.save) {
        saves.push(state.choices.save);
    }
    let choices = saves.into_iter().map(|save| (save_words(save), Some(Action::Command(Command::SetSave(save))))).collect();
    list(ui, "Saved to disk", &save_words(state.choices.save), choices, actions);
}

fn save_words(save: Save) -> String {
    match save {
        Save::Every => "Every picture".to_owned(),
        Save::Off => "None".to_owned(),
        Save::EachMillis(1_000) => "One a second".to_owned(),
        Save::EachMillis(60_000) => "One a minute".to_owned(),
        Save::EachMillis(ms) => format!("One every {} s", ms.div_ceil(1_000)),
    }
}

#[cfg(test)]
mod tests {
    use eframe::egui::Key;
    use eframe::egui::accesskit::Role;
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    use super::super::super::fixture::{self as states, Drawn};
    use super::super::Kind;
    use super::super::fixture::{click_beside, open, retype};
    use super::*;
    use crate::state::Fault;

    #[test]
    fn what_is_saved_and_whether_it_stays_can_be_chosen() {
        let mut harness = open(Kind::Saving, states::ready());
        harness.get_by_role_and_label(Role::ComboBox, "Saved to disk").click();
        harness.run();
        harness.get_by_label("Every picture").click();
        harness.run();
        harness.get_by_label("Keep what was saved after the broadcast").click();
        harness.run();
        assert_eq!(
            harness.state().actions,
            [Action::Command(Command::SetSave(Save::Every)), Action::Command(Command::SetKeep(true))]
        );
    }

    #[test]
    fn the_data_folder_is_taken_over_with_enter_and_not_while_live() {
        let mut harness = open(Kind::Saving, states::ready());
        retype(&mut harness, "Data folder", "/srv/cometcam");
        harness.key_press(Key::Enter);
        harness.run();
        assert_eq!(harness.state().actions, [Action::Command(Command::SetData("/srv/cometcam".into()))]);

        let mut harness = open(Kind::Saving, states::live());
        assert!(harness.query_by_role_and_label(Role::TextInput, "Data folder").is_none());
        let not_live = "It can be changed when you are not live.";
        assert_eq!(harness.get_all_by_label(not_live).count(), 2, "the box to keep what was saved is beside it");
        harness.get_by_label("Keep what was saved after the broadcast").click();
        harness.run();
        assert_eq!(harness.state().actions, []);
    }

    #[test]
    fn a_data_folder_that_is_only_typed_is_not_taken_over() {
        let ways: [fn(&mut Harness<'_, Drawn>); 3] =
            [|harness| harness.key_press(Key::Escape), click_beside, |harness| harness.get_by_label("Close").click()];
        for leave in ways {
            let mut harness = open(Kind::Saving, states::ready());
            retype(&mut harness, "Data folder", "/srv/comet");
            leave(&mut harness);
            harness.run();
            assert_eq!(harness.state().actions.first(), Some(&Action::CloseDialog));
            assert!(!harness.state().actions.iter().any(|action| matches!(action, Action::Command(_))), "it was applied");
        }
    }

    #[test]
    fn a_data_folder_is_taken_over_with_its_button_which_is_there_when_it_is_another_one() {
        let mut harness = open(Kind::Saving, states::ready());
        harness.run();
        assert!(harness.query_by_label("Use this folder").is_none());
        retype(&mut harness, "Data folder", "/srv/cometcam");
        harness.get_by_label("Use this folder").click();
        harness.run();
        assert_eq!(harness.state().actions, [Action::Command(Command::SetData("/srv/cometcam".into()))]);
        harness.state_mut().state.choices.data = "/srv/cometcam".into();
        harness.run();
        assert!(harness.query_by_label("Use this folder").is_none());
    }

    #[test]
    fn why_a_data_folder_is_refused_stands_in_the_dialog() {
        let mut harness = open(Kind::Saving, states::ready());
        retype(&mut harness, "Data folder", "/srv/cometcam");
        harness.key_press(Key::Enter);
        harness.run();
        let sentence = "The folder /srv/cometcam can't be written to.".to_owned();
        harness.state_mut().state.fault = Some(Fault { sentence: sentence.clone() });
        harness.run();
        harness.get_by_label(&sentence);
        let field = harness.get_by_role_and_label(Role::TextInput, "Data folder");
        assert_eq!(field.value().as_deref(), Some("/srv/cometcam"), "to be mended");
    }
}
