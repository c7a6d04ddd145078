//! Revocations that are held, and what becomes of them once somebody approves: from the lane to assignments at AWS, over
//! the real SDK.

use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};

use local::{Fault, FaultKind, Local, Probability, bobs_organization};
use serde_json::{Value, json};
use shared::{
    act::{Act, RequestState},
    approval::{Approval, HeldSet},
    ids::{AccountId, Digest},
    lane::{Cause, LaneMessage},
    organization::Assignment,
    plan::Action,
    runtime::Batch,
    scope::Scope,
};
use tokio::time::{Instant, sleep};

use crate::support::{
    bed::{Bed, Deployment},
    local_aws::{LocalAws, again, message_about, quick},
    organization::{Company, account_id, assignment, company},
    usher::{Ended, Usher},
    wire_faults::{BadWire, Harm, Spoilt},
};

const RULES: &str = "version: 1
manage: {unlisted: revoke, max_revocations: 1}
rules:
  - name: engineers-build
    permission_sets: [PowerUserAccess]
    groups: [Engineering]
    accounts: {all: true}
";

/// Two accounts, in each of which visitors have what no rule grants.
fn visited() -> Company {
    let mut company = company()
        .account("shop", "/")
        .account("pay", "/")
        .group("Engineering")
        .permission_set("PowerUserAccess")
        .permission_set("ViewOnlyAccess");
    for visitor in ["visitor-1", "visitor-2", "visitor-3"] {
        company = company.group(visitor).assigned("ViewOnlyAccess", visitor, "shop");
    }
    company.assigned("ViewOnlyAccess", "visitor-1", "pay")
}

const ENGINEERS: &str = "PowerUserAccess to Engineering";

fn visitors(numbers: &[u8]) -> Vec<String> {
    let visitors = numbers.iter().map(|number| format!("ViewOnlyAccess to visitor-{number}"));
    std::iter::once(ENGINEERS.to_owned()).chain(visitors).collect()
}

/// An installation whose sweep has found too much to revoke.
struct Held {
    aws: LocalAws,
    set: HeldSet,
}

impl Held {
    async fn new() -> Self {
        Self::asked_by(None).await
    }

    /// One that is in that account; the management account's, where none is named.
    async fn asked_by(caller: Option<AccountId>) -> Self {
        Self::of(visited(), RULES, caller).await
    }

    async fn of(company: Company, rules: &str, caller: Option<AccountId>) -> Self {
        let settings = local::Settings { caller, ..quick() };
        let aws = LocalAws::with(company, rules, settings).await;
        sweep(&aws).await;
        let mut sets = held(&aws);
        assert_eq!(sets.len(), 1);
        Self { set: sets.remove(0), aws }
    }

    fn approved(&self, digest: &Digest) -> PathBuf {
        folder(&self.aws).join("approved").join(format!("{digest}.json"))
    }

    /// What `usher approve` writes down.
    fn approve(&self, approval: &Approval) {
        let file = self.approved(&approval.digest);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, serde_json::to_vec(approval).unwrap()).unwrap();
    }

    fn approval(&self) -> Approval {
        self.set.approved_by("bob".to_owned(), now())
    }

    /// What `usher approve` sends.
    fn message(&self) -> LaneMessage {
        LaneMessage {
            scope: self.set.scope.clone(),
            cause: Cause { event: "Revocations Approved".to_owned(), ..Cause::default() },
            approval: Some(self.set.digest.clone()),
            ..LaneMessage::default()
        }
    }

    async fn take(&self, bodies: &[String]) -> Batch {
        self.aws.usher().await.take(bodies).await.unwrap()
    }

    fn is_unchanged(&self) -> bool {
        self.aws.access(&account_id("shop")) == visitors(&[1, 2, 3])
            && self.aws.access(&account_id("pay")) == visitors(&[1])
    }

    fn is_done(&self) -> bool {
        ["shop", "pay"].iter().all(|name| self.aws.access(&account_id(name)) == visitors(&[]))
    }
}

fn now() -> chrono::DateTime<chrono::Utc> {
    #[expect(clippy::disallowed_methods, reason = "an approval is valid now, or it is not")]
    std::time::SystemTime::now().into()
}

fn folder(aws: &LocalAws) -> PathBuf {
    aws.rules_file().parent().unwrap().to_owned()
}

