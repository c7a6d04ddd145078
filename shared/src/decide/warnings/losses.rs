//! What would be revoked because something that the file names is not there: by a slip of the pen, or since it was renamed.
//!
//! **Why.** `max_revocations` holds back what is much. In a small organization, one wrong letter in the name of a group takes all
//! of that group's access away, and is not much.
//!
//! **Guarantees.** It tells of revocations that are in the plan anyway, and that have nothing but "no rule grants this" to be said
//! for them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::{
    diagnostic::{Code, Diagnostic, MOST},
    ids::AccountId,
    organization::Principal,
    plan::{Action, Change},
    rules::{Fence, Principals, Rule, SpannedGlob},
    truth::Truth,
};

use super::{
    super::{Decision, account::NO_RULE_GRANTS_THIS, grant::Grant},
    accounts,
};

/// How much is spent on looking for revocations that a slip explains: enough for every slip of a person, and soon used up where
/// a plan revokes everything.
///
/// Unit: revocations compared with a rule.
const EFFORT: usize = 10_000_000;

/// Warnings that something matches nothing, and where they stand.
pub(in super::super) struct Doubts<'d> {
    pub(super) of: Owner<'d>,
    pub(super) warnings: Vec<Diagnostic>,
}

/// Where something is named.
#[derive(Clone, Copy)]
pub(super) enum Owner<'d> {
    Rule(&'d Grant<'d>),
    Protect(&'d Fence),
}

/// For each thing that matches nothing: what is to be revoked and would not be, if it matched.
pub(in super::super) fn losses(
    decision: &Decision<'_>,
    doubts: &[Doubts<'_>],
    changes: &[Change],
) -> Vec<Diagnostic> {
    let unexplained = |change: &&Change| {
        change.action == Action::Delete && change.reason.why == NO_RULE_GRANTS_THIS
    };
    let revoked: Vec<&Change> = changes.iter().filter(unexplained).collect();
    let most = EFFORT.checked_div(revoked.len()).unwrap_or_default().min(MOST);
    let missing = doubts.iter().flat_map(|doubts| doubts.missing(decision));
    missing.take(most).filter_map(|missing| missing.told(decision, &revoked)).collect()
}

impl<'d> Doubts<'d> {
    /// Those that have come since; nothing, when there are none.
    pub(super) fn since(of: Owner<'d>, before: usize, warnings: &[Diagnostic]) -> Option<Self> {
        let new = warnings.get(before..).filter(|new| !new.is_empty())?;
        Some(Self { of, warnings: new.to_vec() })
    }

    /// What is missing. Two tags of one rule that no account has explain the same revocations.
    fn missing(&self, decision: &Decision<'_>) -> Vec<Missing<'_>> {
        let mut seen = BTreeSet::new();
        let missing = self.warnings.iter().filter_map(|warning| {
            let part = match self.of {
                Owner::Rule(grant) => part_of_rule(decision, grant, warning)?,
                Owner::Protect(fence) => part_of_fence(fence, warning)?,
            };
            Some(Missing { part, of: self.of, warning })
        });
        missing
            .filter(|missing| missing.part != Part::Accounts || seen.insert(missing.part))
            .collect()
    }
}

/// What it is that matches nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Group,
    Users,
    PermissionSet,
    Accounts,
}

/// Of templates nothing is said: what they would grant is another thing in each account.
fn part_of_rule(decision: &Decision<'_>, grant: &Grant<'_>, warning: &Diagnostic) -> Option<Part> {
    let Principals::Named { groups, .. } = &grant.rule.principals else { return None };
    if !grant.rule.window.holds(decision.now) {
        return None;
    }
    match warning.code {
        Code::UnmatchedGroup if names(groups, warning) => Some(Part::Group),
        Code::UnmatchedGroup | Code::UnmatchedUser | Code::UnmatchedAttribute => Some(Part::Users),
        Code::UnmatchedPermissionSet => Some(Part::PermissionSet),
        Code::UnmatchedAccounts | Code::UnmatchedOrganizationalUnit | Code::UnmatchedTag => {
            // That one of several values has no account yet may be as it should, unless it is a slip.
            let holds_nowhere = || grant.accounts.possible().is_disjoint(&decision.touchable());
            (warning.names_a_similar_one() || holds_nowhere()).then_some(Part::Accounts)
        }
        Code::DiffersInCase if !warning.names_a_similar_one() => None,
        Code::DiffersInCase if names(groups, warning) => Some(Part::Group),
        Code::DiffersInCase if names(&grant.rule.permission_sets, warning) => {
            Some(Part::PermissionSet)
        }
        Code::DiffersInCase => Some(Part::Users),
        _ => None,
    }
}

fn part_of_fence(fence: &Fence, warning: &Diagnostic) -> Option<Part> {
    let is_in = |globs: &Option<Vec<SpannedGlob>>| {
        globs.as_ref().is_some_and(|globs| names(globs, warning))
    };
    if is_in(&fence.groups) {
        Some(Part::Group)
    } else {
        is_in(&fence.permission_sets).then_some(Part::PermissionSet)
    }
}

/// Whether a warning is about one of them.
fn names(globs: &[SpannedGlob], warning: &Diagnostic) -> bool {
    globs.iter().any(|glob| glob.span == warning.primary.span)
}

/// Something that is named and that is not there.
struct Missing<'d> {
    part: Part,
    of: Owner<'d>,
    warning: &'d Diagnostic,
}

