//! What can be set of a camera itself: its brightness, its focus and the like.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{SerializeMap as _, Serializer};
use serde::{Deserialize, Serialize};

use super::SourceSpec;

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

/// What knobs are to be set to, by name.
pub type KnobValues = BTreeMap<String, i64>;

/// What the knobs of cameras are to be set to: of whichever camera, and of one that is named as its source is, which goes before.
///
/// In a file: `{ brightness: 128, "Logitech C920": { focus_auto: false, focus_absolute: 30 } }`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnobSettings {
    any: KnobValues,
    of: BTreeMap<String, KnobValues>,
}

impl KnobSettings {
    /// Cameras, and knobs of each, at most.
    const MAX: usize = 64;

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.any.is_empty() && self.of.is_empty()
    }

    /// Those of a camera.
    #[must_use]
    pub fn of(&self, camera: &SourceSpec) -> KnobValues {
        let mut values = self.any.clone();
        values.extend(self.of.get(&key(camera)).cloned().unwrap_or_default());
        values
    }

    /// Remembers a value for one camera.
    pub fn set(&mut self, camera: &SourceSpec, name: &str, value: i64) {
        let key = key(camera);
        if !self.of.contains_key(&key) && self.of.len() >= Self::MAX {
            self.of.pop_first();
        }
        let values = self.of.entry(key).or_default();
        if values.contains_key(name) || values.len() < Self::MAX {
            values.insert(name.to_owned(), value);
        }
    }

    /// Forgets what was remembered for one camera, and what holds for any.
    pub fn forget(&mut self, camera: &SourceSpec) {
        self.any.clear();
        self.of.remove(&key(camera));
    }
}

/// A camera as settings name it: what finds it again.
fn key(camera: &SourceSpec) -> String {
    match camera {
        SourceSpec::Camera(which) => which.clone(),
        other => other.to_string(),
    }
}

impl Serialize for KnobSettings {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.any.len() + self.of.len()))?;
        for (name, value) in &self.any {
            map.serialize_entry(name, value)?;
        }
        for (camera, values) in &self.of {
            map.serialize_entry(camera, values)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for KnobSettings {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(SettingsVisitor)
    }
}

struct SettingsVisitor;

impl<'de> Visitor<'de> for SettingsVisitor {
    type Value = KnobSettings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("names of controls with their values, as in { brightness: 128 }")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<KnobSettings, A::Error> {
        let mut settings = KnobSettings::default();
        while let Some(name) = from.next_key::<String>()? {
            match from.next_value()? {
                Entry::Value(value) => drop(settings.any.insert(name, value)),
                Entry::Camera(values) => drop(settings.of.insert(name, values)),
            }
            if settings.any.len().max(settings.of.len()) > KnobSettings::MAX {
                return Err(A::Error::custom("there are more than 64 of them: leave some out"));
            }
        }
        Ok(settings)
    }
}

/// What stands behind a name.
enum Entry {
    Value(i64),
    Camera(KnobValues),
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number, true or false")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Entry, E> {
        Ok(Entry::Value(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Entry, E> {
        Ok(Entry::Value(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Entry, E> {
        i64::try_from(value).map(Entry::Value).map_err(|_| E::custom(format!("{value} is too large")))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Entry, A::Error> {
        let mut values = KnobValues::new();
        while let Some(name) = from.next_key::<String>()? {
            let Entry::Value(value) = from.next_value()? else {
                return Err(A::Error::custom(format!("the control “{name}” needs a whole number, true or false")));
            };
            values.insert(name, value);
            if values.len() > KnobSettings::MAX {
                return Err(A::Error::custom("there are more than 64 of them: leave some out"));
            }
        }
        Ok(Entry::Camera(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webcam() -> SourceSpec {
        SourceSpec::Camera("Webcam".to_owned())
    }

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
    fn what_holds_for_one_camera_goes_before_what_holds_for_any_and_leaves_others_alone() {
        let mut settings: KnobSettings =
            serde_saphyr::from_str("{ brightness: 9, focus_auto: false, Webcam: { brightness: 3, gain: 1 } }").unwrap();
        let of = |settings: &KnobSettings, camera: &SourceSpec| format!("{:?}", settings.of(camera));
        assert_eq!(of(&settings, &webcam()), r#"{"brightness": 3, "focus_auto": 0, "gain": 1}"#);
        let other = SourceSpec::Camera("Other @ usb1/1-2".to_owned());
        assert_eq!(of(&settings, &other), r#"{"brightness": 9, "focus_auto": 0}"#);
        settings.set(&other, "gain", 5);
        assert_eq!(of(&settings, &other), r#"{"brightness": 9, "focus_auto": 0, "gain": 5}"#);
        let written = serde_saphyr::to_string(&settings).unwrap();
        assert_eq!(serde_saphyr::from_str::<KnobSettings>(&written).unwrap(), settings, "{written}");
        settings.forget(&webcam());
        assert_eq!((settings.of(&webcam()).len(), of(&settings, &other)), (0, r#"{"gain": 5}"#.to_owned()));
    }

    #[test]
    fn what_no_control_can_be_is_told() {
        for (wrong, word) in [
            ("{ brightness: bright }", "whole number"),
            ("{ brightness: 1.5 }", "whole number"),
            ("[1]", "mapping"),
            ("{ Webcam: { gain: {} } }", "needs a whole number"),
        ] {
            let told = serde_saphyr::from_str::<KnobSettings>(wrong).unwrap_err().to_string();
            assert!(told.contains(word), "{told}");
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
