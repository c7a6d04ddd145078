//! From a delegated administrator's account, what a group or a user has is looked for where they held something,
//! and where they are to get something. The laws say that this is enough where the memory is right; here is
//! what it does where the memory is old, wrong or of what is gone.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    act::Limits,
    observe::Picture,
    reconcile::{Errand, reconcile},
    rules::Rules,
    scope::Scope,
};
use tokio::time::Instant;

use crate::support::{
    fake_aws::{FakeAws, look},
    organization::{Company, account_id, assignment, company, group_id},
    rules,
};

const SHOPS: &str = "{version: 1, manage: {unlisted: revoke, max_revocations: 100%}, rules: [\
    {name: crew, permission_sets: View, groups: crew, accounts: {name: 'shop-*'}}]}";

fn now() -> DateTime<Utc> {
    "2026-03-02T15:47:00Z".parse().unwrap()
}

/// Ten shops, in each of which the crew has something, and a lab.
fn shops() -> Company {
    let mut company = company().permission_set("View").permission_set("Power");
    company = company.group("crew").group("others").account("lab", "/");
    for number in 0..10 {
        let name = format!("shop-{number}");
        company = company.account(&name, "/").assigned("View", "crew", &name);
    }
    company
}

async fn swept(aws: &FakeAws, rules: &Rules) -> Picture {
    let mut picture = Picture::default();
    look(aws, rules, (Scope::everything(), now()), &mut picture).await;
    picture
}

fn crew() -> Scope {
    Scope::group(group_id("crew"))
}

/// What somebody gave the group by hand, and no event told.
fn grant_by_hand(aws: &FakeAws) {
    aws.organization.borrow_mut().assignments.push(assignment("Power", "crew", "lab"));
}

fn is_there(aws: &FakeAws) -> bool {
    aws.assignments().contains(&assignment("Power", "crew", "lab"))
}

#[tokio::test(start_paused = true)]
async fn what_no_event_told_of_waits_for_the_sweep() {
    let rules = rules(SHOPS);
    let aws = FakeAws::new(shops().0);
    let mut picture = swept(&aws, &rules).await;
    grant_by_hand(&aws);
    let looked = look(&aws, &rules, (crew(), now()), &mut picture).await;
    assert!(looked.outcomes.is_empty() && looked.plan.gaps.is_empty() && is_there(&aws));
    look(&aws, &rules, (Scope::everything(), now()), &mut picture).await;
    assert!(!is_there(&aws));
}

#[tokio::test(start_paused = true)]
async fn an_old_memory_is_not_believed() {
    let rules = rules(SHOPS);
    for (hours, finds_it) in [(23, false), (24, true)] {
        let aws = FakeAws::new(shops().0);
        let mut picture = swept(&aws, &rules).await;
        grant_by_hand(&aws);
        look(&aws, &rules, (crew(), now() + TimeDelta::hours(hours)), &mut picture).await;
        assert_eq!(is_there(&aws), !finds_it, "after {hours} hours");
    }
}

/// A run that is cut off may have changed what nobody has kept: whoever comes after it looks everywhere.
#[tokio::test(start_paused = true)]
async fn after_a_run_that_was_cut_off_nothing_is_believed() {
    let rules = rules(SHOPS);
    let aws = FakeAws::new(shops().0);
    let mut picture = swept(&aws, &rules).await;
    grant_by_hand(&aws);
    picture.begin(true);
    look(&aws, &rules, (crew(), now()), &mut picture).await;
    assert!(!is_there(&aws));
}

/// Somebody took it away, and no event told: it is not there, and it is granted again.
#[tokio::test(start_paused = true)]
async fn what_is_remembered_is_read_and_not_believed() {
    let rules = rules(SHOPS);
    let aws = FakeAws::new(shops().0);
    let mut picture = swept(&aws, &rules).await;
    aws.organization.borrow_mut().assignments.retain(|one| one.account_id != account_id("shop-3"));
    let looked = look(&aws, &rules, (crew(), now()), &mut picture).await;
    assert_eq!(looked.outcomes.len(), 1);
    assert_eq!(looked.drift.len(), 1, "and it is told that somebody took it away");
    assert!(aws.assignments().contains(&assignment("View", "crew", "shop-3")));
}