/// What is lost by it.
struct Lost<'c> {
    /// Whose assignments they are, for a sentence: " of group `Engineering`".
    whose: String,
    assignments: Vec<&'c Change>,
    /// What is probably wrong.
    help: String,
}

impl Missing<'_> {
    /// What is to be said of it; nothing, when it explains no revocation.
    fn told(&self, decision: &Decision<'_>, revoked: &[&Change]) -> Option<Diagnostic> {
        let reach = match self.of {
            Owner::Rule(grant) => Reach::of_rule(decision, grant, self.part),
            Owner::Protect(fence) => Reach::of_fence(decision, fence, self.part),
        };
        let explained = revoked.iter().copied().filter(|change| reach.holds(change)).collect();
        let Lost { whose, assignments, help } = self.lost(decision, &reach, explained)?;
        let who = match self.of {
            Owner::Rule(grant) => format!("rule `{}`", grant.rule.name),
            Owner::Protect(_) => "`protect`".to_owned(),
        };
        let message = match assignments.len() {
            1 => format!("1 assignment{whose} is to be revoked, and {who} probably means it"),
            more => {
                format!(
                    "{more} assignments{whose} are to be revoked, and {who} probably means them"
                )
            }
        };
        // It is true before somebody has approved, and after.
        let held = if assignments.iter().any(|change| change.held) {
            "over `max_revocations`: revoked only with an approval"
        } else {
            "not held back: `max_revocations` allows so many"
        };
        Some(
            Diagnostic::new(Code::LosesAccess, message, self.warning.primary.span)
                .label(format!("in {}", accounts(&assignments)))
                .help(format!("{help} ({held})")),
        )
    }

    fn lost<'c>(
        &self,
        decision: &Decision<'_>,
        reach: &Reach<'_>,
        explained: Vec<&'c Change>,
    ) -> Option<Lost<'c>> {
        let lost = |whose: &str, help: &str, assignments: Vec<&'c Change>| {
            let (whose, help) = (whose.to_owned(), help.to_owned());
            (!assignments.is_empty()).then_some(Lost { whose, assignments, help })
        };
        match (self.part, self.of) {
            (Part::Accounts, _) => lost("", "the rule does not hold where they are", explained),
            (Part::Users, Owner::Rule(grant)) if !self.names_a_user() => {
                is_for_no_user(decision, grant.rule)
                    .then(|| lost(" of users", "the rule means no user at all", explained))?
            }
            (part, _) => self.of_one(part, reach, explained),
        }
    }

    /// Whether a user is meant by name, and not by a group or an attribute.
    fn names_a_user(&self) -> bool {
        let is_name = matches!(self.warning.code, Code::UnmatchedUser | Code::DiffersInCase);
        is_name && self.warning.names_a_similar_one()
    }

    /// The revocations of one group, user or permission set: of the one that was meant, or else of one that has most of what
    /// would be granted, and may have been called otherwise before.
    fn of_one<'c>(
        &self,
        part: Part,
        reach: &Reach<'_>,
        explained: Vec<&'c Change>,
    ) -> Option<Lost<'c>> {
        let mut by_name: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
        for change in explained {
            by_name.entry(part.name(change)).or_default().push(change);
        }
        let noun = part.noun();
        let whose = |name: &str| format!(" of {noun} `{name}`");
        let near = self.warning.similar_name();
        if let Some((name, assignments)) = near.and_then(|near| by_name.remove_entry(near)) {
            let help = format!("was `{name}` meant?");
            return Some(Lost { whose: whose(name), assignments, help });
        }
        let (name, assignments) = by_name.into_iter().max_by_key(|(_, of)| of.len())?;
        let granted = reach.number_granted.filter(|granted| assignments.len() * 2 >= *granted)?;
        let help = format!(
            "{noun} `{name}` has {} of the {granted} that would be granted: was it renamed?",
            assignments.len()
        );
        Some(Lost { whose: whose(name), assignments, help })
    }
}

