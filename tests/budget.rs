//! What it costs to look, by the server's own count of calls: a new account the same in a small
//! organization and in a large one, a group its own pages, everything what there is and no more.

use std::collections::{BTreeMap, BTreeSet};

use local::Local;
use serde_json::{Value, json};
use shared::{
    lane::{Cause, LaneMessage},
    organization::{Group, Organization},
    runtime,
    scope::{Function, Scope},
};

use crate::support::{
    events::api_call,
    local_aws::{LocalAws, Usher, again, quick},
    organization::{
        Company, account_id, company, company_of, group_id, ten_rules, unit_id, user_id,
    },
};

/// What a new account with ten matching rules and ten groups may cost, however large the organization is.
///
/// Unit: calls that read.
const READS: u64 = 25;

/// The rules and the cache: files of this machine here, objects in S3 in Lambda, one read each.
const FILES: u64 = 2;

/// What a run cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cost {
    /// Calls that look at the organization, and those that read [`FILES`].
    reads: u64,
    /// Calls that ask how the writes are doing: as many as the time that AWS takes for them.
    polls: u64,
    writes: u64,
}

fn cost(calls: &BTreeMap<String, u64>) -> Cost {
    let sum = |test: &dyn Fn(&str) -> bool| -> u64 {
        calls.iter().filter(|(name, _)| test(name)).map(|(_, number)| number).sum()
    };
    let is_poll = |name: &str| name.starts_with("sso-admin:") && name.ends_with("Status");
    let is_write = |name: &str| {
        let writes =
            ["CreateAccountAssignment", "DeleteAccountAssignment", "SendMessage", "PutEvents"];
        name.split_once(':').is_some_and(|(_, operation)| writes.contains(&operation))
    };
    Cost {
        reads: sum(&|name| !is_poll(name) && !is_write(name)) + FILES,
        polls: sum(&is_poll),
        writes: sum(&|name| name.ends_with("AccountAssignment")),
    }
}

/// Looks at the new account, and counts.
async fn look(aws: &LocalAws, usher: &Usher) -> Cost {
    let cause = Cause { event: "MoveAccount".to_owned(), ..Cause::default() };
    cost(&calls_to(aws, usher, Scope::account(account_id("new")), cause).await)
}

/// The calls that a message leads to, which is done then.
async fn calls_to(
    aws: &LocalAws,
    usher: &Usher,
    scope: Scope,
    cause: Cause,
) -> BTreeMap<String, u64> {
    let before = aws.local.calls();
    let message = LaneMessage { scope, cause, ..LaneMessage::default() };
    let batch = usher.take(&[message.body()]).await.unwrap();
    assert!(again(&batch).is_empty());
    since(&aws.local, &before)
}

fn since(local: &Local, before: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let since =
        |(name, number): (String, u64)| (name.clone(), number - before.get(&name).unwrap_or(&0));
    local.calls().into_iter().map(since).filter(|(_, number)| *number > 0).collect()
}

/// Prints a line of the table that a reviewer wants to see.
#[expect(clippy::print_stdout, reason = "the numbers themselves, for `--no-capture`")]
fn tell(what: &str, accounts: usize, groups: usize, Cost { reads, polls, writes }: Cost) {
    println!(
        "{what:<42} {accounts:>4} accounts {groups:>4} groups: {reads:>3} reads, {polls:>3} polls, {writes:>3} writes"
    );
}

/// The first look of a process that knows nothing, and that of one after it.
async fn first_looks(accounts: usize, groups: usize) -> [Cost; 2] {
    let aws = LocalAws::start(company_of(accounts, groups), &ten_rules()).await;
    let usher = aws.usher().await;
    let cold = look(&aws, &usher).await;
    tell("cold, nothing cached", accounts, groups, cold);
    assert_eq!((cold.writes, aws.access(&account_id("new")).len()), (10, 10));
    take_away(&aws, &usher).await;
    let warm = look(&aws, &usher).await;
    tell("warm", accounts, groups, warm);
    assert_eq!((warm.writes, aws.access(&account_id("new")).len()), (10, 10));
    [cold, warm]
}

/// Makes the account as new again: rules that grant nothing, followed once.
async fn take_away(aws: &LocalAws, usher: &Usher) {
    aws.write_rules("{version: 1, manage: {unlisted: revoke, max_revocations: 10}, rules: []}");
    usher.look_at(&[account_id("new")]).await.unwrap();
    assert!(aws.access(&account_id("new")).is_empty());
    aws.write_rules(&ten_rules());
}

