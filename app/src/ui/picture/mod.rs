//! What is done to the picture: a panel at the side, in the place of the others, so that its effect is seen beside it.

mod knobs;
mod wanted;
mod widgets;

use std::collections::BTreeMap;

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Id, Key, Modifiers, Ui, vec2};

use self::wanted::Wanted;
use super::widgets::{Weight, filled_button, muted, section};
use super::{Action, Draft, look};
use crate::retouch::{Brightness, Retouch, Turn, Words};
use crate::source::{Knob, SourceSpec};
use crate::state::{Command, State};

/// What the panel remembers from one drawing to the next.
#[derive(Default)]
pub(super) struct Panel {
    is_open: bool,
    /// Whether it is to be drawn for the first time.
    opens: bool,
    retouch: Wanted<Retouch>,
    text: Option<Draft>,
    knobs: BTreeMap<String, Wanted<i64>>,
    /// Of which camera they are.
    camera: Option<SourceSpec>,
}

impl Panel {
    pub(super) fn open(&mut self) {
        *self = Self { is_open: true, opens: true, ..Self::default() };
    }

    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }
}

/// The button that opens the panel, and below it in words what is done to the picture.
pub(super) fn entry(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let (id, rect) = ui.allocate_space(vec2(ui.available_width(), look::FIELD_HEIGHT));
    if filled_button(ui, id, rect, "Mirror, turn, text, camera…", 14.0, Weight::Plain).clicked() {
        actions.push(Action::ShowPicture);
    }
    if let Some(words) = in_words(&state.choices.picture) {
        muted(ui, words);
    }
}

/// What is done to each picture; `None` if nothing is.
fn in_words(retouch: &Retouch) -> Option<String> {
    let mut words = Vec::new();
    words.extend((retouch.rotate != Turn::None).then(|| format!("turned by {}", retouch.rotate)));
    words.extend(retouch.mirror.then(|| "mirrored".to_owned()));
    words.extend((retouch.brightness != Brightness::default()).then(|| "brightness changed".to_owned()));
    words.extend(retouch.has_line().then(|| "with a line of text".to_owned()));
    (!words.is_empty()).then(|| format!("The picture is {}.", words.join(", ")))
}

pub(super) fn show(ui: &mut Ui, state: &State, panel: &mut Panel, actions: &mut Vec<Action>) {
    let done = widgets::title(ui, "Picture", "Done");
    if std::mem::take(&mut panel.opens) {
        // The keyboard goes on from here.
        done.request_focus();
    }
    let mut retouch = panel.retouch.shown(ui, &state.choices.picture);
    let before = retouch.clone();
    section(ui, "Turn");
    turn(ui, &mut retouch);
    widgets::checkbox(ui, "Mirror", &mut retouch.mirror);
    ui.add_space(look::WITHIN);
    section(ui, "Text in the picture");
    text(ui, &mut retouch, &mut panel.text);
    widgets::checkbox(ui, "Date, time and zone", &mut retouch.time);
    let knobs = state.open_knobs();
    brightness(ui, &mut retouch, knobs);
    cost(ui, &retouch);
    if retouch != before {
        panel.retouch.want(retouch);
    }
    if let Some(retouch) = panel.retouch.due(ui, &state.choices.picture) {
        actions.push(Action::Adjust(Command::SetPicture(retouch)));
    }
    if let Some(camera) = state.mode.as_ref().map(|mode| &mode.spec).filter(|spec| spec.is_camera()) {
        if panel.camera.as_ref() != Some(camera) {
            panel.knobs.clear();
            panel.camera = Some(camera.clone());
        }
        knobs::show(ui, camera, knobs, &mut panel.knobs, actions);
    }
    reset(ui, state, panel, actions);
    let escaped = || {
        ui.memory(|memory| memory.focused().is_none()) && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape))
    };
    if super::widgets::pressed(&done) || escaped() {
        panel.is_open = false;
        ui.request_repaint_after(std::time::Duration::from_millis(1));
    }
}

fn turn(ui: &mut Ui, retouch: &mut Retouch) {
    let name = |turn: Turn| match turn {
        Turn::None => "Not turned",
        Turn::Quarter => "Turned by 90° to the right",
        Turn::Half => "Upside down",
        Turn::ThreeQuarters => "Turned by 90° to the left",
    };
    let parts = Turn::ALL.map(|turn| (turn, turn.to_string(), name(turn)));
    if let Some(turn) = widgets::segments(ui, Id::unique("turn"), &parts, retouch.rotate) {
        retouch.rotate = turn;
    }
}

/// What is typed stands in the picture at once.
fn text(ui: &mut Ui, retouch: &mut Retouch, draft: &mut Option<Draft>) {
    let draft = draft.get_or_insert_with(|| Draft::new(retouch.text.to_string()));
    if !draft.focused {
        draft.follow(retouch.text.as_str());
    }
    let field = super::widgets::text_field(ui, "Text in the picture", &mut draft.text);
    draft.left(&field);
    if field.changed() {
        retouch.text = Words::of_typed(&draft.text);
        if draft.text != retouch.text.as_str() {
            draft.text = retouch.text.to_string();
        }
    }
}

/// Only where the camera has none of its own, or it was chosen in the file.
fn brightness(ui: &mut Ui, retouch: &mut Retouch, knobs: &[Knob]) {
    if knobs.iter().any(|knob| knob.name == "brightness") && retouch.brightness == Brightness::default() {
        return;
    }
    ui.add_space(look::WITHIN);
    let mut value = i64::from(retouch.brightness);
    widgets::slider(ui, "Brightness", &mut value, -100..=100, 1, widgets::Can::BeChanged);
    retouch.brightness = Brightness::try_from(value).unwrap_or_default();
    muted(ui, "Cometcam itself changes this, and not the camera.");
}

/// What it means that something is done, or that nothing is.
fn cost(ui: &mut Ui, retouch: &Retouch) {
    ui.add_space(4.0);
    let sentence = if retouch.is_none() {
        "Nothing is changed: viewers get the camera’s own pictures."
    } else {
        "Each picture is made anew for this, which takes a little of the processor."
    };
    muted(ui, sentence);
}

fn reset(ui: &mut Ui, state: &State, panel: &mut Panel, actions: &mut Vec<Action>) {
    let camera = state.mode.as_ref().map_or_else(|| state.choices.source.clone(), |mode| mode.spec.clone());
    let is_changed = !state.choices.picture.is_none() || state.open_knobs().iter().any(|knob| knob.value != knob.default);
    ui.add_space(look::WITHIN);
    let pressed = ui.add_enabled_ui(is_changed, |ui| super::widgets::button(ui, "Reset everything", Weight::Plain).clicked());
    if pressed.inner {
        *panel = Panel { is_open: true, ..Panel::default() };
        actions.push(Action::Command(Command::ResetPicture(camera)));
    }
    pressed.response.widget_info(|| egui::WidgetInfo::new(Role::Group));
}

#[cfg(test)]
mod tests;
