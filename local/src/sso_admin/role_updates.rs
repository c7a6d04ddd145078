//! Role updates: a permission set becomes an IAM role in an account, and an account has one role
//! updated at a time.
//!
//! **Documented** is one line of the limits page only: "IAM roles that can be updated in one
//! account at a time: 1". All else here is our reading of it, and of the `ConflictException`s that
//! others have met:
//!
//! - An assignment request *updates a role* when it *provisions* (the account has no role of that
//!   permission set yet) or *takes away* (it leaves nobody the permission set there), counted as if
//!   all requests accepted before had been carried out. `ProvisionPermissionSet` updates the role
//!   in each account that it is about.
//! - At most one role update is under way in an account. Another one there is refused with
//!   `ConflictException` at once, and so is every request for the very permission set whose role is
//!   being updated there.
//! - Requests for the principals of a permission set whose role stands update none: they may be
//!   under way together, and beside an update of another role.
//!
//! Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>

use std::collections::{BTreeMap, BTreeSet};

use shared::{
    ids::{AccountId, PermissionSetArn},
    organization::{Assignment, Principal},
};

use super::assignment::Direction;
use crate::{api_error::ApiError, fault::CONFLICT, state::State};

/// The role updates that are under way: in an account one at most.
#[derive(Debug, Default)]
pub(crate) struct RoleUpdates(BTreeMap<AccountId, PermissionSetArn>);

/// Whether a request makes a role, changes it or takes it away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The role stays as it is.
    Stands,
    /// The role is made, changed or taken away.
    IsUpdated,
}

impl RoleUpdates {
    /// The error that this account's roles are busy, if they are too busy for this.
    pub(super) fn check(
        &self,
        account: &AccountId,
        set: &PermissionSetArn,
        role: Role,
    ) -> Result<(), ApiError> {
        let under_way = self.0.get(account);
        let is_in_the_way = under_way.is_some_and(|other| role == Role::IsUpdated || other == set);
        if is_in_the_way { Err(conflict()) } else { Ok(()) }
    }

    /// A role update that was checked is under way from now on.
    pub(super) fn begin(&mut self, account: AccountId, set: PermissionSetArn) {
        self.0.insert(account, set);
    }

    /// The role update has ended, well or not.
    pub(super) fn end(&mut self, account: &AccountId, set: &PermissionSetArn) {
        if self.0.get(account) == Some(set) {
            self.0.remove(account);
        }
    }
}

/// What a request that is not accepted yet will do to the role.
pub(super) fn of_assignment(state: &State, direction: Direction, assignment: &Assignment) -> Role {
    let Assignment { account_id, permission_set_arn, .. } = assignment;
    let is_updated = match direction {
        Direction::Creation => !state.assignments.is_provisioned(account_id, permission_set_arn),
        // A deletion of what is not there fails, and touches nothing.
        Direction::Deletion => state.assignments.contains(assignment) && is_last(state, assignment),
    };
    if is_updated { Role::IsUpdated } else { Role::Stands }
}

/// Whether nobody else will have this permission set in this account.
fn is_last(state: &State, assignment: &Assignment) -> bool {
    let Assignment { account_id, permission_set_arn, principal } = assignment;
    let accepted = |direction| {
        let requests = state.assignment_requests.of(direction).in_progress();
        let requests = requests.map(|accepted| &accepted.request);
        let here = requests.filter(|other| {
            other.account_id == *account_id && other.permission_set_arn == *permission_set_arn
        });
        here.map(|other| &other.principal)
    };
    let going: BTreeSet<&Principal> = accepted(Direction::Deletion).collect();
    let mut staying = state
        .assignments
        .principals(account_id, permission_set_arn)
        .filter(|other| !going.contains(other))
        .chain(accepted(Direction::Creation));
    staying.all(|other| other == principal)
}

/// What a request is refused with that is in the way of another.
pub(super) fn conflict() -> ApiError {
    ApiError::new("ConflictException", CONFLICT)
}