/// The sets that are held.
fn held(aws: &LocalAws) -> Vec<HeldSet> {
    let Ok(files) = fs::read_dir(folder(aws).join("held")) else { return Vec::new() };
    let read = |file: Result<fs::DirEntry, _>| fs::read(file.unwrap().path()).unwrap();
    files.map(|file| serde_json::from_slice(&read(file)).unwrap()).collect()
}

/// Somebody makes or takes away an assignment.
async fn by_hand(aws: &LocalAws, action: Action, assignment: &Assignment) {
    let world = aws.usher().await.world;
    let request = world.act().start(action, assignment).await.unwrap().request;
    let deadline = Instant::now() + Duration::from_secs(20);
    while world.act().status(action, &request).await.unwrap().state != RequestState::Succeeded {
        assert!(Instant::now() < deadline, "{assignment:?} does not come to an end");
        sleep(Duration::from_millis(10)).await;
    }
}

async fn sweep(aws: &LocalAws) -> Batch {
    let sweep = LaneMessage { scope: Scope::everything(), ..LaneMessage::default() };
    aws.usher().await.take(&[sweep.body()]).await.unwrap()
}

#[tokio::test]
async fn what_is_held_is_kept_as_it_was_announced() {
    let held = Held::new().await;
    assert!(held.is_unchanged());
    let told = held.aws.announced("Revocations Held");
    assert_eq!((told.len(), told[0]["number"].as_u64()), (1, Some(4)));
    assert_eq!(told[0]["digest"], Value::from(held.set.digest.to_string()));
    assert_eq!(told[0]["changes"], Value::from(held.set.changes.clone()));
    assert!(held.set.is_sound() && held.set.scope.is_everything());
    // Found again, it is the same set.
    sweep(&held.aws).await;
    assert_eq!(self::held(&held.aws).len(), 1);
}

#[tokio::test]
async fn an_approved_set_goes_once() {
    let held = Held::new().await;
    held.approve(&held.approval());
    let batch = held.take(&[held.message().body()]).await;
    assert!(again(&batch).is_empty() && held.is_done());
    let revoked = held.aws.announced("Access Revoked");
    assert_eq!(
        (revoked.len(), &revoked[0]["causes"][0]["event"]),
        (4, &Value::from("Revocations Approved"))
    );
    assert!(self::held(&held.aws).is_empty());
    assert!(!held.approved(&held.set.digest).exists());

    // Somebody grants all of it again: that is not approved any more.
    for assignment in visited().0.assignments {
        by_hand(&held.aws, Action::Create, &assignment).await;
    }
    let batch = held.take(&[held.message().body()]).await;
    assert!(again(&batch).is_empty() && held.is_unchanged());
    assert_eq!(self::held(&held.aws).len(), 1);
}

const NOBODY: &str = "nobody keeps ViewOnlyAccess in this account";
const UNKNOWN: &str = "whether anybody keeps ViewOnlyAccess in this account is unknown";

/// How many of the changes have a note that begins so.
fn noted(changes: &[Value], note: &str) -> usize {
    let begins = |change: &&Value| change["note"].as_str().is_some_and(|of| of.starts_with(note));
    changes.iter().filter(begins).count()
}

/// That AWS takes roles away is told where it is decided, and where it is done. One who is not listed with the others keeps
/// a role all the same.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_approves_knows_which_roles_go() {
    for caller in [None, Some(account_id("shop"))] {
        let company = visited().user("mary").assigned_to("ViewOnlyAccess", "mary", "pay");
        let held = Held::of(company, RULES, caller).await;
        let told = held.aws.announced("Revocations Held");
        let told = told[0]["changes"].as_array().unwrap();
        let goes = |change: &Value| change["account_name"] == "shop";
        for change in told.iter().chain(&held.set.changes) {
            assert_eq!(noted(std::slice::from_ref(change), NOBODY) == 1, goes(change), "{change}");
        }
        let rules = held.aws.rules_file();
        let planned = held.admin().run(&["plan", "--rules", rules.to_str().unwrap()]);
        let warned = "ARNs:\nwhat names the old ones (EKS, KMS keys, bucket policies) then lets nobody in.\n  ViewOnlyAccess in shop\n";
        assert!(planned.stdout.contains(warned), "{planned}");
        let shown = held.type_approve(&["--yes"]).stdout;
        assert_eq!(shown.matches(NOBODY).count(), 1, "{shown}");
        assert!(shown.contains("lets anybody in\n      in shop\n"), "{shown}");
        held.take(&[held.message().body()]).await;
        let revoked = held.aws.announced("Access Revoked");
        assert_eq!((revoked.len(), noted(&revoked, NOBODY)), (4, 3));
    }
}

