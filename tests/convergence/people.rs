//! Everybody who changes something: in the console, through the API, by an identity provider, by
//! Control Tower, by hand. They talk to AWS as anybody does, and know nothing of Usher.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    sync::Arc,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use local::{Fault, FaultKind, Local, Probability};
use serde_json::{Value, json};
use shared::{
    ids::{AccountId, GroupId},
    organization::{
        Account, Group, Organization, OrganizationalUnit, PermissionSet, Principal, User,
    },
};
use tower::ServiceExt;

use crate::reference::reading;

use super::witness::Witness;

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    CreateAccount,
    MoveAccount,
    CloseAccount,
    RemoveAccount,
    CreateUnit,
    RenameUnit,
    DeleteUnit,
    TagAccount,
    UntagAccount,
    TagUnit,
    UntagUnit,
    CreateGroup,
    RenameGroup,
    DeleteGroup,
    CreateUser,
    ChangeUser,
    DeleteUser,
    AddMember,
    RemoveMember,
    GrantByHand,
    RevokeByHand,
    CreatePermissionSet,
    DeletePermissionSet,
    /// Not a person's: AWS does not do what it is asked to for a while.
    Fail,
    /// The stage's: it has the rules file.
    WriteRules,
}

impl Deed {
    /// All of them, the usual ones more often.
    pub(super) fn all() -> Vec<Self> {
        use Deed::{
            AddMember, ChangeUser, CloseAccount, CreateAccount, CreateGroup, CreatePermissionSet,
            CreateUnit, CreateUser, DeleteGroup, DeletePermissionSet, DeleteUnit, DeleteUser, Fail,
            GrantByHand, MoveAccount, RemoveAccount, RemoveMember, RenameGroup, RenameUnit,
            RevokeByHand, TagAccount, TagUnit, UntagAccount, UntagUnit, WriteRules,
        };
        let once = [
            CloseAccount,
            RemoveAccount,
            CreateUnit,
            DeleteUnit,
            RenameGroup,
            DeleteGroup,
            CreateUser,
            DeleteUser,
            CreatePermissionSet,
            DeletePermissionSet,
        ];
        let twice = [
            CreateAccount,
            RenameUnit,
            UntagAccount,
            TagUnit,
            UntagUnit,
            CreateGroup,
            ChangeUser,
            RemoveMember,
            WriteRules,
        ];
        let often = [MoveAccount, TagAccount, AddMember, GrantByHand, RevokeByHand, Fail];
        let twice = twice.into_iter().chain(twice);
        let often = often.into_iter().chain(often).chain(often);
        once.into_iter().chain(twice).chain(often).collect()
    }
}

/// What people write: names that the rules know, and some that they do not.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) accounts: &'static [&'static str],
    pub(super) units: &'static [&'static str],
    /// Keys, each with its values.
    pub(super) tags: &'static [(&'static str, &'static [&'static str])],
    pub(super) unit_tags: &'static [(&'static str, &'static [&'static str])],
    pub(super) groups: &'static [&'static str],
    /// Paths as the Identity Store has them, each with its values.
    pub(super) attributes: &'static [(&'static str, &'static [&'static str])],
}

/// In Bob's company.
pub(super) const BOBS_WORDS: Words = Words {
    accounts: &["shop-prod", "web-test", "lab", "data-prod"],
    units: &["Test", "Prod", "Sandbox", "Workloads", "Teams"],
    tags: &[
        ("environment", &["sandbox", "test", "production"]),
        ("team", &["web", "data"]),
        ("frozen", &["yes"]),
        ("access/team-a", &["PowerUserAccess", "ViewOnlyAccess Extra-0"]),
        ("cost-center", &["4711", "4712"]),
        ("legal-hold", &["yes"]),
    ],
    unit_tags: &[("tier", &["core", "edge"]), ("floor", &["1"])],
    groups: &[
        "team-a",
        "team-b",
        "aws-web-test-ViewOnlyAccess",
        "aws-shop-prod-PowerUserAccess",
        "break-glass-more",
        "visitors",
    ],
    attributes: &[
        ("aws:identitystore:enterprise.department", &["Platform", "Sales"]),
        ("title", &["Data Engineer", "Manager"]),
        ("nickName", &["Bee"]),
    ],
};