/// What a rule grants may be there already: it is read before it is made, and remembered.
#[tokio::test(start_paused = true)]
async fn what_is_to_be_granted_is_read_first() {
    let before = rules(SHOPS);
    let more = rules(&SHOPS.replace("{name: 'shop-*'}", "{all: true}"));
    let aws = FakeAws::new(shops().0);
    let mut picture = swept(&aws, &before).await;
    aws.organization.borrow_mut().assignments.push(assignment("View", "crew", "lab"));
    let looked = look(&aws, &more, (crew(), now()), &mut picture).await;
    assert!(looked.plan.changes.is_empty(), "{:?}", looked.plan.changes);
    // So it is known where to look when the rule goes.
    let looked = look(&aws, &before, (crew(), now()), &mut picture).await;
    assert_eq!(looked.outcomes.len(), 1);
    assert!(!aws.assignments().contains(&assignment("View", "crew", "lab")));
}

/// A pair that cannot be read, as of a permission set that is gone, leads to the whole account: what can
/// be read of it is no gap, and what cannot is one.
#[tokio::test(start_paused = true)]
async fn where_a_pair_cannot_be_read_the_account_is() {
    let rules = rules(SHOPS);
    let calm = FakeAws::new(shops().0);
    let picture = swept(&calm, &rules).await;
    let reads = calm.reads.get();
    look(&calm, &rules, (crew(), now()), &mut picture.clone()).await;
    let reads = calm.reads.get() - reads;
    // The facts, the group, a pair in each of ten shops, and the permission sets with their names.
    assert_eq!(reads, 2 + 10 + 3);
    let first_pair = 2;
    let aws = FakeAws::new(shops().0).failing_read(first_pair);
    let looked = look(&aws, &rules, (crew(), now()), &mut picture.clone()).await;
    assert!(looked.plan.changes.is_empty() && looked.plan.gaps.is_empty());
    // The permission sets of the account, and who has the one that is there.
    assert_eq!(aws.reads.get(), reads + 2);
}

/// What the crew loses, it loses in that account too.
#[tokio::test(start_paused = true)]
async fn what_is_read_of_the_whole_account_is_revoked_there() {
    let before = rules(SHOPS);
    let nothing = rules(&SHOPS.replace("shop-*", "lab-*"));
    let calm = FakeAws::new(shops().0);
    let picture = swept(&calm, &before).await;
    let first_pair = 2;
    let aws = FakeAws::new(shops().0).failing_read(first_pair);
    let looked = look(&aws, &nothing, (crew(), now()), &mut picture.clone()).await;
    assert_eq!((looked.outcomes.len(), looked.plan.gaps.len()), (10, 0));
    assert!(aws.assignments().is_empty());
}

/// The shops for which there is no time are the rest: whoever looks there does what is left.
#[tokio::test(start_paused = true)]
async fn pairs_for_which_there_is_no_time_are_the_rest() {
    let before = rules(SHOPS);
    let nothing = rules(&SHOPS.replace("shop-*", "lab-*"));
    let calm = FakeAws::new(shops().0);
    let mut picture = swept(&calm, &before).await;
    let aws = FakeAws::new(shops().0).taking(Duration::from_secs(1));
    let look_until = Some(Instant::now() + Duration::from_secs(5));
    let errand = Errand { look_until, ..Errand::new(crew(), Vec::new(), now()) };
    let parts = (&aws, &aws, &aws);
    let run = reconcile(parts, &nothing, Limits::default(), &errand, &mut picture).await.unwrap();
    let left = aws.assignments().len();
    assert!((1..10).contains(&left), "{left} shops are left");
    look(&aws, &nothing, (run.rest.unwrap().scope, now()), &mut picture).await;
    assert!(aws.assignments().is_empty());
}