#[tokio::test]
async fn a_new_account_costs_as_little_in_a_large_organization() {
    let small = first_looks(12, 10).await;
    let large = first_looks(400, 10).await;
    assert_eq!(small.map(|cost| cost.reads), large.map(|cost| cost.reads));
    for cost in small.iter().chain(&large) {
        assert!(cost.reads <= READS, "{cost:?}");
    }
}

#[tokio::test]
async fn with_many_groups_a_new_account_costs_their_pages() {
    let aws = LocalAws::start(company_of(400, 250), &ten_rules()).await;
    let usher = aws.usher_with_cache().await;
    // Permission sets' names never change, so only the very first run of an installation has to ask for them. That is
    // never an account's: the look at everything that follows the first rules stands before it on the lane.
    aws.write_rules("{version: 1, manage: {unlisted: report}, rules: []}");
    let first_ever = calls_to(&aws, &usher, Scope::rules_changed(), Cause::default()).await;
    assert_eq!(first_ever["sso-admin:DescribePermissionSet"], 12);
    take_away(&aws, &usher).await;
    let warm = look(&aws, &usher).await;
    tell("warm", 400, 250, warm);
    take_away(&aws, &usher).await;
    let cold = look(&aws, &aws.usher_with_cache().await).await;
    tell("cold, permission sets' names cached", 400, 250, cold);
    assert_eq!(aws.calls_of("identitystore:GetGroupId"), 0);
    assert_eq!(aws.calls_of("sso-admin:DescribePermissionSet"), 12, "once, ever");
    for cost in [warm, cold] {
        assert!(cost.reads <= READS, "{cost:?}");
    }
}

/// Of the groups that a template cannot mean in the account, nobody asks who is in them.
#[tokio::test]
async fn members_are_read_of_the_groups_that_a_template_names() {
    let rules = "{version: 1, manage: {unlisted: revoke}, rules: [{name: by-name, group_name: \"AWS-{account}-{permission_set}\", permission_sets: \"*\", members: {at_least: 1}}]}";
    let company = company_of(12, 90).group("aws-new-View").group("aws-other-View");
    let company = company.permission_set("View").user("mary").member("mary", "aws-new-View");
    let aws = LocalAws::start(company, rules).await;
    look(&aws, &aws.usher().await).await;
    assert_eq!(aws.access(&account_id("new")).len(), 1);
    assert_eq!(aws.calls_of("identitystore:ListGroupMemberships"), 1);
}

#[tokio::test]
async fn an_account_that_is_as_it_should_be_costs_reads_only() {
    let aws = LocalAws::start(company_of(12, 10), &ten_rules()).await;
    let usher = aws.usher().await;
    look(&aws, &usher).await;
    let again = look(&aws, &usher).await;
    tell("warm, nothing to do", 12, 10, again);
    assert_eq!((again.writes, again.polls), (0, 0));
    assert!(again.reads <= READS, "{again:?}");
}

/// [`ten_rules`], with direct assignments under manage or not, and one rule more.
fn ten_rules_and(users: bool, rule: &str) -> String {
    let manage = format!("{{unlisted: revoke, users: {users}}}");
    ten_rules().replace("{unlisted: revoke}", &manage) + "- " + rule
}

/// How often users, members and single users are asked for, to look at the new account.
async fn calls_about_people(company: Company, rules: &str) -> [u64; 3] {
    let aws = LocalAws::start(company, rules).await;
    look(&aws, &aws.usher().await).await;
    ["ListUsers", "ListGroupMemberships", "DescribeUser"]
        .map(|operation| aws.calls_of(&format!("identitystore:{operation}")))
}

#[tokio::test]
async fn where_nothing_is_about_users_nobody_asks_for_them() {
    let leads =
        "{name: leads, permission_sets: Access0, users: [{in_group: team-0}], accounts: WHERE}\n";
    let here = leads.replace("WHERE", "{all: true}");
    let elsewhere = leads.replace("WHERE", "{organizational_unit: /Sandbox}");
    let nobody = "{name: none, permission_sets: Access0, groups: team-0, accounts: {all: true}}\n";
    let company = || company_of(12, 10).user("mary").member("mary", "team-0");
    let with_a_direct_assignment = company().assigned_to("Access1", "mary", "new");
    for (why, company, rules) in [
        ("users are not managed", with_a_direct_assignment, ten_rules_and(false, &here)),
        ("no rule and no assignment is about users", company(), ten_rules_and(true, nobody)),
        ("the rule about users holds elsewhere", company(), ten_rules_and(true, &elsewhere)),
    ] {
        assert_eq!(calls_about_people(company, &rules).await, [0, 0, 0], "{why}");
    }
}