/// What may fail, in whatever way.
const OPERATIONS: [&str; 17] = [
    "organizations:DescribeAccount",
    "organizations:DescribeOrganizationalUnit",
    "organizations:ListAccounts",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListTagsForResource",
    "sso-admin:DescribePermissionSet",
    "sso-admin:ListAccountAssignments",
    "sso-admin:ListAccountAssignmentsForPrincipal",
    "sso-admin:ListPermissionSets",
    "sso-admin:ListPermissionSetsProvisionedToAccount",
    "identitystore:DescribeGroup",
    "identitystore:ListGroupMemberships",
    "identitystore:ListGroups",
    "identitystore:ListUsers",
    "sso-admin:CreateAccountAssignment",
    "sso-admin:DeleteAccountAssignment",
    "sqs:SendMessage",
];
const ERRORS: [(&str, u16); 4] = [
    ("ThrottlingException", 400),
    ("AccessDeniedException", 400),
    ("InternalServerException", 500),
    ("ConflictException", 400),
];

/// All of them together.
pub(super) struct People {
    local: Arc<Local>,
    router: Router,
    witness: Arc<Witness>,
    /// Where all of them are, for AWS.
    management_account: AccountId,
    /// The account that Usher runs in, which nobody closes.
    home: Option<String>,
    manners: Manners,
    seen: RefCell<Option<(usize, Rc<There>)>>,
    told: RefCell<Told>,
}

/// How people go about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manners {
    pub(super) words: &'static Words,
    /// After how many deeds they look again at what is there. Whoever has an old page before them is
    /// refused more often.
    pub(super) look_after: usize,
}

/// What AWS told people.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// How often it did what it was asked to, by what that was.
    pub(super) done: BTreeMap<String, u64>,
    /// How often it refused, by the code of the error.
    pub(super) refused: BTreeMap<String, u64>,
}

impl People {
    pub(super) fn new(
        local: Arc<Local>,
        witness: Arc<Witness>,
        home: Option<String>,
        manners: Manners,
    ) -> Self {
        let router = local.router();
        let management_account = local.organization().organization.management_account_id;
        let (seen, told) = (RefCell::default(), RefCell::default());
        Self { local, router, witness, management_account, home, manners, seen, told }
    }

    /// Does it to what the numbers pick; tells what was done, and what AWS said against it.
    pub(super) async fn does(&self, deed: Deed, picks: [u32; 3], number: usize) -> String {
        let there = self.there();
        let Some((target, body)) = self.request(deed, &there, picks, number).await else {
            return format!("{deed:?}: there is nothing to do it to");
        };
        match self.asks(&target, &body).await {
            Ok(_) => format!("{target} {body}"),
            Err(code) => format!("{target} {body}: {code}"),
        }
    }

    /// What AWS told people so far.
    pub(super) fn told(&self) -> Told {
        self.told.borrow().clone()
    }

    /// Forgets what was there a while ago.
    pub(super) fn look_away(&self) {
        self.seen.take();
    }

    /// What is there, or was a while ago.
    fn there(&self) -> Rc<There> {
        let mut seen = self.seen.borrow_mut();
        if let Some((deeds, there)) = &mut *seen
            && *deeds < self.manners.look_after
        {
            *deeds += 1;
            return Rc::clone(there);
        }
        let there = Rc::new(There::new(self.local.organization(), self.home.as_deref()));
        *seen = Some((1, Rc::clone(&there)));
        there
    }

