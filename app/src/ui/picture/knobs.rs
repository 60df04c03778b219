//! What can be set of the camera itself.

use std::collections::BTreeMap;

use eframe::egui::Ui;

use super::super::widgets::{muted, section};
use super::super::{Action, look};
use super::wanted::Wanted;
use super::widgets::{self, Can};
use crate::source::{Knob, KnobKind, SourceSpec};
use crate::state::Command;

pub(super) fn show(
    ui: &mut Ui,
    camera: &SourceSpec,
    knobs: &[Knob],
    drafts: &mut BTreeMap<String, Wanted<i64>>,
    actions: &mut Vec<Action>,
) {
    ui.add_space(look::WITHIN);
    section(ui, "The camera itself");
    if knobs.is_empty() {
        muted(ui, if cfg!(target_os = "linux") { NONE } else { OUT_OF_REACH });
        return;
    }
    muted(ui, "The camera does this by itself. It is remembered for this camera.");
    for knob in knobs {
        let draft = drafts.entry(knob.name.clone()).or_default();
        let shown = draft.shown(ui, &knob.value);
        let value = one(ui, knob, shown);
        if value != shown {
            draft.want(value);
        }
        if let Some(value) = draft.due(ui, &knob.value) {
            let (camera, name) = (camera.clone(), knob.name.clone());
            actions.push(Action::Adjust(Command::SetKnob { camera, name, value }));
        }
    }
    if knobs.iter().any(|knob| knob.inactive) {
        muted(ui, "What is dimmed, the camera chooses now: switch its automatic off to choose it yourself.");
    }
}

const NONE: &str = "This camera has nothing that can be set.";
const OUT_OF_REACH: &str = "Cometcam can’t set anything of the camera itself on this system.";

/// Draws one; what it is to be set to.
fn one(ui: &mut Ui, knob: &Knob, mut value: i64) -> i64 {
    let can = if knob.inactive { Can::OnlyBeSeen } else { Can::BeChanged };
    match &knob.kind {
        KnobKind::Range { least, most, step } => {
            let before = value;
            widgets::slider(ui, &knob.label, &mut value, *least..=*most, *step, can);
            // What the camera itself chose may be off its own steps; only what the person chooses is put on one.
            if value == before { value } else { knob.kind.nearest(value).unwrap_or(value) }
        }
        KnobKind::Switch => {
            let mut is_on = value != 0;
            ui.add_enabled_ui(!knob.inactive, |ui| widgets::checkbox(ui, &knob.label, &mut is_on));
            i64::from(is_on)
        }
        KnobKind::Menu(items) => widgets::menu(ui, &knob.label, items, value, can),
    }
}
