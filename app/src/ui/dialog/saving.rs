//! What of a broadcast is saved, where, and how long.

use eframe::egui::{Checkbox, Ui};

use super::super::list::list;
use super::super::widgets::{self, Weight, muted, warning};
use super::super::{Action, look};
use super::path::{Done, PathField};
use super::{buttons, close_button};
use crate::state::{Command, Save, State};

/// Of what stands for the whole of a broadcast.
const NOT_LIVE: &str = "It can be changed when you are not live.";

pub(super) fn show(ui: &mut Ui, path: &mut PathField, state: &State, actions: &mut Vec<Action>) {
    muted(ui, "While live, every picture is in memory for a minute. These go to disk as well:");
    save_list(ui, state, actions);
    keep(ui, state, actions);
    muted(
        ui,
        if state.choices.keep { "It can be watched until you delete it." } else { "It is removed when the broadcast ends." },
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
