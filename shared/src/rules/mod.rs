//! The rules file: what it says, checked so that it cannot contradict itself.
//!
//! [`Rules::parse`] goes in two steps: text to a tree that knows where everything stands (`tree`),
//! and tree to the types below, collecting every mistake on the way (`parse`, with `read` for the
//! shapes). Nothing here knows an organization; what a rule means in one is for [`crate::decide`].

mod brackets;
pub mod definition;
mod encoding;
pub mod glob;
mod parse;
mod read;
pub mod selector;
mod syntax;
pub mod template;
pub mod test_case;
mod tree;
pub mod user;

use chrono::{DateTime, Utc};

use crate::{
    diagnostic::Diagnostic,
    source::{Lines, SourceFile, Span, Spanned},
};
use definition::PermissionSetDefinition;
use glob::Glob;
use selector::AccountSelector;
use template::{GroupNameTemplate, TagKeyTemplate};
use test_case::TestCase;
use user::UserSelector;

/// A rules file that was read without a mistake.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The file, to quote from.
    pub source: SourceFile,
    /// What the file is the truth for.
    pub manage: Manage,
    /// What is never touched, whatever else is written.
    pub protect: Vec<Fence>,
    /// Who gets what where.
    pub rules: Vec<Rule>,
    /// What nobody gets there, whatever the rules say.
    pub never: Vec<Never>,
    /// What permission sets are to be made of.
    pub permission_sets: Vec<PermissionSetDefinition>,
    /// What the file promises of itself.
    pub tests: Vec<TestCase>,
    /// Where the lines of the file end: reasons name many of them.
    pub lines: Lines,
}

/// What a rules file is the truth for. Assignments outside of it are left alone.
#[derive(Clone, Debug)]
pub struct Manage {
    /// What happens to an assignment under manage that no rule grants.
    pub unlisted: Unlisted,
    /// Beyond which number of revocations all of a plan's revocations are held for approval.
    pub max_revocations: MaxRevocations,
    /// The accounts.
    pub accounts: AccountSelector,
    /// Whether the management account may be touched at all.
    pub management_account: bool,
    /// The groups, by display name.
    pub groups: Vec<SpannedGlob>,
    /// The users whose direct assignments are managed.
    pub users: ManagedUsers,
    /// The permission sets, by name.
    pub permission_sets: Vec<SpannedGlob>,
}

/// The users whose direct assignments a rules file is the truth for.
#[derive(Clone, Debug)]
pub enum ManagedUsers {
    /// Of nobody.
    None,
    /// Of everybody.
    All,
    /// Of those with such user names.
    Named(Vec<SpannedGlob>),
}

impl ManagedUsers {
    /// Whether the file is the truth for no direct assignment at all.
    #[must_use]
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

/// What happens to an assignment under `manage` that no rule grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlisted {
    /// It is taken away.
    Revoke,
    /// It is listed.
    Report,
}

/// How many revocations one plan may hold before somebody has to approve them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaxRevocations {
    /// The larger of 10 and 10 % of the managed assignments.
    Default,
    /// That many.
    Count(usize),
    /// That per cent of the managed assignments observed.
    PerCent(usize),
}

impl MaxRevocations {
    /// Whether so many revocations are too many. How many assignments are managed is asked only when
    /// it matters: counting them takes as long as planning.
    pub fn is_exceeded(self, revocations: usize, managed: impl FnOnce() -> usize) -> bool {
        let over_per_cent =
            |per_cent: usize| revocations.saturating_mul(100) > per_cent.saturating_mul(managed());
        match self {
            Self::Default => revocations > 10 && over_per_cent(10),
            Self::Count(count) => revocations > count,
            Self::PerCent(per_cent) => revocations > 0 && over_per_cent(per_cent),
        }
    }

    /// How many are allowed, for people.
    #[must_use]
    pub fn in_words(self, managed: usize) -> String {
        match self {
            Self::Default => format!("the larger of 10 and 10% of {managed} managed"),
            Self::Count(count) => count.to_string(),
            Self::PerCent(per_cent) => format!("{per_cent}% of {managed} managed"),
        }
    }
}

