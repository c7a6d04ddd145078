//! What Usher asks of AWS where AWS limits and refuses: the reconciler as Lambda calls it, on a clock that jumps.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::{Arc, Mutex},
};

use local::{Fault, Local, Quotas, generate::generate};
use serde_json::{Value, json};
use shared::{
    ids::AccountId,
    lane::LaneMessage,
    organization::Organization,
    runtime::{Batch, Settings, World, lane_batch},
    scope::Scope,
};
use tempfile::TempDir;
use tokio::time::{Duration, Instant, sleep};

use crate::support::{
    in_process::{Listener, Tap, configuration},
    local_aws::again,
    organization::{account_id, company},
};

/// By tag and by place: each account's tags are read, and the names of all units.
const RULES: &str = r#"
version: 1
manage: {unlisted: revoke, max_revocations: 100%}
rules:
  - {name: tagged, permission_sets: ReadOnlyAccess, groups: team-payments-readers, accounts: {tags: {team: payments}}}
  - {name: placed, permission_sets: SecurityAudit, groups: "audit-*", accounts: {organizational_unit: /Security}}
"#;

/// How long AWS takes for an answer.
const LATENCY: Duration = Duration::from_millis(150);

const BY_PRINCIPAL: &str = "sso-admin:ListAccountAssignmentsForPrincipal";
const BY_PAIRS: &str = "sso-admin:ListPermissionSetsProvisionedToAccount";

/// AWS with its quotas, and a process of the reconciler that lives on.
struct Stage {
    local: Local,
    world: World,
    _folder: TempDir,
}

impl Stage {
    async fn with(accounts: usize) -> Self {
        let settings =
            local::Settings { latency: LATENCY, quotas: Quotas::Strict, ..at_usual_speed() };
        let tap = Arc::new(Listener);
        Self::heard_by(tap, (company_of(accounts), RULES), settings).await
    }

    async fn heard_by(
        tap: Arc<dyn Tap>,
        (organization, rules): (Organization, &str),
        settings: local::Settings,
    ) -> Self {
        let local = Local::start(organization, settings).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rules.yaml");
        fs::write(&file, rules).unwrap();
        let settings = Settings {
            rules: Some(file.to_str().unwrap().parse().unwrap()),
            lane: Some("http://localhost/111111111111/usher-lane.fifo".to_owned()),
            account: Some(local.caller()),
            ..Settings::default()
        };
        let world = World::new(settings, configuration(local.router(), "test", tap));
        Self { local, world, _folder: folder }
    }

    /// Looks at a scope, and says how often each operation was called for that.
    async fn look_at(&self, scope: Scope) -> (Batch, BTreeMap<String, u64>) {
        let _ = self.world.calls().take();
        let body = LaneMessage { scope, ..LaneMessage::default() }.body();
        let records = json!({"Records": [{"messageId": "message-0", "body": body}]});
        let batch = lane_batch(&self.world, records).await.unwrap();
        assert!(again(&batch).is_empty());
        (batch, self.world.calls().take())
    }

    fn refuse(&self, times: u32) {
        let fault: Fault = format!("{BY_PRINCIPAL}:AccessDeniedException:1").parse().unwrap();
        self.local.fail(Fault { times: Some(times), ..fault });
    }
}

fn company_of(accounts: usize) -> Organization {
    let shape =
        format!("accounts={accounts},groups=40,users=5,permission_sets=6,assignments=0,seed=7");
    generate(&shape.parse().unwrap())
}

fn at_usual_speed() -> local::Settings {
    local::Settings { latency: Duration::from_millis(50), ..local::Settings::default() }
}

/// When each operation was asked for, the SDK's own retries included.
#[derive(Debug, Default)]
struct Times(Mutex<BTreeMap<String, Vec<Instant>>>);

impl Tap for Times {
    fn asks(&self, operation: &str, _body: &Value) -> bool {
        let (service, _) = operation.split_once('.').unwrap();
        let mut times = self.0.lock().unwrap();
        // Identity Center counts all calls together, and Organizations each operation by itself.
        for counted in [service, operation] {
            times.entry(counted.to_owned()).or_default().push(Instant::now());
        }
        true
    }

    fn is_answered(&self, _operation: &str) -> bool {
        true
    }
}