#[tokio::test]
async fn users_and_members_cost_their_pages_and_no_call_for_each() {
    let leads = "{name: leads, permission_sets: Access0, users: [{in_group: team-0, attributes: {department: Platform}}], accounts: {all: true}}\n";
    let mut company = company_of(12, 10).other_users(150);
    for number in 0..150 {
        let user = format!("user-{number}");
        company = company.user(&user).with("department", "Platform").member(&user, "team-1");
        if number < 5 {
            company = company.assigned_to("Access1", &user, "new").member(&user, "team-0");
        }
    }
    let calls = calls_about_people(company.clone(), &ten_rules_and(true, leads)).await;
    assert_eq!(calls, [3, 1, 0]);
    // A group's size is asked of that group alone, and needs no list of users.
    let crowd = "{name: crowd, permission_sets: Access0, groups: team-1, members: {at_least: 150}, accounts: {all: true}}\n";
    let calls = calls_about_people(company, &ten_rules_and(false, crowd)).await;
    assert_eq!(calls, [0, 2, 0]);
}

/// Every tenth account is a production account, where five of [`ten_rules`] hold, and is as they say.
fn settled(accounts: usize, groups: usize) -> Company {
    let mut company = company().unit("/Workloads").unit("/Workloads/Prod").unit("/Sandbox");
    for number in 0..groups - 10 {
        company = company.group(&format!("others-{number}"));
    }
    for number in 0..10 {
        company = company.group(&format!("team-{number}")).user(&format!("user-{number}"));
        company = company.member(&format!("user-{number}"), &format!("team-{number}"));
    }
    for number in 0..12 {
        company = company.permission_set(&format!("Access{number}"));
    }
    for number in 1..accounts {
        let name = format!("member-{number}");
        let is_production = number.is_multiple_of(10);
        let unit = if is_production { "/Workloads/Prod" } else { "/Sandbox" };
        company = company.account(&name, unit).tagged("team", "data");
        if is_production {
            for rule in (0..10).step_by(2) {
                company =
                    company.assigned(&format!("Access{rule}"), &format!("team-{rule}"), &name);
            }
        }
    }
    company
}

/// [`ten_rules`], the first of which asks whether its group has members.
fn ten_rules_with_members() -> String {
    ten_rules().replace("groups: [team-0]", "groups: [team-0]\n  members: {at_least: 1}")
}

/// The rules for an organization of that size. In a large one, half of them: without those that ask for tags, which are one
/// call an account the first time, and prove nothing that a smaller one does not.
fn rules_for(accounts: usize) -> String {
    let rules = ten_rules_with_members();
    if accounts <= 400 {
        return rules;
    }
    let tagged = "{tags: {team: payments, environment: production}}";
    rules.replace(tagged, "{organizational_unit: /Nowhere}")
}

/// What an organization has, for whoever has to pay for a look at it.
struct Size {
    accounts: u64,
    groups: u64,
    /// Pages of the listings of accounts and of groups; the one of permission sets; and, of the tree, one
    /// for each unit that has others below it.
    pages: u64,
    /// Pairs of an account and a permission set with assignments.
    pairs: u64,
    /// Pages of all principals' assignments, beyond the first of each.
    further_pages: u64,
}

impl Size {
    fn of(organization: &Organization) -> Self {
        let pairs: BTreeSet<_> = organization
            .assignments
            .iter()
            .map(|one| (&one.account_id, &one.permission_set_arn))
            .collect();
        let rows = |group: &Group| {
            let held = organization.assignments.iter();
            held.filter(|one| one.principal.id() == group.id.as_str()).count().max(1)
        };
        let further =
            organization.groups.iter().map(|group| (rows(group).div_ceil(100) - 1) as u64);
        let (accounts, groups) = (organization.accounts.len(), organization.groups.len());
        Self {
            accounts: accounts as u64,
            groups: groups as u64,
            pages: (accounts.div_ceil(20) + groups.div_ceil(100) + 1 + 3) as u64,
            pairs: pairs.len() as u64,
            further_pages: further.sum(),
        }
    }
}