    async fn request(
        &self,
        deed: Deed,
        there: &There,
        picks: [u32; 3],
        number: usize,
    ) -> Option<(String, Value)> {
        let [a, b, c] = picks;
        let words = self.manners.words;
        let store = &there.organization.instance.identity_store_id;
        let organizations = |name: &str, body: Value| Some((organizations(name), body));
        let directory = |name: &str, mut body: Value| {
            body["IdentityStoreId"] = json!(store);
            Some((format!("AWSIdentityStore.{name}"), body))
        };
        match deed {
            Deed::CreateAccount => organizations(
                "CreateAccount",
                json!({"AccountName": pick(words.accounts, a)?, "Email": format!("aws+{number}@example.com"),
                    "Tags": [tag(words.tags, b, c)]}),
            ),
            Deed::MoveAccount => {
                let account = pick(&there.accounts, a)?;
                organizations(
                    "MoveAccount",
                    json!({"AccountId": account.id, "SourceParentId": account.parent_id,
                        "DestinationParentId": pick(&there.units, b)?.id}),
                )
            }
            Deed::CloseAccount => {
                organizations("CloseAccount", json!({"AccountId": pick(&there.accounts, a)?.id}))
            }
            Deed::RemoveAccount => organizations(
                "RemoveAccountFromOrganization",
                json!({"AccountId": pick(&there.accounts, a)?.id}),
            ),
            Deed::CreateUnit => organizations(
                "CreateOrganizationalUnit",
                json!({"ParentId": pick(&there.units, a)?.id, "Name": pick(words.units, b)?,
                    "Tags": [tag(words.unit_tags, c, c / 2)]}),
            ),
            Deed::RenameUnit => organizations(
                "UpdateOrganizationalUnit",
                json!({"OrganizationalUnitId": pick(&there.units, a)?.id, "Name": pick(words.units, b)?}),
            ),
            Deed::DeleteUnit => organizations(
                "DeleteOrganizationalUnit",
                json!({"OrganizationalUnitId": pick(&there.units, a)?.id}),
            ),
            Deed::TagAccount => organizations(
                "TagResource",
                json!({"ResourceId": pick(&there.accounts, a)?.id, "Tags": [tag(words.tags, b, c)]}),
            ),
            Deed::UntagAccount => organizations(
                "UntagResource",
                json!({"ResourceId": pick(&there.accounts, a)?.id, "TagKeys": [pick(words.tags, b)?.0]}),
            ),
            Deed::TagUnit => organizations(
                "TagResource",
                json!({"ResourceId": pick(&there.units, a)?.id, "Tags": [tag(words.unit_tags, b, c)]}),
            ),
            Deed::UntagUnit => organizations(
                "UntagResource",
                json!({"ResourceId": pick(&there.units, a)?.id, "TagKeys": [pick(words.unit_tags, b)?.0]}),
            ),
            Deed::CreateGroup => {
                directory("CreateGroup", json!({"DisplayName": pick(words.groups, a)?}))
            }
            Deed::RenameGroup => {
                let name = json!({"AttributePath": "displayName", "AttributeValue": pick(words.groups, b)?});
                let group = &pick(&there.groups, a)?.id;
                directory("UpdateGroup", json!({"GroupId": group, "Operations": [name]}))
            }
            // Never the last one: a directory without any group, while groups hold assignments, is taken for one
            // that was not read, and then nothing is revoked.
            Deed::DeleteGroup if there.groups.len() > 1 => {
                directory("DeleteGroup", json!({"GroupId": pick(&there.groups, a)?.id}))
            }
            Deed::DeleteGroup => None,
            Deed::CreateUser => directory(
                "CreateUser",
                json!({"UserName": format!("new-{}@example.com", a % 4), "DisplayName": "New",
                    "Name": {"GivenName": "New", "FamilyName": "Person"}, "Title": "Data Engineer"}),
            ),
            Deed::ChangeUser => {
                let (path, values) = pick(words.attributes, b)?;
                let change = json!({"AttributePath": path, "AttributeValue": pick(values, c)?});
                let user = &pick(&there.users, a)?.id;
                directory("UpdateUser", json!({"UserId": user, "Operations": [change]}))
            }
            Deed::DeleteUser => {
                directory("DeleteUser", json!({"UserId": pick(&there.users, a)?.id}))
            }
            Deed::AddMember => directory(
                "CreateGroupMembership",
                json!({"GroupId": pick(&there.groups, a)?.id,
                    "MemberId": {"UserId": pick(&there.users, b)?.id}}),
            ),
            Deed::RemoveMember => {
                let group = &pick(&there.groups, a)?.id;
                let members = there.members(group);
                let member = json!({"UserId": pick(&members, b)?.id});
                let (target, body) = directory(
                    "GetGroupMembershipId",
                    json!({"GroupId": group, "MemberId": member}),
                )?;
                let id = self.asks(&target, &body).await.ok()?;
                directory("DeleteGroupMembership", json!({"MembershipId": id["MembershipId"]}))
            }
            Deed::GrantByHand => {
                let account = &pick(&there.accounts, a)?.id;
                let set = &pick(&there.sets, b)?.arn;
                let principal = pick(&there.principals, c)?;
                Some(there.assignment("Create", &json!(account), &json!(set), principal))
            }
            Deed::RevokeByHand => {
                let assignment = pick(&there.organization.assignments, a)?;
                let (account, set) = (&assignment.account_id, &assignment.permission_set_arn);
                let principal = &assignment.principal;
                Some(there.assignment("Delete", &json!(account), &json!(set), principal))
            }
            Deed::CreatePermissionSet => {
                let body =
                    json!({"InstanceArn": there.instance(), "Name": format!("Extra-{}", a % 2)});
                Some(("SWBExternalService.CreatePermissionSet".to_owned(), body))
            }
            Deed::DeletePermissionSet => {
                let set = &pick(&there.sets, a)?.arn;
                let body = json!({"InstanceArn": there.instance(), "PermissionSetArn": set});
                Some(("SWBExternalService.DeletePermissionSet".to_owned(), body))
            }
            Deed::Fail => {
                self.local.fail(fault(a, b, c));
                None
            }
            Deed::WriteRules => None,
        }
    }

