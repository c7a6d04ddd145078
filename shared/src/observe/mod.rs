//! Observing: what is, read as cheaply as the scope allows, with a gap for whatever could not be
//! read.
//!
//! **Flow.** The accounts of the scope (or all), then for those that may be touched at all: tags
//! and the names of the organizational units above them where a rule asks for them, the assignments
//! in place, the permission sets, and the groups that rules or assignments name. Users are read only
//! where direct assignments are managed and there is one or may be one, memberships only of the
//! groups whose members a rule asks for. What a [`Picture`] remembers says where to look; before a
//! plan is carried out, the accounts that it changes are read ([`Observation::refresh`]).
//!
//! **Guarantees.** What is not in the result and not in a gap does not exist, as far as the scope's
//! assignments go. Only failures without which nothing is known (the instance, the organization,
//! the list of accounts) are errors.
//!
//! **Price.** A new account costs the same number of calls however many accounts there are. A large
//! directory costs some more pages of groups, at most as many as names are asked for; then the names
//! are asked for singly. A group costs its own listing, and what it changes; from another than the
//! management account, a call for each pair of account and permission set that it held or is to get.
//! Everything costs a call for each group, from the management account; from another, one for each
//! account and each permission set in it.

mod accounts;
mod assignments;
mod directory;
mod gather;
mod held;
mod members;
mod narrow;
mod picture;
mod questions;
mod time;
mod together;

use std::collections::BTreeMap;

use crate::{
    failure::CallFailure,
    ids::{AccountId, GroupId, OrganizationalUnitId, PermissionSetArn, UserId},
    organization::{
        AccountState, Assignment, Group, Instance, OrganizationFacts, Principal, Tags, User,
    },
};

pub use gather::{IfUnread, Observation, When, observe};
pub use picture::{BELIEVED_FOR_HOURS, LookedAtUsers, Picture};

/// Reading AWS: one method a call (or a paginated listing), nothing decided.
#[expect(async_fn_in_trait, reason = "one task drives them: nobody needs the futures to be Send")]
pub trait Observe {
    /// The Identity Center instance and the organization. They do not change; an adapter asks once.
    async fn facts(&self) -> Result<Facts, CallFailure>;
    /// All accounts, whatever their state.
    async fn accounts(&self) -> Result<Vec<SeenAccount>, CallFailure>;
    /// One account; nothing, when it is not in the organization.
    async fn account(&self, id: &AccountId) -> Result<Option<SeenAccount>, CallFailure>;
    /// The own tags of an account.
    async fn account_tags(&self, id: &AccountId) -> Result<Tags, CallFailure>;
    /// The own tags of an organizational unit, or of the root.
    async fn organizational_unit_tags(
        &self,
        id: &OrganizationalUnitId,
    ) -> Result<Tags, CallFailure>;
    /// The name of an organizational unit; nothing, when it is gone.
    async fn organizational_unit_name(
        &self,
        id: &OrganizationalUnitId,
    ) -> Result<Option<String>, CallFailure>;
    /// The names of the organizational units directly below one, or below the root.
    async fn organizational_units_below(
        &self,
        parent: &OrganizationalUnitId,
    ) -> Result<BTreeMap<OrganizationalUnitId, String>, CallFailure>;
    /// The ARNs of all permission sets.
    async fn permission_sets(&self) -> Result<Vec<PermissionSetArn>, CallFailure>;
    /// The name of a permission set; nothing, when it is gone. A name never changes, so an adapter
    /// asks once, ever.
    async fn permission_set_name(
        &self,
        arn: &PermissionSetArn,
    ) -> Result<Option<String>, CallFailure>;
    /// One page of the groups: the first, or the one that a token stands for.
    async fn group_page(&self, token: Option<String>) -> Result<GroupPage, CallFailure>;
    /// The group that AWS finds under a display name. AWS does not say whether it minds the case,
    /// so the group's own name has to be looked at.
    async fn group_id(&self, display_name: &str) -> Result<Option<GroupId>, CallFailure>;
    /// The group of that id.
    async fn group(&self, id: &GroupId) -> Result<Option<Group>, CallFailure>;
    /// All users, with the attributes that rules can ask for.
    async fn users(&self) -> Result<Vec<User>, CallFailure>;
    /// The user of that id; nothing, when there is none any more.
    async fn user(&self, id: &UserId) -> Result<Option<User>, CallFailure>;
    /// The members of a group; of a group that is gone: nobody.
    async fn group_members(&self, id: &GroupId) -> Result<Vec<UserId>, CallFailure>;
    /// The groups that a user is in.
    async fn groups_of_member(&self, id: &UserId) -> Result<Vec<GroupId>, CallFailure>;
    /// The permission sets that are provisioned to the account.
    async fn provisioned_permission_sets(
        &self,
        account: &AccountId,
    ) -> Result<Vec<PermissionSetArn>, CallFailure>;
    /// Whether [`Observe::assignments_of`] may be asked, as far as is known: only the management
    /// account may. An adapter that was refused says no for some minutes.
    async fn lists_by_principal(&self) -> bool;
    /// All that a principal has, in all accounts: of one that is gone, nothing is shown.
    async fn assignments_of(&self, principal: &Principal) -> Result<Vec<Assignment>, CallFailure>;
    /// The accounts in which a permission set is provisioned; of one that is gone: none.
    async fn accounts_with(
        &self,
        permission_set: &PermissionSetArn,
    ) -> Result<Vec<AccountId>, CallFailure>;
    /// Who has that permission set in that account.
    async fn assignments(
        &self,
        account: &AccountId,
        permission_set: &PermissionSetArn,
    ) -> Result<Vec<Assignment>, CallFailure>;
}

/// What does not change while a process runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The Identity Center instance.
    pub instance: Instance,
    /// The organization.
    pub organization: OrganizationFacts,
    /// The account that asks, as far as is known.
    pub caller: Option<AccountId>,
}

/// An account as Organizations describes it, without its tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenAccount {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// The root user's e-mail address.
    pub email: String,
    /// Where it is in its life.
    pub state: AccountState,
    /// What is above it: the root first, its parent last. Empty, when AWS did not say.
    pub path: Vec<OrganizationalUnitId>,
}

/// One page of groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupPage {
    /// The groups on it.
    pub groups: Vec<Group>,
    /// Stands for the next page; nothing, when there is none.
    pub next: Option<String>,
}
