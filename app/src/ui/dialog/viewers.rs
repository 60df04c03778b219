//! How many viewers there may be, and how the first one is announced.

use cometcam_server::units::Bandwidth;
use eframe::egui::{Checkbox, Ui};

use super::super::list::list;
use super::super::widgets::{muted, section};
use super::super::{Action, look};
use super::{buttons, close_button};
use crate::state::{Command, Sharing, State, ViewersCommand, ViewingChange};

/// How many viewers are offered.
const USUAL: [usize; 8] = [1, 2, 3, 5, 10, 20, 50, 100];

pub(super) fn show(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let viewing = &state.choices.viewing;
    section(ui, "How many may watch at a time");
    at_most(ui, viewing.at_most, actions);
    muted(ui, "Who comes when all places are taken is told so. Those who watch already stay.");
    ui.add_space(look::WITHIN);
    section(ui, "What they may take of the network");
    bandwidth(ui, viewing.bandwidth, actions);
    muted(ui, shares(viewing.bandwidth, state.sharing));
    ui.add_space(look::WITHIN);
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

/// In Mbit/s, what is offered.
const USUAL_RATES: [u64; 6] = [2, 5, 10, 20, 50, 100];

fn bandwidth(ui: &mut Ui, chosen: Option<Bandwidth>, actions: &mut Vec<Action>) {
    let text = |most: Option<Bandwidth>| match most {
        None => "Chosen automatically".to_owned(),
        Some(Bandwidth::Unlimited) => "No limit".to_owned(),
        Some(most) => most.to_string(),
    };
    let mut rates: Vec<_> = USUAL_RATES.into_iter().map(|rate| rate * 1_000_000).collect();
    if let Some(Bandwidth::AtMost(bits)) = chosen {
        rates.push(bits);
    }
    rates.sort_unstable();
    rates.dedup();
    let rates = rates.into_iter().map(|bits| Some(Bandwidth::AtMost(bits)));
    let choices = [None, Some(Bandwidth::Unlimited)].into_iter().chain(rates);
    let choices = choices.map(|most| (text(most), Some(change(ViewingChange::Bandwidth(most))))).collect();
    list(ui, "All viewers together, at most", &text(chosen), choices, actions);
}

/// What the choice means now.
fn shares(chosen: Option<Bandwidth>, sharing: Sharing) -> String {
    const FEWER: &str = "When that is not enough for all, each gets fewer pictures, and never older ones.";
    match (chosen, sharing.in_force) {
        (Some(Bandwidth::Unlimited), _) => "All viewers together may take what the network gives.".to_owned(),
        (None, Some(Bandwidth::Unlimited)) => {
            format!("All viewers together: no limit now. By Wi-Fi it would be 20 Mbit/s, which this computer can tell. {FEWER}")
        }
        (None, None) => format!("All viewers together: at most 20 Mbit/s by Wi-Fi. {FEWER}"),
        (None, Some(most)) => format!("All viewers together: at most {most} now. {FEWER}"),
        (Some(most), _) => format!("All viewers on other devices together: at most {most}. {FEWER}"),
    }
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

    #[test]
    fn what_viewers_may_take_of_the_network_is_chosen_and_what_it_means_is_said() {
        const LIST: &str = "All viewers together, at most";
        let mut harness = open(Kind::Viewers, states::live());
        assert_eq!(harness.get_by_role_and_label(Role::ComboBox, LIST).value().as_deref(), Some("Chosen automatically"));
        harness.get_by_label_contains("at most 20 Mbit/s now. When that is not enough");
        for choice in ["5 Mbit/s", "No limit"] {
            harness.get_by_role_and_label(Role::ComboBox, LIST).click();
            harness.run();
            harness.get_by_role_and_label(Role::Button, choice).click();
            harness.run();
        }
        let chosen = [Bandwidth::AtMost(5_000_000), Bandwidth::Unlimited];
        assert_eq!(harness.state().actions, chosen.map(|most| change(ViewingChange::Bandwidth(Some(most)))));
        let mut state = states::ready();
        state.choices.viewing.bandwidth = Some(Bandwidth::AtMost(1_500_000));
        let harness = open(Kind::Viewers, state);
        assert_eq!(harness.get_by_role_and_label(Role::ComboBox, LIST).value().as_deref(), Some("1500 kbit/s"));
        harness.get_by_label_contains("at most 1500 kbit/s.");
    }
}
