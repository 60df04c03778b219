//! Sets what can be set of a camera itself, on the thread that has it.

use crate::source::{Knob, KnobError, KnobSettings, KnobValues, Mode, Source};

/// What the knobs of the cameras are to be set to.
#[derive(Debug, Default)]
pub(super) struct KnobOrder {
    pub(super) settings: KnobSettings,
    /// Grows with each change.
    pub(super) round: u64,
    /// In which round all that is not in the settings was to be as the camera was made.
    pub(super) reset: Option<u64>,
}

/// Some knobs can be set only once another one was: the focus, once it is not automatic any more.
const PASSES: usize = 4;

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Turned {
    /// As they are now.
    pub(super) knobs: Vec<Knob>,
    /// Why some are not as they were to be.
    pub(super) refused: Vec<KnobError>,
}

/// Sets the knobs of `source` to what they are `wanted` to be, as far as they can be set now: what an automatic decides is left to it.
pub(super) fn turn(source: &mut dyn Source, wanted: &KnobValues) -> Turned {
    let Mode { name: camera, .. } = source.mode().clone();
    let (mut knobs, mut refused) = (source.knobs(), Vec::new());
    for (name, value) in wanted {
        match knobs.iter().find(|knob| knob.name == *name) {
            Some(knob) => refused.extend(knob.check(&camera, *value).err()),
            // A source without any is no camera, or one that is reached in a way that has none.
            None if knobs.is_empty() => {}
            None => {
                let has = knobs.iter().map(|knob| knob.name.clone()).collect();
                refused.push(KnobError::Unknown { camera: camera.clone(), name: name.clone(), has });
            }
        }
    }
    let mut failed: Vec<String> = Vec::new();
    for _ in 0..PASSES {
        let is_due = |knob: &&Knob| !knob.inactive && !failed.contains(&knob.name);
        let due = knobs.iter().filter(is_due).filter_map(|knob| {
            let value = knob.check(&camera, *wanted.get(&knob.name)?).ok()?;
            (value != knob.value).then(|| (knob.name.clone(), value))
        });
        let due: Vec<(String, i64)> = due.collect();
        if due.is_empty() {
            break;
        }
        for (name, value) in due {
            if let Err(cause) = source.turn(&name, value) {
                let camera = camera.clone();
                refused.push(KnobError::Refused { camera, name: name.clone(), value, cause: cause.to_string() });
                failed.push(name);
            }
        }
        knobs = source.knobs();
    }
    Turned { knobs, refused }
}

/// What the knobs are to be, all of them, when those that nobody asks for are to be as the camera was made.
pub(super) fn with_defaults(knobs: &[Knob], wanted: KnobValues) -> KnobValues {
    let defaults = knobs.iter().map(|knob| (knob.name.clone(), knob.default));
    defaults.chain(wanted).collect()
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::time::Duration;

    use super::*;
    use crate::frame::{Frame, PixelFormat, Size};
    use crate::source::{KnobKind, SourceError, SourceSpec};

    /// A camera whose focus can be set while it is not automatic, and which refuses to change its gain.
    struct Camera {
        mode: Mode,
        focus_auto: i64,
        focus: i64,
        log: Vec<String>,
    }

    fn camera() -> Camera {
        let (name, spec, size) = ("Webcam".to_owned(), SourceSpec::FirstCamera, Size::new(64, 48));
        let mode = Mode { name, spec, size, fps: 30.0, format: PixelFormat::Jpeg };
        Camera { mode, focus_auto: 1, focus: 30, log: Vec::new() }
    }

    impl Source for Camera {
        fn mode(&self) -> &Mode {
            &self.mode
        }

        fn next(&mut self, _patience: Duration) -> Result<Option<Frame>, SourceError> {
            Ok(None)
        }

        fn knobs(&mut self) -> Vec<Knob> {
            let knob = |name: &str, kind, value, default, inactive| Knob {
                name: name.to_owned(),
                label: name.to_owned(),
                kind,
                value,
                default,
                inactive,
            };
            let range = || KnobKind::Range { least: 0, most: 250, step: 5 };
            vec![
                knob("focus", range(), self.focus, 0, self.focus_auto == 1),
                knob("focus_auto", KnobKind::Switch, self.focus_auto, 1, false),
                knob("gain", range(), 10, 10, false),
            ]
        }

        fn turn(&mut self, knob: &str, value: i64) -> io::Result<()> {
            self.log.push(format!("{knob} {value}"));
            match knob {
                "focus" if self.focus_auto == 0 => self.focus = value,
                "focus_auto" => self.focus_auto = value,
                _ => return Err(io::Error::other("it will not")),
            }
            Ok(())
        }
    }

    fn wanted(values: &[(&str, i64)]) -> KnobValues {
        values.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
    }

    #[test]
    fn what_an_automatic_decides_is_set_once_the_automatic_is_off_and_left_alone_while_it_is_on() {
        let mut camera = camera();
        let Turned { knobs, refused } = turn(&mut camera, &wanted(&[("focus", 52), ("focus_auto", 0)]));
        assert_eq!(camera.log, ["focus_auto 0", "focus 50"]);
        assert_eq!((knobs[0].value, knobs[0].inactive, refused), (50, false, Vec::new()));
        let again = turn(&mut camera, &wanted(&[("focus", 52), ("focus_auto", 0)]));
        assert_eq!((camera.log.len(), again.knobs), (2, knobs), "nothing is set that is so");
        let mut camera = self::camera();
        turn(&mut camera, &wanted(&[("focus", 52)]));
        assert!(camera.log.is_empty());
    }

    #[test]
    fn what_is_not_done_is_told_once() {
        let mut camera = camera();
        let Turned { refused, .. } = turn(&mut camera, &wanted(&[("gain", 20), ("zoom", 1), ("focus_auto", 7)]));
        let told: Vec<String> = refused.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[0].contains("“focus_auto”") && told[1].contains("has no control “zoom”. It has focus, focus_auto, gain."));
        assert_eq!(told[2], "The camera “Webcam” did not take 20 for its control “gain”: it will not.");
        assert_eq!(camera.log, ["gain 20"]);
    }

    #[test]
    fn a_reset_sets_everything_as_the_camera_was_made_but_what_is_still_asked_for() {
        let mut camera = camera();
        turn(&mut camera, &wanted(&[("focus", 50), ("focus_auto", 0)]));
        let all = with_defaults(&camera.knobs(), wanted(&[("focus", 100)]));
        assert_eq!(all, wanted(&[("focus", 100), ("focus_auto", 1), ("gain", 10)]));
        turn(&mut camera, &all);
        assert_eq!((camera.focus, camera.focus_auto), (100, 1));
    }
}
