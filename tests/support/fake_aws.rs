//! AWS as a value: an organization behind the traits that read and write it, which counts calls and
//! can fail any of them. Its listings are whole pages and its writes are done at the second look;
//! what AWS really does over the wire is for `local`.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chrono::{DateTime, Utc};
use shared::{
    act::{Act, Limits, Progress, RequestId, RequestState},
    announcement::Announcement,
    failure::{CallFailure, FailureKind},
    ids::{AccountId, GroupId, OrganizationalUnitId, PermissionSetArn, UserId},
    observe::{Facts, GroupPage, Observe, Picture, SeenAccount},
    organization::{Assignment, Group, Organization, PermissionSet, Principal, Tags, User},
    plan::Action,
    reconcile::{Announce, Errand, NotAnnounced, Reconciled, reconcile},
    rules::Rules,
    scope::Scope,
};

/// AWS in memory.
pub(crate) struct FakeAws {
    pub(crate) organization: RefCell<Organization>,
    /// Every write that was started, in order.
    pub(crate) writes: RefCell<Vec<(Action, Assignment)>>,
    pub(crate) announced: RefCell<Vec<Announcement>>,
    /// How many reads there were.
    pub(crate) reads: Cell<usize>,
    /// Which read fails.
    failing_read: Option<usize>,
    /// Which assignments AWS accepts and then does not make or take away, and why.
    refused: BTreeMap<Assignment, String>,
    under_way: RefCell<BTreeMap<RequestId, (Action, Assignment)>>,
    ended: RefCell<BTreeMap<RequestId, Progress>>,
    groups_on_a_page: usize,
    in_flight: usize,
    /// How long a read takes, of which there is one at a time: as where a quota allows no more.
    read_time: Duration,
    turn: tokio::sync::Mutex<()>,
    /// Whether it is asked from the management account, which alone may list by principal.
    is_management: bool,
    /// Whoever asks; nothing, where it does not matter.
    caller: Option<AccountId>,
    of_others: Others,
    /// How often it was asked what others have under way.
    asked_of_others: Cell<usize>,
}

/// What others have under way.
pub(crate) enum Others {
    /// Nothing.
    Ended,
    /// Nobody knows.
    Unknown,
    /// Whoever asks may not know.
    Denied,
    /// The same, all the time.
    NeverEnd,
    /// Each time something else.
    AskForMore,
}

impl FakeAws {
    pub(crate) fn new(organization: Organization) -> Self {
        Self {
            organization: RefCell::new(organization),
            writes: RefCell::default(),
            announced: RefCell::default(),
            reads: Cell::new(0),
            failing_read: None,
            refused: BTreeMap::new(),
            under_way: RefCell::default(),
            ended: RefCell::default(),
            groups_on_a_page: 100,
            is_management: false,
            caller: None,
            of_others: Others::Ended,
            asked_of_others: Cell::new(0),
            read_time: Duration::ZERO,
            turn: tokio::sync::Mutex::default(),
            in_flight: shared::act::Limits::default().in_flight,
        }
    }

    /// The read of that number, from 0, is denied.
    pub(crate) fn failing_read(mut self, number: usize) -> Self {
        self.failing_read = Some(number);
        self
    }

    /// AWS ends every request for this assignment with FAILED.
    pub(crate) fn refusing(mut self, assignment: Assignment, reason: &str) -> Self {
        self.refused.insert(assignment, reason.to_owned());
        self
    }

    /// Others change assignments too.
    pub(crate) fn beside(mut self, of_others: Others) -> Self {
        self.of_others = of_others;
        self
    }

    /// Every read takes so long, by tokio's clock, and others wait until it is over.
    pub(crate) fn taking(mut self, read_time: Duration) -> Self {
        self.read_time = read_time;
        self
    }

    /// So many requests in flight are too many by one.
    pub(crate) fn in_flight(mut self, number: usize) -> Self {
        self.in_flight = number;
        self
    }

    /// Asked from the management account, or from another.
    pub(crate) fn asked_by_management_if(mut self, is_management: bool) -> Self {
        self.is_management = is_management;
        self
    }

    /// Asked by a delegated administrator, from that account.
    pub(crate) fn asked_from(mut self, account: AccountId) -> Self {
        self.caller = Some(account);
        self
    }

    pub(crate) fn groups_on_a_page(mut self, number: usize) -> Self {
        self.groups_on_a_page = number;
        self
    }

    pub(crate) fn assignments(&self) -> Vec<Assignment> {
        let mut assignments = self.organization.borrow().assignments.clone();
        assignments.sort();
        assignments
    }

