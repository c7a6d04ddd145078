//! What a run leaves to the next one, and the message that says so.

use std::collections::BTreeSet;

use crate::{
    act::Acted,
    ids::AccountId,
    lane::{Before, LaneMessage, Tally},
    organization::Organization,
    plan::{Action, Change, Earlier, Plan},
    scope::Scope,
};

use super::Errand;

/// The accounts in which changes were not started. Where all that was tried failed, it would again:
/// that is left to the message, which comes again, or to the next sweep.
pub(super) fn accounts_to_come(acted: &Acted) -> Scope {
    let has = |id: &AccountId, is_done: bool| {
        let mut outcomes = acted.outcomes.iter();
        outcomes.any(|one| one.change.account.id == *id && one.result.is_ok() == is_done)
    };
    let is_hopeful = |id: &AccountId| has(id, true) || !has(id, false);
    let to_come = acted.not_started.iter().filter(|change| is_hopeful(&change.account.id));
    let (gone, others): (Vec<_>, Vec<_>) =
        to_come.partition(|change| change.principal.name == change.principal.principal.id());
    let accounts = |changes: Vec<&Change>| -> BTreeSet<AccountId> {
        changes.into_iter().map(|change| change.account.id.clone()).collect()
    };
    // What somebody left who is gone is seen pair by pair only.
    Scope { in_turn: accounts(gone), part_of_sweep: accounts(others), ..Scope::default() }
}

/// The accounts in which something goes that made room for what had none: an exchange at the edge of
/// AWS's quotas. It takes a second look, and nothing else would say so.
pub(super) fn accounts_with_room(plan: &Plan, acted: &Acted) -> Scope {
    let gone = acted
        .outcomes
        .iter()
        .filter(|outcome| outcome.change.action == Action::Delete && outcome.result.is_ok());
    let gone: BTreeSet<&AccountId> = gone.map(|outcome| &outcome.change.account.id).collect();
    let full = plan.impossible.iter().map(|change| &change.account.id);
    Scope::part_of_sweep(full.filter(|id| gone.contains(id)).cloned().collect())
}

/// Whether the rest is less than there was: an account less, or a change less. Otherwise it would go
/// round for ever.
pub(super) fn has_headway(rest: &Scope, organization: &Organization, acted: &Acted) -> bool {
    let has_looked_at = organization.accounts.iter().any(|account| !rest.names_whole(&account.id));
    has_looked_at || acted.outcomes.iter().any(|outcome| outcome.result.is_ok())
}

/// The message that says where to look next.
pub(super) fn handed_on(
    scope: Scope,
    (tally, earlier): (Tally, Earlier),
    errand: &Errand,
) -> LaneMessage {
    let mut causes = errand.causes.iter().take(MOST_CAUSES).cloned();
    let cause = causes.next().unwrap_or_default();
    let sweep = errand.is_sweep().then_some(tally);
    let before = Some(Before { causes: causes.collect(), sweep, earlier });
    let approval = errand.approval.as_ref().map(|approval| approval.digest.clone());
    LaneMessage { scope, cause, before, approval }
}

/// As many causes are carried on. More of them explain nothing, and a message has an end.
const MOST_CAUSES: usize = 50;
