//! Tags and attributes that nothing has, or has with no such value.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    diagnostic::{Code, Diagnostic, Suggestions},
    rules::{
        SpannedGlob,
        glob::Glob,
        selector::{TagCondition, TagValue},
    },
    source::Span,
};

use super::misplaced::as_list;

/// What tags or attributes there are, and with which values.
pub(super) struct Values<'o> {
    by_key: BTreeMap<&'o str, BTreeSet<&'o str>>,
    words: Words,
}

/// How a message calls them.
#[derive(Clone, Copy)]
pub(super) struct Words {
    pub(super) code: Code,
    /// "account".
    pub(super) owner: &'static str,
    /// "a tag".
    pub(super) a_key: &'static str,
    /// "the tag".
    pub(super) the_key: &'static str,
}

impl<'o> Values<'o> {
    pub(super) fn new(
        words: Words,
        owners: impl Iterator<Item = &'o BTreeMap<String, String>>,
    ) -> Self {
        let mut by_key: FxHashMap<&str, FxHashSet<&str>> = FxHashMap::default();
        for (key, value) in owners.flatten() {
            by_key.entry(key).or_default().insert(value);
        }
        let by_key = by_key.into_iter().map(|(key, values)| (key, values.into_iter().collect()));
        Self { by_key: by_key.collect(), words }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.by_key.contains_key(key)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &'o str> + Clone + '_ {
        self.by_key.keys().copied()
    }

    /// The key, when nothing has it; else each of the values that it has nowhere.
    pub(super) fn unmatched(
        &self,
        condition: &TagCondition,
        suggestions: &Suggestions,
    ) -> Vec<Diagnostic> {
        let Some(known) = self.by_key.get(condition.key.as_str()) else {
            let warning = self.unmatched_key(&condition.key, condition.span, suggestions);
            // That it is absent holds where nobody knows it, unless it is a slip.
            let is_meant_so = condition.value == TagValue::Absent && !warning.names_a_similar_one();
            return if is_meant_so { Vec::new() } else { vec![warning] };
        };
        let TagValue::AnyOf(globs) = &condition.value else { return Vec::new() };
        let is_there = |glob: &Glob| match glob.name() {
            Some(value) => known.contains(value),
            None => known.iter().any(|value| glob.matches(value)),
        };
        let unmatched = globs.iter().filter(|glob| !is_there(&glob.value));
        unmatched
            .map(|glob| self.unmatched_value(&condition.key, glob, known, suggestions))
            .collect()
    }

    /// A key that nothing has.
    pub(super) fn unmatched_key(
        &self,
        key: &str,
        span: Span,
        suggestions: &Suggestions,
    ) -> Diagnostic {
        let Words { code, owner, a_key, .. } = self.words;
        let message = format!("no {owner} has {a_key} `{key}`");
        suggestions.add(matches_nothing(code, message, span), key, a_key, self.keys())
    }

    fn unmatched_value(
        &self,
        key: &str,
        glob: &SpannedGlob,
        known: &BTreeSet<&str>,
        suggestions: &Suggestions,
    ) -> Diagnostic {
        let Words { code, owner, the_key, .. } = self.words;
        let text = glob.value.as_str();
        let message = format!("no {owner} has {the_key} `{key}` with the value `{text}`");
        let warning = matches_nothing(code, message, glob.span);
        let warning = suggestions.add_meant(warning, text, "a value", known.iter().copied());
        as_list(warning, &glob.value, |value| {
            value.name().is_some_and(|value| known.contains(value))
        })
    }
}

/// A warning of something that matches nothing.
pub(super) fn matches_nothing(code: Code, message: String, span: Span) -> Diagnostic {
    Diagnostic::new(code, message, span).label("matches nothing")
}
