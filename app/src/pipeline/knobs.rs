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
