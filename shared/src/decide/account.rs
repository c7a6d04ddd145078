//! One account: what the rules want there, against what is there.

use std::{cell::OnceCell, sync::Arc};

use crate::{
    organization::{Account, Principal, Unread},
    plan::{Action, Change, PlacedAccount, Reason, Role},
    rules::{Fence, Never},
    truth::Truth,
};

use super::{
    Decision,
    fence::Wall,
    observed::{Name, Pair, PrincipalEntry},
    quota::{self, Quota},
    roles::Roles,
    text::placed_account,
};

/// An account under decision.
pub(super) struct AccountDecision<'d, 'a> {
    pub(super) decision: &'d Decision<'a>,
    /// Its place in the table.
    pub(super) place: usize,
    account: &'a Account,
    /// Whether its assignments may be touched at all.
    pub(super) manageable: Truth,
    /// The entries of `protect` that stand here, or may.
    protecting: Vec<(&'d Wall<'a>, Truth)>,
    /// The entries of `never` that stand here now, or may.
    forbidding: Vec<(&'a Never, &'d Wall<'a>, Truth)>,
}

/// Something that a rule grants: the rule by its place in the file.
pub(super) type Granted = (Pair, u32);

/// Why an assignment goes that nothing speaks for.
pub(super) const NO_RULE_GRANTS_THIS: &str = "no rule grants this";

/// Room for what rules mostly grant in an account, so that few lists have to move as they grow.
const MOSTLY_GRANTED: usize = 256;

/// What becomes of an assignment that is in place.
enum Verdict {
    /// The rules file does not manage it.
    Unmanaged,
    /// An entry of `protect` holds it.
    Protected,
    /// It is as it should be, or not certain to be wrong.
    Stays,
    /// It goes.
    Goes,
}

/// What there is to do, and how much is left as it is.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) creates: Vec<Change>,
    pub(super) deletes: Vec<Change>,
    /// What AWS has no room for.
    pub(super) impossible: Vec<(Quota, Change)>,
    pub(super) unchanged: usize,
    pub(super) unmanaged: usize,
    /// Of those in place, how many are certainly under manage.
    pub(super) managed: usize,
    pub(super) protected: usize,
}

impl<'d, 'a> AccountDecision<'d, 'a> {
    pub(super) fn new(decision: &'d Decision<'a>, place: usize) -> Option<Self> {
        let stands =
            |wall: &Wall<'_>| Some(wall.stands_in(place)).filter(|truth| *truth != Truth::No);
        let protecting = decision.protect.iter();
        let forbidding = decision.never.iter();
        Some(Self {
            decision,
            place,
            account: decision.catalogue.observed.accounts.get(place)?,
            manageable: decision.manageable(place),
            protecting: protecting.filter_map(|wall| Some((wall, stands(wall)?))).collect(),
            forbidding: forbidding
                .filter_map(|(entry, wall)| Some((*entry, wall, stands(wall)?)))
                .collect(),
        })
    }

    /// Adds what there is to do inside a scope.
    ///
    /// AWS's quotas are measured against all that the account is to get, whatever the scope: so a
    /// plan for a scope is the full plan cut down to it.
    pub(super) fn add_to(&self, changes: &mut Changes, is_in_scope: impl Fn(Pair) -> bool) {
        let in_place = self.in_place();
        let (granted, may_delete) = (self.granted(), self.may_delete());
        let told = Telling { of: self, account: OnceCell::new() };
        let mut roles = Roles::new(&granted, in_place);
        let more = granted.len().saturating_sub(in_place.len());
        let mut creates: Vec<(Pair, &[Granted])> = Vec::with_capacity(more);
        for (pair, granting, is_in_place) in merged(&granted, in_place) {
            if !is_in_place {
                creates.extend(self.is_to_be_granted(pair).then_some((pair, granting)));
            } else if is_in_scope(pair) {
                let manageable = self.is_manageable(pair);
                changes.managed += usize::from(manageable == Truth::Yes);
                match self.verdict(pair, manageable, !granting.is_empty(), may_delete) {
                    Verdict::Unmanaged => changes.unmanaged += 1,
                    Verdict::Protected => changes.protected += 1,
                    Verdict::Stays => changes.unchanged += 1,
                    Verdict::Goes => {
                        let role = roles.of_delete(pair, self);
                        changes.deletes.extend(told.delete(pair, role));
                    }
                }
            }
        }
        let pairs: Vec<Pair> = creates.iter().map(|(pair, _)| *pair).collect();
        let exceeded = self.exceeded_quotas(&pairs, in_place);
        for ((pair, granting), exceeded) in creates.into_iter().zip(exceeded) {
            if !is_in_scope(pair) {
                continue;
            }
            match exceeded {
                None => {
                    let role = roles.of_create(pair);
                    changes.creates.extend(told.create(pair, granting, role));
                }
                Some(quota) => {
                    let change = told.impossible(pair, granting, quota);
                    changes.impossible.extend(change.map(|change| (quota, change)));
                }
            }
        }
    }

