//! The first law on the wire: whichever single read of AWS fails, and however, nothing is revoked that
//! the full truth would not have revoked, nothing is granted that it would not have granted, and the
//! gap is told.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use shared::{
    decide::decide,
    lane::LaneMessage,
    organization::Assignment,
    plan::{Action, Change},
    runtime::Batch,
    scope::Scope,
};
use tokio::{
    sync::Semaphore,
    task::{JoinSet, LocalSet},
};

use crate::support::{
    self,
    local_aws::{LocalAws, quick},
    organization::{Company, account_id, company, group_id, permission_set_arn, user_id},
    page,
    wire_faults::{BadWire, Harm, Spoilt},
};

/// Rules that ask for everything that can be asked for.
const RULES: &str = r#"version: 1
manage: {unlisted: revoke, users: true, max_revocations: 100%}
protect:
  - groups: [break-glass-*]
rules:
  - {name: by-unit, permission_sets: Power, groups: Engineering, accounts: {organizational_unit: /Workloads}}
  - {name: by-tag, permission_sets: View, groups: Auditors, accounts: {tags: {team: payments}}}
  - {name: by-tag-of-a-unit, permission_sets: View, groups: Engineering, accounts: {organizational_unit_tags: {tier: core}}}
  - {name: crowd, permission_sets: Admin, groups: Engineering, members: {at_least: 2}, accounts: {name: pay}}
  - {name: leads, permission_sets: Admin, users: [{in_group: Engineering, attributes: {department: Platform}}], accounts: {name: "*p*"}}
"#;

/// In each account something that the rules grant and something that they do not, is there and is not.
fn bobs_company() -> Company {
    company()
        .unit("/Workloads")
        .unit("/Workloads/Prod")
        .unit_tagged("/Workloads", "tier", "core")
        .unit("/Sandbox")
        .account("pay", "/Workloads/Prod")
        .tagged("team", "payments")
        .account("shop", "/Sandbox")
        .tagged("team", "payments")
        .account("identity", "/Sandbox")
        .group("Engineering")
        .group("Auditors")
        .group("break-glass-admins")
        .group("Visitors")
        .user("mary")
        .with("department", "Platform")
        .user("bob")
        .user("eve")
        .member("mary", "Engineering")
        .member("bob", "Engineering")
        .member("eve", "Visitors")
        .permission_set("Power")
        .permission_set("View")
        .permission_set("Admin")
        .assigned("Power", "Engineering", "pay")
        .assigned("View", "Auditors", "pay")
        .assigned("Admin", "Engineering", "pay")
        .assigned("Admin", "break-glass-admins", "pay")
        .assigned("Power", "Visitors", "pay")
        .assigned("View", "a group of last year", "pay")
        .assigned_to("Admin", "mary", "pay")
        .assigned_to("View", "eve", "pay")
        .assigned("View", "Auditors", "shop")
        .assigned("View", "Engineering", "shop")
        .assigned("Power", "Engineering", "shop")
        .assigned_to("Admin", "mary", "shop")
        .assigned("Admin", "break-glass-admins", "shop")
}

/// A way to look, which leads to some of the calls that there are.
#[derive(Clone)]
struct Way {
    scope: Scope,
    /// Whether it is looked from the management account, which may list by principal.
    from_management: bool,
    /// Groups of other people: with many, the directory is asked by name.
    other_groups: usize,
}

fn ways() -> Vec<Way> {
    let way = |scope, from_management| Way { scope, from_management, other_groups: 0 };
    let account = Scope::account(account_id("pay"));
    let named = Scope {
        groups: BTreeSet::from([group_id("Engineering"), group_id("a group of last year")]),
        users: BTreeSet::from([user_id("mary"), user_id("eve")]),
        ..Scope::default()
    };
    let permission_set =
        Scope { permission_sets: BTreeSet::from([permission_set_arn("View")]), ..Scope::default() };
    vec![
        way(Scope::everything(), true),
        way(Scope::everything(), false),
        Way { other_groups: 30, ..way(account, false) },
        way(named, true),
        way(permission_set, true),
    ]
}

/// What a run left behind.
struct Left {
    before: BTreeSet<Assignment>,
    after: BTreeSet<Assignment>,
    calls: BTreeMap<String, usize>,
    /// Nothing, when so little could be read that there was no plan.
    batch: Option<Batch>,
    announced_gaps: usize,
    is_sweep: bool,
    from_management: bool,
}

