//! How many calls a new account costs, by the server's own count: the same in a small organization
//! and in a large one.

use std::collections::BTreeMap;

use crate::support::{
    local_aws::{LocalAws, Usher, again},
    organization::{Company, account_id, company_of, ten_rules},
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
    let before = aws.local.calls();
    let batch = usher.look_at(&[account_id("new")]).await.unwrap();
    assert!(again(&batch).is_empty());
    let since =
        |(name, number): (String, u64)| (name.clone(), number - before.get(&name).unwrap_or(&0));
    cost(&aws.local.calls().into_iter().map(since).collect())
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
    let first_ever = look(&aws, &usher).await;
    tell("cold, nothing cached", 400, 250, first_ever);
    take_away(&aws, &usher).await;
    let warm = look(&aws, &usher).await;
    tell("warm", 400, 250, warm);
    take_away(&aws, &usher).await;
    // Permission sets' names never change, so only the very first process of an installation has to ask for them.
    let cold = look(&aws, &aws.usher_with_cache().await).await;
    tell("cold, permission sets' names cached", 400, 250, cold);
    assert_eq!(aws.calls_of("identitystore:GetGroupId"), 0);
    for cost in [warm, cold] {
        assert!(cost.reads <= READS, "{cost:?}");
    }
    assert_eq!(first_ever.reads - cold.reads, 12, "one call for each permission set");
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
