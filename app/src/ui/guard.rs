//! What viewers need beside the address: nothing, a password, or a code.

use eframe::egui::{self, Align2, Key, Response, Ui, vec2};

use super::list::list;
use super::widgets::{self, Weight, muted, warning};
use super::{Action, Drafts, look};
use crate::state::{Audience, Command, Guard, State, ViewersCommand, ViewingChange, WatchPassword};

pub(super) fn show(ui: &mut Ui, state: &State, drafts: &mut Drafts, actions: &mut Vec<Action>) {
    let viewing = &state.choices.viewing;
    let choose = |guard| Some(change(ViewingChange::Guard(guard)));
    let choices = [Guard::Anyone, Guard::Password, Guard::Code].map(|guard| (words(guard).to_owned(), choose(guard)));
    list(ui, "What viewers need", words(viewing.guard), choices.into(), actions);
    if viewing.guard == Guard::Password {
        password(ui, state, drafts, actions);
    }
    muted(ui, sentence(state.choices.audience, viewing.guard));
}

fn change(change: ViewingChange) -> Action {
    Action::Command(Command::Viewers(ViewersCommand::Choose(change)))
}

fn words(guard: Guard) -> &'static str {
    match guard {
        Guard::Anyone => "The address is enough",
        Guard::Password => "With a password",
        Guard::Code => "With a code",
    }
}

/// What a choice means, in words.
pub(super) fn sentence(audience: Option<Audience>, guard: Guard) -> &'static str {
    use Audience::{ThisComputer, ThisNetwork};
    match (audience, guard) {
        (None, _) => "You will be asked when you first go live.",
        (Some(ThisNetwork), Guard::Anyone) => {
            "Anyone in this network who has the address. No password. The connection is plain http: somebody who listens in on this \
             network can read the picture."
        }
        (Some(ThisComputer), Guard::Anyone) => "Only browsers on this computer. Nobody else can open the page.",
        (Some(ThisNetwork), Guard::Password) => {
            "Who has the address and the password. The connection is plain http: somebody who listens in on this network can read \
             the picture and the password."
        }
        (Some(ThisNetwork), Guard::Code) => {
            "Who types the code that is shown here while you are live, once on each device. The connection is plain http: somebody \
             who listens in on this network can read the picture."
        }
        (Some(ThisComputer), Guard::Password) => "Only browsers on this computer, and only with the password.",
        (Some(ThisComputer), Guard::Code) => {
            "Only browsers on this computer, once the code is typed that is shown while you are live."
        }
    }
}

/// The same in one line, where it stands beside others.
pub(super) fn short_sentence(audience: Audience, guard: Guard) -> &'static str {
    match (audience, guard) {
        (Audience::ThisNetwork, Guard::Anyone) => "Anyone in this network who has the address. No password.",
        (Audience::ThisNetwork, Guard::Password) => "Who has the address and the password.",
        (Audience::ThisNetwork, Guard::Code) => "Who types the code that is shown here while you are live.",
        (audience, _) => sentence(Some(audience), Guard::Anyone),
    }
}

/// The password; taken over when the field is left or Enter is pressed.
fn password(ui: &mut Ui, state: &State, drafts: &mut Drafts, actions: &mut Vec<Action>) {
    let now = state.choices.viewing.password.as_ref().map_or("", WatchPassword::text);
    drafts.password.follow(now);
    let text = if drafts.is_revealed { "Hide" } else { "Show" };
    let field = ui
        .horizontal(|ui| {
            let width = ui.available_width() - ui.spacing().item_spacing.x - widgets::button_width(ui, text);
            let field = ui.scope(|ui| {
                ui.set_max_width(width);
                field(ui, &mut drafts.password.text, drafts.is_revealed)
            });
            if widgets::button(ui, text, Weight::Plain).accessible_name(format!("{text} the password")).clicked() {
                drafts.is_revealed = !drafts.is_revealed;
            }
            field.inner
        })
        .inner;
    if drafts.password.left(&field) {
        let is_meant = !ui.input(|input| input.key_pressed(Key::Escape));
        match WatchPassword::new(&drafts.password.text).filter(|_| is_meant) {
            Some(typed) if typed.text() != now => actions.push(change(ViewingChange::Password(typed))),
            _ => now.clone_into(&mut drafts.password.text),
        }
    }
    if state.choices.viewing.lacks_password() {
        warning(ui, "Type a password. Without one nobody is let in.");
    }
}

