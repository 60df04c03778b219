//! A file's values as somebody wrote them, letter by letter, so that they can be written once more.

use std::fmt;

use serde::Deserialize as _;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The same values with each scalar as it stands in `text`: `off`, `007` and `1e5` are words where a word is meant, and only the
/// field's reader knows where that is.
pub(crate) fn as_written(text: &str, all: Map<String, Value>) -> Map<String, Value> {
    if all.is_empty() {
        return all;
    }
    let guide = Value::Object(all);
    match serde_saphyr::with_deserializer_from_str(text, |deserializer| AsWritten(&guide).deserialize(deserializer)) {
        Ok(Value::Object(written)) => written,
        // Somebody else has just written another one.
        _ => match guide {
            Value::Object(all) => all,
            _ => Map::new(),
        },
    }
}

/// Reads a value once more, guided by what it was the first time.
struct AsWritten<'a>(&'a Value);

impl<'de> DeserializeSeed<'de> for AsWritten<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        match self.0 {
            Value::Object(_) => from.deserialize_map(self),
            Value::Array(_) => from.deserialize_seq(self),
            Value::Null => IgnoredAny::deserialize(from).map(|_| Value::Null),
            scalar => {
                let text = String::deserialize(from)?;
                let plain = scalar.to_string();
                Ok(if plain == text { scalar.clone() } else { Value::String(text) })
            }
        }
    }
}

impl<'de> Visitor<'de> for AsWritten<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what was there before")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = from.next_key::<String>()? {
            let value = from.next_value_seed(AsWritten(&self.0[&name]))?;
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = from.next_element_seed(AsWritten(&self.0[values.len()]))? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }
}
