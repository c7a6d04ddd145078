//! Which function the deployed rules hand an event to, as EventBridge sees it: the one that
//! `usher simulate` names. What leads nowhere wakes nobody, and costs nothing.
//!
//! **Where a pattern cannot be as narrow as the code.** It does not know an account's id from other
//! text, and asks of an id only how it begins; the function then ignores the event, with one line in
//! the log. Nothing else is left to it.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};
use shared::scope::{Function, Heard, heard, route};

use crate::support::{
    bed::{Bed, Deployment},
    events::{api_call, schedule_of_a_rule, schedule_of_the_scheduler, service_event},
};

const ACCOUNT: &str = "320000000007";
const UNIT: &str = "ou-u5h3-work0001";
const GROUP: &str = "93f5a1c2-7081-70d3-1a2b-3c4d5e6f7081";
const USER: &str = "b2c1a0f9-4051-7032-9a8b-7c6d5e4f3a2b";
const SET: &str = "arn:aws:sso:::permissionSet/ssoins-7223aaaabbbbcccc/ps-1111222233334444";

/// Who sends events: those that Usher hears, and others with calls of the same names.
const SERVICES: [&str; 9] = [
    "account",
    "controltower",
    "ec2",
    "iam",
    "identitystore",
    "identitystore-scim",
    "organizations",
    "sso",
    "sso-directory",
];

/// What is heard of any of them, and what is not.
const NAMES: [&str; 72] = [
    "AcceptHandshake",
    "AccountDepartedOrganization",
    "AccountJoinedOrganization",
    "AddMemberToGroup",
    "AddRegion",
    "AttachManagedPolicyToPermissionSet",
    "AttachPolicy",
    "CancelHandshake",
    "CloseAccount",
    "CloseAccountResult",
    "CreateAccount",
    "CreateAccountAssignment",
    "CreateAccountResult",
    "CreateGovCloudAccount",
    "CreateGovCloudAccountResult",
    "CreateGroup",
    "CreateGroupMembership",
    "CreateManagedAccount",
    "CreateOrganization",
    "CreateOrganizationalUnit",
    "CreatePermissionSet",
    "CreatePolicy",
    "CreateUser",
    "DeleteAccountAssignment",
    "DeleteGroup",
    "DeleteGroupMembership",
    "DeleteOrganizationalUnit",
    "DeletePermissionSet",
    "DeleteUser",
    "DeregisterOrganizationalUnit",
    "DescribeGroup",
    "DetachPolicy",
    "DisableBaseline",
    "DisableGuardrail",
    "DisableUser",
    "EffectivePolicyValidation",
    "EnableBaseline",
    "EnableControl",
    "EnableGuardrail",
    "EnableUser",
    "GetRoleCredentials",
    "InviteAccountToOrganization",
    "LeaveOrganization",
    "ListAccounts",
    "ListGroups",
    "MoveAccount",
    "PatchGroup",
    "PatchUser",
    "PrecheckOrganizationalUnit",
    "ProvisionPermissionSet",
    "PutAccountName",
    "PutGroup",
    "PutInlinePolicyToPermissionSet",
    "PutUser",
    "RegisterOrganizationalUnit",
    "RemoveAccountFromOrganization",
    "RemoveMemberFromGroup",
    "ResetEnabledBaseline",
    "SetupLandingZone",
    "TagResource",
    "UntagResource",
    "UpdateEnabledBaseline",
    "UpdateGroup",
    "UpdateGroupDisplayName",
    "UpdateGroupMembership",
    "UpdateLandingZone",
    "UpdateManagedAccount",
    "UpdateOrganizationalUnit",
    "UpdatePermissionSet",
    "UpdateUser",
    "UpdateUserName",
    "UserAuthentication",
];

/// Every id in every place where one of the events has it.
fn call(service: &str, name: &str) -> Value {
    let parameters = json!({
        "accountId": ACCOUNT, "targetId": ACCOUNT, "resourceId": ACCOUNT, "organizationalUnitId": UNIT,
        "groupId": GROUP, "userId": USER, "id": GROUP, "member": {"memberId": USER}, "memberId": {"userId": USER},
        "tags": [{"key": "team", "value": "shop"}], "tagKeys": ["team"],
    });
    let mut call = api_call(service, name, &parameters);
    call["detail"]["responseElements"] = json!({
        "handshake": {"action": "INVITE", "parties": [{"type": "ACCOUNT", "id": ACCOUNT}]},
        "permissionSet": {"permissionSetArn": SET},
    });
    call
}