impl Part {
    fn noun(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Users => "user",
            Self::PermissionSet => "permission set",
            Self::Accounts => "account",
        }
    }

    /// What that of a change is called.
    fn name(self, change: &Change) -> &str {
        match self {
            Self::Group | Self::Users => &change.principal.name,
            Self::PermissionSet => &change.permission_set.name,
            Self::Accounts => &change.account.name,
        }
    }
}

fn is_for_no_user(decision: &Decision<'_>, rule: &Rule) -> bool {
    rule.principals.users().iter().all(|selector| decision.catalogue.users(selector).is_empty())
}

/// What would be granted, or held, by what is missing: everything else that the rule or the entry asks for.
struct Reach<'c> {
    /// Where; nothing: everywhere.
    accounts: Option<HashSet<&'c AccountId>>,
    /// Which permission sets, by name; nothing: any.
    permission_sets: Option<HashSet<&'c str>>,
    /// Whose; nothing: of any group or user.
    principals: Option<HashSet<&'c Principal>>,
    /// Whether of groups, or of users; nothing: of both.
    of_groups: Option<bool>,
    /// How many assignments a rule would grant to one more group, or with one more permission set.
    number_granted: Option<usize>,
}

impl<'c> Reach<'c> {
    fn of_rule(decision: &'c Decision<'_>, grant: &Grant<'_>, missing: Part) -> Self {
        let (observed, rule) = (&decision.catalogue.observed, grant.rule);
        let here = |place: &usize| decision.manageable(*place) == Truth::Yes;
        let places = grant.accounts.certain().ones().filter(here);
        let accounts: HashSet<&AccountId> =
            places.filter_map(|place| observed.accounts.get(place).map(|of| &of.id)).collect();
        let permission_sets = sets_of(decision, &rule.permission_sets);
        let users = rule.principals.users().iter();
        let users = users.flat_map(|selector| decision.catalogue.users(selector));
        let groups = decision.catalogue.groups.matching(rule.principals.groups());
        let principals: HashSet<&Principal> = groups
            .into_iter()
            .chain(users)
            .filter_map(|place| observed.principal(place).map(|entry| &entry.principal))
            .collect();
        let others = match missing {
            Part::PermissionSet => principals.len(),
            Part::Group | Part::Users => permission_sets.len(),
            Part::Accounts => 0,
        };
        let number_granted = Some(accounts.len() * others).filter(|number| *number > 0);
        let is_of_principals = matches!(missing, Part::Group | Part::Users);
        Self {
            accounts: (missing != Part::Accounts).then_some(accounts),
            permission_sets: (missing != Part::PermissionSet).then_some(permission_sets),
            principals: (!is_of_principals).then_some(principals),
            of_groups: is_of_principals.then_some(missing == Part::Group),
            number_granted,
        }
    }

    /// Of what is protected, nobody can be told by what they have.
    fn of_fence(decision: &'c Decision<'_>, fence: &Fence, missing: Part) -> Self {
        let sets = fence.permission_sets.as_ref().filter(|_| missing != Part::PermissionSet);
        Self {
            accounts: None,
            permission_sets: sets.map(|globs| sets_of(decision, globs)),
            principals: None,
            of_groups: (missing == Part::Group).then_some(true),
            number_granted: None,
        }
    }

    fn holds(&self, change: &Change) -> bool {
        let principal = &change.principal.principal;
        let is_group = matches!(principal, Principal::Group(_));
        self.of_groups.is_none_or(|groups| groups == is_group)
            && self.accounts.as_ref().is_none_or(|of| of.contains(&change.account.id))
            && self
                .permission_sets
                .as_ref()
                .is_none_or(|of| of.contains(change.permission_set.name.as_str()))
            && self.principals.as_ref().is_none_or(|of| of.contains(principal))
    }
}

fn sets_of<'c>(decision: &'c Decision<'_>, globs: &[SpannedGlob]) -> HashSet<&'c str> {
    let catalogue = &decision.catalogue;
    let places = catalogue.permission_sets.matching(globs).into_iter();
    places.filter_map(|place| catalogue.permission_set_name(place)).collect()
}