/// An approval is of what goes. Whether it is known that a role goes with it may change meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_note_is_no_part_of_what_is_approved() {
    let held = Held::new().await;
    let mut unnoted = serde_json::to_value(&held.set).unwrap();
    for change in unnoted["changes"].as_array_mut().unwrap() {
        assert!(change.as_object_mut().unwrap().remove("note").is_some());
    }
    held.keep(&unnoted);
    assert_eq!(held.type_approve(&["--yes"]).code, 0);
    held.take(&[held.message().body()]).await;
    assert!(held.is_done());
}

/// A look that is only for a note takes nothing out of the set: what were left may be little enough to go, and is not what was
/// approved.
#[tokio::test]
async fn who_keeps_a_role_may_stay_unknown() {
    let aws = LocalAws::with(visited(), RULES, quick()).await;
    aws.local.fail(Fault {
        operation: "sso-admin:ListAccountAssignments".to_owned(),
        error: FaultKind::Error {
            code: "AccessDeniedException".to_owned(),
            message: "no".to_owned(),
            status: 400,
        },
        account_id: Some(account_id("shop")),
        times: None,
        probability: Probability::ALWAYS,
    });
    sweep(&aws).await;
    let mut sets = held(&aws);
    assert_eq!(sets.len(), 1, "{:?}", aws.announced("Access Revoked"));
    let held = Held { set: sets.remove(0), aws };
    assert!(held.is_unchanged());
    assert_eq!((noted(&held.set.changes, UNKNOWN), noted(&held.set.changes, NOBODY)), (3, 1));
    held.approve(&held.approval());
    let batch = held.take(&[held.message().body()]).await;
    assert!(again(&batch).is_empty() && held.is_done());
    let revoked = held.aws.announced("Access Revoked");
    assert_eq!((noted(&revoked, UNKNOWN), noted(&revoked, NOBODY)), (3, 1));
    assert_eq!(held.aws.announced("Revocations Held").len(), 1);
}

/// There is no time to look at each role of a thousand: of the others, that is said.
#[tokio::test(flavor = "multi_thread")]
async fn of_more_roles_than_are_looked_at_it_is_unknown() {
    let mut company = company().group("Engineering").group("visitor-1");
    company = company.permission_set("PowerUserAccess").permission_set("ViewOnlyAccess");
    for number in 0..103 {
        let name = format!("account-{number}");
        company = company.account(&name, "/").assigned("ViewOnlyAccess", "visitor-1", &name);
    }
    let rules = RULES.replace("[Engineering]", "[Nobody]");
    let held = Held::of(company, &rules, None).await;
    assert_eq!(held.aws.calls_of("sso-admin:ListAccountAssignments"), 100);
    assert_eq!((noted(&held.set.changes, NOBODY), noted(&held.set.changes, UNKNOWN)), (100, 3));
    let rules = held.aws.rules_file();
    let planned = held.admin().run(&["plan", "--rules", rules.to_str().unwrap()]);
    let (_, unknown) = planned.stdout.split_once("not everybody was looked at").unwrap();
    assert_eq!(unknown.lines().nth(2).unwrap().matches("account-").count(), 3, "{unknown}");
    let shown = held.type_approve(&["--yes"]).stdout;
    assert!(shown.contains(NOBODY) && shown.contains(UNKNOWN) && shown.contains(" and 90 more\n"));
}

/// Merged with others, an approval would find another set.
#[tokio::test]
async fn what_comes_along_does_not_spoil_an_approval() {
    let held = Held::new().await;
    held.approve(&held.approval());
    let sweep = LaneMessage { scope: Scope::everything(), ..LaneMessage::default() };
    let bodies = [message_about(&account_id("shop")), held.message().body(), sweep.body()];
    let batch = held.take(&bodies).await;
    assert!(again(&batch).is_empty() && held.is_done());
    assert_eq!(batch.approved.len(), 1);
}

