use eframe::egui::{Event, Key, Modifiers, PointerButton, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::super::fixture::{self, Drawn};
use super::*;
use crate::state::OnAir;

fn panel(state: State) -> Harness<'static, Drawn> {
    let mut panel = Panel::default();
    panel.open();
    let mut harness = fixture::panel(state, move |ui, state, actions| {
        if panel.is_open() {
            show(ui, state, &mut panel, actions);
        } else {
            ui.label("closed");
        }
    });
    harness.set_size(vec2(336.0, 1600.0));
    harness.run();
    harness
}

/// What was asked for last.
fn last(harness: &Harness<'_, Drawn>) -> Option<Command> {
    match harness.state().actions.last() {
        Some(Action::Adjust(command) | Action::Command(command)) => Some(command.clone()),
        _ => None,
    }
}

fn click(harness: &mut Harness<'_, Drawn>, name: &str) {
    harness.get_by_label(name).click();
    harness.run();
}

#[test]
fn each_change_is_asked_for_at_once_also_while_live() {
    for state in [fixture::ready(), fixture::live()] {
        let mut harness = panel(state);
        let mut expected = Retouch::default();
        let mut in_force = |harness: &mut Harness<'_, Drawn>, change: &dyn Fn(&mut Retouch)| {
            change(&mut expected);
            assert_eq!(last(harness), Some(Command::SetPicture(expected.clone())));
            harness.state_mut().state.choices.picture = expected.clone();
            harness.run();
        };
        click(&mut harness, "Mirror");
        in_force(&mut harness, &|retouch| retouch.mirror = true);
        click(&mut harness, "Turned by 90° to the left");
        in_force(&mut harness, &|retouch| retouch.rotate = Turn::ThreeQuarters);
        click(&mut harness, "Date, time and zone");
        in_force(&mut harness, &|retouch| retouch.time = true);
        harness.get_by_role_and_label(Role::TextInput, "Text in the picture").focus();
        harness.run();
        harness.get_by_role_and_label(Role::TextInput, "Text in the picture").type_text("Yard\n");
        harness.run();
        in_force(&mut harness, &|retouch| retouch.text = Words::of_typed("Yard"));
    }
}

#[test]
fn one_change_is_on_its_way_at_a_time_and_the_newest_follows() {
    let mut harness = panel(fixture::ready());
    for name in ["Mirror", "Upside down"] {
        harness.get_by_label(name).click();
        harness.run_steps(2);
    }
    let asked = |mirror, rotate| Command::SetPicture(Retouch { mirror, rotate, ..Retouch::default() });
    assert_eq!(harness.state().actions, [Action::Adjust(asked(true, Turn::None))]);
    harness.state_mut().state.choices.picture.mirror = true;
    harness.run_steps(2);
    assert_eq!(last(&harness), Some(asked(true, Turn::Half)));
    assert_eq!(harness.state().actions.len(), 2);
}

#[test]
fn what_a_studio_that_is_busy_did_not_take_is_asked_for_again() {
    let mut harness = panel(fixture::ready());
    click(&mut harness, "Mirror");
    // Longer than it is waited for: a step is a quarter of a second.
    harness.run_steps(12);
    assert_eq!(harness.state().actions.len(), 1, "it was given up, and the box says so");
    click(&mut harness, "Mirror");
    assert_eq!(harness.state().actions.len(), 2);
}

/// Presses the pointer on a slider at a part of its width, and lets it go.
fn press_at(harness: &mut Harness<'_, Drawn>, name: &str, part: f32) {
    let rect = harness.get_by_role_and_label(Role::Slider, name).rect();
    let pos = egui::pos2(rect.left() + rect.width() * part, rect.center().y);
    harness.event(Event::PointerMoved(pos));
    for pressed in [true, false] {
        harness.event(Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE });
        harness.run();
    }
}

