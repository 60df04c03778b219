//! A file for the picture, and a folder of pictures.

use std::path::PathBuf;

use eframe::egui::Ui;

use super::super::Action;
use super::super::widgets::muted;
use super::path::PathField;
use crate::source::SourceSpec;
use crate::state::{Command, State};

pub(super) fn save_picture(ui: &mut Ui, path: &mut PathField, state: &State, actions: &mut Vec<Action>) {
    if path.was_picked() && state.notice.is_some() {
        actions.push(Action::CloseDialog);
    }
    path.ask(ui, "File", Command::PickPicture, "Save", Command::SavePicture, actions);
}

pub(super) fn show_folder(ui: &mut Ui, path: &mut PathField, state: &State, actions: &mut Vec<Action>) {
    if path.follow(&folder(state)) {
        // The folder was chosen in the system's dialog.
        actions.push(Action::CloseDialog);
    }
    muted(ui, "Its JPEG and PNG pictures are shown in the order of their names, again and again.");
    let show = |folder| Command::SetSource(SourceSpec::Images(folder));
    path.ask(ui, "Folder", Command::PickImages, "Show", show, actions);
}

pub(super) fn folder(state: &State) -> String {
    match &state.choices.source {
        SourceSpec::Images(folder) => folder.display().to_string(),
        _ => String::new(),
    }
}

/// Where the system keeps pictures, or the person's home.
pub(super) fn pictures() -> PathBuf {
    let dirs = directories::UserDirs::new();
    dirs.map(|dirs| dirs.picture_dir().unwrap_or(dirs.home_dir()).to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use eframe::egui::Key;
    use egui_kittest::kittest::{NodeT as _, Queryable as _};

    use super::super::super::fixture as states;
    use super::super::Kind;
    use super::super::fixture::{open, retype};
    use super::*;

    #[test]
    fn a_picture_is_saved_under_the_typed_path() {
        let mut harness = open(Kind::SavePicture, states::ready());
        retype(&mut harness, "File", "/tmp/one.jpg");
        harness.get_by_label("Save").click();
        harness.run();
        let expected = [Action::Command(Command::SavePicture("/tmp/one.jpg".into())), Action::CloseDialog];
        assert_eq!(harness.state().actions, expected);
    }

    #[test]
    fn the_systems_dialog_is_one_button_away() {
        for (kind, command) in
            [(Kind::SavePicture, Command::PickPicture), (Kind::Folder, Command::PickImages), (Kind::Saving, Command::PickData)]
        {
            let mut harness = open(kind, states::ready());
            harness.get_by_label("Choose…").click();
            harness.run();
            assert_eq!(harness.state().actions, [Action::Command(command)]);
            harness.get_by_label("If no window opens, type the whole path here.");
        }
    }

    #[test]
    fn tab_goes_from_the_field_to_what_is_beside_it_and_then_to_the_buttons() {
        let mut harness = open(Kind::Folder, states::ready());
        harness.run();
        let mut names = Vec::new();
        for _ in 0..4 {
            let focused = harness.root().children_recursive().find(egui_kittest::Node::is_focused);
            names.extend(focused.and_then(|node| node.accesskit_node().label()));
            harness.key_press(Key::Tab);
            harness.run();
        }
        assert_eq!(names, ["Folder", "Choose…", "Show", "Cancel"]);
    }

    #[test]
    fn enter_in_the_field_is_as_good_as_the_button() {
        let mut harness = open(Kind::Folder, states::ready());
        retype(&mut harness, "Folder", "/home/ada/birds");
        harness.key_press(Key::Enter);
        harness.run();
        let source = SourceSpec::Images("/home/ada/birds".into());
        assert_eq!(harness.state().actions, [Action::Command(Command::SetSource(source)), Action::CloseDialog]);
    }

    #[test]
    fn a_path_that_is_not_whole_is_explained_and_not_taken() {
        let mut harness = open(Kind::Folder, states::ready());
        retype(&mut harness, "Folder", "birds");
        harness.get_by_label_contains("Type the whole path");
        harness.get_by_label("Show").click();
        harness.run();
        assert_eq!(harness.state().actions, []);
    }

    #[test]
    fn a_folder_becomes_the_source() {
        let mut harness = open(Kind::Folder, states::ready());
        retype(&mut harness, "Folder", "/home/ada/birds");
        harness.get_by_label("Show").click();
        harness.run();
        let source = SourceSpec::Images("/home/ada/birds".into());
        assert_eq!(harness.state().actions, [Action::Command(Command::SetSource(source)), Action::CloseDialog]);
    }
}