#[tokio::test]
async fn an_approval_is_for_exactly_its_set() {
    let held = Held::new().await;
    // One visitor goes meanwhile: what is left is another set.
    by_hand(&held.aws, Action::Delete, &assignment("ViewOnlyAccess", "visitor-1", "pay")).await;
    held.approve(&held.approval());
    let batch = held.take(&[held.message().body()]).await;
    assert!(again(&batch).is_empty());
    assert_eq!(held.aws.access(&account_id("shop")), visitors(&[1, 2, 3]));
    let sets = self::held(&held.aws);
    assert_eq!(sets.iter().map(|set| set.revocations.len()).collect::<Vec<_>>(), [3]);
    assert!(
        !held.approved(&held.set.digest).exists(),
        "an approval that found another set is void"
    );
}

/// The lane alone approves nothing, nor does an approval whose time is over, or which is of another set than it says.
#[tokio::test]
async fn what_is_not_approved_stays() {
    let held = Held::new().await;
    let message = held.message().body();
    held.take(std::slice::from_ref(&message)).await;
    assert!(held.is_unchanged());
    let expired = Approval { expires_at: now(), ..held.approval() };
    held.approve(&expired);
    held.take(std::slice::from_ref(&message)).await;
    assert!(held.is_unchanged());
    let mut forged = Approval { begun_at: Some(now()), ..held.approval() };
    forged.revocations.insert(assignment("PowerUserAccess", "Engineering", "shop"));
    held.approve(&forged);
    held.take(&[message]).await;
    assert!(held.is_unchanged());
}

/// A run that is cut off leaves some of the set: whoever takes the message then does the rest, although that is another
/// set. Without the run that had begun, the very same rest would be held.
#[tokio::test]
async fn a_run_that_is_cut_off_is_finished_by_the_next() {
    for (has_begun, left) in [(true, visitors(&[])), (false, visitors(&[2, 3]))] {
        let held = Held::new().await;
        let begun_at = has_begun.then(now);
        held.approve(&Approval { begun_at, ..held.approval() });
        for account in ["shop", "pay"] {
            let assignment = assignment("ViewOnlyAccess", "visitor-1", account);
            by_hand(&held.aws, Action::Delete, &assignment).await;
        }
        held.take(&[held.message().body()]).await;
        assert_eq!(held.aws.access(&account_id("shop")), left);
    }
}

/// A set is not known to be another one while not all was read: the approval waits for the message's return.
#[tokio::test]
async fn a_gap_does_not_void_an_approval() {
    let held = Held::new().await;
    held.approve(&held.approval());
    held.aws.local.fail(Fault {
        operation: "sso-admin:ListAccountAssignmentsForPrincipal".to_owned(),
        error: FaultKind::Error {
            code: "InternalServerException".to_owned(),
            message: "busy".to_owned(),
            status: 500,
        },
        account_id: None,
        times: Some(3),
        probability: Probability::ALWAYS,
    });
    let batch = held.take(&[held.message().body()]).await;
    assert_eq!(again(&batch), ["message-0"]);
    assert!(held.is_unchanged() && held.approved(&held.set.digest).exists());
    held.take(&[held.message().body()]).await;
    assert!(held.is_done());
}

/// Nor while there was no time to look at all of it.
#[tokio::test]
async fn too_little_time_does_not_void_an_approval() {
    let held = Held::new().await;
    held.approve(&held.approval());
    let message = held.message().body();
    let batch =
        held.aws.usher().await.take_until(std::slice::from_ref(&message), Instant::now()).await;
    assert_eq!(again(&batch.unwrap()), ["message-0"]);
    assert!(held.is_unchanged() && held.approved(&held.set.digest).exists());
    held.take(&[message]).await;
    assert!(held.is_done());
}

/// Whichever single read fails, in the look for the set or in the run that lets it go: nobody is asked a
/// second time, and in the end all of it is gone.
#[tokio::test]
async fn whatever_read_fails_what_was_approved_goes_without_another_approval() {
    // From a delegated administrator's account it is read pair by pair: what is missed is missed in one account,
    // and the other goes on.
    for caller in [None, Some(account_id("shop"))] {
        let is_a_read = |name: &str| name.starts_with("List") && !name.ends_with("Status");
        let mut spoilt = 0;
        for (operation, times) in approve_over_a_bad_wire(caller.as_ref(), None).await {
            for from in (0..times).filter(|_| is_a_read(&operation)) {
                let (operation, harm) = (operation.clone(), Harm::Denied);
                let spoil = Spoilt { operation, from, times: 1, harm };
                approve_over_a_bad_wire(caller.as_ref(), Some(spoil)).await;
                spoilt += 1;
            }
        }
        assert!(spoilt > 10, "{spoilt}");
    }
}

