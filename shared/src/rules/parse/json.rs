//! JSON in a text, as far as its reader is silent on it.

use std::{collections::HashSet, fmt};

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// The first key that stands twice in one object: the reader keeps the last of them.
pub(super) fn repeated_key(text: &str) -> Option<String> {
    serde_json::from_str::<Repeated>(text).ok()?.0
}

struct Repeated(Option<String>);

impl<'de> Deserialize<'de> for Repeated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walker).map(Self)
    }
}

struct Walker;

impl<'de> Visitor<'de> for Walker {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Option<String>, A::Error> {
        let mut first = None;
        while let Some(Repeated(inside)) = items.next_element()? {
            first = first.or(inside);
        }
        Ok(first)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Option<String>, A::Error> {
        let (mut first, mut seen) = (None, HashSet::new());
        while let Some((key, Repeated(inside))) = entries.next_entry::<String, Repeated>()? {
            let again = seen.contains(&key).then(|| key.clone());
            first = first.or(again).or(inside);
            seen.insert(key);
        }
        Ok(first)
    }
}

#[cfg(test)]
mod tests {
    use super::repeated_key;

    #[test]
    fn a_key_that_stands_twice_is_found_at_any_depth() {
        let found = |text| repeated_key(text);
        assert_eq!(found(r#"{"a": 1, "b": [-1, 1.5, null, true, "a"], "c": {"a": 1}}"#), None);
        assert_eq!(found(r#"{"a": 1, "a": 2}"#).as_deref(), Some("a"));
        assert_eq!(found(r#"{"a": [{"b": {"c": 1, "c": 1}}]}"#).as_deref(), Some("c"));
        assert_eq!(found(r#"{"a": 1, "\u0061": 2}"#).as_deref(), Some("a"));
    }
}
