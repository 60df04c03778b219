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
                if !(self.choices.can_go_to(&channel) && self.lasting.can_go_to(&channel)) {
                    return Err(StudioError::TooManyGuards);
                }
                self.choose(|choices| choices.go_to(&channel));
                self.heed_guards();
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
            self.outbox.send(Event::Choices(Box::new(self.choices.clone())));
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

#[cfg(test)]
mod tests {
    use super::super::fixture::{studio, wait_until};
    use super::*;
    use crate::retouch::Turn;
    use crate::save::Save;
    use crate::settings::Settings;
    use crate::source::SourceSpec;

    #[test]
    fn what_is_done_to_the_picture_is_changed_while_live_and_written_down_when_it_is_over() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, _events) = studio(&data);
        let file = data.path().join("config.yaml");
        studio.settings_file = Some(file.clone());
        let permit = studio.pipeline.shared().air().permit();
        studio.carry_out(Command::GoLive, permit);
        let size = |studio: &Studio| {
            let picture = studio.served.as_ref()?.server.broadcasts().store().newest("front")?;
            image::load_from_memory(&picture.bytes).ok().map(|picture| (picture.width(), picture.height()))
        };
        wait_until("no picture comes", || size(&studio) == Some((64, 48)));
        for rotate in [Turn::Quarter, Turn::Half, Turn::ThreeQuarters] {
            studio.carry_out(Command::SetPicture(Retouch { rotate, ..Retouch::default() }), permit);
        }
        wait_until("no picture is turned", || size(&studio) == Some((48, 64)));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "", "a slider that is dragged does not keep the disk busy");
        studio.write_adjusted();
        let written = |file: &std::path::Path| Settings::read(Some(file)).unwrap().cameras[0].picture.rotate;
        assert_eq!(written(&file), Turn::ThreeQuarters);
        studio.carry_out(Command::SetPicture(Retouch { rotate: Turn::Quarter, ..Retouch::default() }), permit);
        studio.carry_out(Command::SetSave(Save::Every), permit);
        assert_eq!(written(&file), Turn::Quarter, "anything else is written down at once, and this with it");
        studio.carry_out(Command::ResetPicture(SourceSpec::TestPattern), permit);
        wait_until("it is not upright again", || size(&studio) == Some((64, 48)));
        assert_eq!(written(&file), Turn::None);
    }
}