/// Assignments that hold all of these: an entry of `protect`, or what an entry of `never` forbids.
#[derive(Clone, Debug)]
pub struct Fence {
    /// Where the entry stands.
    pub span: Span,
    /// Groups, by display name. When neither groups nor users are named: any principal.
    pub groups: Option<Vec<SpannedGlob>>,
    /// Users. When neither groups nor users are named: any principal.
    pub users: Option<Vec<UserSelector>>,
    /// Permission sets, by name; any, when left out.
    pub permission_sets: Option<Vec<SpannedGlob>>,
    /// Accounts; any, when left out.
    pub accounts: Option<AccountSelector>,
}

impl Fence {
    /// Whether nothing narrows it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.is_for_anyone() && self.permission_sets.is_none() && self.accounts.is_none()
    }

    /// Whether it does not look at who has the assignment.
    #[must_use]
    pub fn is_for_anyone(&self) -> bool {
        self.groups.is_none() && self.users.is_none()
    }
}

/// What no rule grants, whatever it says.
#[derive(Clone, Debug)]
pub struct Never {
    /// Unique among the entries of `never`.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// For people.
    pub description: Option<String>,
    /// What it forbids.
    pub what: Fence,
    /// When.
    pub window: Window,
}

/// A time that begins and ends: `from <= now < until`. Either end may be open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// When it begins.
    pub from: Option<Spanned<DateTime<Utc>>>,
    /// When it is over.
    pub until: Option<Spanned<DateTime<Utc>>>,
}

impl Window {
    /// Whether it is now.
    #[must_use]
    pub fn holds(self, now: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| from.value <= now)
            && self.until.is_none_or(|until| now < until.value)
    }

    /// Whether it is over, and will never be again.
    #[must_use]
    pub fn is_over(self, now: DateTime<Utc>) -> bool {
        self.until.is_some_and(|until| until.value <= now)
    }
}

/// Grants the product of its permission sets, its principals and its accounts.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Unique in the file.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// For people.
    pub description: Option<String>,
    /// Permission sets, by name.
    pub permission_sets: Vec<SpannedGlob>,
    /// To whom.
    pub principals: Principals,
    /// How many members a group must have; nothing, when that does not matter.
    pub members_at_least: Option<Spanned<usize>>,
    /// The accounts.
    pub accounts: AccountSelector,
    /// Where the key of the account selector stands; of a rule that means every account without
    /// saying so, where its name stands.
    pub accounts_span: Span,
    /// When it grants.
    pub window: Window,
}

/// To whom a rule grants.
#[derive(Clone, Debug)]
pub enum Principals {
    /// To these.
    Named {
        /// Groups, by display name.
        groups: Vec<SpannedGlob>,
        /// Users, directly.
        users: Vec<UserSelector>,
    },
    /// To the group whose own name says that it is for this account and permission set.
    GroupName(Spanned<GroupNameTemplate>),
    /// To the groups that a tag of the account names.
    AccountTag {
        /// The tag's key.
        key: Spanned<TagKeyTemplate>,
        /// The groups that may be named so, by display name.
        groups: Vec<SpannedGlob>,
    },
}

impl Principals {
    /// The globs on display names, when groups are named by globs.
    #[must_use]
    pub fn groups(&self) -> &[SpannedGlob] {
        match self {
            Self::Named { groups, .. } | Self::AccountTag { groups, .. } => groups,
            Self::GroupName(_) => &[],
        }
    }

    /// The users that are meant.
    #[must_use]
    pub fn users(&self) -> &[UserSelector] {
        match self {
            Self::Named { users, .. } => users,
            Self::GroupName(_) | Self::AccountTag { .. } => &[],
        }
    }
}

/// A glob, and where it stands.
pub type SpannedGlob = Spanned<Glob>;