/// The same of what a service has finished.
fn result(service: &str, name: &str) -> Value {
    let account = json!({"state": "SUCCEEDED", "account": {"accountId": ACCOUNT}});
    let unit = json!({"organizationalUnit": {"organizationalUnitId": UNIT}});
    let target = format!("arn:aws:organizations::310000000001:account/o-u5h3test01/{ACCOUNT}");
    let baseline = json!({"enabledBaselineDetails": {"targetIdentifier": target}});
    let details = json!({
        "createAccountStatus": {"state": "SUCCEEDED", "accountId": ACCOUNT},
        "closeAccountStatus": {"state": "SUCCEEDED", "accountId": ACCOUNT},
        "createManagedAccountStatus": account, "updateManagedAccountStatus": account,
        "registerOrganizationalUnitStatus": unit, "deregisterOrganizationalUnitStatus": unit,
        "enableBaselineStatus": baseline, "disableBaselineStatus": baseline,
        "resetEnabledBaselineStatus": baseline, "updateEnabledBaselineStatus": baseline,
    });
    service_event(service, name, &details)
}

/// What comes without CloudTrail: the directory, the tagging service, S3, schedules.
fn native(source: &str, detail_type: &str, resources: &[&str], detail: &Value) -> Value {
    json!({
        "version": "0", "id": "c9d8e7f6-5a4b-4c3d-8e2f-1a0b9c8d7e6f", "account": "310000000001",
        "time": "2026-03-02T09:14:33Z", "region": "eu-central-1",
        "source": source, "detail-type": detail_type, "resources": resources, "detail": detail,
    })
}

fn natives(bucket: &str) -> Vec<Value> {
    let mut events = vec![schedule_of_a_rule(), schedule_of_the_scheduler()];
    let group = format!("arn:aws:identitystore:::group/{GROUP}");
    for what in ["Group", "User", "Group Membership", "Membership", "Region"] {
        for how in ["Created", "Updated", "Deleted"] {
            let kind = format!("{what} {how}");
            events.push(native("aws.identitystore", &kind, &[&group], &json!({})));
            events.push(native("aws.sso", &kind, &[&group], &json!({})));
            events.push(native("com.example", &kind, &[&group], &json!({})));
        }
    }
    for resource in [
        format!("arn:aws:organizations::310000000001:account/o-u5h3test01/{ACCOUNT}"),
        format!("arn:aws:organizations::310000000001:ou/o-u5h3test01/{UNIT}"),
        "arn:aws:organizations::310000000001:root/o-u5h3test01/r-u5h3".to_owned(),
        "arn:aws:organizations::310000000001:policy/o-u5h3test01/service_control_policy/p-u5h3test"
            .to_owned(),
    ] {
        for service in ["organizations", "ec2"] {
            let detail = json!({"service": service, "changed-tag-keys": ["team"]});
            events.push(native("aws.tag", "Tag Change on Resource", &[&resource], &detail));
        }
    }
    for bucket in [bucket, "somebody-elses"] {
        for key in ["rules.yaml", "active/rules.yaml", "cache/organization.json", "notes.txt"] {
            for what in ["Object Created", "Object Deleted", "Object Tags Added"] {
                let detail =
                    json!({"bucket": {"name": bucket}, "object": {"key": key, "version-id": "v"}});
                events.push(native("aws.s3", what, &[], &detail));
            }
        }
    }
    events
}

/// Events that look like others, and lead nowhere.
fn almost() -> Vec<Value> {
    let with = |mut event: Value, pointer: &str, value: Value| {
        *event.pointer_mut(pointer).unwrap() = value;
        event
    };
    let status = "/detail/serviceEventDetails/createAccountStatus/state";
    let target =
        "/detail/serviceEventDetails/enableBaselineStatus/enabledBaselineDetails/targetIdentifier";
    let resource = "/detail/requestParameters/resourceId";
    let mut events = vec![
        with(result("organizations", "CreateAccountResult"), status, json!("FAILED")),
        with(result("organizations", "CreateGovCloudAccountResult"), status, json!("FAILED")),
        with(
            call("organizations", "AcceptHandshake"),
            "/detail/responseElements/handshake/action",
            json!("ENABLE_ALL_FEATURES"),
        ),
        with(call("organizations", "TagResource"), resource, json!("p-u5h3test")),
        with(call("organizations", "TagResource"), resource, json!("rp-u5h3test")),
        with(call("organizations", "MoveAccount"), "/source", json!("com.example.forged")),
        with(call("identitystore-scim", "PatchGroup"), "/source", json!("com.example.forged")),
    ];
    let unit = json!(format!("arn:aws:organizations::310000000001:ou/o-u5h3test01/{UNIT}"));
    let mut baseline = result("controltower", "EnableBaseline");
    baseline["detail"]["serviceEventDetails"] =
        json!({"enableBaselineStatus": {"enabledBaselineDetails": {"targetIdentifier": ""}}});
    events.push(with(baseline, target, unit));
    for (service, name) in [
        ("account", "PutAccountName"),
        ("identitystore", "CreateGroupMembership"),
        ("identitystore-scim", "PatchGroup"),
        ("organizations", "MoveAccount"),
        ("organizations", "TagResource"),
        ("sso", "CreateAccountAssignment"),
        ("sso-directory", "AddMemberToGroup"),
    ] {
        let mut failed = call(service, name);
        failed["detail"]["errorCode"] = json!("AccessDenied");
        events.push(failed);
    }
    events
}