async fn look(way: &Way, spoilt: Option<Spoilt>) -> Left {
    let caller = (!way.from_management).then(|| account_id("identity"));
    let settings = local::Settings { page_size: Some(2), caller, ..quick() };
    let company = bobs_company().other_groups(way.other_groups);
    let aws = LocalAws::with(company, RULES, settings).await;
    let (wire, endpoint) = BadWire::to(&aws.local.endpoint(), spoilt).await;
    let all = || aws.local.organization().assignments.into_iter().collect();
    let before = all();
    let message = LaneMessage { scope: way.scope.clone(), ..LaneMessage::default() };
    let batch = aws.usher_at(&endpoint).await.take(&[message.body()]).await.ok();
    let gaps = aws
        .announced("Sweep Finished")
        .iter()
        .map(|event| event["gaps"].as_array().map_or(0, Vec::len))
        .sum();
    let is_sweep = way.scope.is_everything();
    Left {
        before,
        after: all(),
        calls: wire.calls(),
        batch,
        announced_gaps: gaps,
        is_sweep,
        from_management: way.from_management,
    }
}

/// The calls of a way that can be spoilt: all that read.
fn reads(calls: &BTreeMap<String, usize>) -> BTreeMap<String, usize> {
    let is_read = |name: &str| OPERATIONS.iter().any(|(_, operations)| operations.contains(&name));
    calls
        .iter()
        .filter(|(name, _)| is_read(name))
        .map(|(name, count)| (name.clone(), *count))
        .collect()
}

fn spoilings(calls: &BTreeMap<String, usize>) -> Vec<Spoilt> {
    let mut all = Vec::new();
    for (operation, count) in reads(calls) {
        let spoilt = |harm, from, times| Spoilt { operation: operation.clone(), from, times, harm };
        let last = count - 1;
        let pages: BTreeSet<usize> =
            [0, 1, last].into_iter().filter(|page| *page < count).collect();
        all.extend(pages.into_iter().map(|page| spoilt(Harm::Denied, page, 1)));
        // Once is passed over by the SDK's own retry; to the end is not.
        all.extend([
            spoilt(Harm::CutShort, 0, 1),
            spoilt(Harm::CutShort, last, usize::MAX),
            spoilt(Harm::Halved, last, usize::MAX),
            spoilt(Harm::Throttled, last, usize::MAX),
        ]);
    }
    all
}

/// What the rules make of the full truth. A listing by principal does not show what those have who are
/// gone, but what is refused from there may be looked at otherwise.
fn full_truth(way: &Way) -> [BTreeSet<Assignment>; 2] {
    let company = bobs_company().other_groups(way.other_groups);
    let now = "2026-03-02T15:42:00Z".parse().unwrap();
    let plan = decide(&support::rules(RULES), &company.0, now, &way.scope);
    [Action::Create, Action::Delete].map(|action| {
        let changes = plan.changes.iter().filter(|change| change.action == action);
        changes.map(Change::assignment).collect()
    })
}

fn check(
    spoilt: &Spoilt,
    truth: &Left,
    [creates, deletes]: &[BTreeSet<Assignment>; 2],
    left: &Left,
) {
    let went = left.before.difference(&left.after);
    for assignment in went {
        assert!(deletes.contains(assignment), "{spoilt:?}: {assignment:?} went");
    }
    let came = left.after.difference(&left.before);
    for assignment in came {
        assert!(creates.contains(assignment), "{spoilt:?}: {assignment:?} came");
    }
    let Some(batch) = &left.batch else {
        return assert_eq!(left.before, left.after, "{spoilt:?}: nothing was known");
    };
    let reconciled = batch.reconciled.as_ref().unwrap();
    let asked = left.calls.get(&spoilt.operation).copied().unwrap_or_default();
    // Listings by principal that are refused are made up for by those of pairs.
    // Where a delegated administrator may not see what the management account has, AWS's own refusal says
    // what is not theirs to change; that is asked first.
    let is_of_management = !truth.from_management
        && spoilt.operation == "ListPermissionSetsProvisionedToAccount"
        && spoilt.from == 0;
    let is_made_up_for =
        spoilt.operation == "ListAccountAssignmentsForPrincipal" || is_of_management;
    let is_sweep = truth.is_sweep;
    let is_spoilt = spoilt.times > 1 || spoilt.harm == Harm::Denied;
    if is_spoilt && asked > spoilt.from && !is_made_up_for {
        let gaps = &reconciled.plan.gaps;
        let names = |reason: &str| reason.contains(&format!(":{}: ", spoilt.operation));
        assert!(gaps.iter().any(|gap| names(&gap.reason)), "{spoilt:?}: {gaps:?}");
        assert!(!is_sweep || left.announced_gaps == gaps.len(), "{spoilt:?}: the sweep tells");
    }
    if !is_spoilt {
        assert_eq!(left.after, truth.after, "{spoilt:?}: the SDK asks again");
    }
}

async fn no_read_that_fails_revokes(way: Way) {
    let truth = Rc::new(look(&way, None).await);
    let full_truth = Rc::new(full_truth(&way));
    assert_ne!(truth.before, truth.after);
    let at_once = Rc::new(Semaphore::new(6));
    let cases = LocalSet::new();
    cases
        .run_until(async {
            let mut running = JoinSet::new();
            for spoilt in spoilings(&truth.calls) {
                let (way, truth, at_once) = (way.clone(), Rc::clone(&truth), Rc::clone(&at_once));
                let full_truth = Rc::clone(&full_truth);
                running.spawn_local(async move {
                    let _turn = at_once.acquire().await.unwrap();
                    let left = look(&way, Some(spoilt.clone())).await;
                    check(&spoilt, &truth, &full_truth, &left);
                });
            }
            while let Some(done) = running.join_next().await {
                done.unwrap();
            }
        })
        .await;
}