/// The instance, the organization and its root: once in the life of a process; and who is in the one
/// group whose members a rule asks for.
const FACTS_AND_MEMBERS: u64 = 4;

async fn sweep(aws: &LocalAws, usher: &Usher) -> BTreeMap<String, u64> {
    calls_to(aws, usher, Scope::everything(), Cause::default()).await
}

fn tell_of(
    what: &str,
    Size { accounts, groups, .. }: &Size,
    calls: &BTreeMap<String, u64>,
) -> Cost {
    let cost = cost(calls);
    tell(what, *accounts as usize, *groups as usize, cost);
    assert_eq!((cost.writes, cost.polls), (0, 0), "nothing is to be done");
    cost
}

/// What nobody ever calls: what it would tell is told by something cheaper.
fn nothing_is_wasted(aws: &LocalAws) {
    let calls = aws.local.calls();
    for operation in
        ["organizations:ListParents", "organizations:ListChildren", "identitystore:DescribeUser"]
    {
        assert!(!calls.contains_key(operation), "{operation}");
    }
    assert_eq!(calls["sso-admin:DescribePermissionSet"], 12, "each permission set once, ever");
}

/// From the management account. Returns what a group's event costs beyond its own pages.
async fn prices_in(accounts: usize, groups: usize) -> u64 {
    let company = settled(accounts, groups);
    let size = Size::of(&company.0);
    let aws = LocalAws::start(company, &rules_for(accounts)).await;
    let usher = aws.usher().await;
    tell_of("management: first sweep, nothing cached", &size, &sweep(&aws, &usher).await);

    let calls = sweep(&aws, &usher).await;
    let Cost { reads, .. } = tell_of("management: sweep, nothing to do", &size, &calls);
    let budget = size.groups + size.pages + size.further_pages + FACTS_AND_MEMBERS + FILES;
    assert!(reads <= budget, "{reads} of {budget}: {calls:?}");
    assert!(!calls.contains_key("organizations:ListTagsForResource"), "tags are remembered");
    assert!(
        !calls.contains_key("sso-admin:ListAccountAssignments"),
        "by principal, which is cheaper"
    );

    let group = Scope::group(group_id("team-0"));
    let calls = calls_to(&aws, &usher, group, Cause::default()).await;
    let Cost { reads, .. } = tell_of("management: a group's event", &size, &calls);
    assert!(calls.keys().all(|name| !name.starts_with("organizations:")), "{calls:?}");
    nothing_is_wasted(&aws);
    reads - calls["sso-admin:ListAccountAssignmentsForPrincipal"]
}

#[tokio::test]
async fn a_look_from_the_management_account_costs_groups_and_pages() {
    let small = prices_in(12, 10).await;
    let middle = prices_in(400, 100).await;
    let large = prices_in(5_000, 250).await;
    assert_eq!(
        [small, middle],
        [middle, large],
        "a group's event costs its own pages and a constant"
    );
    assert!(large <= 10, "{large}");
}

/// As [`settled`], with somebody in a group that a rule asks users to be in.
fn settled_with_a_lead(accounts: usize, groups: usize) -> Company {
    settled(accounts, groups).assigned_to("Access9", "user-9", "member-1")
}

fn rules_with_a_lead(accounts: usize) -> String {
    let rules =
        rules_for(accounts).replace("{unlisted: revoke}", "{unlisted: revoke, users: true}");
    let lead = "{name: lead, permission_sets: Access9, users: [{in_group: team-9}], accounts: {name: member-1}}";
    format!("{rules}- {lead}\n")
}

/// The calls that an event leads to, from the function that hears it to what is done.
async fn calls_of_event(
    aws: &LocalAws,
    usher: &Usher,
    (service, name): (&str, &str),
    parameters: Value,
) -> BTreeMap<String, u64> {
    let before = aws.local.calls();
    _ = aws.local.take_messages();
    let mut event = api_call(service, name, &parameters);
    // Unlike all others: the lane takes each event once.
    let number: u64 = before.values().sum();
    event["detail"]["eventID"] = json!(format!("0d5c2a9e-41b7-4c1f-9a57-{number:012}"));
    runtime::event(&usher.world, Function::GroupEvents, event).await.unwrap();
    let messages = aws.local.take_messages();
    let bodies: Vec<String> = messages.into_iter().map(|message| message.body).collect();
    assert!(!bodies.is_empty(), "{name} leads somewhere");
    assert!(again(&usher.take(&bodies).await.unwrap()).is_empty());
    since(&aws.local, &before)
}

