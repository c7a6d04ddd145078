//! What Usher asks of AWS where AWS limits and refuses: the reconciler as Lambda calls it, on a clock that jumps.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::Arc,
};

use local::{Fault, Local, Quotas, generate::generate};
use serde_json::{Value, json};
use shared::{
    ids::AccountId,
    lane::LaneMessage,
    runtime::{Batch, Settings, World, lane_batch},
    scope::Scope,
};
use tempfile::TempDir;
use tokio::time::{Duration, Instant, sleep};

use crate::support::{
    in_process::{Tap, configuration},
    local_aws::again,
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

/// Who listens to what is asked, and changes nothing.
#[derive(Debug)]
struct Wire;

/// AWS with its quotas, and a process of the reconciler that lives on.
struct Stage {
    local: Local,
    world: World,
    _folder: TempDir,
}

impl Stage {
    async fn with(accounts: usize) -> Self {
        let shape =
            format!("accounts={accounts},groups=40,users=5,permission_sets=6,assignments=0,seed=7");
        let settings = local::Settings {
            latency: LATENCY,
            quotas: Quotas::Strict,
            ..local::Settings::default()
        };
        let local = Local::start(generate(&shape.parse().unwrap()), settings).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let rules = folder.path().join("rules.yaml");
        fs::write(&rules, RULES).unwrap();
        let settings = Settings {
            rules: Some(rules.to_str().unwrap().parse().unwrap()),
            lane: Some("http://localhost/111111111111/usher-lane.fifo".to_owned()),
            account: Some(local.caller()),
            ..Settings::default()
        };
        let world = World::new(settings, configuration(local.router(), "test", Arc::new(Wire)));
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

impl Tap for Wire {
    fn asks(&self, _operation: &str, _body: &Value) -> bool {
        true
    }

    fn is_answered(&self, _operation: &str) -> bool {
        true
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