#[tokio::test]
async fn a_sweep_from_the_management_account_revokes_nothing_on_a_guess() {
    no_read_that_fails_revokes(ways()[0].clone()).await;
}

#[tokio::test]
async fn a_sweep_from_another_account_revokes_nothing_on_a_guess() {
    no_read_that_fails_revokes(ways()[1].clone()).await;
}

#[tokio::test]
async fn a_look_at_an_account_revokes_nothing_on_a_guess() {
    no_read_that_fails_revokes(ways()[2].clone()).await;
}

#[tokio::test]
async fn a_look_at_groups_and_users_revokes_nothing_on_a_guess() {
    no_read_that_fails_revokes(ways()[3].clone()).await;
}

#[tokio::test]
async fn a_look_at_a_permission_set_revokes_nothing_on_a_guess() {
    no_read_that_fails_revokes(ways()[4].clone()).await;
}

/// What the SDK makes of half a body: an error, and never a shorter list. Where it can see that the
/// body is not whole, it asks again first.
#[tokio::test]
async fn half_a_body_is_no_answer() {
    for (harm, code) in [
        (Harm::CutShort, "UnreadableAnswer"),
        (Harm::Halved, "UnreadableAnswer"),
        (Harm::Lost, "NotReached"),
    ] {
        let operation = "ListGroups".to_owned();
        let spoilt = Spoilt { operation, from: 1, times: usize::MAX, harm };
        let left = look(&ways()[0], Some(spoilt)).await;
        let gaps = left.batch.unwrap().reconciled.unwrap().plan.gaps;
        let reasons: Vec<&str> = gaps.iter().map(|gap| gap.reason.as_str()).collect();
        assert_eq!(reasons, [format!("identitystore:ListGroups: {code}")], "{harm:?}");
        let asks_again = left.calls["ListGroups"] > 2;
        assert_eq!(
            asks_again,
            harm != Harm::Halved,
            "{harm:?}: {} calls",
            left.calls["ListGroups"]
        );
        assert!(left.announced_gaps > 0, "{harm:?}: the sweep tells");
    }
}

/// Every method of `Observe`, and the operations of AWS that it calls.
const OPERATIONS: [(&str, &[&str]); 20] = [
    ("facts", &["ListInstances", "DescribeOrganization", "ListRoots"]),
    ("accounts", &["ListAccounts"]),
    ("account", &["DescribeAccount"]),
    ("account_tags", &["ListTagsForResource"]),
    ("organizational_unit_tags", &["ListTagsForResource"]),
    ("organizational_unit_name", &["DescribeOrganizationalUnit"]),
    ("organizational_units_below", &["ListOrganizationalUnitsForParent"]),
    ("permission_sets", &["ListPermissionSets"]),
    ("permission_set_name", &["DescribePermissionSet"]),
    ("group_page", &["ListGroups"]),
    ("group_id", &["GetGroupId"]),
    ("group", &["DescribeGroup"]),
    ("users", &["ListUsers"]),
    ("user", &["DescribeUser"]),
    ("group_members", &["ListGroupMemberships"]),
    ("groups_of_member", &["ListGroupMembershipsForMember"]),
    ("provisioned_permission_sets", &["ListPermissionSetsProvisionedToAccount"]),
    ("assignments_of", &["ListAccountAssignmentsForPrincipal"]),
    ("accounts_with", &["ListAccountsForProvisionedPermissionSet"]),
    ("assignments", &["ListAccountAssignments"]),
];

/// A new way to read has to be spoilt, too.
#[tokio::test]
async fn no_way_to_read_is_forgotten() {
    let text = page::read("shared/src/observe/mod.rs");
    let (_, body) = text.split_once("pub trait Observe {").unwrap();
    let (body, _) = body.split_once("\n}\n").unwrap();
    let methods = body.lines().filter_map(|line| line.trim().strip_prefix("async fn "));
    let methods: BTreeSet<&str> = methods.filter_map(|line| line.split('(').next()).collect();
    let known: BTreeSet<&str> =
        OPERATIONS.iter().map(|(method, _)| *method).chain(["lists_by_principal"]).collect();
    assert_eq!(methods, known);

    let mut called = BTreeSet::new();
    for way in ways() {
        called.extend(reads(&look(&way, None).await.calls).into_keys());
    }
    let operations: BTreeSet<&str> =
        OPERATIONS.iter().flat_map(|(_, operations)| *operations).copied().collect();
    assert_eq!(called.iter().map(String::as_str).collect::<BTreeSet<_>>(), operations);
}