/// Samples that other people published, where this machine has them. They are not ours to pass on.
#[expect(
    clippy::print_stderr,
    reason = "whoever reads the test's output should know what it left out"
)]
fn samples() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/events");
    let files = fs::read_dir(folder).into_iter().flatten().map(|file| file.unwrap().path());
    let samples: Vec<Value> = files
        .filter_map(|file| serde_json::from_str(&fs::read_to_string(file).ok()?).ok())
        .filter(|event: &Value| event["source"].is_string())
        .collect();
    if samples.is_empty() {
        eprintln!("skipped: samples that other people published are not on this machine");
    }
    samples
}

/// Provisioning under sources that AWS might use, and the root user, who has no role to compare.
fn variants() -> Vec<Value> {
    let mut scim = call("identitystore-scim", "PatchGroup");
    scim["source"] = json!("aws.cloudtrail");
    let mut by_root = call("sso", "CreateAccountAssignment");
    by_root["detail"]["userIdentity"] =
        json!({"type": "Root", "sessionContext": {"sessionIssuer": {}}});
    let mut by_service = call("sso", "DeleteAccountAssignment");
    by_service["detail"]["userIdentity"] = json!({"invokedBy": "controltower.amazonaws.com"});
    vec![scim, by_root, by_service]
}

/// The function that has to hear of it: the one that `usher simulate` names, but for two.
fn wanted(event: &Value, bucket: &str) -> Option<String> {
    let function = route(event).function?;
    let detail = &event["detail"];
    let is_the_rules =
        detail["bucket"]["name"] == bucket && detail["object"]["key"] == "rules.yaml";
    match function {
        // The schedule sends to the lane itself.
        Function::Reconciler => None,
        // `simulate` does not know where the rules of an installation are.
        Function::RulesEvents if !is_the_rules => None,
        function => Some(function.to_string()),
    }
}

/// The function that a rule is made for. SAM names a rule after the function and the event.
fn function_of(rule: &str) -> Option<&'static str> {
    let functions = [
        ("usher-AccountEvents", "account-events"),
        ("usher-AssignmentEvents", "assignment-events"),
        ("usher-GroupEvents", "group-events"),
        ("usher-RulesEvents", "rules-events"),
        ("usher-TagEvents", "tag-events"),
    ];
    functions.into_iter().find(|(prefix, _)| rule.starts_with(prefix)).map(|(_, function)| function)
}

async fn deployed() -> (Bed, Value) {
    let mut bed = Bed::start().await;
    let outputs = bed.deploy(&Deployment::default()).await;
    // Usher is elsewhere then; from a bus to itself nothing is forwarded.
    let bus = "arn:aws:events:eu-central-1:222233334444:event-bus/default";
    bed.deploy_forwarder(&json!({"EventBusArn": bus})).await;
    (bed, outputs)
}

/// The deployed rules that bring events to functions or to Usher, and every name of an event that
/// their patterns have.
async fn rules_and_names(bed: &mut Bed) -> (BTreeSet<String>, BTreeSet<String>) {
    let listed = bed.call("events", "list_rules", &json!({}), None).await;
    let (mut rules, mut names) = (BTreeSet::new(), BTreeSet::new());
    for rule in listed["Rules"].as_array().unwrap() {
        let (name, _) = rule["Name"].as_str().unwrap().rsplit_once('-').unwrap_or_default();
        if function_of(name).is_some() || name.starts_with("forwarder-") {
            let pattern = serde_json::from_str(rule["EventPattern"].as_str().unwrap()).unwrap();
            event_names(&pattern, &mut names);
            rules.insert(name.to_owned());
        }
    }
    assert_eq!(rules.len(), 19, "{rules:?}");
    (rules, names)
}