/// How AWS calls all of Identity Center, and operations, in the header that names an operation.
const SSO_ADMIN: &str = "SWBExternalService";
const CREATE: &str = "SWBExternalService.CreateAccountAssignment";
const UNITS: &str = "AWSOrganizationsV20161128.DescribeOrganizationalUnit";

impl Times {
    /// How many at once would have been asked for, of whoever allows so many a second.
    fn burst(&self, counted: &str, per_second: f64) -> f64 {
        let times = self.0.lock().unwrap();
        let (mut most, mut owed, mut last) = (0.0_f64, 0.0_f64, None::<Instant>);
        for &time in &times[counted] {
            let refilled = last.map_or(0.0, |last| (time - last).as_secs_f64() * per_second);
            owed = (owed - refilled).max(0.0) + 1.0;
            (most, last) = (most.max(owed), Some(time));
        }
        most
    }

    /// How many a second there were on average.
    fn rate(&self, counted: &str) -> f64 {
        let times = self.0.lock().unwrap();
        let times = &times[counted];
        times.len() as f64 / (times[times.len() - 1] - times[0]).as_secs_f64()
    }
}

/// A run over many accounts, each of them far down by itself, while AWS fails at some calls in this way: it asks for
/// the names of many units one by one, and makes an assignment in each account.
async fn a_run_with(faults: [&str; 2]) -> Arc<Times> {
    const ACCOUNTS: usize = 150;
    const RULES: &str = "{version: 1, manage: {unlisted: report}, rules: [{name: a, permission_sets: Power, \
                         groups: ['team-*'], accounts: {organizational_unit: '/*/deep/down'}}]}";
    let mut company =
        company().permission_set("Power").group("team-a").group("team-b").group("team-c");
    for number in 0..ACCOUNTS {
        let (unit, name) = (format!("/unit-{number}"), format!("account-{number}"));
        company =
            company.unit(&unit).unit(&format!("{unit}/deep")).unit(&format!("{unit}/deep/down"));
        company = company.account(&name, &format!("{unit}/deep/down"));
    }
    let times = Arc::new(Times::default());
    let stage = Stage::heard_by(times.clone(), (company.0, RULES), at_usual_speed()).await;
    for fault in faults {
        stage.local.fail(fault.parse().unwrap());
    }
    let accounts = (0..ACCOUNTS).map(|number| account_id(&format!("account-{number}"))).collect();
    let body =
        LaneMessage { scope: Scope { accounts, ..Scope::default() }, ..LaneMessage::default() }
            .body();
    let records = json!({"Records": [{"messageId": "message-0", "body": body}]});
    let batch = lane_batch(&stage.world, records).await.unwrap();
    assert!(batch.reconciled.unwrap().outcomes.len() > 2 * ACCOUNTS);
    times
}

/// The SDK retries by itself what fails inside AWS, and AWS counts each attempt: a retry takes the place of another
/// call. At the pace that is left to others, no more is ever asked than comes of a retry that nobody could foresee.
#[tokio::test(start_paused = true)]
async fn retries_of_the_sdk_are_within_the_quotas() {
    let times = a_run_with([
        "organizations:DescribeOrganizationalUnit:ServiceException:0.3",
        "sso-admin:CreateAccountAssignment:InternalServerException:0.3",
    ])
    .await;
    let (units, sso_admin) = (times.burst(UNITS, 1.8), times.burst(SSO_ADMIN, 18.0));
    assert!(units <= 20.0 && sso_admin <= 20.0, "{units} units, {sso_admin} of Identity Center");
}

/// Others ask too, and then AWS throttles all: whoever hears that asks less often, also where the SDK makes it good
/// by itself.
#[tokio::test(start_paused = true)]
async fn where_aws_throttles_it_is_asked_less_often() {
    let usual = a_run_with([
        "organizations:DescribeOrganizationalUnit:ServiceException:0.4",
        "sso-admin:CreateAccountAssignment:InternalServerException:0.4",
    ])
    .await;
    let throttled = a_run_with([
        "organizations:DescribeOrganizationalUnit:TooManyRequestsException:0.4",
        "sso-admin:CreateAccountAssignment:ThrottlingException:0.4",
    ])
    .await;
    for (counted, part) in [(UNITS, 0.8), (CREATE, 0.3)] {
        let (usual, throttled) = (usual.rate(counted), throttled.rate(counted));
        assert!(throttled < usual * part, "{counted}: {throttled} and {usual} calls a second");
    }
}

