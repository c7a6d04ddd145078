//! Answers leave out what is not known, rather than saying `null`.

use serde_json::{Map, Value};

/// An object of those fields whose values are known.
pub(crate) fn known<const COUNT: usize>(fields: [(&str, Option<Value>); COUNT]) -> Value {
    let known = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(known.collect::<Map<_, _>>())
}