impl Rules {
    /// Reads a rules file as it is stored.
    ///
    /// # Errors
    /// That the bytes are no text, or every mistake of the text.
    pub fn from_bytes(name: String, bytes: Vec<u8>) -> Result<Self, InvalidRules> {
        encoding::text(name, bytes).and_then(Self::parse)
    }

    /// Reads a rules file.
    ///
    /// # Errors
    /// Every mistake of the file, in the order of the lines.
    pub fn parse(source: SourceFile) -> Result<Self, InvalidRules> {
        parse::rules(&source)
            .map(|parts| Self {
                source: source.clone(),
                lines: source.lines(),
                manage: parts.manage,
                protect: parts.protect,
                rules: parts.rules,
                never: parts.never,
                permission_sets: parts.permission_sets,
                tests: parts.tests,
            })
            .map_err(|diagnostics| InvalidRules { source, diagnostics })
    }

    /// `name (file:line)` of a rule or of an entry of `never`, for reasons.
    #[must_use]
    pub fn reference(&self, name: &str, span: Span) -> String {
        format!("{name} ({}:{})", self.source.name, self.line(span))
    }

    /// The line that a piece of the file begins on.
    #[must_use]
    pub fn line(&self, span: Span) -> usize {
        self.lines.line(span.start)
    }

    /// The rule of that name.
    #[must_use]
    pub fn rule(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.name == name)
    }

    /// What is protected, and what is never granted.
    pub fn fences(&self) -> impl Iterator<Item = &Fence> {
        self.protect.iter().chain(self.never.iter().map(|entry| &entry.what))
    }

    /// Every account selector of the file.
    pub fn account_selectors(&self) -> impl Iterator<Item = &AccountSelector> {
        let fenced = self.fences().filter_map(|fence| fence.accounts.as_ref());
        let granted = self.rules.iter().map(|rule| &rule.accounts);
        std::iter::once(&self.manage.accounts).chain(fenced).chain(granted)
    }

    /// Every user selector of the file.
    pub fn user_selectors(&self) -> impl Iterator<Item = &UserSelector> {
        let granted = self.rules.iter().flat_map(|rule| rule.principals.users());
        granted.chain(self.fences().filter_map(|fence| fence.users.as_ref()).flatten())
    }

    /// What groups are called in which somebody's membership says what users have themselves. Nothing,
    /// where the rules leave users alone.
    pub fn groups_of_users(&self) -> impl Iterator<Item = &SpannedGlob> {
        let asked = self.user_selectors().filter_map(|selector| selector.in_group.as_ref());
        asked.flatten().filter(|_| !self.manage.users.is_none())
    }
}

/// A rules file with mistakes. Nothing is done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidRules {
    /// The file, to quote from.
    pub source: SourceFile,
    /// What is wrong with it: at least one thing.
    pub diagnostics: Vec<Diagnostic>,
}

impl InvalidRules {
    /// All mistakes as people read them.
    #[must_use]
    pub fn render(&self, styled: bool) -> String {
        let rendered: Vec<String> = self
            .diagnostics
            .iter()
            .map(|diagnostic| diagnostic.render(&self.source, styled))
            .collect();
        rendered.join("\n\n")
    }
}

impl std::fmt::Display for InvalidRules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for InvalidRules {}

#[cfg(test)]
mod tests {
    use super::MaxRevocations;

    #[test]
    fn the_default_limit_needs_both_ten_and_ten_per_cent() {
        assert!(!MaxRevocations::Default.is_exceeded(10, || 10));
        assert!(MaxRevocations::Default.is_exceeded(11, || 100));
        assert!(!MaxRevocations::Default.is_exceeded(11, || 110));
        assert!(!MaxRevocations::PerCent(10).is_exceeded(1, || 10));
        assert!(MaxRevocations::PerCent(10).is_exceeded(2, || 19));
        assert!(MaxRevocations::Count(0).is_exceeded(1, || 1000));
    }
}
