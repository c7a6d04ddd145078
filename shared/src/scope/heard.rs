//! What the functions hear of: an example of each event that leads somewhere, for whoever asks whether such events come.
//!
//! An example has what the functions and the patterns of `infra/template.yaml` look at, with ids of nobody. A test holds
//! these, the patterns and [`route`](super::route) together.

use serde_json::{Value, json};

use super::Function;

const ACCOUNT: &str = "111122223333";
const UNIT: &str = "ou-exam-ple00000";
const GROUP: &str = "00000000-0000-4000-8000-000000000001";
const USER: &str = "00000000-0000-4000-8000-000000000002";
const SET: &str = "arn:aws:sso:::permissionSet/ssoins-0000000000000000/ps-0000000000000000";

/// Accounts, organizational units and the root, as Organizations names them.
const RESOURCES: [(&str, &str); 3] = [("account", ACCOUNT), ("ou", UNIT), ("root", "r-exam")];

/// Events of one rule of the template: all of them, and nothing else.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// Who is to hear of them.
    pub function: Function,
    /// The rule that brings them, by its name in the template.
    pub rule: &'static str,
    /// What they are about, in words.
    pub about: &'static str,
    /// Each with its name, as an admin knows it.
    pub events: Vec<(String, Value)>,
}

impl Heard {
    /// Whether they are those of Organizations and of what else an organization has but once: they
    /// come in one Region of the management account, and have to be brought from there.
    #[must_use]
    pub fn is_of_the_organization(&self) -> bool {
        matches!(self.function, Function::AccountEvents | Function::TagEvents)
    }
}

/// All that is heard of, when the rules are in that bucket.
#[must_use]
pub fn heard(rules_bucket: &str) -> Vec<Heard> {
    use Function::{AccountEvents, AssignmentEvents, GroupEvents, RulesEvents, TagEvents};
    let of = |function, rule, about, events| Heard { function, rule, about, events };
    vec![
        of(AccountEvents, "OrganizationsCalls", "accounts that move, close or leave", moves()),
        of(AccountEvents, "OrganizationsResults", "accounts that are new, or gone", results()),
        of(AccountEvents, "ControlTowerResults", "what Control Tower has done", control_tower()),
        of(AccountEvents, "AccountNames", "accounts that are renamed", renamed()),
        of(TagEvents, "OrganizationsCalls", "tags, as Organizations tells of them", tagged()),
        of(TagEvents, "TagChanges", "tags, as the tagging service tells of them", tag_changes()),
        of(GroupEvents, "DirectoryCalls", "groups, members and users", directory()),
        of(GroupEvents, "Notifications", "what the directory itself tells", notifications()),
        of(AssignmentEvents, "IdentityCenterCalls", "assignments of others", assignments()),
        of(RulesEvents, "RulesWritten", "new rules", written(rules_bucket)),
    ]
}

fn moves() -> Vec<(String, Value)> {
    let names = [
        "AcceptHandshake",
        "CloseAccount",
        "MoveAccount",
        "RemoveAccountFromOrganization",
        "UpdateOrganizationalUnit",
    ];
    names.map(|name| (name.to_owned(), call("organizations", name))).into()
}

fn results() -> Vec<(String, Value)> {
    let names = [
        "AccountDepartedOrganization",
        "AccountJoinedOrganization",
        "CloseAccountResult",
        "CreateAccountResult",
        "CreateGovCloudAccountResult",
    ];
    let status = json!({"state": "SUCCEEDED", "accountId": ACCOUNT});
    let details = json!({"createAccountStatus": status, "closeAccountStatus": status});
    names.map(|name| (name.to_owned(), result("organizations", name, &details))).into()
}

fn control_tower() -> Vec<(String, Value)> {
    let account = json!({"state": "SUCCEEDED", "account": {"accountId": ACCOUNT}});
    let unit = json!({"organizationalUnit": {"organizationalUnitId": UNIT}});
    let (_, target) = resource(("account", ACCOUNT));
    let baseline = json!({"enabledBaselineDetails": {"targetIdentifier": target}});
    let all = [
        ("CreateManagedAccount", "createManagedAccountStatus", &account),
        ("DeregisterOrganizationalUnit", "deregisterOrganizationalUnitStatus", &unit),
        ("DisableBaseline", "disableBaselineStatus", &baseline),
        ("EnableBaseline", "enableBaselineStatus", &baseline),
        ("RegisterOrganizationalUnit", "registerOrganizationalUnitStatus", &unit),
        ("ResetEnabledBaseline", "resetEnabledBaselineStatus", &baseline),
        ("SetupLandingZone", "setupLandingZoneStatus", &Value::Null),
        ("UpdateEnabledBaseline", "updateEnabledBaselineStatus", &baseline),
        ("UpdateLandingZone", "updateLandingZoneStatus", &Value::Null),
        ("UpdateManagedAccount", "updateManagedAccountStatus", &account),
    ];
    let event = |(name, status, details): (&str, &str, &Value)| {
        (name.to_owned(), result("controltower", name, &json!({status: details})))
    };
    all.map(event).into()
}

fn renamed() -> Vec<(String, Value)> {
    vec![("PutAccountName".to_owned(), call("account", "PutAccountName"))]
}

fn tagged() -> Vec<(String, Value)> {
    let names = ["TagResource", "UntagResource"].into_iter();
    let pairs = names.flat_map(|name| RESOURCES.map(|resource| (name, resource)));
    let event = |(name, (kind, id)): (&str, (&str, &str))| {
        let mut event = call("organizations", name);
        set(&mut event, "/detail/requestParameters/resourceId", id.into());
        (format!("{name} of {kind}"), event)
    };
    pairs.map(event).collect()
}