    async fn time_passes(&self) {
        if !self.read_time.is_zero() {
            let _turn = self.turn.lock().await;
            tokio::time::sleep(self.read_time).await;
        }
    }

    fn read<T>(
        &self,
        operation: &'static str,
        answer: impl FnOnce(&Organization) -> T,
    ) -> Result<T, CallFailure> {
        let number = self.reads.replace(self.reads.get() + 1);
        if self.failing_read == Some(number) {
            return Err(CallFailure {
                operation,
                code: "AccessDeniedException".to_owned(),
                message: "not authorized".to_owned(),
                kind: FailureKind::Permanent,
            });
        }
        Ok(answer(&self.organization.borrow()))
    }

    /// What Identity Center asks of whoever writes: one role update at a time in an account, nothing
    /// else meanwhile with that permission set there, few requests in flight; and the third law: no
    /// revocation while a grant is under way, unless that is in an account that AWS refuses something.
    fn check_manners(&self, action: Action, assignment: &Assignment) {
        let under_way = self.under_way.borrow();
        assert!(under_way.len() < self.in_flight, "more than {} in flight", self.in_flight);
        let updates_role = self.updates_role(action, assignment);
        for (other_action, other) in under_way.values() {
            let same_account = other.account_id == assignment.account_id;
            if same_account || self.refused.is_empty() {
                assert_eq!(*other_action, action, "grants and revocations at once");
            }
            let same_set = other.permission_set_arn == assignment.permission_set_arn;
            let other_updates = self.updates_role(*other_action, other);
            let meet = (updates_role && (other_updates || same_set)) || (other_updates && same_set);
            assert!(!(same_account && meet), "two at once of a role that changes");
        }
    }

    /// Whether the first assignment of a permission set comes to an account, or its last one goes.
    fn updates_role(&self, action: Action, assignment: &Assignment) -> bool {
        let organization = self.organization.borrow();
        let is_of_role = |one: &&Assignment| {
            one.account_id == assignment.account_id
                && one.permission_set_arn == assignment.permission_set_arn
        };
        let there = organization.assignments.iter().filter(is_of_role).count();
        there == usize::from(action == Action::Delete)
    }

    /// Ends all requests that are under way: the assignments change, unless AWS refuses.
    fn settle(&self) {
        for (request, (action, assignment)) in std::mem::take(&mut *self.under_way.borrow_mut()) {
            let failure_reason = self.refused.get(&assignment).cloned();
            let state = if failure_reason.is_some() {
                RequestState::Failed
            } else {
                RequestState::Succeeded
            };
            if failure_reason.is_none() {
                let assignments = &mut self.organization.borrow_mut().assignments;
                assignments.retain(|other| *other != assignment);
                assignments.extend((action == Action::Create).then_some(assignment));
            }
            self.ended
                .borrow_mut()
                .insert(request.clone(), Progress { request, state, failure_reason });
        }
    }
}

fn path_above(
    organization: &Organization,
    parent: &OrganizationalUnitId,
) -> Vec<OrganizationalUnitId> {
    let mut path = vec![parent.clone()];
    let parent_of = |id: &OrganizationalUnitId| {
        let unit = organization.organizational_units.iter().find(|unit| unit.id == *id);
        unit.and_then(|unit| unit.parent_id.clone())
    };
    while let Some(above) = parent_of(&path[0]) {
        path.insert(0, above);
    }
    path
}

fn seen(organization: &Organization, account: &shared::organization::Account) -> SeenAccount {
    SeenAccount {
        id: account.id.clone(),
        name: account.name.clone(),
        email: account.email.clone(),
        state: account.state.clone(),
        path: path_above(organization, &account.parent_id),
    }
}

impl Observe for FakeAws {
    async fn facts(&self) -> Result<Facts, CallFailure> {
        self.time_passes().await;
        self.read("sso:ListInstances", |organization| Facts {
            instance: organization.instance.clone(),
            organization: organization.organization.clone(),
            caller: self.caller.clone(),
        })
    }

    async fn accounts(&self) -> Result<Vec<SeenAccount>, CallFailure> {
        self.time_passes().await;
        self.read("organizations:ListAccounts", |organization| {
            organization.accounts.iter().map(|account| seen(organization, account)).collect()
        })
    }

    async fn account(&self, id: &AccountId) -> Result<Option<SeenAccount>, CallFailure> {
        self.time_passes().await;
        self.read("organizations:DescribeAccount", |organization| {
            organization
                .accounts
                .iter()
                .find(|account| account.id == *id)
                .map(|account| seen(organization, account))
        })
    }

    async fn account_tags(&self, id: &AccountId) -> Result<Tags, CallFailure> {
        self.time_passes().await;
        self.read("organizations:ListTagsForResource", |organization| {
            organization.accounts.iter().find(|account| account.id == *id).unwrap().tags.clone()
        })
    }

