//! The real binaries on a real FIFO queue: a burst, a poisoned message, and one that keeps failing.

use std::time::Duration;

use local::{Local, bobs_organization};
use serde_json::{Value, json};
use shared::scope::route;

use crate::support::{
    bed::{Bed, Deployment, Row},
    events::api_call,
    local_aws::denied,
};

const RULES: &str = r#"version: 1
manage: {unlisted: revoke}
protect:
  - groups: [break-glass-*]
rules:
  - name: auditors-look-everywhere
    permission_sets: [ViewOnlyAccess]
    groups: [Auditors]
    accounts: {all: true}
"#;

const PAYMENTS_PROD: &str = "210000000001";
const WEB_PROD: &str = "210000000002";
const DATA_PROD: &str = "210000000003";

fn message_about(account: &str, cause: &str) -> Value {
    json!({"scope": {"accounts": [account]}, "cause": {"event": "MoveAccount", "id": cause}})
}

async fn access(bed: &mut Bed, local: &Local, account: &str) -> Vec<String> {
    let told = |Row { permission_set, principal_name, .. }| {
        format!("{permission_set} to {}", principal_name.unwrap_or_default())
    };
    bed.assignments(&local.endpoint(), account).await.into_iter().map(told).collect()
}

/// What is sent while a run is under way is taken together, and what was sent before a look is served by
/// it. The message that cannot be read and the one whose account cannot be read come three times, as this
/// queue is set, and are dead letters then. Nobody waits for them for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_burst_with_poison_in_it() {
    // The first change takes so long that all the rest is on the queue when it is done.
    let settings =
        local::Settings { assignment_time: Duration::from_secs(3), ..local::Settings::default() };
    let local = Local::start(bobs_organization(), settings).await.unwrap();
    let mut bed = Bed::start().await;
    bed.deploy(&Deployment::beside(&local.endpoint(), RULES)).await;
    local.fail(denied(
        "sso-admin:ListPermissionSetsProvisionedToAccount",
        Some(DATA_PROD.parse().unwrap()),
    ));
    bed.send(&message_about(WEB_PROD, "first"), "first").await;
    for number in 0..60 {
        let cause = format!("burst-{number}");
        let account = [PAYMENTS_PROD, WEB_PROD][number % 2];
        bed.send(&message_about(account, &cause), &cause).await;
        if number == 30 {
            bed.send(&json!("this is no message"), "poison").await;
            bed.send(&message_about(DATA_PROD, "denied"), "denied").await;
        }
    }
    bed.settle().await;
    for account in [PAYMENTS_PROD, WEB_PROD] {
        let access = access(&mut bed, &local, account).await;
        assert!(access.contains(&"ViewOnlyAccess to Auditors".to_owned()), "{access:?}");
    }
    let dead = bed.dead_letters().await;
    assert_eq!(dead.len(), 2, "{dead:?}");
    assert!(dead.contains(&json!("this is no message")));
    assert!(dead.contains(&message_about(DATA_PROD, "denied")));
    // Sixty-two messages about three accounts, one of which is tried three times.
    let looks = local.calls()["organizations:DescribeAccount"];
    assert!(looks < 20, "{looks}");
    let lines = bed.logs("reconciler").await;
    let served = lines.iter().filter(|line| line.contains("looked at since it was sent")).count();
    assert!(served > 20, "{served}");
}

/// Whatever the rules have no use for is one line in the log, which says why.
#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_matter_is_one_line() {
    let local = Local::start(bobs_organization(), local::Settings::default()).await.unwrap();
    let mut bed = Bed::start().await;
    bed.deploy(&Deployment::beside(&local.endpoint(), RULES)).await;
    let tags = json!({"resourceId": WEB_PROD, "tags": [{"key": "colour", "value": "red"}]});
    let named = json!({"accountId": WEB_PROD, "accountName": "HIDDEN_DUE_TO_SECURITY_REASONS"});
    let member = json!({
        "groupId": "9a67bc0d1e-4b7c6a58-90d1-4e2f-8a3b-5c4d6e7f8091",
        "memberId": {"userId": "9a67bc0d1e-1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0ff"},
    });
    for (event, why) in [
        (api_call("account", "PutAccountName", &named), "no rule asks for an account's name"),
        (
            api_call("organizations", "TagResource", &tags),
            "no rule asks for tag `colour` of an account",
        ),
        (
            api_call("identitystore", "CreateGroupMembership", &member),
            "no rule asks who is in a group",
        ),
    ] {
        let function = route(&event).function.unwrap().to_string();
        let invocation = bed.invoke(&function, &event).await;
        assert_eq!(invocation.error, None, "{:?}", invocation.payload);
        let [line] = invocation.logs.as_slice() else { panic!("{:?}", invocation.logs) };
        assert!(line.contains("ignored") && line.contains(why), "{line}");
    }
    assert_eq!(bed.on_the_lane().await, 0);
    assert!(local.calls().is_empty(), "{:?}", local.calls());
}
