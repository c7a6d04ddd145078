//! An event leads to a scope, or is ignored and says why.

use std::{
    collections::BTreeSet,
    fs, panic,
    path::{Path, PathBuf},
};

use proptest::{collection, prelude::*};
use serde_json::{Value, json};
use shared::{
    ids::AccountId,
    lane::{Cause, LaneMessage},
    scope::{self, Lead, Scope, event::Event},
};

use crate::support::{
    events::{
        MANAGEMENT, api_call, create_account_result, managed_account, move_account,
        schedule_of_a_rule, schedule_of_the_scheduler, service_event,
    },
    random::other_cases_each_time,
};

const ACCOUNT: &str = "320000000007";

fn account() -> Scope {
    Scope::account(ACCOUNT.parse().unwrap())
}

#[track_caller]
fn leads_to(event: &Value, scope: Scope) {
    assert_eq!(scope::from_any_event(event), Lead::Look(scope), "{event:#}");
}

#[track_caller]
fn is_ignored(event: &Value, why: &str) {
    assert_eq!(scope::from_any_event(event), Lead::Ignore(why.to_owned()), "{event:#}");
}

/// The event with a value put at that place, or taken away.
fn with(mut event: Value, pointer: &str, value: Option<Value>) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let fields = event.pointer_mut(parent).and_then(Value::as_object_mut).unwrap();
    match value {
        Some(value) => fields.insert(key.to_owned(), value),
        None => fields.remove(key),
    };
    event
}

#[test]
fn a_created_account_is_looked_at_once_there_is_one() {
    leads_to(&create_account_result("SUCCEEDED", Some(ACCOUNT)), account());
    is_ignored(&create_account_result("FAILED", None), "CreateAccountResult with state FAILED");
    is_ignored(&create_account_result("SUCCEEDED", None), "CreateAccountResult names no account");
    is_ignored(
        &with(
            create_account_result("SUCCEEDED", Some(ACCOUNT)),
            "/detail/serviceEventDetails/createAccountStatus/state",
            None,
        ),
        "CreateAccountResult without a state",
    );
    is_ignored(
        &api_call(
            "organizations",
            "CreateAccount",
            &json!({"email": "****", "accountName": "****"}),
        ),
        "only accepted: the result says when the account is there",
    );
}

#[test]
fn of_a_pair_with_gov_cloud_the_account_here_is_looked_at() {
    let status = json!({
        "id": "car-0a1b2c3d4e5f60718293a4b5c6d7e8f9",
        "state": "SUCCEEDED",
        "accountName": "****",
        "accountId": ACCOUNT,
        "govCloudAccountId": "330000000009",
    });
    for name in ["CreateGovCloudAccountResult", "CreateAccountResult"] {
        leads_to(
            &service_event("organizations", name, &json!({"createAccountStatus": status})),
            account(),
        );
    }
}

#[test]
fn an_account_that_joins_or_departs_is_looked_at_wherever_its_id_stands() {
    for (name, how) in [
        ("AccountJoinedOrganization", json!({"joinedMethod": "INVITED"})),
        ("AccountDepartedOrganization", json!({"departureMethod": "LEFT"})),
    ] {
        let flat = json!({"accountId": ACCOUNT, "managementAccountId": MANAGEMENT, "how": how});
        let deep = json!({"managementAccountId": MANAGEMENT, "member": {"accountId": ACCOUNT}});
        for details in [flat, deep] {
            leads_to(&service_event("organizations", name, &details), account());
        }
        let nameless = json!({"managementAccountId": MANAGEMENT, "how": how});
        for details in
            [nameless, json!({"accountId": "not one"}), json!({"accountId": 7}), json!(null)]
        {
            leads_to(&service_event("organizations", name, &details), Scope::everything());
        }
    }
}

#[test]
fn a_moved_account_is_looked_at_whoever_moved_it() {
    leads_to(&move_account(ACCOUNT), account());
    let by_control_tower = with(
        move_account(ACCOUNT),
        "/detail/userIdentity/invokedBy",
        Some(json!("controltower.amazonaws.com")),
    );
    leads_to(&by_control_tower, account());
}