    /// Whether an assignment that is in place goes.
    pub(super) fn goes(&self, pair: Pair, is_granted: bool) -> bool {
        let manageable = self.is_manageable(pair);
        matches!(self.verdict(pair, manageable, is_granted, self.may_delete()), Verdict::Goes)
    }

    /// How many of its assignments are certainly under manage.
    pub(super) fn count_managed(&self) -> usize {
        self.in_place().iter().filter(|pair| self.is_manageable(**pair) == Truth::Yes).count()
    }

    /// How many of its assignments are to be deleted, and may be.
    pub(super) fn count_deletes(&self) -> usize {
        let (granted, may_delete) = (self.granted(), self.may_delete());
        let goes = |(pair, granting, in_place): &(Pair, &[Granted], bool)| {
            let manageable = self.is_manageable(*pair);
            let verdict = self.verdict(*pair, manageable, !granting.is_empty(), may_delete);
            *in_place && matches!(verdict, Verdict::Goes) && self.not_ours(*pair).is_none()
        };
        merged(&granted, self.in_place()).filter(goes).count()
    }

    /// Why only the management account may change an assignment, where whoever asks is another.
    pub(super) fn not_ours(&self, pair: Pair) -> Option<&'static str> {
        let set = self.decision.catalogue.observed.permission_set(pair.permission_set())?;
        self.decision.not_ours(&self.account.id, set.arn)
    }

    pub(super) fn in_place(&self) -> &'d [Pair] {
        self.decision.catalogue.observed.assignments.of(self.place)
    }

    /// All that the rules certainly grant here, whatever `never` says; sorted. Nothing in an account
    /// that may not be touched.
    fn granted(&self) -> Vec<Granted> {
        if self.manageable == Truth::Yes { self.granted_by_rules() } else { Vec::new() }
    }

    /// All that the rules certainly grant here, were the account under manage; sorted.
    pub(super) fn granted_by_rules(&self) -> Vec<Granted> {
        let decision = self.decision;
        let mut granted = Vec::with_capacity(MOSTLY_GRANTED);
        let Some(view) = decision.catalogue.observed.view(self.place) else { return granted };
        for (rule, grant) in decision.grants_in(self.place) {
            grant.pairs(&decision.catalogue, &view, |pair| granted.push((pair, rule)));
        }
        granted.sort_unstable_by_key(|(pair, rule)| pair.then(*rule));
        granted.dedup();
        granted
    }

    /// Whether anything may be deleted here: not while something that was not read may bear on it.
    pub(super) fn may_delete(&self) -> bool {
        let decision = self.decision;
        !decision.unsure.contains(self.place)
            && !decision.catalogue.observed.gaps.bear_on(self.account)
    }

    pub(super) fn is_to_be_granted(&self, pair: Pair) -> bool {
        self.is_manageable(pair) == Truth::Yes && self.is_forbidden(pair) == Truth::No
    }

    fn verdict(
        &self,
        pair: Pair,
        manageable: Truth,
        is_granted: bool,
        may_delete: bool,
    ) -> Verdict {
        let is_unwanted = || !is_granted || self.is_forbidden(pair) == Truth::Yes;
        match manageable {
            Truth::No if self.is_managed(pair) == Truth::No => Verdict::Unmanaged,
            Truth::No => Verdict::Protected,
            Truth::Yes if may_delete && is_unwanted() => Verdict::Goes,
            Truth::Yes | Truth::Unknown => Verdict::Stays,
        }
    }

    /// Whether the rules file may create or delete this assignment.
    fn is_manageable(&self, pair: Pair) -> Truth {
        match self.is_managed(pair) {
            Truth::No => Truth::No,
            truth => truth & !self.is_protected(pair),
        }
    }

    /// Whether it is under `manage`, protected or not.
    fn is_managed(&self, pair: Pair) -> Truth {
        self.manageable & self.decision.managed.holds(pair)
    }

    fn is_protected(&self, pair: Pair) -> Truth {
        let catalogue = &self.decision.catalogue;
        let protecting = self.protecting.iter();
        Truth::any(protecting.map(|(wall, here)| *here & wall.holds(pair, catalogue)))
    }

    /// The first entry of `protect` that certainly holds it; else the first that may.
    pub(super) fn protected_by(&self, pair: Pair) -> Option<(&'a Fence, Truth)> {
        let catalogue = &self.decision.catalogue;
        let by = |wanted: Truth| {
            let holds = |wall: &Wall<'_>, here| here & wall.holds(pair, catalogue) == wanted;
            let wall = self.protecting.iter().find(|(wall, here)| holds(wall, *here));
            wall.map(|(wall, _)| (wall.fence, wanted))
        };
        by(Truth::Yes).or_else(|| by(Truth::Unknown))
    }

    /// Whether an entry of `never` forbids it.
    fn is_forbidden(&self, pair: Pair) -> Truth {
        let catalogue = &self.decision.catalogue;
        let forbidding = self.forbidding.iter();
        Truth::any(forbidding.map(|(_, wall, here)| *here & wall.holds(pair, catalogue)))
    }

    /// The first entry of `never` that certainly forbids it.
    pub(super) fn forbidden_by(&self, pair: Pair) -> Option<&'a Never> {
        let catalogue = &self.decision.catalogue;
        let forbids = |wall: &Wall<'_>, here| here & wall.holds(pair, catalogue) == Truth::Yes;
        let entry = self.forbidding.iter().find(|(_, wall, here)| forbids(wall, *here));
        entry.map(|(entry, _, _)| *entry)
    }

    /// Why an assignment that is in place should not be.
    pub(super) fn why_unwanted(&self, pair: Pair) -> String {
        let entry = self.decision.catalogue.observed.principal(pair.principal());
        let is_gone = entry.is_some_and(|entry| entry.name == Name::Gone);
        let is_disabled = entry.and_then(|entry| entry.user).is_some_and(|user| !user.enabled);
        match (self.forbidden_by(pair), entry.map(|entry| &entry.principal)) {
            (_, Some(Principal::Group(_))) if is_gone => "the group no longer exists".to_owned(),
            (_, Some(Principal::User(_))) if is_gone => "the user no longer exists".to_owned(),
            (Some(never), _) => {
                let rules = self.decision.rules;
                format!("never {} forbids this", rules.reference(&never.name, never.span))
            }
            (None, _) if is_disabled => "the user is disabled".to_owned(),
            (None, _) => NO_RULE_GRANTS_THIS.to_owned(),
        }
    }

    /// What is to be said with each assignment that is to be created here.
    pub(super) fn note_on_creates(&self) -> Option<&'static str> {
        let gaps = &self.decision.catalogue.observed.gaps;
        gaps.hides(self.account, &Unread::Assignments)
            .then_some("it may be in place: the assignments here could not be read")
    }

    /// For each assignment that is to be created, the quota of AWS that it would exceed.
    pub(super) fn exceeded_quotas(
        &self,
        creates: &[Pair],
        in_place: &[Pair],
    ) -> Vec<Option<Quota>> {
        let observed = &self.decision.catalogue.observed;
        let is_group = |place| observed.principal(place).is_some_and(PrincipalEntry::is_group);
        quota::exceeded(creates, in_place, is_group)
    }
}