fn tag_changes() -> Vec<(String, Value)> {
    const KIND: &str = "Tag Change on Resource";
    let event = |(kind, arn): (&str, String)| {
        let detail = json!({"service": "organizations", "changed-tag-keys": ["team"]});
        (format!("{KIND} of {kind}"), envelope("aws.tag", KIND, &[&arn], &detail))
    };
    RESOURCES.map(resource).map(event).into()
}

fn directory() -> Vec<(String, Value)> {
    let services = ["identitystore", "identitystore-scim", "sso-directory"].into_iter();
    let names = [
        "AddMemberToGroup",
        "CreateGroup",
        "CreateGroupMembership",
        "CreateUser",
        "DeleteGroup",
        "DeleteGroupMembership",
        "DeleteUser",
        "DisableUser",
        "EnableUser",
        "PatchGroup",
        "PatchUser",
        "PutGroup",
        "PutUser",
        "RemoveMemberFromGroup",
        "UpdateGroup",
        "UpdateGroupDisplayName",
        "UpdateUser",
        "UpdateUserName",
    ];
    let pairs = services.flat_map(|service| names.map(|name| (service, name)));
    pairs.map(|(service, name)| (format!("{name} of {service}"), call(service, name))).collect()
}

fn notifications() -> Vec<(String, Value)> {
    let kinds = ["Group", "Group Membership", "Membership", "User"].into_iter();
    let kinds =
        kinds.flat_map(|what| ["Created", "Deleted", "Updated"].map(|how| format!("{what} {how}")));
    let (group, user) = (
        format!("arn:aws:identitystore:::group/{GROUP}"),
        format!("arn:aws:identitystore:::user/{USER}"),
    );
    let event = |kind: String| {
        let event = envelope("aws.identitystore", &kind, &[&group, &user], &json!({}));
        (kind, event)
    };
    kinds.map(event).collect()
}

/// By somebody in a role, and by a service: of that one there is no role to compare with Usher's.
fn assignments() -> Vec<(String, Value)> {
    let names = ["CreateAccountAssignment", "CreatePermissionSet", "DeleteAccountAssignment"];
    let somebody = json!({"sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::111122223333:role/Somebody"}}});
    let service = json!({"invokedBy": "controltower.amazonaws.com"});
    let whos = [("a role", somebody), ("a service", service)].into_iter();
    let pairs = whos.flat_map(|who| names.map(|name| (name, who.clone())));
    let event = |(name, (by, who)): (&str, (&str, Value))| {
        let mut event = call("sso", name);
        set(&mut event, "/detail/userIdentity", who);
        (format!("{name} by {by}"), event)
    };
    pairs.map(event).collect()
}

fn written(bucket: &str) -> Vec<(String, Value)> {
    const KIND: &str = "Object Created";
    let object = json!({"key": "rules.yaml", "version-id": "version"});
    let detail = json!({"bucket": {"name": bucket}, "object": object});
    vec![(KIND.to_owned(), envelope("aws.s3", KIND, &[], &detail))]
}

fn resource((kind, id): (&'static str, &str)) -> (&'static str, String) {
    (kind, format!("arn:aws:organizations::{ACCOUNT}:{kind}/o-example000/{id}"))
}

/// A call that somebody made, with every id in every place where one of the calls has it.
fn call(service: &str, name: &str) -> Value {
    let detail = json!({
        "eventSource": format!("{service}.amazonaws.com"),
        "eventType": "AwsApiCall",
        "eventName": name,
        "userIdentity": {},
        "requestParameters": {
            "accountId": ACCOUNT, "targetId": ACCOUNT, "resourceId": ACCOUNT, "organizationalUnitId": UNIT,
            "groupId": GROUP, "userId": USER, "id": GROUP, "member": {"memberId": USER}, "memberId": {"userId": USER},
            "tags": [{"key": "team", "value": "shop"}], "tagKeys": ["team"],
        },
        "responseElements": {
            "handshake": {"action": "INVITE", "parties": [{"type": "ACCOUNT", "id": ACCOUNT}]},
            "permissionSet": {"permissionSetArn": SET},
        },
    });
    envelope(&format!("aws.{service}"), "AWS API Call via CloudTrail", &[], &detail)
}

/// Something that a service finished.
fn result(service: &str, name: &str, details: &Value) -> Value {
    let detail = json!({
        "eventSource": format!("{service}.amazonaws.com"),
        "eventType": "AwsServiceEvent",
        "eventName": name,
        "serviceEventDetails": details,
    });
    envelope(&format!("aws.{service}"), "AWS Service Event via CloudTrail", &[], &detail)
}

fn envelope(source: &str, detail_type: &str, resources: &[&str], detail: &Value) -> Value {
    json!({
        "version": "0",
        "id": "00000000-0000-4000-8000-000000000000",
        "account": ACCOUNT,
        "region": "us-east-1",
        "time": "2026-03-02T09:14:33Z",
        "source": source,
        "detail-type": detail_type,
        "resources": resources,
        "detail": detail,
    })
}

fn set(event: &mut Value, pointer: &str, value: Value) {
    if let Some(place) = event.pointer_mut(pointer) {
        *place = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::route;

    #[test]
    fn each_example_leads_to_the_function_that_it_is_an_example_for() {
        for Heard { function, rule, events, .. } in heard("rules") {
            assert!(!events.is_empty(), "{rule}");
            for (name, event) in events {
                assert_eq!(route(&event).function, Some(function), "{rule}: {name}: {event}");
            }
        }
    }
}