/// Organizations allows ten tags a second and two names of units: nobody else is to be throttled because of
/// a sweep, or of many accounts that come at once.
#[tokio::test(start_paused = true)]
async fn a_sweep_of_a_large_organization_is_never_throttled() {
    let stage = Stage::with(1_200).await;
    let (batch, calls) = stage.look_at(Scope::everything()).await;
    assert!(batch.reconciled.unwrap().outcomes.len() > 50);
    assert!(calls["organizations:ListTagsForResource"] >= 1_100, "{calls:?}");
    assert!(calls["organizations:ListOrganizationalUnitsForParent"] > 8, "{calls:?}");
    let accounts = stage.local.organization().accounts.into_iter();
    let accounts = accounts.step_by(20).map(|account| account.id).collect();
    let scope = Scope { accounts, ..Scope::default() };
    let (_, calls) = stage.look_at(scope).await;
    assert!(calls["organizations:DescribeAccount"] > 50, "{calls:?}");
    assert_eq!(stage.local.errors(), BTreeMap::new());
}

/// A listing of units names twenty of them, and more than twice as many are allowed in a second.
#[tokio::test(start_paused = true)]
async fn units_side_by_side_are_named_together() {
    let stage = Stage::with(300).await;
    let accounts = stage.local.organization().accounts.into_iter().map(|account| account.id);
    let scope = Scope { accounts: accounts.collect(), ..Scope::default() };
    let (_, calls) = stage.look_at(scope).await;
    let units = stage.local.organization().organizational_units.len() as u64;
    let count = |operation: &str| calls.get(operation).copied().unwrap_or_default();
    let singly = count("organizations:DescribeOrganizationalUnit");
    let together = count("organizations:ListOrganizationalUnitsForParent");
    assert!(together > 0 && singly + together < units * 2 / 3, "{singly}, {together} of {units}");
    assert_eq!(stage.local.errors(), BTreeMap::new());
}

/// Permissions change while a process lives. One refusal is chance; and of two it is not known for how long.
#[tokio::test(start_paused = true)]
async fn a_refused_listing_is_tried_again_after_a_while() {
    let stage = Stage::with(120).await;
    stage.look_at(Scope::everything()).await;
    let way = async |stage: &Stage| {
        let (_, calls) = stage.look_at(Scope::everything()).await;
        (calls.contains_key(BY_PRINCIPAL), calls.contains_key(BY_PAIRS))
    };
    stage.refuse(1);
    assert_eq!(way(&stage).await, (true, false), "one refusal costs one call");
    stage.refuse(2);
    assert_eq!(way(&stage).await, (true, true), "refused twice: the other way");
    assert_eq!(way(&stage).await, (false, true), "and not asked for some minutes");
    sleep(Duration::from_secs(11 * 60)).await;
    assert_eq!(way(&stage).await, (true, false));
}

/// How long AWS takes for an answer is not how long it takes between two questions: nobody waits for ten accounts
/// that change at once as if for one after the other.
#[tokio::test(start_paused = true)]
async fn what_can_be_asked_together_is() {
    let stage = Stage::with(300).await;
    stage.look_at(Scope::everything()).await;
    let tagged = stage.local.organization().accounts.into_iter();
    let tagged =
        tagged.filter(|account| account.tags.get("team").is_some_and(|team| team == "payments"));
    let accounts: BTreeSet<AccountId> = tagged.map(|account| account.id).take(10).collect();
    assert_eq!(accounts.len(), 10);
    sleep(Duration::from_secs(60)).await;
    let began = Instant::now();
    let (_, calls) = stage.look_at(Scope { accounts, ..Scope::default() }).await;
    let took = began.elapsed();
    let all: u64 = calls.values().sum();
    let one_by_one = LATENCY * u32::try_from(all).unwrap();
    assert!(took < one_by_one / 2, "{took:?}, and one by one {one_by_one:?}: {calls:?}");
    assert_eq!(stage.local.errors(), BTreeMap::new());
}
