//! What the studio has done beside its thread.

use std::future::Future;
use std::path::PathBuf;

use cometcam_server::cli;

use super::Studio;
use crate::state::{Command, Event};
use crate::studio::error::StudioError;
use crate::studio::jobs::{self, Choice, Existing};

impl Studio {
    /// When the source fails or goes on, others may have gone or come, too.
    pub(super) fn notice_cameras(&mut self) {
        let fails = self.pipeline.shared().is_failing();
        if std::mem::replace(&mut self.fails, fails) != fails {
            self.find_cameras();
        }
    }

    pub(super) fn find_cameras(&mut self) {
        if !self.search.begin() {
            return;
        }
        let (backend, outbox, search) = (self.backend, self.outbox.clone(), self.search.clone());
        self.job(move || {
            loop {
                jobs::find_cameras(backend, &outbox);
                if !search.again() {
                    break;
                }
            }
        });
    }

    /// The system and other programs end the window in order, and without a question.
    pub(super) fn end_when_asked(&mut self) {
        let entered = self.runtime.enter();
        let asked = cli::asked_to_stop();
        drop(entered);
        let (commands, outbox) = (self.commands.clone(), self.outbox.clone());
        match asked {
            Ok(asked) => self.spawn(async move {
                asked.await;
                outbox.send(Event::Closing);
                // A full line is drained soon; the window's end brings a Quit of its own.
                drop(commands.try_send(Command::Quit));
            }),
            Err(error) => tracing::warn!("a request to end can't be heard: {error}"),
        }
    }

    pub(super) fn job(&mut self, work: impl FnOnce() + Send + 'static) {
        self.jobs.spawn_blocking_on(work, self.runtime.handle());
    }

    pub(super) fn save_picture(&mut self, file: PathBuf, existing: Existing) {
        let frame = self.held.clone().or_else(|| self.pipeline.shared().newest());
        let outbox = self.outbox.clone();
        let save = move || {
            let saved = jobs::save_picture(frame.as_ref(), &file, existing, &outbox);
            frame.filter(|_| saved).map(|frame| frame.times.captured)
        };
        self.saves.spawn_blocking_on(save, self.runtime.handle());
    }

    /// A picture that could not be saved is held on: the person may choose another file for it.
    pub(super) fn notice_saved(&mut self) {
        while let Some(saved) = self.saves.try_join_next() {
            let saved = saved.ok().flatten();
            self.held.take_if(|held| saved == Some(held.times.captured));
        }
    }

    pub(super) fn pick(&mut self, choice: Choice) -> Result<(), StudioError> {
        let picked = jobs::pick(choice, self.choices.data.clone(), self.commands.clone(), self.outbox.clone());
        self.spawn(picked);
        Ok(())
    }

    pub(super) fn spawn(&mut self, job: impl Future<Output = ()> + Send + 'static) {
        self.jobs.spawn_on(job, self.runtime.handle());
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::super::fixture::{studio, wait_until};
    use super::*;
    use crate::source::SourceSpec;

    #[test]
    fn a_picture_that_could_not_be_saved_is_held_until_it_is() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, _events) = studio(&data);
        let permit = studio.pipeline.shared().air().permit();
        let shared = studio.pipeline.shared().clone();
        wait_until("there is no picture", || shared.newest().is_some());
        studio.carry_out(Command::HoldPicture, permit);
        let held = studio.held.as_ref().unwrap().number;
        let (folder, file) = (data.path().join("no folder/picture.jpg"), data.path().join("picture.jpg"));
        for (asked, is_held) in [(folder, true), (file, false)] {
            studio.carry_out(Command::SavePicture(asked), permit);
            let deadline = Instant::now() + Duration::from_secs(30);
            while !studio.saves.is_empty() {
                assert!(Instant::now() < deadline, "it takes too long to be saved");
                studio.notice_saved();
            }
            assert_eq!(studio.held.as_ref().map(|held| held.number), is_held.then_some(held));
        }
    }

    #[test]
    fn cameras_are_looked_for_again_when_the_source_fails() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, events) = studio(&data);
        let permit = studio.pipeline.shared().air().permit();
        studio.carry_out(Command::SetSource(SourceSpec::Images("/nowhere".into())), permit);
        let shared = studio.pipeline.shared().clone();
        wait_until("the source does not fail", || shared.is_failing());
        studio.notice_cameras();
        wait_until("nobody looks for cameras", || events.try_iter().any(|event| matches!(event, Event::Cameras(_))));
        studio.notice_cameras();
        assert!(studio.jobs.len() == 1, "once");
    }
}
