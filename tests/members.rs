//! Those who are in a group, or were: an event about the group leads to them only where a rule asks for a
//! group of the name that it has or had.

use chrono::{DateTime, Utc};
use shared::{
    act::Limits,
    ids::GroupId,
    observe::Picture,
    organization::{Group, Membership},
    reconcile::{Errand, Reconciled, reconcile},
    rules::Rules,
    scope::Scope,
};

use crate::support::{
    fake_aws::FakeAws,
    organization::{Company, company, direct_assignment, group_id, user_id},
    rules,
};

fn now() -> DateTime<Utc> {
    "2026-03-02T15:47:00Z".parse().unwrap()
}

const TEAMS_VIEW: &str = "{version: 1, manage: {unlisted: revoke, users: true, max_revocations: 100%}, rules: [\
    {name: teams, permission_sets: View, users: [{in_group: 'team-*'}], accounts: {name: shop}}]}";

/// Mary is in a team and may view the shop; she is in another group too, which means nothing.
fn maries() -> Company {
    company()
        .account("shop", "/")
        .account("lab", "/")
        .permission_set("View")
        .group("team-a")
        .group("choir")
        .user("mary")
        .member("mary", "team-a")
        .member("mary", "choir")
        .user("paul")
        .member("paul", "choir")
        .assigned_to("View", "mary", "shop")
}

/// What an event about a group leads to that does not say whom it is about.
fn about(group: &str) -> Scope {
    Scope::group(group_id(group)).merge(Scope::members_of(group_id(group)))
}

async fn look(aws: &FakeAws, rules: &Rules, scope: Scope, picture: &mut Picture) -> Reconciled {
    let errand = Errand::new(scope, Vec::new(), now());
    reconcile((aws, aws, aws), rules, Limits::default(), &errand, picture).await.unwrap()
}

/// After a sweep, which changes nothing.
async fn swept(aws: &FakeAws, rules: &Rules) -> Picture {
    let mut picture = Picture::default();
    let swept = look(aws, rules, Scope::everything(), &mut picture).await;
    assert!(swept.outcomes.is_empty());
    picture
}

fn rename(aws: &FakeAws, group: &str, name: &str) {
    let organization = &mut *aws.organization.borrow_mut();
    let id = group_id(group);
    organization.groups.iter_mut().find(|one| one.id == id).unwrap().display_name = name.to_owned();
}

fn delete(aws: &FakeAws, group: &str) {
    let id: GroupId = group_id(group);
    let organization = &mut *aws.organization.borrow_mut();
    organization.groups.retain(|group| group.id != id);
    organization.memberships.retain(|membership| membership.group_id != id);
}

fn create(aws: &FakeAws, name: &str, member: &str) {
    let group = Group { id: group_id(name), display_name: name.to_owned() };
    aws.organization.borrow_mut().groups.push(group);
    join(aws, member, name);
}

fn join(aws: &FakeAws, user: &str, group: &str) {
    let membership = Membership { group_id: group_id(group), user_id: user_id(user) };
    aws.organization.borrow_mut().memberships.push(membership);
}

/// Who may view the shop.
fn viewers(aws: &FakeAws) -> Vec<&'static str> {
    let assignments = aws.assignments();
    let may = |user: &&str| assignments.contains(&direct_assignment("View", user, "shop"));
    ["mary", "paul"].into_iter().filter(may).collect()
}

fn was_everywhere(looked: &Reconciled) -> bool {
    looked.looked_at.is_everything()
}

