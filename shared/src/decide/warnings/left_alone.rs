//! What rules grant and nobody ever gets, because `manage` leaves it out or `protect` holds it.

use fixedbitset::FixedBitSet;
use rustc_hash::FxHashMap;

use crate::{
    diagnostic::{Code, Diagnostic},
    organization::Principal,
    rules::{Fence, ManagedUsers, Principals, Rule, SpannedGlob, user::UserSelector},
    source::Span,
    truth::Truth,
};

use super::{
    super::{
        Decision,
        fence::Wall,
        grant::Grant,
        names::{Names, matches},
        observed::Pair,
    },
    in_rule,
    names::Directory,
};

/// Which entries of `protect` stand where: asked of every rule, so looked for once.
pub(super) struct LeftAlone<'w, 'a> {
    decision: &'w Decision<'a>,
    directory: &'w Directory<'w, 'a>,
    /// For each account, the entries that certainly stand there, by their place in `combinations`.
    standing: Vec<usize>,
    combinations: Vec<FixedBitSet>,
}

/// A part of a rule: a glob, or a selector of users.
struct Part<'r> {
    span: Span,
    noun: &'static str,
    /// Nothing, where more is asked than a name.
    glob: Option<&'r SpannedGlob>,
    /// What it means, by the places in the tables.
    found: Vec<u32>,
}

/// Why something is left alone.
#[derive(Clone, Copy)]
enum Why<'r> {
    /// `manage` names others.
    Manage(&'r [SpannedGlob]),
    Protect(&'r Fence),
}

impl<'w, 'a> LeftAlone<'w, 'a> {
    pub(super) fn new(decision: &'w Decision<'a>, directory: &'w Directory<'w, 'a>) -> Self {
        let (mut combinations, mut seen) = (Vec::new(), FxHashMap::default());
        let walls = decision.protect.iter().enumerate();
        let standing = (0..decision.catalogue.observed.accounts.len()).map(|account| {
            let stands = |(_, wall): &(usize, &Wall<'_>)| wall.stands_in(account) == Truth::Yes;
            let here: FixedBitSet = walls.clone().filter(stands).map(|(wall, _)| wall).collect();
            *seen.entry(here).or_insert_with_key(|here| {
                combinations.push(here.clone());
                combinations.len() - 1
            })
        });
        Self { standing: standing.collect(), combinations, decision, directory }
    }

    /// The accounts that `protect` holds as a whole.
    pub(super) fn closed(&self) -> FixedBitSet {
        let is_closed = |combination: usize| {
            let mut walls = self.walls(combination);
            walls.any(|wall| wall.fence.is_for_anyone() && wall.fence.permission_sets.is_none())
        };
        let is_closed: Vec<bool> = (0..self.combinations.len()).map(is_closed).collect();
        let standing = self.standing.iter().enumerate();
        let closed = standing.filter(|(_, of)| is_closed.get(**of).is_some_and(|closed| *closed));
        closed.map(|(account, _)| account).collect()
    }

    /// Each name in a rule of which all is left alone in the accounts that may be touched. Of names that
    /// match nothing, that was said.
    pub(super) fn warn(&self, grant: &Grant<'_>, touchable: &FixedBitSet) -> Vec<Diagnostic> {
        let rule = grant.rule;
        let combinations = self.combinations(grant.accounts.possible(), touchable);
        let in_their_way = |set: &u32| self.why_not_set(*set, &combinations);
        let sets = self.permission_sets(rule);
        let (held, mut warnings) = told(&sets, in_their_way);
        let places = sets.iter().flat_map(|part| part.found.iter().copied());
        let open: Vec<u32> = places.filter(|set| in_their_way(set).is_none()).collect();
        let are_unread = !self.directory.has_permission_sets();
        let mut may_grant = are_unread || held < sets.len();
        // Of a rule that grants no permission set, it does not matter to whom.
        if are_unread || !open.is_empty() {
            let principals = self.principals(rule);
            let (held, more) =
                told(&principals, |of| self.why_not_principal(*of, &open, &combinations));
            let is_template = matches!(rule.principals, Principals::GroupName(_));
            may_grant = is_template || held < principals.len();
            warnings.extend(more);
        }
        let label = in_rule(rule, may_grant);
        warnings.into_iter().map(|warning| warning.label(&label)).collect()
    }

    /// What of `protect` stands in some accounts, each combination once.
    fn combinations(&self, accounts: &FixedBitSet, touchable: &FixedBitSet) -> FixedBitSet {
        let mut combinations = FixedBitSet::with_capacity(self.combinations.len());
        for account in accounts.intersection(touchable) {
            self.standing.get(account).into_iter().for_each(|of| combinations.insert(*of));
            if self.combinations.len() == 1 {
                break;
            }
        }
        combinations
    }

    fn permission_sets<'r>(&self, rule: &'r Rule) -> Vec<Part<'r>> {
        if !self.directory.has_permission_sets() {
            return Vec::new();
        }
        parts(&rule.permission_sets, "permission set", &self.decision.catalogue.permission_sets)
    }

    /// That no user is managed is told without an organization.
    fn principals<'r>(&self, rule: &'r Rule) -> Vec<Part<'r>> {
        let mut found = Vec::new();
        if self.directory.has_groups() {
            found = parts(rule.principals.groups(), "group", &self.decision.catalogue.groups);
        }
        if !self.decision.rules.manage.users.is_none() {
            let users = rule.principals.users().iter();
            let users = users.filter(|selector| self.directory.are_known(selector));
            found.extend(users.map(|selector| self.users(selector)));
        }
        found
    }

    fn users<'r>(&self, selector: &'r UserSelector) -> Part<'r> {
        let glob = match selector.user_name.as_deref() {
            Some([name]) if selector.is_by_name_only() => Some(name),
            _ => None,
        };
        let found = self.decision.catalogue.users(selector);
        Part { span: selector.span, noun: "user", glob, found }
    }

    /// Why a permission set is left alone, whoever is to have it.
    fn why_not_set(&self, set: u32, combinations: &FixedBitSet) -> Option<Why<'a>> {
        let Decision { rules, catalogue, .. } = self.decision;
        let globs = &rules.manage.permission_sets;
        if matches(globs, catalogue.observed.permission_set(set)?.name) == Truth::No {
            return Some(Why::Manage(globs));
        }
        self.held_in_all(combinations, |wall| {
            wall.fence.is_for_anyone() && wall.holds_permission_set(set, catalogue) == Truth::Yes
        })
    }

    /// Why a principal is left alone, whichever of the permission sets it is to have.
    fn why_not_principal(
        &self,
        principal: u32,
        sets: &[u32],
        combinations: &FixedBitSet,
    ) -> Option<Why<'a>> {
        let Decision { rules, catalogue, .. } = self.decision;
        let entry = catalogue.observed.principal(principal)?;
        let globs = match (&entry.principal, &rules.manage.users) {
            (Principal::Group(_), _) => Some(&rules.manage.groups),
            (Principal::User(_), ManagedUsers::Named(globs)) => Some(globs),
            (Principal::User(_), ManagedUsers::None | ManagedUsers::All) => None,
        };
        if let Some(globs) = globs.filter(|globs| matches(globs, entry.name) == Truth::No) {
            return Some(Why::Manage(globs));
        }
        if !self.directory.has_permission_sets() {
            return None;
        }
        let mut why = None;
        for set in sets {
            let pair = Pair::new(*set, principal);
            let holds = |wall: &Wall<'_>| wall.holds(pair, catalogue) == Truth::Yes;
            why = Some(self.held_in_all(combinations, holds)?);
        }
        why
    }

    /// One of the entries of `protect` that hold something, when in every account one does.
    fn held_in_all(
        &self,
        combinations: &FixedBitSet,
        holds: impl Fn(&Wall<'_>) -> bool,
    ) -> Option<Why<'a>> {
        let mut why = None;
        for combination in combinations.ones() {
            let wall = self.walls(combination).find(|wall| holds(wall))?;
            why = why.or(Some(Why::Protect(wall.fence)));
        }
        why
    }

    fn walls(&self, combination: usize) -> impl Iterator<Item = &'w Wall<'a>> {
        let decision = self.decision;
        let walls = self.combinations.get(combination).into_iter().flat_map(FixedBitSet::ones);
        walls.filter_map(|wall| decision.protect.get(wall))
    }
}