#[test]
fn the_camera_s_own_controls_are_set_by_pointer_and_by_key_and_those_it_decides_itself_are_not() {
    let camera = SourceSpec::Camera("Logitech C920".to_owned());
    let set = |name: &str, value| Command::SetKnob { camera: camera.clone(), name: name.to_owned(), value };
    let mut harness = panel(fixture::with_knobs(fixture::ready()));
    press_at(&mut harness, "Brightness", 1.0);
    assert_eq!(last(&harness), Some(set("brightness", 255)));
    harness.get_by_role_and_label(Role::Slider, "Contrast").focus();
    harness.run();
    harness.key_press(Key::ArrowRight);
    harness.run();
    assert_eq!(last(&harness), Some(set("contrast", 33)));
    click(&mut harness, "Focus, Automatic Continuous");
    assert_eq!(last(&harness), Some(set("focus_automatic_continuous", 0)));
    let before = harness.state().actions.len();
    press_at(&mut harness, "Focus, Absolute", 0.9);
    assert_eq!(harness.state().actions.len(), before, "the camera decides that itself");
    harness.get_by_role_and_label(Role::ComboBox, "Power Line Frequency").click();
    harness.run();
    click(&mut harness, "60 Hz");
    assert_eq!(last(&harness), Some(set("power_line_frequency", 2)));
}

#[test]
fn brightness_in_software_is_there_only_where_the_camera_has_none_and_says_so() {
    let words = "Cometcam itself changes this, and not the camera.";
    let mut harness = panel(fixture::ready());
    harness.get_by_label(words);
    press_at(&mut harness, "Brightness", 1.0);
    let brightness = Brightness::try_from(100).unwrap();
    assert_eq!(last(&harness), Some(Command::SetPicture(Retouch { brightness, ..Retouch::default() })));
    assert!(panel(fixture::with_knobs(fixture::ready())).query_by_label(words).is_none());
    let mut chosen = fixture::with_knobs(fixture::ready());
    chosen.choices.picture.brightness = brightness;
    panel(chosen).get_by_label(words);
}

#[test]
fn reset_takes_everything_back_and_can_be_pressed_only_where_there_is_something() {
    let mut harness = panel(fixture::ready());
    click(&mut harness, "Reset everything");
    assert_eq!(harness.state().actions, []);
    harness.state_mut().state.choices.picture.mirror = true;
    harness.run();
    click(&mut harness, "Reset everything");
    let camera = SourceSpec::Camera("Logitech C920".to_owned());
    assert_eq!(harness.state().actions, [Action::Command(Command::ResetPicture(camera))]);
}

#[test]
fn whether_pictures_are_made_anew_is_said() {
    let mut harness = panel(fixture::ready());
    harness.get_by_label_contains("viewers get the camera’s own pictures");
    harness.state_mut().state.choices.picture.time = true;
    harness.run();
    harness.get_by_label_contains("made anew");
}

#[test]
fn a_camera_without_controls_says_so_and_what_is_no_camera_has_no_such_part() {
    panel(fixture::ready()).get_by_label_contains(if cfg!(target_os = "linux") {
        "nothing that can be set"
    } else {
        "can’t set"
    });
    let mut state = fixture::ready();
    if let Some(mode) = &mut state.mode {
        mode.spec = SourceSpec::TestPattern;
    }
    assert!(panel(state).query_by_label("The camera itself").is_none());
}

#[test]
fn it_closes_with_its_button_and_with_escape() {
    let mut harness = panel(fixture::ready());
    click(&mut harness, "Done");
    harness.get_by_label("closed");
    let mut harness = panel(fixture::ready());
    harness.key_press(Key::Escape);
    harness.run();
    harness.get_by_label("closed");
}

#[test]
fn the_entry_says_in_words_what_is_done_to_the_picture() {
    let mut state = State { on_air: OnAir::NotLive, ..fixture::ready() };
    state.choices.picture = Retouch { mirror: true, rotate: Turn::Quarter, time: true, ..Retouch::default() };
    let mut harness = fixture::panel(state, entry);
    harness.get_by_label("The picture is turned by 90°, mirrored, with a line of text.");
    click(&mut harness, "Mirror, turn, text, camera…");
    assert_eq!(harness.state().actions, [Action::ShowPicture]);
}

#[test]
fn looking_at_what_the_camera_chose_between_two_steps_or_beyond_its_range_sets_nothing() {
    for (value, inactive) in [(33, true), (33, false), (255, false)] {
        let mut state = fixture::with_knobs(fixture::ready());
        let focus = state.knobs.iter_mut().flat_map(|(_, knobs)| knobs).find(|knob| knob.label == "Focus, Absolute").unwrap();
        (focus.value, focus.inactive) = (value, inactive);
        let mut harness = panel(state);
        harness.run_steps(12);
        assert_eq!(harness.state().actions, [], "{value}");
    }
}
