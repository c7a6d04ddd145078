//! What is told on the bus: that the page about it says what is sent, and when something is told at all.

use std::{cell::Cell, collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use shared::{
    act::Limits,
    announcement::{self, Announcement, DETAIL_TYPES, Fate},
    decide::decide,
    drift::{Drift, Response, Since, drift},
    lane::{Cause, LaneMessage, Tally},
    observe::Picture,
    organization::{Assignment, Gap, Membership, Unread},
    plan::{Action, Change, Plan, Role},
    promotion::examine,
    reconcile::{Announce, Errand, NotAnnounced, Reconciled, reconcile},
    rules::Rules,
    scope::{RulesObject, Scope},
};

use crate::support::{
    events::api_call,
    fake_aws::FakeAws,
    organization::{
        Company, account_id, assignment, company, group_id, permission_set_arn, user_id,
    },
    page, rules,
};

fn now() -> DateTime<Utc> {
    "2026-03-02T15:42:00Z".parse().unwrap()
}

// ---- The page -------------------------------------------------------------------------------------------------

/// One real value of each kind, in its fullest shape.
fn one_of_each() -> Vec<Announcement> {
    let causes = [Cause {
        event: "CreateAccountAssignment".to_owned(),
        id: Some("e-1".to_owned()),
        time: Some("2026-03-02T15:41:00Z".to_owned()),
        actor: Some("arn:aws:iam::310000000001:user/bob".to_owned()),
        assignment: Some(assignment("Admin", "Engineering", "pay")),
    }];
    let limited = "{unlisted: revoke, max_revocations: 0}";
    let plan = |manage: &str| -> Plan {
        let company = everybody_builds().assigned("Admin", "Engineering", "pay");
        decide(&rules_with(manage), &company.0, now(), &Scope::everything())
    };
    let free = plan("{unlisted: revoke}");
    let of = |action: Action| -> Change {
        free.changes.iter().find(|change| change.action == action).unwrap().clone()
    };
    let (create, delete) = (of(Action::Create), Change { role: Role::Goes, ..of(Action::Delete) });
    let drift =
        Drift { change: delete.clone(), response: Response::Revoke, by: Some(causes[0].clone()) };
    let gap = Gap {
        what: Unread::Assignments,
        account_id: Some(account_id("pay")),
        reason: "AccessDeniedException".to_owned(),
    };
    let tally = Tally { parts: 1, gaps: vec![gap.clone()], ..Tally::default() };
    let object = rules_object();
    let invalid = examine("rules.yaml".to_owned(), b"version: 1\nrules: []\n".to_vec(), now());
    let right = rules_with(limited);
    let warnings = shared::lint::lint(&right, now());
    vec![
        announcement::of_change(&create, &Fate::Done(Some("request")), &causes),
        announcement::of_change(&delete, &Fate::Done(Some("request")), &causes),
        announcement::of_change(&create, &Fate::Failed("reason"), &causes),
        announcement::drift_found(&drift, &causes),
        announcement::gaps_found(&[gap], &causes),
        announcement::revocations_held(&plan(limited), &causes),
        announcement::sweep_finished(&tally, &causes),
        announcement::rules_activated(&object, &right, &warnings, &causes),
        announcement::rules_rejected(&object, &invalid.unwrap_err(), &causes),
    ]
}

/// A version of the rules file, as S3 tells of it.
fn rules_object() -> RulesObject {
    RulesObject::written(
        shared::scope::event::Event::new(
            &json!({"source": "aws.s3", "detail-type": "Object Created", "detail": {
            "bucket": {"name": "b"}, "object": {"key": "rules.yaml", "version-id": "v"}}}),
        )
        .unwrap(),
    )
    .unwrap()
}

/// What is described once for all kinds, or is there only sometimes, may be missing from an example.
const SOMETIMES: [&str; 4] = ["note", "assignment", "account_id", "help"];

/// Where an example differs from what is sent, in keys or in kinds of values.
fn differences(place: &str, told: &Value, sent: &Value, found: &mut Vec<String>) {
    match (told, sent) {
        (Value::Object(told), Value::Object(sent)) => {
            for (key, value) in told {
                match sent.get(key) {
                    Some(other) => differences(&format!("{place}.{key}"), value, other, found),
                    None => found.push(format!("{place}.{key} is never sent")),
                }
            }
            let missing = sent.keys().filter(|key| !told.contains_key(*key));
            let missing = missing.filter(|key| !SOMETIMES.contains(&key.as_str()));
            found.extend(missing.map(|key| format!("{place}.{key} is not in the example")));
        }
        (Value::Array(told), Value::Array(sent)) => {
            if !told.is_empty() && sent.is_empty() {
                found.push(format!("{place} is sent without anything in it"));
            }
            for (one, other) in told.iter().zip(sent.iter().cycle()) {
                differences(&format!("{place}[]"), one, other, found);
            }
        }
        // What an example shows is there: in the fullest shape, all of it.
        (Value::Null, Value::String(_)) => {}
        (told, sent) if std::mem::discriminant(told) == std::mem::discriminant(sent) => {}
        _ => found.push(format!("{place} is {told} in the example, and {sent} is sent")),
    }
}

/// The detail that each chapter shows.
fn examples() -> BTreeMap<String, Value> {
    let page = page::read("docs/announcements.md");
    let chapters = page.split("\n## ").skip(1).filter_map(|chapter| {
        let (title, text) = chapter.split_once('\n')?;
        let block = text.split("```json\n").nth(1)?.split("```").next()?;
        DETAIL_TYPES.contains(&title).then(|| (title.to_owned(), block.to_owned()))
    });
    chapters.map(|(title, block)| (title, serde_json::from_str(&block).unwrap())).collect()
}

#[test]
fn the_page_shows_each_announcement_with_exactly_its_fields() {
    let (examples, mut sent) = (examples(), Vec::new());
    let mut found = Vec::new();
    for Announcement { detail_type, detail } in one_of_each() {
        sent.push(detail_type);
        match examples.get(detail_type) {
            Some(example) => differences(detail_type, example, &detail, &mut found),
            None => found.push(format!("{detail_type} has no chapter with an example")),
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    // Of the changes here, one takes a role away.
    let noted = |one: Announcement| one.detail.get("note").map(|_| one.detail_type);
    assert_eq!(one_of_each().into_iter().filter_map(noted).collect::<Vec<_>>(), ["Access Revoked"]);
    sent.sort_unstable();
    assert_eq!(sent, DETAIL_TYPES);
    // The table at the top, and the fields of a change, which are told once for all.
    let page = page::read("docs/announcements.md");
    for detail_type in DETAIL_TYPES {
        assert!(
            page.contains(&format!("| [`{detail_type}`](#")),
            "{detail_type} is not in the table"
        );
    }
    for field in one_of_each().iter().flat_map(|one| one.detail.as_object().unwrap().keys()) {
        assert!(
            page.contains(&format!("`{field}`")) || page.contains(&format!("`{field}.")),
            "{field}"
        );
    }
}

/// What is odd about rules that are in force is told, and not only that they are.
#[test]
fn the_warnings_of_a_rules_file_are_told() {
    let odd = rules(
        "{version: 1, manage: {unlisted: report}, rules: [{name: a, permission_sets: Power, users: [mary], accounts: {all: true}}]}",
    );
    let warnings = shared::lint::lint(&odd, now());
    assert!(!warnings.is_empty());
    let Announcement { detail, .. } =
        announcement::rules_activated(&rules_object(), &odd, &warnings, &[]);
    let told = detail["warnings"].as_array().unwrap();
    assert_eq!(told.len(), warnings.len());
    assert!(
        told.iter().all(|one| one["code"].is_string() && one["message"].is_string()),
        "{detail}"
    );
}

// ---- Drift ----------------------------------------------------------------------------------------------------

/// Engineers build in the accounts of the shop.
fn rules_with(manage: &str) -> Rules {
    rules(&format!(
        "{{version: 1, manage: {manage}, rules: [{{name: a, permission_sets: Power, groups: Engineering, \
         accounts: {{tags: {{team: shop}}}}}}]}}"
    ))
}

fn everybody_builds() -> Company {
    let company = company().group("Engineering").permission_set("Power").permission_set("Admin");
    company.account("pay", "/").tagged("team", "shop").account("web", "/").tagged("team", "shop")
}

/// All is as the rules say.
fn as_it_should_be() -> Company {
    let company = everybody_builds().assigned("Power", "Engineering", "pay");
    company.assigned("Power", "Engineering", "web")
}

struct Watch {
    aws: FakeAws,
    rules: Rules,
    picture: Picture,
}

impl Watch {
    fn of(company: Company, manage: &str) -> Self {
        let aws = FakeAws::new(company.0).asked_by_management_if(true);
        Self { aws, rules: rules_with(manage), picture: Picture::default() }
    }

    /// The same, after a sweep.
    async fn swept(company: Company, manage: &str) -> Self {
        let mut watch = Self::of(company, manage);
        watch.sweep().await;
        watch
    }

    async fn sweep(&mut self) -> Vec<Value> {
        self.look(Scope::everything(), Vec::new()).await
    }

    /// Looks, and says what drift was announced.
    async fn look(&mut self, scope: Scope, causes: Vec<Cause>) -> Vec<Value> {
        self.run(scope, causes).await;
        let announced = self.aws.announced.take().into_iter();
        let drift = announced.filter(|told| told.detail_type == "Drift Found");
        drift.map(|told| told.detail).collect()
    }

    async fn run(&mut self, scope: Scope, causes: Vec<Cause>) -> Reconciled {
        let errand = Errand::new(scope, causes, now());
        let parts = (&self.aws, &self.aws, &self.aws);
        let run = reconcile(parts, &self.rules, Limits::default(), &errand, &mut self.picture);
        let run = run.await.unwrap();
        // As it is kept from one process to the next.
        let kept = serde_json::to_string(&self.picture).unwrap();
        self.picture = serde_json::from_str(&kept).unwrap();
        run
    }

    fn somebody_grants(&self, assignment: Assignment) {
        self.aws.organization.borrow_mut().assignments.push(assignment);
    }

    fn somebody_revokes(&self, assignment: &Assignment) {
        self.aws.organization.borrow_mut().assignments.retain(|other| other != assignment);
    }
}

impl Watch {
    /// Somebody hands the account `pay` to another team; what drift is announced then.
    async fn after_a_tag(&mut self, team: &str) -> Vec<Value> {
        {
            let mut organization = self.aws.organization.borrow_mut();
            let account = organization.accounts.iter_mut().find(|one| one.name == "pay").unwrap();
            account.tags.insert("team".to_owned(), team.to_owned());
        }
        let tagged = Cause { event: "TagResource".to_owned(), ..Cause::default() };
        self.look(Scope::account(account_id("pay")), vec![tagged]).await
    }
}

fn told_by(event: &str, assignment: &Assignment) -> Cause {
    Cause {
        event: event.to_owned(),
        id: Some("e-1".to_owned()),
        actor: Some("arn:aws:sts::310000000001:assumed-role/Helpdesk/mallory".to_owned()),
        assignment: Some(assignment.clone()),
        ..Cause::default()
    }
}

const REVOKE: &str = "{unlisted: revoke}";

#[tokio::test(start_paused = true)]
async fn what_somebody_grants_by_hand_is_told_with_who_did_it() {
    let granted = assignment("Admin", "Engineering", "pay");
    for is_swept in [false, true] {
        let mut watch = Watch::of(as_it_should_be(), REVOKE);
        if is_swept {
            watch.sweep().await;
        }
        watch.somebody_grants(granted.clone());
        let causes = vec![told_by("CreateAccountAssignment", &granted)];
        let drift = watch.look(Scope::account(account_id("pay")), causes.clone()).await;
        let [told] = drift.as_slice() else { panic!("{drift:?}") };
        assert_eq!((&told["drift"], &told["response"]), (&json!("added"), &json!("revoke")));
        assert_eq!(told["permission_set"], "Admin");
        assert_eq!(told["by"]["actor"], causes[0].actor.as_deref().unwrap());
        assert!(!watch.aws.assignments().contains(&granted));
        // It is told once, however often its event comes; and what Usher did is no drift.
        assert_eq!(
            watch.look(Scope::account(account_id("pay")), causes).await,
            Vec::<Value>::new()
        );
        assert_eq!(watch.sweep().await, Vec::<Value>::new());
    }
}

/// Where nobody had looked before, an event is the only witness; one that tells of the opposite is none. Whoever takes
/// away what no rule grants, or grants what one does, has not acted against the rules, although AWS is not done with it.
#[tokio::test(start_paused = true)]
async fn an_event_is_a_witness_of_what_it_tells_and_of_nothing_else() {
    let (mine, theirs) =
        (assignment("Power", "Engineering", "web"), assignment("Admin", "Engineering", "pay"));
    let company = everybody_builds().assigned("Power", "Engineering", "pay");
    let company = company.assigned("Admin", "Engineering", "pay");
    for (events, told) in [
        (["CreateAccountAssignment", "DeleteAccountAssignment"], 0),
        (["DeleteAccountAssignment", "CreateAccountAssignment"], 2),
    ] {
        let mut watch = Watch::of(company.clone(), "{unlisted: revoke, max_revocations: 100%}");
        let scope = Scope::account(account_id("web")).merge(Scope::account(account_id("pay")));
        let causes = vec![told_by(events[0], &mine), told_by(events[1], &theirs)];
        assert_eq!(watch.look(scope, causes).await.len(), told, "{events:?}");
        assert_eq!(watch.aws.writes.borrow().len(), 2, "{events:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_somebody_takes_away_is_told_and_granted_again() {
    let taken = assignment("Power", "Engineering", "web");
    let mut watch = Watch::swept(as_it_should_be(), REVOKE).await;
    watch.somebody_revokes(&taken);
    let causes = vec![told_by("DeleteAccountAssignment", &taken)];
    let drift = watch.look(Scope::account(account_id("web")), causes).await;
    let [told] = drift.as_slice() else { panic!("{drift:?}") };
    assert_eq!((&told["drift"], &told["response"]), (&json!("removed"), &json!("grant")));
    assert_eq!(told["rules"], json!(["a"]));
    assert!(watch.aws.assignments().contains(&taken));
}

#[tokio::test(start_paused = true)]
async fn a_sweep_finds_what_no_event_told_of() {
    let mut watch = Watch::swept(as_it_should_be(), REVOKE).await;
    watch.somebody_grants(assignment("Admin", "Engineering", "pay"));
    watch.somebody_revokes(&assignment("Power", "Engineering", "web"));
    let drift = watch.sweep().await;
    assert_eq!(drift.len(), 2, "{drift:?}");
    assert!(drift.iter().all(|told| told["by"].is_null()));
    assert_eq!(watch.sweep().await, Vec::<Value>::new());
}

/// Where nothing is revoked, nobody but this announcement says that somebody granted something by hand.
#[tokio::test(start_paused = true)]
async fn drift_is_told_where_nothing_is_done_about_it() {
    for (manage, response) in
        [("{unlisted: report}", "report"), ("{unlisted: revoke, max_revocations: 0}", "hold")]
    {
        let mut watch = Watch::swept(as_it_should_be(), manage).await;
        watch.somebody_grants(assignment("Admin", "Engineering", "pay"));
        let drift = watch.sweep().await;
        assert_eq!(drift.iter().map(|told| &told["response"]).collect::<Vec<_>>(), [response]);
        assert_eq!(watch.sweep().await, Vec::<Value>::new(), "{manage}: once");
    }
}

/// What was always there, and what changes because something else did, is nobody's doing.
#[tokio::test(start_paused = true)]
async fn what_was_there_before_is_no_drift() {
    let company = || as_it_should_be().assigned("Admin", "Engineering", "pay");
    let mut watch = Watch::of(company(), "{unlisted: report}");
    assert_eq!(watch.sweep().await, Vec::<Value>::new());
    // The rules change, and want it gone.
    watch.rules = rules_with(REVOKE);
    assert_eq!(watch.look(Scope::rules_changed(), Vec::new()).await, Vec::<Value>::new());
    assert_eq!(watch.aws.writes.borrow().len(), 1);
}

/// What was not read at first was there all the same, whichever read it was.
#[tokio::test(start_paused = true)]
async fn what_could_not_be_read_before_is_no_drift() {
    let company = || as_it_should_be().group("Visitors").assigned("Power", "Visitors", "pay");
    let mut failed = 0;
    for (read, by_principal) in (0..40).flat_map(|read| [(read, false), (read, true)]) {
        let mut watch = Watch::of(company(), "{unlisted: report}");
        let aws = FakeAws::new(company().0).failing_read(read);
        watch.aws = aws.asked_by_management_if(by_principal);
        let errand = Errand::new(Scope::everything(), Vec::new(), now());
        let parts = (&watch.aws, &watch.aws, &watch.aws);
        let limits = Limits::default();
        let run = reconcile(parts, &watch.rules, limits, &errand, &mut watch.picture).await;
        failed += usize::from(run.is_ok_and(|run| !run.plan.gaps.is_empty()));
        watch.aws = FakeAws::new(company().0).asked_by_management_if(by_principal);
        assert_eq!(watch.sweep().await, Vec::<Value>::new(), "read {read}, {by_principal}");
    }
    assert!(failed > 10, "{failed}");
}

#[tokio::test(start_paused = true)]
async fn what_a_tag_brings_about_is_no_drift() {
    let mut watch = Watch::swept(as_it_should_be(), REVOKE).await;
    for value in ["bank", "shop"] {
        let drift = watch.after_a_tag(value).await;
        assert_eq!((drift, watch.aws.writes.take().len()), (Vec::new(), 1), "{value}");
    }
}

/// Somebody comes and goes, and a group has members enough or has not: what is granted and revoked for that is the rules'
/// doing, whether the membership's event tells of it or a sweep finds it.
#[tokio::test(start_paused = true)]
async fn what_a_membership_brings_about_is_no_drift() {
    let company = company().group("Engineering").permission_set("Power").permission_set("Admin");
    let company = company.account("pay", "/").user("mary").user("bob").member("bob", "Engineering");
    let by_membership = rules(
        "{version: 1, manage: {unlisted: revoke, users: true, max_revocations: 100%}, rules: [\
         {name: a, permission_sets: Power, users: [{in_group: Engineering}], accounts: {all: true}}, \
         {name: b, permission_sets: Admin, groups: Engineering, members: {at_least: 2}, accounts: {all: true}}]}",
    );
    for is_sweep in [false, true] {
        let mut watch = Watch::of(company.clone(), REVOKE);
        watch.rules = by_membership.clone();
        watch.sweep().await;
        watch.aws.writes.take();
        for event in ["CreateGroupMembership", "DeleteGroupMembership"] {
            let membership =
                Membership { group_id: group_id("Engineering"), user_id: user_id("mary") };
            let memberships = |watch: &Watch| {
                let mut organization = watch.aws.organization.borrow_mut();
                match event {
                    "CreateGroupMembership" => organization.memberships.push(membership.clone()),
                    _ => organization.memberships.retain(|other| *other != membership),
                }
            };
            memberships(&watch);
            let (scope, causes) = if is_sweep {
                (Scope::everything(), Vec::new())
            } else {
                let scope =
                    Scope::group(group_id("Engineering")).merge(Scope::user(user_id("mary")));
                (scope, vec![Cause { event: event.to_owned(), ..Cause::default() }])
            };
            let drift = watch.look(scope, causes).await;
            // To mary, and to the group that has two members, or has not.
            assert_eq!((drift, watch.aws.writes.take().len()), (Vec::new(), 2), "{event}");
        }
    }
}

/// Nobody heard how a change of Usher's own ended. It was made, and is wrong by the time that it is seen.
#[tokio::test(start_paused = true)]
async fn what_usher_may_have_done_itself_is_no_drift() {
    let late = assignment("Power", "Engineering", "pay");
    let company = everybody_builds().assigned("Power", "Engineering", "web");
    let mut watch = Watch::of(company.clone(), REVOKE);
    let aws = FakeAws::new(company.0).asked_by_management_if(true);
    watch.aws = aws.refusing(late.clone(), "nobody heard how it ended");
    watch.sweep().await;
    watch.somebody_grants(late.clone());
    watch.aws.writes.take();
    assert_eq!(watch.after_a_tag("bank").await, Vec::<Value>::new());
    assert_eq!(watch.aws.writes.take(), [(Action::Delete, late)]);
}

/// What somebody who is gone has left shows in some listings only, so it may seem to be new.
#[test]
fn what_a_lost_group_left_is_no_drift() {
    for (group, is_drift) in [("Engineering", true), ("gone", false)] {
        let left = assignment("Admin", group, "pay");
        let company = as_it_should_be().assigned("Admin", group, "pay");
        let plan = decide(&rules_with(REVOKE), &company.0, now(), &Scope::everything());
        assert_eq!(plan.changes.len(), 1, "{group}");
        let spot = (left.account_id, left.permission_set_arn, left.principal.id().to_owned());
        let since =
            Since { came: [spot].into(), known: [account_id("pay")].into(), ..Since::default() };
        assert_eq!(drift(&plan, &since, &[]).len(), usize::from(is_drift), "{group}");
    }
}

#[tokio::test(start_paused = true)]
async fn drift_that_cannot_be_undone_is_told_once() {
    let granted = assignment("Admin", "Engineering", "pay");
    let mut watch = Watch::swept(as_it_should_be(), REVOKE).await;
    let aws = FakeAws::new(as_it_should_be().0).asked_by_management_if(true);
    watch.aws = aws.refusing(granted.clone(), "Received a 403 status error: Access denied by IAM.");
    watch.somebody_grants(granted.clone());
    let cause = told_by("CreateAccountAssignment", &granted);
    let look = || (Scope::account(account_id("pay")), vec![cause.clone()]);
    let (scope, causes) = look();
    assert_eq!(watch.look(scope, causes).await.len(), 1);
    for _ in 0..3 {
        let (scope, causes) = look();
        assert_eq!(watch.look(scope, causes).await, Vec::<Value>::new());
    }
}

#[test]
fn an_event_says_which_assignment_somebody_changed() {
    let parameters = |kind: &str| {
        json!({
            "instanceArn": "arn:aws:sso:::instance/ssoins-7223aaaabbbbcccc",
            "targetId": account_id("pay"), "targetType": "AWS_ACCOUNT",
            "permissionSetArn": permission_set_arn("Admin"),
            "principalType": kind, "principalId": group_id("Engineering"),
        })
    };
    let cause = |name: &str, kind: &str| {
        LaneMessage::parse(&api_call("sso", name, &parameters(kind)).to_string()).unwrap().cause
    };
    let granted = cause("CreateAccountAssignment", "GROUP");
    assert_eq!(granted.assignment, Some(assignment("Admin", "Engineering", "pay")));
    assert!(granted.actor.is_some());
    assert_eq!(cause("DeleteAccountAssignment", "GROUP").assignment, granted.assignment);
    assert_eq!(cause("CreateAccountAssignment", "ROBOT").assignment, None);
    assert_eq!(cause("CreatePermissionSet", "GROUP").assignment, None);
    // It travels on the lane.
    let message = LaneMessage { cause: granted, ..LaneMessage::default() };
    assert_eq!(LaneMessage::parse(&message.body()), Ok(message));
}

// ---- Gaps -----------------------------------------------------------------------------------------------------

#[tokio::test(start_paused = true)]
async fn a_run_for_one_event_tells_what_it_could_not_read() {
    let reads = {
        let aws = FakeAws::new(as_it_should_be().0);
        let mut watch = Watch { aws, rules: rules_with(REVOKE), picture: Picture::default() };
        watch.run(Scope::account(account_id("pay")), Vec::new()).await;
        assert!(watch.aws.announced.take().is_empty());
        watch.aws.reads.get()
    };
    let mut told_gaps = 0;
    for read in 0..reads {
        let aws = FakeAws::new(as_it_should_be().0).failing_read(read);
        let mut picture = Picture::default();
        let moved = Cause { event: "MoveAccount".to_owned(), ..Cause::default() };
        let errand = Errand::new(Scope::account(account_id("pay")), vec![moved], now());
        let rules = rules_with(REVOKE);
        let run = reconcile((&aws, &aws, &aws), &rules, Limits::default(), &errand, &mut picture);
        let Ok(run) = run.await else { continue };
        let announced = aws.announced.take();
        let gaps: Vec<&Announcement> =
            announced.iter().filter(|told| told.detail_type == "Gaps Found").collect();
        assert_eq!(gaps.len(), usize::from(!run.plan.gaps.is_empty()), "read {read}");
        for told in gaps {
            told_gaps += 1;
            assert_eq!(told.detail["gaps"], json!(run.plan.gaps));
            assert_eq!(told.detail["number"], run.plan.gaps.len());
            assert_eq!(told.detail["causes"][0]["event"], "MoveAccount");
        }
    }
    assert!(told_gaps > 2, "{told_gaps} of {reads}");
}

/// A sweep tells its gaps at its end, with all else that it found.
#[tokio::test(start_paused = true)]
async fn a_sweep_tells_at_its_end_what_it_could_not_read() {
    let reads = {
        let mut watch = Watch::of(as_it_should_be(), REVOKE);
        watch.sweep().await;
        watch.aws.reads.get()
    };
    let mut told_gaps = 0;
    for read in 0..reads {
        let aws = FakeAws::new(as_it_should_be().0).asked_by_management_if(true);
        let mut watch = Watch::of(as_it_should_be(), REVOKE);
        watch.aws = aws.failing_read(read);
        let errand = Errand::new(Scope::everything(), Vec::new(), now());
        let (parts, mut picture) = ((&watch.aws, &watch.aws, &watch.aws), Picture::default());
        let run = reconcile(parts, &watch.rules, Limits::default(), &errand, &mut picture).await;
        let Ok(run) = run else { continue };
        let announced = watch.aws.announced.take();
        let of = |kind: &str| announced.iter().filter(|told| told.detail_type == kind).count();
        assert_eq!((of("Gaps Found"), of("Sweep Finished")), (0, 1), "read {read}");
        let told = announced.last().unwrap();
        assert_eq!(told.detail["gaps"], json!(run.plan.gaps), "read {read}");
        told_gaps += usize::from(!run.plan.gaps.is_empty());
    }
    assert!(told_gaps > 2, "{told_gaps} of {reads}");
}

// ---- When they go out -----------------------------------------------------------------------------------------

/// A bus that takes its time, or refuses.
struct Bus<'a> {
    aws: &'a FakeAws,
    takes: Duration,
    refused: Cell<usize>,
}

impl Announce for Bus<'_> {
    async fn announce(&self, announcements: Vec<Announcement>) -> Result<(), NotAnnounced> {
        tokio::time::sleep(self.takes).await;
        if self.refused.get() > 0 {
            self.refused.set(self.refused.get() - 1);
            let failure = shared::failure::CallFailure {
                operation: "events:PutEvents",
                code: "InternalFailure".to_owned(),
                message: String::new(),
                kind: shared::failure::FailureKind::Transient,
            };
            return Err(NotAnnounced { number: announcements.len(), failure });
        }
        self.aws.announce(announcements).await
    }
}

fn many_accounts(number: usize) -> Company {
    let mut company = company().group("Engineering").permission_set("Power");
    for number in 0..number {
        company = company.account(&format!("shop-{number}"), "/").tagged("team", "shop");
    }
    company
}

/// Whoever kills a run learns of all that was done until a moment before.
#[tokio::test(start_paused = true)]
async fn a_run_that_is_cut_off_has_told_what_it_had_done() {
    let rules = rules_with(REVOKE);
    for seconds in [2, 3, 5] {
        let aws = FakeAws::new(many_accounts(1_000).0);
        let bus = Bus { aws: &aws, takes: Duration::from_millis(50), refused: Cell::new(0) };
        let errand = Errand::new(Scope::everything(), Vec::new(), now());
        let mut picture = Picture::default();
        let run = reconcile((&aws, &aws, &bus), &rules, Limits::default(), &errand, &mut picture);
        let limit = Duration::from_secs(seconds);
        assert!(tokio::time::timeout(limit, run).await.is_err(), "it is cut off");
        let granted = |told: &&Announcement| told.detail_type == "Access Granted";
        let told = aws.announced.borrow().iter().filter(granted).count();
        let done = aws.assignments().len();
        // Those of the last moment may be missing.
        assert!(done > 10 && told <= done && done - told <= 20, "{told} of {done} told");
        assert!(told > 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_is_slow_or_refuses_slows_nobody_down() {
    let rules = rules_with(REVOKE);
    let mut acting = Vec::new();
    for (takes, refused) in [(0, 0), (30, 0), (0, 2)] {
        let aws = FakeAws::new(many_accounts(100).0);
        let takes = Duration::from_secs(takes);
        let bus = Bus { aws: &aws, takes, refused: Cell::new(refused) };
        let caused = Cause {
            event: "TagResource".to_owned(),
            time: Some("2026-03-02T15:41:30Z".to_owned()),
            ..Cause::default()
        };
        let errand = Errand::new(Scope::everything(), vec![caused], now());
        let mut picture = Picture::default();
        let run = reconcile((&aws, &aws, &bus), &rules, Limits::default(), &errand, &mut picture);
        let run = run.await.unwrap();
        assert_eq!(run.outcomes.len(), 100);
        assert_eq!(run.failures().count(), 0);
        acting.push(run.after_the_event.iter().max().copied());
        assert_eq!(run.after_the_event.len(), 100);
        assert!(run.after_the_event.iter().all(|after| *after >= Duration::from_secs(30)));
        let lost = run.not_announced.map_or(0, |lost| lost.number);
        assert_eq!(lost, refused * 10, "counted");
        // And the sweep's end.
        assert_eq!(aws.announced.borrow().len() + lost, 101);
        assert_eq!(aws.announced.borrow().last().unwrap().detail_type, "Sweep Finished");
    }
    assert!(acting.iter().all(|last| *last == acting[0]), "{acting:?}");
}
