//! Many values under one key, both in order.

use std::collections::{BTreeMap, BTreeSet};

/// Many values under one key. A key without values is not kept.
#[derive(Clone, Debug)]
pub(crate) struct Multimap<Key, Value>(BTreeMap<Key, BTreeSet<Value>>);

impl<Key, Value> Default for Multimap<Key, Value> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<Key: Ord, Value: Ord> Multimap<Key, Value> {
    pub(crate) fn insert(&mut self, key: Key, value: Value) {
        self.0.entry(key).or_default().insert(value);
    }

    pub(crate) fn remove(&mut self, key: &Key, value: &Value) {
        let Some(values) = self.0.get_mut(key) else { return };
        values.remove(value);
        if values.is_empty() {
            self.0.remove(key);
        }
    }

    /// The values under this key.
    pub(crate) fn get(&self, key: &Key) -> impl Iterator<Item = &Value> {
        self.0.get(key).into_iter().flatten()
    }

    /// This very key, as it was first inserted: text of ids is shared, and this is how.
    pub(crate) fn key(&self, key: &Key) -> Option<&Key> {
        self.0.get_key_value(key).map(|(key, _)| key)
    }

    /// Takes a key away with its values.
    pub(crate) fn remove_key(&mut self, key: &Key) -> BTreeSet<Value> {
        self.0.remove(key).unwrap_or_default()
    }

    pub(crate) fn contains_key(&self, key: &Key) -> bool {
        self.0.contains_key(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_goes_with_its_last_value() {
        let mut units = Multimap::default();
        units.insert("root", 2);
        units.insert("root", 1);
        assert_eq!(units.get(&"root").collect::<Vec<_>>(), [&1, &2]);
        units.remove(&"root", &1);
        assert!(units.contains_key(&"root"));
        units.remove(&"root", &2);
        assert!(!units.contains_key(&"root"));
    }
}