/// Records of version 1.05 have no `readOnly`, no `managementEvent`, no `recipientAccountId`.
#[test]
fn an_old_record_is_as_good() {
    let old = ["readOnly", "managementEvent", "recipientAccountId", "eventCategory"]
        .into_iter()
        .fold(move_account(ACCOUNT), |event, field| with(event, &format!("/detail/{field}"), None));
    leads_to(&with(old, "/detail/eventVersion", Some(json!("1.05"))), account());
}

#[test]
fn an_account_that_is_closed_or_removed_is_looked_at() {
    let parameters = json!({"accountId": ACCOUNT});
    for name in ["CloseAccount", "RemoveAccountFromOrganization"] {
        leads_to(&api_call("organizations", name, &parameters), account());
    }
    // Closing that failed leaves an account that may have lost its assignments on the way.
    for state in ["SUCCEEDED", "FAILED"] {
        let status = json!({"closeAccountStatus": {"accountId": ACCOUNT, "state": state}});
        leads_to(&service_event("organizations", "CloseAccountResult", &status), account());
    }
}

#[test]
fn an_account_of_control_tower_is_looked_at_even_when_enrolling_failed() {
    for name in ["CreateManagedAccount", "UpdateManagedAccount"] {
        for state in ["SUCCEEDED", "FAILED"] {
            leads_to(&managed_account(name, state, ACCOUNT), account());
        }
        is_ignored(
            &api_call("controltower", name, &json!({"accountName": "shop-test"})),
            &format!(
                "{name} (controltower.amazonaws.com, AwsApiCall) does not change where accounts are"
            ),
        );
    }
}

#[test]
fn the_schedule_sweeps_in_both_its_forms() {
    leads_to(&schedule_of_a_rule(), Scope::everything());
    leads_to(&schedule_of_the_scheduler(), Scope::everything());
    let someone_elses = with(schedule_of_a_rule(), "/source", Some(json!("bobs.clock")));
    is_ignored(&someone_elses, "source `bobs.clock` is not AWS");
}

#[test]
fn what_changed_nothing_is_ignored() {
    let failed = with(move_account(ACCOUNT), "/detail/errorCode", Some(json!("AccessDenied")));
    is_ignored(&failed, "the call failed: AccessDenied");
    let read = with(move_account(ACCOUNT), "/detail/readOnly", Some(json!(true)));
    is_ignored(&read, "the call only read");
}

#[test]
fn what_is_not_from_aws_is_ignored() {
    let forged = with(move_account(ACCOUNT), "/source", Some(json!("bobs.tool")));
    is_ignored(&forged, "source `bobs.tool` is not AWS");
}

#[test]
fn what_is_not_known_is_ignored() {
    let parameters = json!({"accountId": ACCOUNT});
    is_ignored(
        &api_call("organizations", "DescribeAccount", &parameters),
        "DescribeAccount (organizations.amazonaws.com, AwsApiCall) does not change where accounts are",
    );
    // The same name in another service, and as the other kind of event.
    is_ignored(
        &api_call("ec2", "MoveAccount", &parameters),
        "MoveAccount (ec2.amazonaws.com, AwsApiCall) does not change where accounts are",
    );
    is_ignored(
        &service_event("organizations", "MoveAccount", &parameters),
        "MoveAccount (organizations.amazonaws.com, AwsServiceEvent) does not change where accounts are",
    );
    is_ignored(
        &api_call("organizations", "MoveAccount", &json!({})),
        "MoveAccount names no account",
    );
    is_ignored(
        &api_call("organizations", "MoveAccount", &json!({"accountId": "12"})),
        "MoveAccount: `12` is not an account id (12 digits)",
    );
    is_ignored(
        &json!({"source": "aws.health", "detail-type": "AWS Health Event", "detail": {}}),
        "`AWS Health Event` is not an account event",
    );
}

