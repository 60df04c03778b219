//! A value that is being changed, while the studio carries the change before it out.

use std::time::Duration;

use eframe::egui::Ui;

/// What the person wants, until it is in force. There is one command on its way at a time, so that a slider that is dragged fills no
/// line; the newest value goes next.
#[derive(Debug)]
pub(super) struct Wanted<T> {
    wanted: Option<T>,
    /// What was sent, when, by egui's time, and what was in force then.
    sent: Option<Sent<T>>,
}

#[derive(Debug)]
struct Sent<T> {
    value: T,
    before: T,
    at: f64,
}

/// After so many seconds without an answer a change is given up.
const PATIENCE: f64 = 1.5;

impl<T> Default for Wanted<T> {
    fn default() -> Self {
        Self { wanted: None, sent: None }
    }
}

impl<T: Clone + PartialEq> Wanted<T> {
    /// What is to be shown: what the person wants, or else what is in force.
    pub(super) fn shown(&mut self, ui: &Ui, in_force: &T) -> T {
        let now = ui.input(|input| input.time);
        if let Some(sent) = &self.sent {
            let is_answered = sent.value == *in_force || sent.before != *in_force;
            let is_over = is_answered || now - sent.at > PATIENCE;
            if is_over && self.wanted.as_ref() == Some(&sent.value) {
                self.wanted = None;
            }
            if is_over {
                self.sent = None;
            }
        }
        self.wanted.clone().unwrap_or_else(|| in_force.clone())
    }

    /// The person wants this.
    pub(super) fn want(&mut self, value: T) {
        self.wanted = Some(value);
    }

    /// What is to be sent now.
    pub(super) fn due(&mut self, ui: &Ui, in_force: &T) -> Option<T> {
        let wanted = self.wanted.clone().filter(|_| self.sent.is_none())?;
        if wanted == *in_force {
            self.wanted = None;
            return None;
        }
        let at = ui.input(|input| input.time);
        self.sent = Some(Sent { value: wanted.clone(), before: in_force.clone(), at });
        ui.request_repaint_after(Duration::from_secs_f64(PATIENCE + 0.1));
        Some(wanted)
    }
}
