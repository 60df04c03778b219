//! Beside the picture before going live: the camera, who can watch, the channel.

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Align2, Id, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

use super::dialog::Kind;
use super::list::list;
use super::widgets::{self, focus_ring, section};
use super::{Action, Drafts, guard, look, picture};
use crate::frame::Size;
use crate::source::SourceSpec;
use crate::state::{Audience, Command, State};

/// Offered where a source doesn't tell its sizes.
const USUAL_SIZES: [Size; 4] = [Size::new(1920, 1080), Size::new(1280, 720), Size::new(800, 600), Size::new(640, 480)];
/// Pictures a second that are offered.
const USUAL_RATES: [u32; 7] = [1, 2, 5, 10, 15, 25, 30];

pub(super) fn show(ui: &mut Ui, state: &State, drafts: &mut Drafts, actions: &mut Vec<Action>) {
    section(ui, "Camera");
    source(ui, state, actions);
    ui.columns_const(|[left, right]| {
        size(left, state, actions);
        rate(right, state, actions);
    });
    picture::entry(ui, state, actions);
    ui.add_space(look::WITHIN);
    section(ui, "Who can watch");
    audience(ui, state, actions);
    guard::show(ui, state, drafts, actions);
    ui.add_space(look::WITHIN);
    section(ui, "Channel");
    channel(ui, state, drafts, actions);
}

fn source(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let of = |source: &SourceSpec| Some(Action::Command(Command::SetSource(source.clone())));
    let mut choices: Vec<_> = state.cameras.iter().map(|camera| (camera.name.clone(), of(&camera.source))).collect();
    let chosen = source_name(state);
    if !choices.iter().any(|(name, _)| *name == chosen) && chosen != TEST_PATTERN {
        choices.insert(0, (chosen.clone(), None));
    }
    choices.push((TEST_PATTERN.to_owned(), of(&SourceSpec::TestPattern)));
    choices.push(("Pictures from a folder…".to_owned(), Some(Action::Open(Kind::Folder))));
    if list(ui, "Camera", &chosen, choices, actions) {
        // One that was plugged in since is to be there, too.
        actions.push(Action::Command(Command::FindCameras));
    }
}

const TEST_PATTERN: &str = "Test pattern";

/// What the chosen source is called.
fn source_name(state: &State) -> String {
    match &state.choices.source {
        SourceSpec::TestPattern => TEST_PATTERN.to_owned(),
        SourceSpec::Images(folder) => format!("Pictures in “{}”", folder.file_name().unwrap_or(folder.as_os_str()).display()),
        chosen @ (SourceSpec::FirstCamera | SourceSpec::Camera(_)) => {
            let listed = state.cameras.iter().find(|camera| camera.source == *chosen);
            match (listed, chosen) {
                (Some(camera), _) => camera.name.clone(),
                (None, SourceSpec::Camera(which)) => which.clone(),
                // By what opened, as the list may have been made before it was plugged in.
                (None, _) => match (&state.mode, state.cameras.first()) {
                    (Some(mode), _) => mode.name.clone(),
                    (None, Some(camera)) => camera.name.clone(),
                    (None, None) => "No camera found".to_owned(),
                },
            }
        }
    }
}

fn size(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let name = source_name(state);
    let offered = state.cameras.iter().find(|camera| camera.name == name).map(|camera| camera.sizes.clone());
    let mut sizes = offered.filter(|sizes| !sizes.is_empty()).unwrap_or_else(|| USUAL_SIZES.to_vec());
    if !sizes.contains(&state.choices.size) {
        sizes.push(state.choices.size);
    }
    sizes.sort_by_key(|size| std::cmp::Reverse(size.area()));
    let text = |size: Size| format!("{} × {}", size.width, size.height);
    let choices = sizes.into_iter().map(|size| (text(size), Some(Action::Command(Command::SetSize(size))))).collect();
    list(ui, "Size", &text(state.choices.size), choices, actions);
}