#[test]
fn what_is_no_event_is_ignored() {
    for value in
        [json!(null), json!("MoveAccount"), json!([move_account(ACCOUNT)]), json!(7), json!(true)]
    {
        is_ignored(&value, "not a JSON object");
    }
    is_ignored(&json!({}), "no `source`: not an EventBridge event");
}

#[test]
fn the_cause_is_what_the_event_says_of_itself() {
    let cause = |event: &Value| Cause::of(Event::new(event).unwrap());
    let moved = cause(&move_account(ACCOUNT));
    assert_eq!(moved.event, "MoveAccount");
    assert_eq!(moved.id.as_deref(), Some("0d5c2a9e-41b7-4c1f-9a57-6f0e2b8d1c33"));
    assert_eq!(moved.time.as_deref(), Some("2026-03-02T09:14:31Z"));
    assert_eq!(
        moved.actor.as_deref(),
        Some("arn:aws:sts::310000000001:assumed-role/Organizer/bob")
    );
    let schedule = cause(&schedule_of_the_scheduler());
    assert_eq!(schedule.event, "Scheduled Event");
    assert_eq!(schedule.id.as_deref(), Some("c9d8e7f6-5a4b-4c3d-8e2f-1a0b9c8d7e6f"));
}

/// Samples that other people published, where this machine has them. They are not ours to pass on.
mod samples {
    use super::*;

    /// Of these kinds of account events nobody takes notice yet.
    const LATER: [&str; 9] = [
        "controltower.DeregisterOrganizationalUnit.crate.json",
        "controltower.EnableBaseline.docs.json",
        "controltower.RegisterOrganizationalUnit.crate.json",
        "controltower.SetupLandingZone.crate.json",
        "controltower.UpdateLandingZone.crate.json",
        "organizations.TagResource.account.json",
        "organizations.TagResource.ou.json",
        "organizations.UntagResource.account.json",
        "organizations.UpdateOrganizationalUnit.json",
    ];

    const SERVICES: [&str; 4] = ["organizations.", "controltower.", "events.", "scheduler."];

    fn folder() -> Option<PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/events");
        folder.join("expected.json").is_file().then_some(folder)
    }

    fn read(file: &Path) -> Value {
        serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
    }

    fn all() -> Vec<Value> {
        let files = folder().map(|folder| fs::read_dir(folder).unwrap());
        let files = files.into_iter().flatten().map(|entry| entry.unwrap().path());
        files
            .filter(|file| file.extension().is_some_and(|ending| ending == "json"))
            .map(|file| read(&file))
            .collect()
    }

    #[test]
    fn account_events_lead_where_they_should() {
        let Some(folder) = folder() else { return };
        let mut checked = 0;
        for row in read(&folder.join("expected.json")).as_array().unwrap() {
            let file = row["file"].as_str().unwrap();
            if SERVICES.iter().any(|service| file.starts_with(service)) {
                let lead = scope::from_any_event(&read(&folder.join(file)));
                let is_met = meets(&row["expect"], &lead);
                // What is met already is to be taken off the list.
                assert_eq!(
                    is_met,
                    !LATER.contains(&file),
                    "{file}: {} and {lead:?}",
                    row["expect"]
                );
                checked += 1;
            }
        }
        assert!(checked > 40, "only {checked} samples were about accounts");
    }

    /// Whether a lead is what was expected: `nothing`, `everything`, or at least these accounts.
    fn meets(expected: &Value, lead: &Lead) -> bool {
        if let Some(either) = expected["either"].as_array() {
            return either.iter().any(|one| match (one.as_str(), lead) {
                (Some("nothing"), Lead::Ignore(_)) => true,
                (Some("everything"), Lead::Look(scope)) => scope.everything,
                (Some("account"), Lead::Look(scope)) => !scope.accounts.is_empty(),
                _ => false,
            });
        }
        match lead {
            Lead::Ignore(_) => expected["nothing"] == true,
            Lead::Look(scope) if scope.everything => expected["everything"] == true,
            Lead::Look(scope) => expected["accounts"].as_array().is_some_and(|accounts| {
                let wanted: BTreeSet<&str> = accounts.iter().filter_map(Value::as_str).collect();
                wanted == scope.accounts.iter().map(AccountId::as_str).collect()
            }),
        }
    }

    #[test]
    fn no_sample_is_too_much_and_none_with_a_field_spoilt() {
        for sample in all() {
            survives(&sample);
            for spoilt in spoilt(&sample) {
                survives(&spoilt);
            }
        }
    }
}