    async fn organizational_unit_tags(
        &self,
        id: &OrganizationalUnitId,
    ) -> Result<Tags, CallFailure> {
        self.time_passes().await;
        self.read("organizations:ListTagsForResource", |organization| {
            let unit = organization.organizational_units.iter().find(|unit| unit.id == *id);
            unit.unwrap().tags.clone()
        })
    }

    async fn organizational_unit_name(
        &self,
        id: &OrganizationalUnitId,
    ) -> Result<Option<String>, CallFailure> {
        self.time_passes().await;
        self.read("organizations:DescribeOrganizationalUnit", |organization| {
            organization
                .organizational_units
                .iter()
                .find(|unit| unit.id == *id)
                .map(|unit| unit.name.clone())
        })
    }

    async fn organizational_units_below(
        &self,
        parent: &OrganizationalUnitId,
    ) -> Result<BTreeMap<OrganizationalUnitId, String>, CallFailure> {
        self.time_passes().await;
        self.read("organizations:ListOrganizationalUnitsForParent", |organization| {
            let below = organization
                .organizational_units
                .iter()
                .filter(|unit| unit.parent_id.as_ref() == Some(parent));
            below.map(|unit| (unit.id.clone(), unit.name.clone())).collect()
        })
    }

    async fn permission_sets(&self) -> Result<Vec<PermissionSetArn>, CallFailure> {
        self.time_passes().await;
        self.read("sso:ListPermissionSets", |organization| {
            organization.permission_sets.iter().map(|set| set.arn.clone()).collect()
        })
    }

    async fn permission_set_name(
        &self,
        arn: &PermissionSetArn,
    ) -> Result<Option<String>, CallFailure> {
        self.time_passes().await;
        self.read("sso:DescribePermissionSet", |organization| {
            let named = |set: &&PermissionSet| set.arn == *arn;
            organization.permission_sets.iter().find(named).map(|set| set.name.clone())
        })
    }

    async fn group_page(&self, token: Option<String>) -> Result<GroupPage, CallFailure> {
        self.time_passes().await;
        let from: usize = token.map_or(0, |token| token.parse().unwrap());
        let to = from + self.groups_on_a_page;
        self.read("identitystore:ListGroups", |organization| GroupPage {
            groups: organization.groups.iter().skip(from).take(to - from).cloned().collect(),
            next: (organization.groups.len() > to).then(|| to.to_string()),
        })
    }

    /// AWS may not mind the case here, so this does not.
    async fn group_id(&self, display_name: &str) -> Result<Option<GroupId>, CallFailure> {
        self.time_passes().await;
        self.read("identitystore:GetGroupId", |organization| {
            let called = |group: &&Group| group.display_name.eq_ignore_ascii_case(display_name);
            organization.groups.iter().find(called).map(|group| group.id.clone())
        })
    }

    async fn group(&self, id: &GroupId) -> Result<Option<Group>, CallFailure> {
        self.time_passes().await;
        self.read("identitystore:DescribeGroup", |organization| {
            organization.groups.iter().find(|group| group.id == *id).cloned()
        })
    }

    async fn users(&self) -> Result<Vec<User>, CallFailure> {
        self.time_passes().await;
        self.read("identitystore:ListUsers", |organization| organization.users.clone())
    }

    async fn user(&self, id: &UserId) -> Result<Option<User>, CallFailure> {
        self.time_passes().await;
        self.read("identitystore:DescribeUser", |organization| {
            organization.users.iter().find(|user| user.id == *id).cloned()
        })
    }

    async fn group_members(&self, id: &GroupId) -> Result<Vec<UserId>, CallFailure> {
        self.time_passes().await;
        self.read("identitystore:ListGroupMemberships", |organization| {
            let memberships = organization.memberships.iter();
            let of_group = memberships.filter(|membership| membership.group_id == *id);
            of_group.map(|membership| membership.user_id.clone()).collect()
        })
    }

    async fn groups_of_member(&self, id: &UserId) -> Result<Vec<GroupId>, CallFailure> {
        self.time_passes().await;
        self.read("identitystore:ListGroupMembershipsForMember", |organization| {
            let memberships = organization.memberships.iter();
            let of_user = memberships.filter(|membership| membership.user_id == *id);
            of_user.map(|membership| membership.group_id.clone()).collect()
        })
    }

