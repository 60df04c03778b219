//! What the knobs of cameras are to be set to, as it stands in the configuration file.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{SerializeMap as _, Serializer};
use serde::{Deserialize, Serialize};

use crate::source::SourceSpec;

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
}