#[tokio::test(start_paused = true)]
async fn a_group_that_no_rule_names_leads_to_itself() {
    let rules = rules(TEAMS_VIEW);
    for happens in [
        |aws: &FakeAws| create(aws, "band", "paul"),
        |aws: &FakeAws| rename(aws, "choir", "orchestra"),
        |aws: &FakeAws| delete(aws, "choir"),
        |aws: &FakeAws| join(aws, "paul", "choir"),
    ] {
        let aws = FakeAws::new(maries().0).asked_by_management_if(true);
        let mut picture = swept(&aws, &rules).await;
        happens(&aws);
        for group in ["band", "choir"] {
            let before = aws.reads.get();
            let looked = look(&aws, &rules, about(group), &mut picture).await;
            assert!(!was_everywhere(&looked) && looked.outcomes.is_empty());
            // The facts, the group, what it has, the permission sets and the name of the one.
            assert!(aws.reads.get() - before <= 5, "{} reads", aws.reads.get() - before);
            // Nothing but members: the facts and the group.
            let before = aws.reads.get();
            look(&aws, &rules, Scope::members_of(group_id(group)), &mut picture).await;
            assert_eq!(aws.reads.get() - before, 2);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_was_or_is_in_a_group_that_a_rule_names_is_looked_at() {
    let rules = rules(TEAMS_VIEW);
    type Case = (fn(&FakeAws), Scope, &'static [&'static str]);
    let members = |group: &str| Scope::members_of(group_id(group));
    let cases: [Case; 6] = [
        (|aws| rename(aws, "team-a", "club"), about("team-a"), &[]),
        (|aws| rename(aws, "choir", "team-b"), about("choir"), &["mary", "paul"]),
        (|aws| delete(aws, "team-a"), about("team-a"), &[]),
        (|aws| create(aws, "team-b", "paul"), about("team-b"), &["mary", "paul"]),
        (|aws| join(aws, "paul", "team-a"), members("team-a"), &["mary", "paul"]),
        (|aws| aws.organization.borrow_mut().memberships.clear(), members("team-a"), &[]),
    ];
    for (number, (happens, scope, viewing)) in cases.into_iter().enumerate() {
        for by_management in [true, false] {
            let aws = FakeAws::new(maries().0).asked_by_management_if(by_management);
            let mut picture = swept(&aws, &rules).await;
            happens(&aws);
            let looked = look(&aws, &rules, scope.clone(), &mut picture).await;
            assert!(was_everywhere(&looked) && looked.is_finished_sweep, "case {number}");
            assert_eq!(viewers(&aws), viewing, "case {number}");
        }
    }
}

/// Nobody knows what a group was called when it is not known since when looks are remembered.
#[tokio::test(start_paused = true)]
async fn where_nothing_is_remembered_it_may_be_anybody() {
    let rules = rules(TEAMS_VIEW);
    let aws = FakeAws::new(maries().0);
    rename(&aws, "team-a", "club");
    let mut picture = Picture::default();
    // A narrow look does not make it known.
    look(&aws, &rules, Scope::group(group_id("choir")), &mut picture).await;
    assert!(was_everywhere(&look(&aws, &rules, about("team-a"), &mut picture).await));
    assert!(viewers(&aws).is_empty());
    // This one does.
    assert!(!was_everywhere(&look(&aws, &rules, about("team-a"), &mut picture).await));
}

/// What a group was called in between, any look may have seen, and given somebody something for it.
#[tokio::test(start_paused = true)]
async fn a_name_that_only_a_narrow_look_saw_counts() {
    let rules = rules(TEAMS_VIEW);
    let aws = FakeAws::new(maries().0);
    let mut picture = swept(&aws, &rules).await;
    rename(&aws, "choir", "team-b");
    look(&aws, &rules, Scope::user(user_id("paul")), &mut picture).await;
    assert_eq!(viewers(&aws), ["mary", "paul"]);
    rename(&aws, "choir", "choir");
    // Another look sees the new name: that does not make the old one undone.
    look(&aws, &rules, Scope::user(user_id("mary")), &mut picture).await;
    look(&aws, &rules, about("choir"), &mut picture).await;
    assert_eq!(viewers(&aws), ["mary"]);
}

/// A run that was cut off has kept nothing of what it saw; whoever comes after it looks as if nothing were
/// known.
#[tokio::test(start_paused = true)]
async fn a_name_that_only_a_killed_run_saw_counts() {
    let rules = rules(TEAMS_VIEW);
    let aws = FakeAws::new(maries().0);
    let mut picture = swept(&aws, &rules).await;
    rename(&aws, "choir", "team-b");
    look(&aws, &rules, about("choir"), &mut picture.clone()).await;
    assert_eq!(viewers(&aws), ["mary", "paul"]);
    rename(&aws, "choir", "choir");
    picture.begin(true);
    look(&aws, &rules, about("choir"), &mut picture).await;
    assert_eq!(viewers(&aws), ["mary"]);
}

/// Rules that ask for other names ask for what nobody has kept.
#[tokio::test(start_paused = true)]
async fn rules_that_ask_for_other_names_begin_anew() {
    let aws = FakeAws::new(maries().0);
    let mut picture = swept(&aws, &rules(TEAMS_VIEW)).await;
    let others = rules(&TEAMS_VIEW.replace("'team-*'", "[choir, 'team-*']"));
    // Before the sweep that follows on the rules: somebody looks at Paul, and it is renamed.
    look(&aws, &others, Scope::user(user_id("paul")), &mut picture).await;
    assert_eq!(viewers(&aws), ["mary", "paul"]);
    rename(&aws, "choir", "band");
    look(&aws, &others, about("choir"), &mut picture).await;
    assert_eq!(viewers(&aws), ["mary"]);
}

/// Once everybody has what they should, a name of the past is nothing to look for; where something failed,
/// it is.
#[tokio::test(start_paused = true)]
async fn names_of_the_past_count_until_all_is_done() {
    let rules = rules(TEAMS_VIEW);
    for is_refused in [false, true] {
        let mut aws = FakeAws::new(maries().0);
        if is_refused {
            aws = aws.refusing(direct_assignment("View", "mary", "shop"), "Internal error");
        }
        let mut picture = swept(&aws, &rules).await;
        rename(&aws, "team-a", "club");
        look(&aws, &rules, Scope::everything(), &mut picture).await;
        let looked = look(&aws, &rules, about("team-a"), &mut picture).await;
        assert_eq!(was_everywhere(&looked), is_refused);
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_that_cannot_be_read_may_be_called_anything() {
    let rules = rules(TEAMS_VIEW);
    let aws = FakeAws::new(maries().0);
    let mut picture = swept(&aws, &rules).await;
    // After the facts.
    let aws = FakeAws::new(maries().0).failing_read(1);
    create(&aws, "team-b", "paul");
    let looked = look(&aws, &rules, Scope::members_of(group_id("team-b")), &mut picture).await;
    assert!(was_everywhere(&looked));
    assert_eq!(viewers(&aws), ["mary", "paul"]);
}
