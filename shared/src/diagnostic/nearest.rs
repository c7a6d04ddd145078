//! The name that was probably meant.

use std::cell::Cell;

use super::{Diagnostic, Help};

/// How much is spent on looking for names that were meant: enough for every slip of a person, and soon
/// used up by a file of which nothing matches.
///
/// Unit: characters compared with each other.
const EFFORT: usize = 10_000_000;

/// Finds names that were probably meant, as long as it does not take too long. Without an end to it, all
/// names of a file that match nothing would be compared with all names of an organization.
#[derive(Debug)]
pub struct Suggestions {
    left: Cell<usize>,
}

impl Default for Suggestions {
    fn default() -> Self {
        Self { left: Cell::new(EFFORT) }
    }
}

impl Suggestions {
    /// The name that `text` was probably meant to be; nothing, when none is near or too much was asked.
    ///
    /// Near is what a slip of the fingers makes: the same but for case, or at most a third of the
    /// letters wrong.
    pub fn find<'a>(
        &self,
        text: &str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        let lower = text.to_lowercase();
        let length = text.chars().count();
        let allowed = length / 3;
        let mut nearest = None;
        for name in names {
            self.spend(name.len())?;
            let other = name.chars().count();
            // Each character more or less is a mistake, so most names need no closer look.
            if other.abs_diff(length) > allowed || name == text {
                continue;
            }
            self.spend(length.saturating_mul(other))?;
            let distance = strsim::osa_distance(&lower, &name.to_lowercase());
            let near = (distance, name);
            if distance <= allowed && nearest.is_none_or(|nearest| near < nearest) {
                nearest = Some(near);
            }
        }
        nearest.map(|(_, name)| name)
    }

    /// A diagnostic with the name that was probably meant, if there is one.
    #[must_use]
    pub fn add<'a>(
        &self,
        mut diagnostic: Diagnostic,
        text: &str,
        what: &str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Diagnostic {
        if let Some(replacement) = self.find(text, names) {
            diagnostic.help = Some(Help::Replace {
                message: format!("{what} with a similar name exists"),
                replacement: replacement.to_owned(),
            });
        }
        diagnostic
    }

    /// Whether there is still something to spend.
    #[must_use]
    pub fn is_worth_asking(&self) -> bool {
        self.left.get() > 0
    }

    fn spend(&self, effort: usize) -> Option<()> {
        let left = self.left.get().checked_sub(effort);
        self.left.set(left.unwrap_or(0));
        left.map(|_| ())
    }
}

/// The name that `text` was probably meant to be.
pub fn nearest<'a>(text: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    Suggestions::default().find(text, names)
}

#[cfg(test)]
mod tests {
    use super::{Suggestions, nearest};

    #[test]
    fn a_slip_finds_the_name_that_was_meant() {
        let names = ["permission_sets", "groups", "accounts", "name"];
        assert_eq!(nearest("permision_set", names), Some("permission_sets"));
        assert_eq!(nearest("Groups", names), Some("groups"));
        assert_eq!(nearest("principals", names), None);
    }

    /// Of two letters, one that is wrong leaves nothing to know the word by.
    #[test]
    fn a_short_name_is_meant_by_itself_or_in_another_case() {
        assert_eq!(nearest("b", ["a", "c"]), None);
        assert_eq!(nearest("qa", ["q", "ua", "QA"]), Some("QA"));
        assert_eq!(nearest("dve", ["dev"]), Some("dev"));
    }

    /// What nobody meant does not take for ever: the first are told, and then no more.
    #[test]
    fn looking_for_what_was_meant_ends() {
        let names: Vec<String> = (0..2_000).map(|number| format!("team-{number:05}")).collect();
        let names = || names.iter().map(String::as_str);
        let suggestions = Suggestions::default();
        let found = |number: usize| suggestions.find(&format!("taem-{number:05}"), names());
        assert_eq!(found(1), Some("team-00001"));
        assert!((0..200).map(found).last().is_some_and(|last| last.is_none()));
        assert!(!suggestions.is_worth_asking());
        assert_eq!(nearest(&"x".repeat(1_000_000), ["x".repeat(999_999).as_str()]), None);
    }
}
