//! Beside the picture after a broadcast: what it was, and whether what was saved stays.

use std::time::Instant;

use eframe::egui::{self, RichText, Ui};

use super::clock;
use super::live::{COPIED, row};
use super::widgets::{self, Weight, hairline, muted, section};
use super::{Action, Drafts, look};
use crate::state::{Command, Fate, Receipt, ReceiptCommand};

pub(super) fn show(ui: &mut Ui, receipt: &Receipt, drafts: &mut Drafts, actions: &mut Vec<Action>) {
    section(ui, "The broadcast is over");
    let rows = [
        ("You were live for", clock::age(receipt.lasted_ms)),
        ("Watched in all", clock::count(receipt.watched as u64)),
        ("At the same time, at most", clock::count(receipt.at_once as u64)),
        ("Pictures published", clock::count(receipt.published)),
        ("Pictures saved on this computer", clock::count(receipt.saved)),
    ];
    let colours = look::colours(ui);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for (index, (name, number)) in rows.into_iter().enumerate() {
            if index > 0 {
                hairline(ui);
            }
            row(ui, name, &number, [colours.muted, colours.text]);
        }
    });
    ui.add_space(look::WITHIN);
    match (receipt.saved, receipt.fate) {
        (0, _) => {
            muted(ui, "No picture of it is left anywhere.");
            done(ui, actions);
        }
        (saved, Fate::Asked) => ask(ui, saved, actions),
        (_, Fate::Kept) => kept(ui, receipt, drafts, actions),
    }
}

fn ask(ui: &mut Ui, saved: u64, actions: &mut Vec<Action>) {
    let pictures = if saved == 1 { "Keep the saved picture?".to_owned() } else { "Keep the saved pictures?".to_owned() };
    ui.label(RichText::new(pictures).font(look::semibold(15.0)));
    muted(
        ui,
        "Nobody can see them now. Without an answer they are removed: when you go live again, choose another folder, or close the \
         window.",
    );
    ui.horizontal(|ui| {
        for (text, command) in [("Keep", ReceiptCommand::Keep), ("Remove", ReceiptCommand::Remove)] {
            if widgets::pressed(&widgets::button(ui, text, Weight::Plain)) {
                actions.push(Action::Command(Command::Receipt(command)));
            }
        }
    });
}

fn kept(ui: &mut Ui, receipt: &Receipt, drafts: &mut Drafts, actions: &mut Vec<Action>) {
    ui.label(RichText::new("The saved pictures are kept").font(look::semibold(15.0)));
    let folder = receipt.folder.display().to_string();
    ui.add(egui::Label::new(RichText::new(&folder).font(egui::FontId::monospace(13.0))).wrap());
    muted(ui, "While Cometcam runs, whoever has the address of one of them can open it.");
    ui.horizontal(|ui| {
        if widgets::button(ui, "Open the folder", Weight::Plain).clicked() {
            actions.push(Action::Command(Command::Receipt(ReceiptCommand::OpenFolder)));
        }
        let copied = drafts.folder_copied.is_some_and(|at| at.elapsed() < COPIED);
        let response = widgets::button(ui, if copied { "Copied" } else { "Copy its path" }, Weight::Plain);
        if response.clicked() {
            ui.ctx().copy_text(folder);
            drafts.folder_copied = Some(Instant::now());
            ui.ctx().request_repaint_after(COPIED);
        }
    });
    done(ui, actions);
}

fn done(ui: &mut Ui, actions: &mut Vec<Action>) {
    if widgets::button(ui, "Done", Weight::Plain).clicked() {
        actions.push(Action::Command(Command::Receipt(ReceiptCommand::Close)));
    }
}

#[cfg(test)]
mod tests {
    use eframe::egui::{Key, OutputCommand};
    use egui_kittest::Harness;
    use egui_kittest::kittest::{NodeT as _, Queryable as _};

    use super::super::fixture::{self, Drawn};
    use super::*;

    fn panel(receipt: Receipt) -> Harness<'static, Drawn> {
        let mut state = fixture::ready();
        state.receipt = Some(receipt);
        let mut drafts = Drafts::new(&state);
        fixture::panel(state, move |ui, state, actions| {
            if let Some(receipt) = &state.receipt {
                show(ui, receipt, &mut drafts, actions);
            }
        })
    }

    fn receipt(command: ReceiptCommand) -> Action {
        Action::Command(Command::Receipt(command))
    }

    #[test]
    fn it_says_how_long_how_many_and_what_was_saved() {
        let harness = panel(fixture::receipt());
        for row in [
            "You were live for: 18 minutes",
            "Watched in all: 5",
            "At the same time, at most: 3",
            "Pictures published: 16\u{a0}260",
            "Pictures saved on this computer: 1\u{a0}080",
        ] {
            harness.get_by_label(row);
        }
    }

    #[test]
    fn what_was_saved_is_kept_or_removed_as_is_pressed() {
        for (name, command) in [("Keep", ReceiptCommand::Keep), ("Remove", ReceiptCommand::Remove)] {
            let mut harness = panel(fixture::receipt());
            harness.get_by_label(name).click();
            harness.run();
            assert_eq!(harness.state().actions, [receipt(command)]);
        }
    }

    #[test]
    fn what_is_kept_is_said_where_and_can_be_opened_and_copied() {
        let mut harness = panel(Receipt { fate: Fate::Kept, ..fixture::receipt() });
        harness.get_by_label("/home/ada/.local/share/cometcam/frames/front");
        harness.get_by_label("Open the folder").click();
        harness.run();
        harness.get_by_label("Copy its path").click();
        harness.step();
        let mut commands = harness.output().platform_output.commands.clone();
        harness.step();
        commands.extend(harness.output().platform_output.commands.clone());
        let is_path =
            |command: &OutputCommand| matches!(command, OutputCommand::CopyText(text) if text.ends_with("frames/front"));
        assert!(commands.iter().any(is_path), "{commands:?}");
        harness.get_by_label("Done").click();
        harness.run();
        assert_eq!(harness.state().actions, [receipt(ReceiptCommand::OpenFolder), receipt(ReceiptCommand::Close)]);
    }

    #[test]
    fn where_nothing_was_saved_nothing_is_asked() {
        let harness = panel(Receipt { saved: 0, ..fixture::receipt() });
        harness.get_by_label("No picture of it is left anywhere.");
        harness.get_by_label("Done");
        assert!(harness.query_by_label("Keep").is_none());
    }

    #[test]
    fn it_is_answered_by_keyboard() {
        let mut harness = panel(fixture::receipt());
        let mut names = Vec::new();
        for _ in 0..2 {
            harness.key_press(Key::Tab);
            harness.run();
            let focused = harness.root().children_recursive().find(egui_kittest::Node::is_focused);
            names.extend(focused.and_then(|node| node.accesskit_node().label()));
        }
        assert_eq!(names, ["Keep", "Remove"]);
    }
}