    /// Asks AWS for something, as a person in the management account.
    async fn asks(&self, target: &str, body: &Value) -> Result<Value, String> {
        let key = &self.management_account;
        self.witness.look();
        let request = Request::post("/")
            .header("x-amz-target", target)
            .header("authorization", format!("AWS4-HMAC-SHA256 Credential={key}/20260504/"))
            .body(Body::from(body.to_string()))
            .unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        self.witness.look();
        let is_good = answer.status().is_success();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let mut told = self.told.borrow_mut();
        let Told { done, refused } = &mut *told;
        if is_good {
            let (_, operation) = target.split_once('.').unwrap();
            *done.entry(operation.to_owned()).or_default() += 1;
            Ok(body)
        } else {
            let code = reading::text(&body["__type"]);
            *refused.entry(code.clone()).or_default() += 1;
            Err(code)
        }
    }
}

fn organizations(name: &str) -> String {
    format!("AWSOrganizationsV20161128.{name}")
}

fn pick<T>(all: &[T], number: u32) -> Option<&T> {
    all.get(usize::try_from(number).unwrap().checked_rem(all.len())?)
}

fn tag(all: &[(&str, &[&str])], key: u32, value: u32) -> Value {
    let (key, values) = pick(all, key).unwrap();
    json!({"Key": key, "Value": pick(values, value).unwrap()})
}

/// A call that fails once or twice, or an assignment that is accepted and fails.
fn fault(operation: u32, error: u32, times: u32) -> Fault {
    let operation = *pick(&OPERATIONS, operation).unwrap();
    let is_write = operation.ends_with("AccountAssignment");
    let error = match pick(&ERRORS, error).unwrap() {
        ("ConflictException", _) if is_write => {
            FaultKind::AssignmentFails { reason: "Received a 500 status error".to_owned() }
        }
        (code, status) => FaultKind::Error {
            code: (*code).to_owned(),
            message: "not now".to_owned(),
            status: *status,
        },
    };
    Fault {
        operation: operation.to_owned(),
        error,
        account_id: None,
        times: Some(times % 3 + 1),
        probability: Probability::ALWAYS,
    }
}

/// What is there, in an order that a second run of the same case finds again: by name, as ids are
/// random.
struct There {
    organization: Organization,
    /// Those that somebody may do something to.
    accounts: Vec<Account>,
    units: Vec<OrganizationalUnit>,
    groups: Vec<Group>,
    users: Vec<User>,
    sets: Vec<PermissionSet>,
    /// Groups more often than users.
    principals: Vec<Principal>,
}

impl There {
    fn new(organization: Organization, home: Option<&str>) -> Self {
        let management = &organization.organization.management_account_id;
        let mut accounts = organization.accounts.clone();
        accounts.retain(|account| account.id != *management && home != Some(account.id.as_str()));
        accounts.sort_by(|one, other| (&one.name, &one.email).cmp(&(&other.name, &other.email)));
        let mut units = organization.organizational_units.clone();
        units.sort_by(|one, other| one.name.cmp(&other.name));
        let mut groups = organization.groups.clone();
        groups.sort_by(|one, other| one.display_name.cmp(&other.display_name));
        let mut users = organization.users.clone();
        users.sort_by(|one, other| one.user_name.cmp(&other.user_name));
        let mut sets = organization.permission_sets.clone();
        sets.sort_by(|one, other| one.name.cmp(&other.name));
        let principals = principals(&groups, &users);
        Self { organization, accounts, units, groups, users, sets, principals }
    }

    fn instance(&self) -> &str {
        self.organization.instance.instance_arn.as_str()
    }

    fn members(&self, group: &GroupId) -> Vec<&User> {
        let memberships = self.organization.memberships.iter();
        let of_group = memberships.filter(|one| one.group_id == *group);
        let ids: BTreeSet<_> = of_group.map(|one| &one.user_id).collect();
        self.users.iter().filter(|user| ids.contains(&user.id)).collect()
    }

    fn assignment(
        &self,
        what: &str,
        account: &Value,
        set: &Value,
        principal: &Principal,
    ) -> (String, Value) {
        let body = json!({
            "InstanceArn": self.instance(), "TargetId": account, "TargetType": "AWS_ACCOUNT",
            "PermissionSetArn": set, "PrincipalType": principal.kind(), "PrincipalId": principal.id(),
        });
        (format!("SWBExternalService.{what}AccountAssignment"), body)
    }
}

fn principals(groups: &[Group], users: &[User]) -> Vec<Principal> {
    let groups = groups.iter().map(|group| Principal::Group(group.id.clone()));
    let users = users.iter().map(|user| Principal::User(user.id.clone()));
    groups.clone().chain(groups.clone()).chain(groups).chain(users).collect()
}