/// What events cost that hide whom they are about, about a group that no rule asks anybody to be in.
async fn prices_of_hidden_members_in(accounts: usize, groups: usize) -> Vec<u64> {
    let company = settled_with_a_lead(accounts, groups);
    let size = Size::of(&company.0);
    let aws = LocalAws::start(company, &rules_with_a_lead(accounts)).await;
    let usher = aws.usher().await;
    tell_of("management: sweep, with a lead", &size, &sweep(&aws, &usher).await);
    let id = group_id("team-1");
    let patch =
        |path: &str| json!({"id": id, "httpBody": {"operations": [{"op": "ADD", "path": path}]}});
    let mut prices = Vec::new();
    for (service, name, parameters) in [
        ("identitystore", "UpdateGroup", json!({"groupId": id})),
        ("identitystore-scim", "PatchGroup", patch("displayName")),
        ("identitystore-scim", "PatchGroup", patch("members")),
        ("identitystore", "CreateGroup", json!({"groupId": group_id("created")})),
    ] {
        let calls = calls_of_event(&aws, &usher, (service, name), parameters).await;
        let Cost { reads, .. } = tell_of(&format!("management: {name} ({service})"), &size, &calls);
        assert!(calls.keys().all(|name| !name.starts_with("organizations:")), "{calls:?}");
        prices.push(reads);
    }
    // Who is in the group that a rule names may be anybody.
    let calls = calls_of_event(
        &aws,
        &usher,
        ("identitystore-scim", "PatchGroup"),
        json!({"id": group_id("team-9"), "httpBody": {"operations": [{"op": "ADD", "path": "members"}]}}),
    )
    .await;
    assert!(calls["sso-admin:ListAccountAssignmentsForPrincipal"] >= size.groups, "{calls:?}");
    prices
}

#[tokio::test]
async fn a_group_that_no_rule_asks_anybody_to_be_in_costs_itself() {
    let small = prices_of_hidden_members_in(12, 10).await;
    assert_eq!(small, prices_of_hidden_members_in(400, 100).await);
    assert_eq!(small, prices_of_hidden_members_in(5_000, 250).await);
    assert!(small.iter().all(|reads| *reads <= 10), "{small:?}");
}

async fn delegated_prices_in(accounts: usize, groups: usize) {
    let company = settled(accounts, groups);
    let size = Size::of(&company.0);
    let caller = Some(account_id("member-1"));
    let settings = local::Settings { caller, ..quick() };
    let aws = LocalAws::with(company, &rules_for(accounts), settings).await;
    let usher = aws.usher().await;
    // The first look of a process asks for what does not change.
    calls_to(&aws, &usher, Scope::account(account_id("member-10")), Cause::default()).await;
    let calls = sweep(&aws, &usher).await;
    let Cost { reads, .. } = tell_of("delegated: sweep, nothing to do", &size, &calls);
    let budget = size.accounts + size.pairs + size.pages + FACTS_AND_MEMBERS + FILES;
    let tags = calls.get("organizations:ListTagsForResource").copied().unwrap_or_default();
    assert!(reads - tags <= budget, "{reads} of {budget}: {calls:?}");
    assert!(tags == 0 || accounts <= 400, "read for the first time");
    // It is asked a second time, since one refusal may be chance, and then not for some minutes.
    calls_to(&aws, &usher, Scope::account(account_id("member-10")), Cause::default()).await;
    assert_eq!(aws.calls_of("sso-admin:ListAccountAssignmentsForPrincipal"), 2);
    nothing_is_wasted(&aws);
}

#[tokio::test]
async fn a_sweep_from_a_delegated_administrator_costs_accounts_and_pairs() {
    delegated_prices_in(12, 10).await;
    delegated_prices_in(400, 100).await;
    delegated_prices_in(5_000, 250).await;
}

/// A rule for a group that is still to come, and that grants something in two accounts.
fn rules_with_a_group_to_come(accounts: usize) -> String {
    let late = "{name: late, permission_sets: Access10, groups: late, accounts: {name: [member-2, member-3]}}";
    format!("{}- {late}\n", rules_for(accounts))
}

