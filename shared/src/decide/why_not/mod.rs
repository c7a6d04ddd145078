//! Why a rule does not grant: the first of its keys that fails, and the value it met.
//!
//! Whom a rule names comes first: of a rule that is for others, nothing else is of interest.

mod accounts;
mod principals;
mod words;

use chrono::{DateTime, SecondsFormat, Utc};

use crate::{
    explain::FailedKey,
    rules::{Rule, Rules, Window, selector::AccountView},
    source::Span,
};

use super::{catalogue::Catalogue, observed::PrincipalEntry};
use words::{NOT_READ, any_of};

pub(super) use words::plain_path_of;

/// Asks one rule after the other why it grants a principal nothing in an account.
pub(super) struct WhyNot<'d, 'a> {
    pub(super) rules: &'d Rules,
    pub(super) catalogue: &'d Catalogue<'a>,
    pub(super) now: DateTime<Utc>,
    pub(super) account: &'d AccountView<'a>,
    pub(super) principal: &'d PrincipalEntry<'a>,
    /// The groups that a user is in.
    pub(super) groups: &'d [&'d PrincipalEntry<'a>],
}

/// Why a rule does not grant.
pub(super) struct Refusal {
    /// Whether the rule is for others: it names neither the principal nor a group of theirs.
    pub(super) is_for_others: bool,
    /// The key that failed, or one of each alternative.
    pub(super) failed: Vec<FailedKey>,
}

impl WhyNot<'_, '_> {
    /// Why a rule that does not grant does not.
    pub(super) fn refusal(&self, rule: &Rule) -> Refusal {
        let failed = self.names_others(rule);
        if !failed.is_empty() {
            return Refusal { is_for_others: true, failed };
        }
        let asked: [&dyn Fn() -> Vec<FailedKey>; 4] = [
            &|| self.window(rule.window),
            &|| self.accounts(&rule.accounts, "accounts"),
            &|| self.principals(rule),
            &|| self.permission_sets(rule),
        ];
        let failed = asked.into_iter().map(|ask| ask()).find(|failed| !failed.is_empty());
        Refusal { is_for_others: false, failed: failed.unwrap_or_default() }
    }

    fn key(
        &self,
        key: &str,
        span: Span,
        wanted: impl Into<String>,
        met: impl Into<String>,
    ) -> FailedKey {
        FailedKey {
            key: key.to_owned(),
            wanted: wanted.into(),
            met: met.into(),
            line: (span != Span::default()).then(|| self.rules.line(span)),
        }
    }

    fn window(&self, Window { from, until }: Window) -> Vec<FailedKey> {
        let in_words = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
        let now = || in_words(self.now);
        let early = from.filter(|from| from.value > self.now);
        let late = until.filter(|until| until.value <= self.now);
        let early = early.map(|from| self.key("from", from.span, in_words(from.value), now()));
        let late = late.map(|until| {
            self.key("until", until.span, format!("before {}", in_words(until.value)), now())
        });
        early.into_iter().chain(late).take(1).collect()
    }

    fn permission_sets(&self, rule: &Rule) -> Vec<FailedKey> {
        let span = rule.permission_sets.first().map_or(rule.span, |glob| glob.span);
        let met = match self.sets(rule).as_slice() {
            [] => "no permission set of such a name",
            // All keys hold as far as was read, and that is not far enough.
            _ => NOT_READ,
        };
        vec![self.key("permission_sets", span, any_of(&rule.permission_sets), met)]
    }
}
