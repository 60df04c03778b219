//! What is chosen: heeded, told and written down.

use super::Studio;
use crate::channel;
use crate::retouch::Retouch;
use crate::settings;
use crate::state::{Choices, Command, Event};
use crate::studio::error::StudioError;
use crate::studio::faults::About;

impl Studio {
    /// A choice that needs nothing but to be heeded from now on.
    pub(super) fn set(&mut self, choice: Command) -> Result<(), StudioError> {
        let source = self.choices.source.clone();
        let opens_anew = matches!(choice, Command::SetSource(_) | Command::SetSize(_) | Command::SetFps(_));
        match choice {
            Command::SetSource(source) => self.choose(|choices| choices.source = source.clone()),
            Command::SetSize(size) => self.choose(|choices| choices.size = size),
            Command::SetFps(fps) => self.choose(|choices| (choices.fps, choices.every) = (fps.clamp(1, 120), None)),
            Command::SetSave(save) => self.choose(|choices| choices.save = save),
            Command::SetKeep(_) if self.live_since.is_some() => {
                return Err(StudioError::WhileLive("Whether pictures are kept"));
            }
            Command::SetKeep(keep) => self.choose(|choices| choices.keep = keep),
            Command::SetChannel(_) if self.live_since.is_some() => {
                return Err(StudioError::WhileLive("The channel"));
            }
            Command::SetChannel(channel) => {
                let channel = channel::name(&channel)?;
                self.choose(|choices| choices.channel.clone_from(&channel));
                // What guarded the former channel stays: there may be kept pictures of it.
                self.heed_viewing();
            }
            Command::SetPicture(picture) => self.choose(|choices| choices.picture = picture.clone()),
            Command::SetKnob { camera, name, value } => {
                self.choose(|choices| choices.controls.set(&camera, &name, value));
                self.pipeline.shared().set_knobs(self.choices.controls.clone());
            }
            Command::ResetPicture(camera) => {
                self.choose(|choices| {
                    choices.picture = Retouch::default();
                    choices.controls.forget(&camera);
                });
                self.pipeline.shared().reset_knobs(self.choices.controls.clone());
            }
            other => tracing::warn!("{other:?} is no choice"),
        }
        // Told before the source can be: what is told of a source is about the chosen one.
        self.remember();
        if opens_anew {
            self.meter.restart();
        }
        self.pipeline.shared().set_retouch(&self.choices.picture);
        self.pipeline.shared().set(self.task(), self.choices.save);
        if source != self.choices.source {
            self.forget_encoding();
        }
        Ok(())
    }

    /// What the person chooses is in force and lasts.
    pub(super) fn choose(&mut self, change: impl Fn(&mut Choices)) {
        change(&mut self.choices);
        change(&mut self.lasting);
    }

    /// Writes down what was being adjusted: each step of a slider that is dragged would keep the disk busy.
    pub(super) fn write_adjusted(&mut self) {
        if std::mem::take(&mut self.adjusting) {
            self.remember();
        }
    }

    /// Tells and writes down the choices, if they changed.
    pub(super) fn remember(&mut self) {
        if self.told != self.choices {
            self.told = self.choices.clone();
            self.outbox.send(Event::Choices(self.choices.clone()));
        }
        let is_due = self.written != self.lasting && !self.adjusting;
        let Some(file) = self.settings_file.as_ref().filter(|_| is_due) else { return };
        self.written = self.lasting.clone();
        let wrong = match settings::remember(file, &self.lasting) {
            Ok(damage) => damage.map(|damage| damage.to_string()),
            Err(error) => Some(format!("What you chose can't be remembered in {}: {error}.", file.display())),
        };
        if let Some(wrong) = wrong {
            self.faults.tell(About::Past, wrong);
        }
    }
}