fn event_names(pattern: &Value, names: &mut BTreeSet<String>) {
    match pattern {
        Value::Array(some) => some.iter().for_each(|one| event_names(one, names)),
        Value::Object(keys) => {
            if let Some(Value::Array(some)) = keys.get("eventName") {
                names.extend(some.iter().filter_map(Value::as_str).map(str::to_owned));
            }
            keys.values().for_each(|one| event_names(one, names));
        }
        _ => {}
    }
}

/// What `usher doctor` tries the rules of an installation with: each event comes by the rule that it is said to come by, and
/// no rule of the template, and no name in its pattern, is without one.
#[tokio::test]
async fn what_is_said_to_be_heard_is_what_the_rules_bring() {
    let (mut bed, _) = deployed().await;
    let all = heard(&bed.bucket);
    let mut said: BTreeSet<(String, String)> = BTreeSet::new();
    for Heard { function, rule, events, .. } in &all {
        let events: Vec<Value> = events.iter().map(|(_, event)| event.clone()).collect();
        for (event, rules) in events.iter().zip(bed.matching(&events).await) {
            let own: Vec<&String> =
                rules.iter().filter(|rule| function_of(rule).is_some()).collect();
            let [own] = own.as_slice() else { panic!("{own:?}: {event}") };
            assert_eq!(function_of(own), Some(&*function.to_string()), "{event}");
            assert!(own.ends_with(rule), "{own}, and not {rule}: {event}");
            let name = event["detail"]["eventName"].as_str().unwrap_or_default();
            said.insert(((*own).clone(), name.to_owned()));
        }
    }
    let listed = bed.call("events", "list_rules", &json!({}), None).await;
    let mut number = 0;
    for rule in listed["Rules"].as_array().unwrap() {
        let (name, _) = rule["Name"].as_str().unwrap().rsplit_once('-').unwrap_or_default();
        if function_of(name).is_none() {
            continue;
        }
        number += 1;
        let mut names = BTreeSet::new();
        event_names(
            &serde_json::from_str(rule["EventPattern"].as_str().unwrap()).unwrap(),
            &mut names,
        );
        if names.is_empty() {
            names.insert(String::new());
        }
        let here = said.iter().filter(|(rule, _)| rule == name).map(|(_, event)| event.clone());
        assert_eq!(here.collect::<BTreeSet<_>>(), names, "{name}");
    }
    assert_eq!(number, all.len());
}

#[tokio::test]
async fn each_event_wakes_the_function_that_it_is_for_and_no_other() {
    let (mut bed, outputs) = deployed().await;
    let bucket = bed.bucket.clone();
    let pairs = SERVICES.iter().flat_map(|service| NAMES.iter().map(move |name| (service, name)));
    let mut events: Vec<Value> = pairs.map(|(service, name)| call(service, name)).collect();
    for service in ["controltower", "organizations", "sso"] {
        events.extend(NAMES.iter().map(|name| result(service, name)));
    }
    events.extend(natives(&bucket));
    events.extend(almost());
    events.extend(variants());
    let ours = events.len();
    events.extend(samples());

    let mut wrong = Vec::new();
    let mut heard = 0;
    let mut met: BTreeSet<String> = BTreeSet::new();
    for (first, some) in (0..).step_by(200).zip(events.chunks(200)) {
        for (number, (event, rules)) in (first..).zip(some.iter().zip(bed.matching(some).await)) {
            if number < ours {
                met.extend(rules.iter().cloned());
            }
            let wanted = wanted(event, &bucket);
            heard += usize::from(wanted.is_some());
            let whom: Vec<&str> = rules.iter().filter_map(|rule| function_of(rule)).collect();
            let is_forwarded = rules.iter().any(|rule| rule.starts_with("forwarder-"));
            let is_right = whom == Vec::from_iter(wanted.as_deref())
                && is_forwarded == wanted.as_ref().is_some_and(|whom| whom != "rules-events");
            if !is_right {
                let (source, kind) = (&event["source"], &event["detail-type"]);
                let name = &event["detail"]["eventName"];
                wrong.push(format!("{source} {kind} {name}: {wanted:?}, and not {rules:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(heard > 60, "only {heard} events are for anybody");
    // In a clone there are no others than ours: they have to meet each rule, and know each name.
    let (rules, names) = rules_and_names(&mut bed).await;
    assert_eq!(met, rules);
    let unknown: Vec<&String> =
        names.iter().filter(|name| !NAMES.contains(&name.as_str())).collect();
    assert!(unknown.is_empty(), "nothing here has the names {unknown:?}");

    let mut own = call("sso", "CreateAccountAssignment");
    own["detail"]["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] =
        outputs["ReconcilerRoleArn"].clone();
    let rules = bed.matching(&[own]).await.remove(0);
    assert!(rules.iter().all(|rule| function_of(rule).is_none()), "{rules:?}");
}
