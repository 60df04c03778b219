//! What can be set of a camera itself: its brightness, its focus and the like.

mod settings;

pub use self::settings::{KnobSettings, KnobValues};

/// One thing that can be set of a camera, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Knob {
    /// In settings: `white_balance_temperature`.
    pub name: String,
    /// For people, as the camera's driver calls it: `White Balance Temperature`.
    pub label: String,
    /// What it can be set to.
    pub kind: KnobKind,
    /// What it is set to.
    pub value: i64,
    /// What it was set to when the camera was made.
    pub default: i64,
    /// Whether it can't be set now, since something else decides, an automatic as a rule.
    pub inactive: bool,
}

/// What a knob can be set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnobKind {
    /// Every `step`th number from `least` to `most`.
    Range {
        /// The lowest.
        least: i64,
        /// The highest, `least` or more.
        most: i64,
        /// 1 or more.
        step: i64,
    },
    /// Off is 0, on is 1.
    Switch,
    /// One of these, each with its words for people.
    Menu(Vec<(i64, String)>),
}

/// Why a knob is not set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KnobError {
    /// The camera has none of that name.
    #[error("The camera “{camera}” has no control “{name}”. It has {}.", list(.has))]
    Unknown {
        /// The camera's name.
        camera: String,
        /// As it was asked for.
        name: String,
        /// Those it has.
        has: Vec<String>,
    },
    /// It can't be set to that.
    #[error("The control “{name}” of “{camera}” can't be {value}. {}", possible(.kind))]
    Value {
        /// The camera's name.
        camera: String,
        /// Of the control.
        name: String,
        /// As it was asked for.
        value: i64,
        /// What it can be.
        kind: KnobKind,
    },
    /// The camera refused.
    #[error("The camera “{camera}” did not take {value} for its control “{name}”: {cause}.")]
    Refused {
        /// The camera's name.
        camera: String,
        /// Of the control.
        name: String,
        /// As it was asked for.
        value: i64,
        /// In the system's words.
        cause: String,
    },
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn possible(kind: &KnobKind) -> String {
    match kind {
        KnobKind::Range { least, most, .. } => format!("It can be {least} to {most}."),
        KnobKind::Switch => "It can be 0 or 1.".to_owned(),
        KnobKind::Menu(items) => {
            let items: Vec<String> = items.iter().map(|(value, words)| format!("{value} ({words})")).collect();
            format!("It can be {}.", items.join(", "))
        }
    }
}

impl KnobKind {
    /// The value that comes nearest to `value`; `None` if none does.
    #[must_use]
    pub fn nearest(&self, value: i64) -> Option<i64> {
        match self {
            Self::Range { least, most, step } => {
                let value = value.clamp(*least, (*most).max(*least));
                Some(least + (value - least) / (*step).max(1) * (*step).max(1))
            }
            Self::Switch => Some(value).filter(|value| (0..=1).contains(value)),
            Self::Menu(items) => items.iter().map(|(item, _)| *item).find(|item| *item == value),
        }
    }

    /// Whether it can be set to exactly that, or to a value that lies within its range.
    fn accepts(&self, value: i64) -> bool {
        match self {
            Self::Range { least, most, .. } => (*least..=*most).contains(&value),
            Self::Switch | Self::Menu(_) => self.nearest(value).is_some(),
        }
    }
}

impl Knob {
    /// A name for settings of what the driver calls it: `White Balance, Auto` becomes `white_balance_auto`, as in `v4l2-ctl`.
    #[must_use]
    pub fn name_of(label: &str) -> String {
        let words = label.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("_")
    }

    /// What to set it to for `value`.
    ///
    /// # Errors
    /// [`KnobError::Value`] if it can't be that.
    pub fn check(&self, camera: &str, value: i64) -> Result<i64, KnobError> {
        let nearest = self.kind.nearest(value).filter(|_| self.kind.accepts(value));
        nearest.ok_or_else(|| KnobError::Value {
            camera: camera.to_owned(),
            name: self.name.clone(),
            value,
            kind: self.kind.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_v4l2_ctl_prints() {
        for (label, name) in [
            ("Brightness", "brightness"),
            ("White Balance, Automatic", "white_balance_automatic"),
            ("Focus (absolute)", "focus_absolute"),
            ("Power Line Frequency", "power_line_frequency"),
        ] {
            assert_eq!(Knob::name_of(label), name);
        }
    }

    #[test]
    fn a_value_within_the_range_is_taken_to_the_nearest_step_and_others_are_refused_with_what_is_possible() {
        let knob = |kind| Knob { name: "gain".to_owned(), label: "Gain".to_owned(), kind, value: 0, default: 0, inactive: false };
        let range = knob(KnobKind::Range { least: -10, most: 11, step: 5 });
        assert_eq!([-10, -6, 11].map(|value| range.check("Webcam", value)), [Ok(-10), Ok(-10), Ok(10)]);
        let menu = knob(KnobKind::Menu(vec![(1, "Manual".to_owned()), (3, "Auto".to_owned())]));
        assert_eq!(menu.check("Webcam", 3), Ok(3));
        let told = |knob: &Knob, value| knob.check("Webcam", value).unwrap_err().to_string();
        assert_eq!(told(&range, 12), "The control “gain” of “Webcam” can't be 12. It can be -10 to 11.");
        assert_eq!(told(&menu, 2), "The control “gain” of “Webcam” can't be 2. It can be 1 (Manual), 3 (Auto).");
        assert!(told(&knob(KnobKind::Switch), 2).contains("0 or 1"));
    }
}