fn parts<'r>(globs: &'r [SpannedGlob], noun: &'static str, names: &Names<'_>) -> Vec<Part<'r>> {
    let part = |glob: &'r SpannedGlob| {
        let mut found = Vec::new();
        names.each_matching(&glob.value, |place| found.push(place));
        Part { span: glob.span, noun, glob: Some(glob), found }
    };
    globs.iter().map(part).collect()
}

/// What is to be said of parts of which all is left alone; and how many parts grant nothing, with those
/// that mean nothing.
fn told<'r>(
    parts: &[Part<'_>],
    why_not: impl Fn(&u32) -> Option<Why<'r>>,
) -> (usize, Vec<Diagnostic>) {
    let (mut without, mut warnings) = (0, Vec::new());
    for part in parts {
        let reasons: Option<Vec<Why<'_>>> = part.found.iter().map(&why_not).collect();
        let Some(reasons) = reasons else { continue };
        without += 1;
        warnings.extend(reasons.first().map(|why| part.told(*why, &reasons)));
    }
    (without, warnings)
}

impl Part<'_> {
    fn told(&self, why: Why<'_>, reasons: &[Why<'_>]) -> Diagnostic {
        let does = match why {
            _ if reasons.iter().any(|other| other.is_manage() != why.is_manage()) => {
                "`manage` leaves out or `protect` holds"
            }
            Why::Manage(_) => "`manage` leaves out",
            Why::Protect(_) => "`protect` holds",
        };
        let noun = self.noun;
        let what = match self.glob.map(|glob| (&glob.value, glob.value.name())) {
            Some((_, Some(name))) => format!("{noun} `{name}`"),
            Some((glob, None)) => format!("every {noun} that `{glob}` matches"),
            None => format!("every {noun} who is meant here"),
        };
        let warning = Diagnostic::new(Code::LeftAlone, format!("{does} {what}"), self.span);
        match why {
            Why::Manage(globs) => {
                let first = globs.first().map_or(self.span, |glob| glob.span);
                warning
                    .also(first, "only what is named here is managed")
                    .help("nothing is granted or revoked there: name it under `manage` too, or take it out")
            }
            Why::Protect(fence) => warning
                .also(fence.span, "held by this entry")
                .help("nothing is granted or revoked there: narrow the entry, or take it out"),
        }
    }
}

impl Why<'_> {
    fn is_manage(self) -> bool {
        matches!(self, Self::Manage(_))
    }
}