fn field(ui: &mut Ui, text: &mut String, is_revealed: bool) -> Response {
    let field = egui::TextEdit::singleline(text)
        .password(!is_revealed)
        .hint_text("Password")
        .margin(egui::Margin::symmetric(12, 8))
        .align(Align2::LEFT_CENTER)
        .min_size(vec2(0.0, look::FIELD_HEIGHT))
        .desired_width(f32::INFINITY);
    ui.add(field).accessible_name("Password")
}

#[cfg(test)]
mod tests {
    use eframe::egui::accesskit::Role;
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    use super::super::fixture::{self, Drawn};
    use super::*;

    fn panel(guard: Guard) -> Harness<'static, Drawn> {
        let mut state = fixture::ready();
        state.choices.viewing.guard = guard;
        let mut drafts = Drafts::new(&state);
        fixture::panel(state, move |ui, state, actions| {
            ui.set_max_width(304.0);
            show(ui, state, &mut drafts, actions);
        })
    }

    fn password_field(harness: &Harness<'_, Drawn>) -> Option<String> {
        let is_field = |role: Role| matches!(role, Role::PasswordInput | Role::TextInput);
        let found =
            harness.get_all_by_label("Password").find(|node| is_field(egui_kittest::kittest::NodeT::accesskit_node(node).role()));
        found.and_then(|node| node.value())
    }

    #[test]
    fn one_of_three_is_chosen() {
        let mut harness = panel(Guard::Anyone);
        harness.get_by_label_contains("No password. The connection is plain http");
        for (name, guard) in [("With a password", Guard::Password), ("With a code", Guard::Code)] {
            harness.get_by_role_and_label(Role::ComboBox, "What viewers need").click();
            harness.run();
            harness.get_by_role_and_label(Role::Button, name).click();
            harness.run();
            assert_eq!(std::mem::take(&mut harness.state_mut().actions), [change(ViewingChange::Guard(guard))]);
        }
    }

    #[test]
    fn a_password_is_asked_for_and_taken_over_when_it_is_whole() {
        let mut harness = panel(Guard::Password);
        harness.get_by_label("Type a password. Without one nobody is let in.");
        harness.key_press(Key::Tab);
        harness.key_press(Key::Tab);
        harness.run();
        harness.event(egui::Event::Text("four words are good".to_owned()));
        harness.run();
        assert_eq!(harness.state().actions, [], "not before it is whole");
        harness.key_press(Key::Enter);
        harness.run();
        let password = WatchPassword::new("four words are good").unwrap();
        assert_eq!(harness.state().actions, [change(ViewingChange::Password(password.clone()))]);
        harness.state_mut().state.choices.viewing.password = Some(password);
        harness.run();
        assert!(harness.query_by_label_contains("Type a password.").is_none());
    }

    #[test]
    fn a_password_is_dots_until_it_is_to_be_shown() {
        let mut harness = panel(Guard::Password);
        harness.state_mut().state.choices.viewing.password = WatchPassword::new("hunter2");
        harness.run();
        assert_ne!(password_field(&harness).as_deref(), Some("hunter2"));
        harness.get_by_label("Show the password").click();
        harness.run();
        assert_eq!(password_field(&harness).as_deref(), Some("hunter2"));
        harness.get_by_label("Hide the password");
    }

    #[test]
    fn that_others_can_listen_in_is_said_of_each_guard_in_a_network() {
        for guard in [Guard::Password, Guard::Code] {
            panel(guard).get_by_label_contains("plain http");
        }
    }
}