/// Approves what is held, over a wire, until it is done; what was called.
async fn approve_over_a_bad_wire(
    caller: Option<&AccountId>,
    spoilt: Option<Spoilt>,
) -> BTreeMap<String, usize> {
    let told = format!("{caller:?} {spoilt:?}");
    let held = Held::asked_by(caller.cloned()).await;
    held.approve(&held.approval());
    let (wire, endpoint) = BadWire::to(&held.aws.local.endpoint(), spoilt).await;
    let usher = held.aws.usher_at(&endpoint).await;
    let mut next = vec![held.message().body()];
    for _ in 0..5 {
        let batch = usher.take(&next).await;
        if batch.is_ok_and(|batch| again(&batch).is_empty()) {
            next.clear();
        }
        let rest = held.aws.local.take_messages().into_iter();
        next.extend(rest.map(|message| message.body));
        if next.is_empty() {
            break;
        }
    }
    assert!(held.is_done(), "{told}: {next:?}");
    assert_eq!(held.aws.announced("Revocations Held").len(), 1, "{told}");
    wire.calls()
}

/// What a tick finds and holds goes when it is approved, although the hour that brought it is over.
#[tokio::test]
async fn what_an_hour_has_brought_goes_when_it_is_approved() {
    let ended = (now() - chrono::TimeDelta::seconds(30)).to_rfc3339();
    let rules = format!(
        "{RULES}  - name: visit\n    permission_sets: [ViewOnlyAccess]\n    groups: [visitor-*]\n    accounts: {{all: true}}\n    until: {ended}\n"
    );
    let aws = LocalAws::start(visited(), &rules).await;
    let tick = LaneMessage { scope: Scope::tick(), ..LaneMessage::default() };
    aws.usher_with_cache().await.take(&[tick.body()]).await.unwrap();
    let mut sets = held(&aws);
    assert_eq!(sets.len(), 1);
    let held = Held { set: sets.remove(0), aws };
    assert!(held.is_unchanged());
    held.approve(&held.approval());
    held.aws.usher_with_cache().await.take(&[held.message().body()]).await.unwrap();
    assert!(held.is_done());
}

/// New rules that grant less are held like anything else.
#[tokio::test]
async fn what_new_rules_no_longer_grant_is_held() {
    let rules = RULES.replace("revoke,", "report,");
    let aws = LocalAws::start(visited(), &rules).await;
    sweep(&aws).await;
    aws.write_rules(&RULES.replace("[Engineering]", "[visitor-3]"));
    let changed = LaneMessage { scope: Scope::rules_changed(), ..LaneMessage::default() };
    aws.usher().await.take(&[changed.body()]).await.unwrap();
    assert_eq!(aws.calls_of("sso-admin:DeleteAccountAssignment"), 0);
    let sets = held(&aws);
    assert_eq!((sets.len(), sets[0].revocations.len()), (1, 6));
    assert_eq!(aws.announced("Revocations Held").len(), 1);
}

impl Held {
    /// `usher approve`, as somebody types it who wants the set of that digest to go.
    fn typed(&self, more: &[&str]) -> Vec<String> {
        let rules = self.aws.rules_file().to_str().unwrap().to_owned();
        let lane = "http://localhost/310000000001/usher-lane.fifo".to_owned();
        let digest = self.set.digest.to_string();
        let typed = ["approve", &digest, "--rules", &rules, "--lane", &lane];
        typed.iter().chain(more).map(|&word| word.to_owned()).collect()
    }

    fn admin(&self) -> Usher {
        Usher::new().aws_at(self.aws.local.endpoint())
    }