/// Two sorted runs as one: each pair once, with the rules that grant it, and whether it is in place.
fn merged<'m>(
    granted: &'m [Granted],
    in_place: &'m [Pair],
) -> impl Iterator<Item = (Pair, &'m [Granted], bool)> {
    let mut granted = granted.chunk_by(|(a, _), (b, _)| a == b).peekable();
    let mut in_place = in_place.iter().copied().peekable();
    std::iter::from_fn(move || {
        let wanted = granted.peek().and_then(|run| run.first()).map(|(pair, _)| *pair);
        let next = wanted.into_iter().chain(in_place.peek().copied()).min()?;
        let granting = granted.next_if(|_| wanted == Some(next)).unwrap_or_default();
        Some((next, granting, in_place.next_if_eq(&next).is_some()))
    })
}

/// Tells the changes of one account; how the account is called is found out for the first.
struct Telling<'t, 'd, 'a> {
    of: &'t AccountDecision<'d, 'a>,
    account: OnceCell<Option<Arc<PlacedAccount>>>,
}

impl Telling<'_, '_, '_> {
    fn change(
        &self,
        (action, role): (Action, Role),
        pair: Pair,
        reason: Arc<Reason>,
    ) -> Option<Change> {
        let (observed, speller) = (&self.of.decision.catalogue.observed, &self.of.decision.speller);
        let account = self.account.get_or_init(|| placed_account(self.of.place, observed));
        speller.change((action, role), account.as_ref()?, pair, reason, observed)
    }

    fn create(&self, pair: Pair, granting: &[Granted], role: Role) -> Option<Change> {
        let mut reason = self.of.decision.speller.granted(granting);
        if let Some(note) = self.of.note_on_creates() {
            reason = with_note(&reason, note);
        }
        self.change((Action::Create, role), pair, reason)
    }

    fn impossible(&self, pair: Pair, granting: &[Granted], quota: Quota) -> Option<Change> {
        let reason = with_note(&self.of.decision.speller.granted(granting), &quota.sentence());
        self.change((Action::Create, Role::MayChange), pair, reason)
    }

    fn delete(&self, pair: Pair, role: Role) -> Option<Change> {
        let why = self.of.why_unwanted(pair);
        self.change((Action::Delete, role), pair, self.of.decision.speller.unwanted(why))
    }
}

fn with_note(reason: &Reason, note: &str) -> Arc<Reason> {
    Arc::new(Reason { rules: reason.rules.clone(), why: format!("{}; {note}", reason.why) })
}
