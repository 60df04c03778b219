//! How many viewers there may be, and how the first one is announced.

use eframe::egui::{Checkbox, Ui};

use super::super::list::list;
use super::super::widgets::{muted, section};
use super::super::{Action, look};
use super::{buttons, close_button};
use crate::state::{Command, State, ViewersCommand, ViewingChange};

/// How many viewers are offered.
const USUAL: [usize; 8] = [1, 2, 3, 5, 10, 20, 50, 100];

pub(super) fn show(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let viewing = &state.choices.viewing;
    section(ui, "How many may watch at a time");
    at_most(ui, viewing.at_most, actions);
    muted(ui, "Who comes when all places are taken is told so. Those who watch already stay.");
    section(ui, "When the first one comes");
    check(ui, "Play a sound", viewing.sound, ViewingChange::Sound, actions);
    check(ui, "Show a notification", viewing.notification, ViewingChange::Notification, actions);
    buttons(ui, |ui| close_button(ui, actions));
}

fn change(change: ViewingChange) -> Action {
    Action::Command(Command::Viewers(ViewersCommand::Choose(change)))
}

fn at_most(ui: &mut Ui, chosen: Option<usize>, actions: &mut Vec<Action>) {
    let text = |most: Option<usize>| most.map_or_else(|| "Any number".to_owned(), |most| most.to_string());
    let mut numbers: Vec<_> = USUAL.into_iter().chain(chosen).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let choices = std::iter::once(None).chain(numbers.into_iter().map(Some));
    let choices = choices.map(|most| (text(most), Some(change(ViewingChange::AtMost(most))))).collect();
    list(ui, "Viewers at most", &text(chosen), choices, actions);
}

fn check(ui: &mut Ui, text: &str, chosen: bool, choose: fn(bool) -> ViewingChange, actions: &mut Vec<Action>) {
    let mut chosen = chosen;
    let response = ui.scope(|ui| {
        // An empty box has nothing else to be seen by.
        ui.visuals_mut().widgets.inactive.bg_stroke.color = look::colours(ui).muted;
        ui.add(Checkbox::new(&mut chosen, text))
    });
    if response.inner.changed() {
        actions.push(change(choose(chosen)));
    }
}

#[cfg(test)]
mod tests {
    use eframe::egui::accesskit::Role;
    use egui_kittest::kittest::Queryable as _;

    use super::super::super::fixture as states;
    use super::super::Kind;
    use super::super::fixture::open;
    use super::*;

    #[test]
    fn a_limit_is_chosen_and_the_announcements_turned_off() {
        let mut harness = open(Kind::Viewers, states::live());
        harness.get_by_role_and_label(Role::ComboBox, "Viewers at most").click();
        harness.run();
        harness.get_by_role_and_label(Role::Button, "5").click();
        harness.run();
        for box_ in ["Play a sound", "Show a notification"] {
            harness.get_by_label(box_).click();
            harness.run();
        }
        let changes = [ViewingChange::AtMost(Some(5)), ViewingChange::Sound(false), ViewingChange::Notification(false)];
        assert_eq!(harness.state().actions, changes.map(change));
    }

    #[test]
    fn a_limit_of_the_file_is_offered_too_and_any_number() {
        let mut state = states::ready();
        state.choices.viewing.at_most = Some(7);
        let mut harness = open(Kind::Viewers, state);
        let list = harness.get_by_role_and_label(Role::ComboBox, "Viewers at most");
        assert_eq!(list.value().as_deref(), Some("7"));
        list.click();
        harness.run();
        harness.get_by_role_and_label(Role::Button, "Any number").click();
        harness.run();
        assert_eq!(harness.state().actions, [change(ViewingChange::AtMost(None))]);
    }
}