fn rate(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let mut rates = USUAL_RATES.to_vec();
    if !rates.contains(&state.choices.fps) {
        rates.push(state.choices.fps);
        rates.sort_unstable();
    }
    let text = |fps: u32| format!("{fps} a second");
    let mut choices: Vec<_> = rates.into_iter().map(|fps| (text(fps), Some(Action::Command(Command::SetFps(fps))))).collect();
    // Chosen in the configuration alone.
    let every = state.choices.every.map(|every| format!("One every {} s", every.as_secs_f32()));
    choices.splice(0..0, every.clone().map(|every| (every, None)));
    list(ui, "Pictures a second", &every.unwrap_or(text(state.choices.fps)), choices, actions);
}

/// Two halves of one field, of which one can be chosen.
fn audience(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let colours = look::colours(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), look::FIELD_HEIGHT), Sense::hover());
    ui.painter().rect_stroke(rect, look::FIELD_RADIUS, Stroke::new(1.0, colours.line), StrokeKind::Inside);
    let middle = rect.center().x;
    let halves = [
        (Audience::ThisComputer, "This computer", rect.with_max_x(middle)),
        (Audience::ThisNetwork, "This network", rect.with_min_x(middle)),
    ];
    for (audience, text, half) in halves {
        let chosen = state.choices.audience == Some(audience);
        let response = ui.interact(half, Id::unique("who can watch").with(text), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, text));
        if chosen {
            ui.painter().rect_filled(half, look::FIELD_RADIUS, colours.raised);
            ui.painter().rect_stroke(half, look::FIELD_RADIUS, Stroke::new(1.5, colours.accent), StrokeKind::Inside);
        }
        let font = if chosen { look::semibold(13.0) } else { look::small() };
        let colour = if chosen || response.hovered() { colours.text } else { colours.muted };
        ui.painter().text(half.center(), Align2::CENTER_CENTER, text, font, colour);
        focus_ring(ui, &response, look::FIELD_RADIUS, colours);
        if widgets::pressed(&response) && !chosen {
            actions.push(Action::Command(Command::SetAudience(audience)));
        }
    }
}

