//! The first half of the loop: what is observed becomes a plan, in which nothing is changed that is only
//! remembered.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    decide::decide_further,
    failure::CallFailure,
    ids::{AccountId, PermissionSetArn},
    observe::{IfUnread, Observation, Observe, Picture, When},
    organization::{Organization, Principal},
    plan::{Action, Change, Plan, Role},
    rules::Rules,
    scope::Scope,
};

use super::Errand;

/// What was seen, and what is to be done about it.
#[derive(Clone, Debug)]
pub struct Looked {
    /// What was observed.
    pub organization: Organization,
    /// What is to be done.
    pub plan: Plan,
    /// Where was looked: see [`Reconciled::looked_at`](super::Reconciled::looked_at).
    pub scope: Scope,
    /// Whether the scope turned out to mean everything.
    pub is_widened: bool,
    /// What there was no time to look at.
    pub rest: Scope,
}

/// The plan, in which no account is changed that is only remembered.
///
/// # Errors
/// When so little could be read that there is no plan.
pub async fn plan(
    reads: &impl Observe,
    rules: &Rules,
    errand: &Errand,
    picture: &mut Picture,
) -> Result<(Organization, Plan), CallFailure> {
    let Looked { organization, plan, .. } = look(reads, rules, errand, picture).await?;
    Ok((organization, plan))
}

/// The same, with what there was no time to look at.
///
/// # Errors
/// The same.
pub async fn look(
    reads: &impl Observe,
    rules: &Rules,
    errand: &Errand,
    picture: &mut Picture,
) -> Result<Looked, CallFailure> {
    let Errand { scope, now, look_until, .. } = errand;
    let when = When { now: *now, look_until: *look_until };
    let mut observation = Observation::new(reads, rules, scope, when, picture).await?;
    let is_widened = observation.is_widened();
    let earlier = errand.widened(is_widened).earlier();
    let mut roles_left = ROLES_LOOKED_AT;
    loop {
        let (organization, scope) = (observation.organization(), observation.scope());
        let mut plan = decide_further(rules, organization, *now, &scope, earlier);
        let changed = plan.changes.iter().map(|change| change.account.id.clone());
        // Each round reads accounts or pairs that were not read before, or finds a gap more where something was
        // to go that then stays; so there is a last one.
        if observation.refresh(&changed.collect()).await?
            || observation.look_where_it_grants(&granted(&plan)).await
            || look_at_roles(&mut observation, &plan, &mut roles_left).await
        {
            continue;
        }
        settle_roles(&mut plan, &observation);
        let plan = plan.approved_by(&errand.approvals());
        let rest = observation.rest();
        let organization = observation.into_organization();
        return Ok(Looked { organization, plan, scope, is_widened, rest });
    }
}

/// How many roles that seem to go are looked at more closely. Of more, it is said that nobody looked.
///
/// Unit: calls to Identity Center. At 18 a second, a plan waits five seconds for them.
const ROLES_LOOKED_AT: usize = 100;

/// An account, and a permission set that is a role there.
type RoleOf = (AccountId, PermissionSetArn);

/// Where something is to be granted, by whomever it may be.
fn granted(plan: &Plan) -> BTreeSet<RoleOf> {
    let all = plan.changes.iter().chain(&plan.not_ours).chain(&plan.impossible);
    all.filter(|change| change.action == Action::Create).map(role_of).collect()
}

/// Looks more closely where a permission set seems to leave an account: a listing by principal does not show those who
/// are gone, nor those whom the rules do not manage. Says whether there is a gap more for it.
///
/// Of what is held, too: whoever decides about it has to know. How many more may be looked at is `left`.
async fn look_at_roles(
    observation: &mut Observation<'_, impl Observe>,
    plan: &Plan,
    left: &mut usize,
) -> bool {
    let seem_to_go = plan.changes.iter().filter(|change| change.role == Role::Goes).map(role_of);
    let seem_to_go: BTreeSet<RoleOf> = seem_to_go.collect();
    let is_new = |role: &RoleOf| !observation.has_asked_about(role);
    let roles: BTreeSet<RoleOf> = seem_to_go.into_iter().filter(is_new).take(*left).collect();
    *left -= roles.len();
    // Either all revocations of a plan are held, or none.
    let is_held = plan.held().next().is_some();
    let if_unread = if is_held { IfUnread::StaysUnknown } else { IfUnread::Gap };
    observation.look_at_roles(&roles, if_unread).await
}

/// Says of each role that seems to go whether it does.
fn settle_roles(plan: &mut Plan, observation: &Observation<'_, impl Observe>) {
    let seems_to_go = plan.changes.iter().filter(|change| change.role == Role::Goes);
    let mut losing: BTreeMap<RoleOf, BTreeSet<Principal>> = BTreeMap::new();
    for change in seems_to_go {
        losing.entry(role_of(change)).or_default().insert(change.principal.principal.clone());
    }
    let unsettled = plan.changes.iter_mut().chain(&mut plan.unlisted);
    for change in unsettled.filter(|change| change.role == Role::Goes) {
        let role = role_of(change);
        let everybody = observation.everybody_with(&role);
        change.role = match (everybody, losing.get(&role)) {
            (Some(everybody), Some(losing)) if everybody.is_subset(losing) => Role::Goes,
            (None, Some(_)) => Role::MayGo,
            // Some of them were not in the scope; or somebody keeps it who was not seen before; or it is only reported.
            _ => Role::MayChange,
        };
    }
}

fn role_of(change: &Change) -> RoleOf {
    (change.account.id.clone(), change.permission_set.arn.clone())
}