/// From a delegated administrator's account, what events cost about a group that has nothing, about one that has
/// something in every tenth account, and about one that is new.
async fn delegated_prices_of_groups_in(accounts: usize, groups: usize) -> [u64; 3] {
    let company = settled(accounts, groups).group("choir");
    let size = Size::of(&company.0);
    let settings = local::Settings { caller: Some(account_id("member-1")), ..quick() };
    let aws = LocalAws::with(company, &rules_with_a_group_to_come(accounts), settings).await;
    let usher = aws.usher().await;
    tell_of("delegated: first sweep", &size, &sweep(&aws, &usher).await);
    let renamed = json!({"groupId": group_id("choir")});
    let joined = json!({"groupId": group_id("team-0"), "memberId": {"userId": user_id("user-1")}});
    let store = aws.identity_store().await;
    let late = store.create_group().identity_store_id("d-9a67123456").display_name("late");
    let created = json!({"groupId": late.send().await.unwrap().group_id()});
    let mut prices = [0; 3];
    for (price, (name, parameters)) in prices.iter_mut().zip([
        ("UpdateGroup", renamed),
        ("CreateGroupMembership", joined),
        ("CreateGroup", created),
    ]) {
        let calls = calls_of_event(&aws, &usher, ("identitystore", name), parameters).await;
        let cost = cost(&calls);
        tell(&format!("delegated: {name}"), accounts, groups, cost);
        let grants = if name == "CreateGroup" { 2 } else { 0 };
        assert_eq!(cost.writes, grants);
        // Where something is changed, the account is read that is remembered, and the pair.
        let reads_accounts = calls.keys().any(|name| name.starts_with("organizations:"));
        assert_eq!(reads_accounts, grants > 0, "{calls:?}");
        *price = cost.reads;
    }
    prices
}

/// A constant, and a call for each account and permission set that the group holds or is to get.
#[tokio::test]
async fn a_group_costs_a_delegated_administrator_what_it_holds() {
    for (accounts, groups) in [(12, 10), (400, 100), (5_000, 250)] {
        let held = (accounts as u64 - 1) / 10;
        let [renamed, joined, created] = delegated_prices_of_groups_in(accounts, groups).await;
        assert!(renamed <= 5, "{renamed}");
        // Who is in the group, and each pair that it holds.
        assert!(joined <= 6 + held, "{joined}");
        assert!(created <= 15, "{created}");
    }
}

/// Few accounts and many groups: also the management account reads by pairs then.
#[tokio::test]
async fn the_cheaper_allowed_way_is_taken() {
    let company = settled(12, 250);
    let size = Size::of(&company.0);
    let aws = LocalAws::start(company, &ten_rules_with_members()).await;
    let usher = aws.usher().await;
    sweep(&aws, &usher).await;
    let calls = sweep(&aws, &usher).await;
    let Cost { reads, .. } = tell_of("management, more groups than pairs: sweep", &size, &calls);
    assert!(!calls.contains_key("sso-admin:ListAccountAssignmentsForPrincipal"), "{calls:?}");
    assert!(reads <= size.accounts + size.pairs + size.pages + FACTS_AND_MEMBERS + FILES);
}

/// An organizational unit's event is about the accounts below it, and about no others.
#[tokio::test]
async fn a_unit_costs_the_accounts_below_it() {
    let aws = LocalAws::start(settled(400, 100), &ten_rules_with_members()).await;
    let usher = aws.usher().await;
    sweep(&aws, &usher).await;
    let unit = unit_id("/Workloads/Prod");
    let calls = calls_to(&aws, &usher, Scope::organizational_unit(unit), Cause::default()).await;
    // Thirty-nine accounts with five permission sets each would be 234 calls; all groups are a hundred.
    let by_principal = calls["sso-admin:ListAccountAssignmentsForPrincipal"];
    assert_eq!(
        (by_principal, calls.get("sso-admin:ListAccountAssignments")),
        (100, None),
        "{calls:?}"
    );
    // Of few accounts, each is read.
    let unit = unit_id("/Workloads");
    let small = LocalAws::start(settled(120, 100), &ten_rules_with_members()).await;
    let calls =
        calls_to(&small, &small.usher().await, Scope::organizational_unit(unit), Cause::default())
            .await;
    assert_eq!(calls["sso-admin:ListPermissionSetsProvisionedToAccount"], 11);
    assert_eq!(calls["sso-admin:ListAccountAssignments"], 55);
}