    fn type_approve(&self, more: &[&str]) -> Ended {
        let typed = self.typed(more);
        self.admin().run(&typed.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Somebody writes where sets are kept.
    fn keep(&self, set: &Value) {
        let file = folder(&self.aws).join("held").join(format!("{}.json", self.set.digest));
        fs::write(file, serde_json::to_vec(set).unwrap()).unwrap();
    }
}

/// Whoever writes below `held/` may tell an approver of another set than goes: less of it, more, one revocation in
/// place of another, or grants.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_is_what_is_approved() {
    let held = Held::new().await;
    let set = serde_json::to_value(&held.set).unwrap();
    let forge = |forge: &dyn Fn(&mut Vec<Value>)| {
        let mut forged = set.clone();
        forge(forged["changes"].as_array_mut().unwrap());
        forged
    };
    let other_account = account_id("web").to_string();
    let forged: [Value; 6] = [
        forge(&|changes| drop(changes.pop())),
        forge(&|changes| changes.push(changes[0].clone())),
        forge(&|changes| changes[0] = changes[1].clone()),
        forge(&|changes| changes[0]["account_id"] = json!(other_account)),
        forge(&|changes| changes[0]["action"] = json!("create")),
        forge(&|changes| changes[0] = json!({"action": "delete"})),
    ];
    for forged in forged {
        held.keep(&forged);
        let ended = held.type_approve(&["--yes"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{ended}\n{forged}");
        assert!(ended.stderr.contains("is not the set of that digest"), "{ended}");
        assert!(!held.approved(&held.set.digest).exists(), "{forged}");
    }
    held.keep(&set);
    let ended = held.type_approve(&["--yes"]);
    assert!(ended.code == 0 && held.approved(&held.set.digest).exists(), "{ended}");
}

/// The digest is of ids, so a forged name is seen only by its id.
#[tokio::test(flavor = "multi_thread")]
async fn each_name_is_shown_with_its_id() {
    let held = Held::new().await;
    let ended = held.type_approve(&["--yes"]);
    for Assignment { account_id, permission_set_arn, principal } in &held.set.revocations {
        let (_, permission_set) = permission_set_arn.as_str().rsplit_once('/').unwrap();
        let ids = [permission_set, principal.id(), account_id.as_str()];
        let is_shown = |line: &str| ids.iter().all(|id| line.contains(&format!("({id})")));
        assert!(ended.stdout.lines().any(is_shown), "{ids:?}: {ended}");
    }
}

/// What nobody sees cannot be agreed to: stdout is for the tool that takes the JSON, so the set stands above the question.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_wants_json_sees_the_set_before_the_question() {
    let held = Held::new().await;
    let typed = held.typed(&["--format", "json"]);
    let typed: Vec<&str> = typed.iter().map(String::as_str).collect();
    let (_, screen) = held.admin().at_a_terminal(&typed, "no");
    let (shown, _) =
        screen.split_once("Revoke 4 revocations?").unwrap_or_else(|| panic!("{screen}"));
    assert_eq!(shown.matches("  - ViewOnlyAccess").count(), 4, "{screen}");
    assert!(!held.approved(&held.set.digest).exists());
}

/// The real binaries, a real bucket and a real queue: what is held there goes when an admin approves it.
#[tokio::test(flavor = "multi_thread")]
async fn an_installation_lets_through_what_an_admin_approves() {
    let local = Local::start(bobs_organization(), quick()).await.unwrap();
    let mut bed = Bed::start().await;
    let rules = RULES.replace("max_revocations: 1", "max_revocations: 0");
    let outputs = bed.deploy(&Deployment::beside(&local.endpoint(), &rules)).await;
    let lane = outputs["LaneUrl"].as_str().unwrap();
    let before = local.organization().assignments.len();
    bed.send(&json!({"scope": {"everything": true}, "cause": {"event": "By hand"}}), "1").await;
    bed.settle().await;
    let told = bed.announcements().await;
    let (_, held) = told.iter().find(|(kind, _)| kind == "Revocations Held").unwrap();
    let digest = held["digest"].as_str().unwrap();
    assert!(local.organization().assignments.len() > before, "grants go ahead");

    let admin = bed.admin(&local.endpoint());
    let approve = ["approve", digest, "--bucket", &bed.bucket.clone(), "--lane", lane, "--yes"];
    let approved = admin.run(&approve);
    assert_eq!(approved.code, 0, "{approved}");
    bed.settle().await;
    let told = bed.announcements().await;
    let revoked = told.iter().filter(|(kind, _)| kind == "Access Revoked");
    let revoked: Vec<&Value> = revoked.map(|(_, detail)| detail).collect();
    assert_eq!(Value::from(revoked.len()), held["number"], "{told:?}");
    let actor = revoked[0]["causes"][0]["actor"].as_str().unwrap();
    assert_eq!(actor, "arn:aws:sts::111111111111:assumed-role/Admin/local");
    let again = admin.run(&approve);
    assert!(again.stderr.contains("no revocations with the digest"), "{again}");
}