/// Everything that reads an event does so without a panic.
#[track_caller]
fn survives(event: &Value) {
    let read = || (scope::from_any_event(event), Event::new(event).map(Cause::of));
    assert!(panic::catch_unwind(read).is_ok(), "panics on {event:#}");
}

/// The event with each field in turn taken away, and replaced by values of other types.
fn spoilt(event: &Value) -> Vec<Value> {
    let instead = [
        None,
        Some(json!(null)),
        Some(json!([])),
        Some(json!({})),
        Some(json!(-1.5)),
        Some(json!("é\u{0}")),
    ];
    let spoil = |pointer: String| instead.clone().map(|value| with(event.clone(), &pointer, value));
    pointers(event, "").into_iter().flat_map(spoil).collect()
}

/// The places of all fields of objects, however deep; not those inside of lists.
fn pointers(value: &Value, at: &str) -> Vec<String> {
    let fields = value.as_object().into_iter().flatten();
    // A key with one of these is written otherwise in a pointer.
    let plain = fields.filter(|(key, _)| !key.contains(['/', '~']));
    plain
        .flat_map(|(key, value)| {
            let here = format!("{at}/{key}");
            let deeper = pointers(value, &here);
            deeper.into_iter().chain([here])
        })
        .collect()
}

#[test]
fn no_spoilt_event_panics() {
    for event in [
        create_account_result("SUCCEEDED", Some(ACCOUNT)),
        move_account(ACCOUNT),
        managed_account("UpdateManagedAccount", "SUCCEEDED", ACCOUNT),
        schedule_of_the_scheduler(),
        service_event("organizations", "AccountJoinedOrganization", &json!({"accountId": ACCOUNT})),
    ] {
        for spoilt in spoilt(&event) {
            survives(&spoilt);
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        words().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            collection::btree_map(words(), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Words that events are made of, so that arbitrary JSON gets past the first look; and any others.
fn words() -> impl Strategy<Value = String> {
    let known = [
        "source",
        "aws.organizations",
        "detail-type",
        "detail",
        "eventSource",
        "eventType",
        "eventName",
        "readOnly",
        "organizations.amazonaws.com",
        "controltower.amazonaws.com",
        "AwsApiCall",
        "AwsServiceEvent",
        "MoveAccount",
        "AccountJoinedOrganization",
        "CreateAccountResult",
        "serviceEventDetails",
        "requestParameters",
        "accountId",
        ACCOUNT,
        "Scheduled Event",
        "aws.scheduler",
    ];
    prop_oneof![3 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => ".{0,12}"]
}

proptest! {
    #![proptest_config(other_cases_each_time(1_000))]

    #[test]
    fn no_json_panics(value in any_json()) {
        survives(&value);
        // Not everything that is JSON is a message; but none is too much for the lane.
        let _ = LaneMessage::parse(&value.to_string());
    }

    /// Whatever stands where the details should be: it is a scope of one account or of everything, never a panic.
    #[test]
    fn no_details_panic(details in any_json(), name in proptest::sample::select(vec![
        "AccountJoinedOrganization", "CreateAccountResult", "CloseAccountResult", "CreateManagedAccount",
    ])) {
        for service in ["organizations", "controltower"] {
            let event = service_event(service, name, &details);
            survives(&event);
            if let Lead::Look(scope) = scope::from_any_event(&event) {
                prop_assert!(scope.everything ^ (scope.accounts.len() == 1));
            }
        }
    }
}