/// The channel's name; taken over when the field is left or Enter is pressed.
fn channel(ui: &mut Ui, state: &State, drafts: &mut Drafts, actions: &mut Vec<Action>) {
    drafts.channel.follow(&state.choices.channel);
    let response = widgets::text_field(ui, "Channel", &mut drafts.channel.text);
    let wrong = crate::channel::name(drafts.channel.text.trim()).err();
    if let Some(wrong) = wrong {
        widgets::warning(ui, &wrong.to_string());
    }
    if drafts.channel.left(&response) {
        if ui.input(|input| input.key_pressed(egui::Key::Escape)) || wrong.is_some() {
            drafts.channel.text.clone_from(&state.choices.channel);
        } else if drafts.channel.text.trim() != state.choices.channel {
            actions.push(Action::Command(Command::SetChannel(drafts.channel.text.trim().to_owned())));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use eframe::egui::Key;
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    use super::super::fixture::{self, Drawn};
    use super::*;

    fn ready(state: State) -> Harness<'static, Drawn> {
        let mut drafts = Drafts::new(&state);
        fixture::panel(state, move |ui, state, actions| show(ui, state, &mut drafts, actions))
    }

    /// Opens the list and chooses from it; what that gives.
    fn choose(name: &str, choice: &str) -> Vec<Action> {
        let mut harness = ready(fixture::ready());
        harness.get_by_role_and_label(Role::ComboBox, name).click();
        harness.run();
        harness.state_mut().actions.clear();
        harness.get_by_role_and_label(Role::Button, choice).click();
        harness.run();
        harness.state().actions.clone()
    }

    #[test]
    fn cameras_are_looked_for_when_their_list_opens() {
        let mut harness = ready(fixture::ready());
        let mut press = |name: &str| {
            harness.get_by_role_and_label(Role::ComboBox, name).click();
            harness.run();
            std::mem::take(&mut harness.state_mut().actions)
        };
        assert_eq!(press("Camera"), [Action::Command(Command::FindCameras)]);
        assert_eq!(press("Camera"), [], "it closes");
        assert_eq!(press("Size"), []);
    }

    #[test]
    fn cameras_are_looked_for_by_keyboard_too() {
        let mut harness = ready(fixture::ready());
        harness.get_by_role_and_label(Role::ComboBox, "Camera").focus();
        harness.run();
        harness.key_press(Key::Space);
        harness.run();
        assert_eq!(harness.state().actions, [Action::Command(Command::FindCameras)]);
    }

    #[test]
    fn another_camera_size_and_rate_can_be_chosen() {
        let camera = SourceSpec::Camera("Integrated Camera".to_owned());
        assert_eq!(choose("Camera", "Integrated Camera"), [Action::Command(Command::SetSource(camera))]);
        assert_eq!(choose("Camera", "Test pattern"), [Action::Command(Command::SetSource(SourceSpec::TestPattern))]);
        assert_eq!(choose("Size", "1920 × 1080"), [Action::Command(Command::SetSize(Size::new(1920, 1080)))]);
        assert_eq!(choose("Pictures a second", "30 a second"), [Action::Command(Command::SetFps(30))]);
    }

    #[test]
    fn a_time_between_pictures_is_shown_until_a_rate_is_chosen() {
        let mut state = fixture::ready();
        state.choices.every = Some(std::time::Duration::from_secs(10));
        let mut harness = ready(state);
        let list = harness.get_by_role_and_label(Role::ComboBox, "Pictures a second");
        assert_eq!(list.value().as_deref(), Some("One every 10 s"));
        list.click();
        harness.run();
        harness.get_by_role_and_label(Role::Button, "15 a second").click();
        harness.run();
        assert_eq!(harness.state().actions, [Action::Command(Command::SetFps(15))]);
    }

    #[test]
    fn a_folder_of_pictures_is_asked_for_in_a_dialog() {
        assert_eq!(choose("Camera", "Pictures from a folder…"), [Action::Open(Kind::Folder)]);
    }

    #[test]
    fn what_is_chosen_already_gives_no_command() {
        assert_eq!(choose("Size", "1280 × 720"), []);
    }

    #[test]
    fn who_can_watch_is_one_of_two() {
        let mut harness = ready(fixture::ready());
        harness.get_by_label_contains("Anyone in this network who has the address. No password.");
        harness.get_by_role_and_label(Role::RadioButton, "This computer").click();
        harness.run();
        assert_eq!(harness.state().actions, [Action::Command(Command::SetAudience(Audience::ThisComputer))]);
    }

    #[test]
    fn the_channel_is_taken_over_with_enter() {
        let mut harness = ready(fixture::ready());
        harness.get_by_label("Channel").focus();
        harness.run();
        harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
        harness.get_by_role_and_label(Role::TextInput, "Channel").type_text("yard");
        harness.run();
        assert_eq!(harness.state().actions, [], "not before it is whole");
        harness.key_press(Key::Enter);
        harness.run();
        assert_eq!(harness.state().actions, [Action::Command(Command::SetChannel("yard".to_owned()))]);
    }

    #[test]
    fn a_channel_without_a_name_is_explained_and_not_taken() {
        let mut harness = ready(fixture::ready());
        harness.get_by_label("Channel").focus();
        harness.run();
        harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
        harness.key_press(Key::Delete);
        harness.run();
        harness.get_by_label("A channel needs a name, such as front.");
        harness.key_press(Key::Enter);
        harness.run();
        assert_eq!(harness.state().actions, []);
        assert!(harness.query_by_label("A channel needs a name, such as front.").is_none());
    }

    #[test]
    fn a_source_is_called_by_its_name() {
        let mut state = fixture::ready();
        let mut name = |source| {
            state.choices.source = source;
            source_name(&state)
        };
        assert_eq!(name(SourceSpec::FirstCamera), "Logitech C920");
        assert_eq!(name(SourceSpec::Camera("Gone".to_owned())), "Gone");
        assert_eq!(name(SourceSpec::Images(PathBuf::from("/home/ada/birds"))), "Pictures in “birds”");
        state.choices.source = SourceSpec::FirstCamera;
        state.cameras.clear();
        state.mode = None;
        assert_eq!(source_name(&state), "No camera found");
    }
}