    async fn provisioned_permission_sets(
        &self,
        account: &AccountId,
    ) -> Result<Vec<PermissionSetArn>, CallFailure> {
        self.time_passes().await;
        self.read("sso:ListPermissionSetsProvisionedToAccount", |organization| {
            let there = organization
                .assignments
                .iter()
                .filter(|assignment| assignment.account_id == *account);
            let sets: BTreeSet<_> =
                there.map(|assignment| assignment.permission_set_arn.clone()).collect();
            sets.into_iter().collect()
        })
    }

    async fn lists_by_principal(&self) -> bool {
        self.is_management
    }

    /// As AWS does it: of whoever is gone, nothing is shown.
    async fn assignments_of(&self, principal: &Principal) -> Result<Vec<Assignment>, CallFailure> {
        self.time_passes().await;
        self.read("sso:ListAccountAssignmentsForPrincipal", |organization| {
            let is_there = match principal {
                Principal::Group(id) => organization.groups.iter().any(|group| group.id == *id),
                Principal::User(id) => organization.users.iter().any(|user| user.id == *id),
            };
            let assignments = organization.assignments.iter();
            let held = assignments.filter(|one| is_there && one.principal == *principal);
            held.cloned().collect()
        })
    }

    async fn accounts_with(
        &self,
        permission_set: &PermissionSetArn,
    ) -> Result<Vec<AccountId>, CallFailure> {
        self.time_passes().await;
        self.read("sso:ListAccountsForProvisionedPermissionSet", |organization| {
            let assignments = organization.assignments.iter();
            let with = assignments.filter(|one| one.permission_set_arn == *permission_set);
            let accounts: BTreeSet<_> = with.map(|one| one.account_id.clone()).collect();
            accounts.into_iter().collect()
        })
    }

    async fn assignments(
        &self,
        account: &AccountId,
        permission_set: &PermissionSetArn,
    ) -> Result<Vec<Assignment>, CallFailure> {
        self.time_passes().await;
        self.read("sso:ListAccountAssignments", |organization| {
            let here = |assignment: &&Assignment| {
                assignment.account_id == *account
                    && assignment.permission_set_arn == *permission_set
            };
            organization.assignments.iter().filter(here).cloned().collect()
        })
    }
}

impl Act for FakeAws {
    async fn start(
        &self,
        action: Action,
        assignment: &Assignment,
    ) -> Result<Progress, CallFailure> {
        self.check_manners(action, assignment);
        self.writes.borrow_mut().push((action, assignment.clone()));
        let request = RequestId(format!("request-{}", self.writes.borrow().len()));
        self.under_way.borrow_mut().insert(request.clone(), (action, assignment.clone()));
        Ok(Progress { request, state: RequestState::InProgress, failure_reason: None })
    }

    async fn statuses(
        &self,
        _: Action,
        _: &BTreeSet<RequestId>,
    ) -> Result<BTreeMap<RequestId, RequestState>, CallFailure> {
        self.settle();
        Ok(self
            .ended
            .borrow()
            .values()
            .map(|progress| (progress.request.clone(), progress.state))
            .collect())
    }

    async fn under_way(&self, _: Action) -> Result<BTreeSet<RequestId>, CallFailure> {
        self.settle();
        let asked = self.asked_of_others.replace(self.asked_of_others.get() + 1);
        match &self.of_others {
            Others::Ended => Ok(BTreeSet::new()),
            Others::Unknown => Err(CallFailure {
                operation: "sso:ListAccountAssignmentCreationStatus",
                code: "InternalServerException".to_owned(),
                message: String::new(),
                kind: FailureKind::Transient,
            }),
            Others::Denied => Err(CallFailure {
                operation: "sso:ListAccountAssignmentCreationStatus",
                code: "AccessDeniedException".to_owned(),
                message: String::new(),
                kind: FailureKind::Permanent,
            }),
            Others::NeverEnd => Ok(BTreeSet::from([RequestId("of-others".to_owned())])),
            Others::AskForMore => {
                Ok(BTreeSet::from([RequestId(format!("of-others-{}", asked / 2))]))
            }
        }
    }

    async fn status(&self, _: Action, request: &RequestId) -> Result<Progress, CallFailure> {
        Ok(self.ended.borrow()[request].clone())
    }
}

impl Announce for FakeAws {
    async fn announce(&self, announcements: Vec<Announcement>) -> Result<(), NotAnnounced> {
        self.announced.borrow_mut().extend(announcements);
        Ok(())
    }
}

/// Looks at a scope at that time, and does what there is to do.
pub(crate) async fn look(
    aws: &FakeAws,
    rules: &Rules,
    (scope, at): (Scope, DateTime<Utc>),
    picture: &mut Picture,
) -> Reconciled {
    let errand = Errand::new(scope, Vec::new(), at);
    reconcile((aws, aws, aws), rules, Limits::default(), &errand, picture).await.unwrap()
}
