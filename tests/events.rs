//! An event leads to a scope, or is ignored and says why.

use std::{
    collections::BTreeSet,
    fs, panic,
    path::{Path, PathBuf},
};

use proptest::{collection, prelude::*};
use serde_json::{Value, json};
use shared::{
    lane::{Cause, LaneMessage},
    scope::{self, About, Attributes, Function, Lead, RulesObject, Scope, event::Event},
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
fn leads_to(event: &Value, expected: &Scope) {
    match scope::from_any_event(event) {
        Lead::Look { scope, .. } => assert_eq!(scope, *expected, "{event:#}"),
        Lead::Ignore(why) => panic!("ignored, because {why}: {event:#}"),
    }
}

/// The event goes to that function, leads there, and is about that.
#[track_caller]
fn goes_to(event: &Value, function: Function, scope: Scope, about: About) {
    let route = scope::route(event);
    assert_eq!(route.function, Some(function), "{event:#}");
    assert_eq!(route.lead, Lead::Look { scope, about }, "{event:#}");
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
    leads_to(&create_account_result("SUCCEEDED", Some(ACCOUNT)), &account());
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
            &account(),
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
            leads_to(&service_event("organizations", name, &details), &account());
        }
        let nameless = json!({"managementAccountId": MANAGEMENT, "how": how});
        for details in
            [nameless, json!({"accountId": "not one"}), json!({"accountId": 7}), json!(null)]
        {
            leads_to(&service_event("organizations", name, &details), &Scope::everything());
        }
    }
}

#[test]
fn a_moved_account_is_looked_at_whoever_moved_it() {
    leads_to(&move_account(ACCOUNT), &account());
    let by_control_tower = with(
        move_account(ACCOUNT),
        "/detail/userIdentity/invokedBy",
        Some(json!("controltower.amazonaws.com")),
    );
    leads_to(&by_control_tower, &account());
}

/// Records of version 1.05 have no `readOnly`, no `managementEvent`, no `recipientAccountId`.
#[test]
fn an_old_record_is_as_good() {
    let old = ["readOnly", "managementEvent", "recipientAccountId", "eventCategory"]
        .into_iter()
        .fold(move_account(ACCOUNT), |event, field| with(event, &format!("/detail/{field}"), None));
    leads_to(&with(old, "/detail/eventVersion", Some(json!("1.05"))), &account());
}

#[test]
fn an_account_that_is_closed_or_removed_is_looked_at() {
    let parameters = json!({"accountId": ACCOUNT});
    for name in ["CloseAccount", "RemoveAccountFromOrganization"] {
        leads_to(&api_call("organizations", name, &parameters), &account());
    }
    // Closing that failed leaves an account that may have lost its assignments on the way.
    for state in ["SUCCEEDED", "FAILED"] {
        let status = json!({"closeAccountStatus": {"accountId": ACCOUNT, "state": state}});
        leads_to(&service_event("organizations", "CloseAccountResult", &status), &account());
    }
}

#[test]
fn an_account_of_control_tower_is_looked_at_even_when_enrolling_failed() {
    for name in ["CreateManagedAccount", "UpdateManagedAccount"] {
        for state in ["SUCCEEDED", "FAILED"] {
            leads_to(&managed_account(name, state, ACCOUNT), &account());
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
    leads_to(&schedule_of_a_rule(), &Scope::everything());
    leads_to(&schedule_of_the_scheduler(), &Scope::everything());
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
        "`MoveAccount` of `aws.ec2` is about nothing here",
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
        "`AWS Health Event` of `aws.health` is about nothing here",
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

const GROUP: &str = "9a67bc0d1e-4b7c6a58-90d1-4e2f-8a3b-5c4d6e7f8091";
const USER: &str = "9a67bc0d1e-1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0ff";
const UNIT: &str = "ou-u5h3-work0001";
const PERMISSION_SET: &str =
    "arn:aws:sso:::permissionSet/ssoins-u5h3000000000001/ps-u5h3000000000001";

fn unit() -> Scope {
    Scope::organizational_unit(UNIT.parse().unwrap())
}

fn group() -> Scope {
    Scope::group(GROUP.parse().unwrap())
}

fn user() -> Scope {
    Scope::user(USER.parse().unwrap())
}

/// A call that answered something.
fn answered(service: &str, name: &str, parameters: &Value, answer: Value) -> Value {
    with(api_call(service, name, parameters), "/detail/responseElements", Some(answer))
}

fn keys(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn an_organizational_unit_is_looked_at_when_its_name_or_its_accounts_changed() {
    let renamed = json!({"organizationalUnitId": UNIT, "name": "Work"});
    goes_to(
        &api_call("organizations", "UpdateOrganizationalUnit", &renamed),
        Function::AccountEvents,
        unit(),
        About::UnitName,
    );
    for name in ["CreateOrganizationalUnit", "DeleteOrganizationalUnit"] {
        is_ignored(
            &api_call("organizations", name, &json!({"organizationalUnitId": UNIT})),
            "an organizational unit without accounts",
        );
    }
    let registered = |key: &str| {
        json!({key: {"state": "SUCCEEDED", "organizationalUnit": {
            "organizationalUnitName": "Work", "organizationalUnitId": UNIT}}})
    };
    for (name, key) in [
        ("RegisterOrganizationalUnit", "registerOrganizationalUnitStatus"),
        ("DeregisterOrganizationalUnit", "deregisterOrganizationalUnitStatus"),
    ] {
        let event = service_event("controltower", name, &registered(key));
        goes_to(&event, Function::AccountEvents, unit(), About::Accounts);
    }
}

#[test]
fn a_landing_zone_changes_everything() {
    for name in ["SetupLandingZone", "UpdateLandingZone"] {
        leads_to(&service_event("controltower", name, &json!({})), &Scope::everything());
    }
    is_ignored(
        &service_event("controltower", "EnableControl", &json!({})),
        "EnableControl (controltower.amazonaws.com, AwsServiceEvent) does not change where accounts are",
    );
}

#[test]
fn an_account_enrolled_by_way_of_its_unit_is_looked_at() {
    let baseline = |target: &str| {
        json!({"enableBaselineStatus": {"enabledBaselineDetails": {
            "arn": "arn:aws:controltower:eu-west-1:310000000001:enabledbaseline/U5H3",
            "targetIdentifier": format!("arn:aws:organizations::310000000001:{target}"),
            "statusSummary": {"status": "SUCCEEDED"}}}})
    };
    let of = |target: &str| service_event("controltower", "EnableBaseline", &baseline(target));
    leads_to(&of(&format!("account/o-u5h3000001/{ACCOUNT}")), &account());
    is_ignored(&of(&format!("ou/o-u5h3000001/{UNIT}")), "EnableBaseline is not about an account");
}

#[test]
fn an_invitation_that_was_accepted_brings_an_account() {
    let accepted = |action: &str| {
        let handshake = json!({"id": "h-u5h3", "action": action, "state": "ACCEPTED", "parties": [
            {"id": "u5h3000001", "type": "ORGANIZATION"}, {"id": ACCOUNT, "type": "ACCOUNT"}]});
        let answer = json!({ "handshake": handshake });
        answered("organizations", "AcceptHandshake", &json!({"handshakeId": "h-u5h3"}), answer)
    };
    leads_to(&accepted("INVITE"), &account());
    is_ignored(&accepted("APPROVE_ALL_FEATURES"), "the handshake is not an invitation");
    is_ignored(
        &api_call("organizations", "InviteAccountToOrganization", &json!({})),
        "only invited: another event says when the account has joined",
    );
}

#[test]
fn an_account_with_another_name_is_looked_at() {
    let parameters = json!({"accountId": ACCOUNT, "accountName": "HIDDEN_DUE_TO_SECURITY_REASONS"});
    let event = api_call("account", "PutAccountName", &parameters);
    goes_to(&event, Function::AccountEvents, account(), About::AccountName);
}

#[test]
fn tags_are_looked_at_by_their_keys() {
    let tagged = |id: &str| {
        let tags =
            json!([{"key": "team", "value": "pay"}, {"key": "environment", "value": "test"}]);
        api_call("organizations", "TagResource", &json!({"resourceId": id, "tags": tags}))
    };
    let both = keys(&["environment", "team"]);
    let (tags, units) = (About::AccountTags(both.clone()), About::UnitTags(both));
    goes_to(&tagged(ACCOUNT), Function::TagEvents, account(), tags);
    goes_to(&tagged(UNIT), Function::TagEvents, unit(), units.clone());
    let root = Scope::organizational_unit("r-u5h3".parse().unwrap());
    goes_to(&tagged("r-u5h3"), Function::TagEvents, root, units);
    is_ignored(
        &tagged("p-u5h30000"),
        "TagResource: `p-u5h30000` is neither an account nor an organizational unit",
    );
    let untagged = json!({"resourceId": ACCOUNT, "tagKeys": ["team"]});
    goes_to(
        &api_call("organizations", "UntagResource", &untagged),
        Function::TagEvents,
        account(),
        About::AccountTags(keys(&["team"])),
    );
    is_ignored(
        &api_call("organizations", "UntagResource", &json!({})),
        "UntagResource names no resource",
    );
    // The same call to another service.
    is_ignored(
        &api_call("ec2", "TagResource", &json!({"resourceId": ACCOUNT})),
        "`TagResource` of `aws.ec2` is about nothing here",
    );
}

#[test]
fn the_tagging_service_says_it_too() {
    let changed = |service: &str, resource: &str| {
        json!({
            "source": "aws.tag",
            "detail-type": "Tag Change on Resource",
            "resources": [format!("arn:aws:organizations::{MANAGEMENT}:{resource}")],
            "detail": {"changed-tag-keys": ["team"], "service": service, "resource-type": "account",
                "version": 3, "tags": {"team": "pay", "environment": "test"}},
        })
    };
    goes_to(
        &changed("organizations", &format!("account/o-u5h3000001/{ACCOUNT}")),
        Function::TagEvents,
        account(),
        About::AccountTags(keys(&["team"])),
    );
    goes_to(
        &changed("organizations", &format!("ou/o-u5h3000001/{UNIT}")),
        Function::TagEvents,
        unit(),
        About::UnitTags(keys(&["team"])),
    );
    is_ignored(&changed("ec2", "instance/i-1"), "tags of `ec2` are nothing to the rules");
}

#[test]
fn a_group_is_looked_at_whoever_speaks_of_it() {
    let named = json!({"groupId": GROUP});
    let hidden = json!({"displayName": "HIDDEN_DUE_TO_SECURITY_REASONS"});
    for (event, about) in [
        (
            answered("sso-directory", "CreateGroup", &hidden, json!({"group": {"groupId": GROUP}})),
            About::Group,
        ),
        (answered("identitystore", "CreateGroup", &hidden, named.clone()), About::Group),
        (
            answered("identitystore-scim", "CreateGroup", &hidden, json!({"id": GROUP})),
            About::Group,
        ),
        (api_call("sso-directory", "UpdateGroupDisplayName", &named), About::Group),
        (api_call("sso-directory", "DeleteGroup", &named), About::Group),
        (api_call("identitystore", "UpdateGroup", &named), About::Group),
        (
            api_call(
                "identitystore",
                "DeleteGroup",
                &json!({"groupId": format!("arn:aws:identitystore:::group/{GROUP}")}),
            ),
            About::Group,
        ),
        (api_call("identitystore-scim", "DeleteGroup", &json!({"id": GROUP})), About::Group),
    ] {
        goes_to(&event, Function::GroupEvents, group(), about);
    }
    // The same names and the same places, in another service.
    is_ignored(
        &answered("iam", "CreateGroup", &json!({}), json!({"group": {"groupId": GROUP}})),
        "`CreateGroup` of `aws.iam` is about nothing here",
    );
    // Something was deleted, and nobody says what.
    leads_to(&api_call("identitystore", "DeleteGroup", &json!({})), &Scope::everything());
}

#[test]
fn a_membership_leads_to_the_group_and_to_the_member() {
    let both = group().merge(user());
    let console = json!({"groupId": GROUP, "member": {"memberId": USER}});
    for name in ["AddMemberToGroup", "RemoveMemberFromGroup"] {
        let event = api_call("sso-directory", name, &console);
        goes_to(&event, Function::GroupEvents, both.clone(), About::Members);
    }
    let api = json!({"groupId": GROUP, "memberId": {"userId": USER}});
    let event = api_call("identitystore", "CreateGroupMembership", &api);
    goes_to(&event, Function::GroupEvents, both, About::Members);
    let gone = json!({"membershipId": "9a67bc0d1e-5a4b3c2d-1e0f-4a5b-9c8d-7e6f5a4b3c2d"});
    let event = api_call("identitystore", "DeleteGroupMembership", &gone);
    goes_to(&event, Function::GroupEvents, Scope::everything(), About::Members);
}

#[test]
fn a_patch_of_members_leaves_the_name() {
    let patch = |paths: &[&str]| {
        let operations: Vec<Value> = paths
            .iter()
            .map(|path| json!({"op": "ADD", "path": path, "value": "HIDDEN_DUE_TO_SECURITY_REASONS"}))
            .collect();
        let parameters = json!({"id": GROUP, "httpBody": {"operations": operations}});
        api_call("identitystore-scim", "PatchGroup", &parameters)
    };
    for (paths, about) in [
        (vec!["members", "members[value eq \"x\"]"], About::Members),
        (vec!["members", "displayName"], About::Group),
        (vec![], About::Group),
    ] {
        goes_to(&patch(&paths), Function::GroupEvents, group(), about);
    }
}

#[test]
fn a_user_is_looked_at_by_what_changed() {
    let attributes = |names: &[&str]| About::User(Attributes::These(keys(names)));
    let any = || About::User(Attributes::Any);
    let update = |path: &str| {
        let operations =
            json!([{"attributePath": path, "attributeValue": "HIDDEN_DUE_TO_SECURITY_REASONS"}]);
        api_call("identitystore", "UpdateUser", &json!({"userId": USER, "operations": operations}))
    };
    let patch = |path: &str| {
        let body = json!({"operations": [{"op": "REPLACE", "path": path}]});
        api_call("identitystore-scim", "PatchUser", &json!({"id": USER, "httpBody": body}))
    };
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    for (event, about) in [
        (
            answered("sso-directory", "CreateUser", &json!({}), json!({"user": {"userId": USER}})),
            any(),
        ),
        (answered("identitystore", "CreateUser", &json!({}), json!({"userId": USER})), any()),
        (answered("identitystore-scim", "CreateUser", &json!({}), json!({"id": USER})), any()),
        (api_call("identitystore-scim", "PutUser", &json!({"id": USER})), any()),
        (update("title"), attributes(&["title"])),
        (update("preferredLanguage"), attributes(&["preferred_language"])),
        (update("aws:identitystore:enterprise.costCenter"), attributes(&["cost_center"])),
        (patch(&format!("{enterprise}:department")), attributes(&["department"])),
        (patch("emails[type eq \"work\"].value"), attributes(&["email"])),
        (patch("active"), attributes(&["active"])),
        (api_call("identitystore", "DeleteUser", &json!({"userId": USER})), About::UserGone),
        (api_call("identitystore-scim", "DeleteUser", &json!({"id": USER})), About::UserGone),
    ] {
        goes_to(&event, Function::GroupEvents, user(), about);
    }
    is_ignored(
        &api_call("sso-directory", "VerifyEmail", &json!({"userId": USER})),
        "VerifyEmail (sso-directory.amazonaws.com, AwsApiCall) changes neither groups nor users",
    );
}

#[test]
fn the_directory_says_it_without_a_trail() {
    let native = |what: &str, resources: &[String]| {
        json!({
            "source": "aws.identitystore",
            "detail-type": what,
            "resources": resources,
            "detail": {"event-version": "1.0", "identity-store-id": "d-9a67bc0d1e"},
        })
    };
    let (of_group, of_user) = (
        format!("arn:aws:identitystore:::group/{GROUP}"),
        format!("arn:aws:identitystore:::user/{USER}"),
    );
    let (groups, users) = (std::slice::from_ref(&of_group), std::slice::from_ref(&of_user));
    let any = About::User(Attributes::Any);
    for (event, scope, about) in [
        (native("Group Created", groups), group(), About::Group),
        (native("Group Deleted", groups), group(), About::Group),
        (native("User Updated", users), user(), any),
        (native("User Deleted", users), user(), About::UserGone),
        (
            native("Group Membership Created", &[of_group.clone(), of_user.clone()]),
            group().merge(user()),
            About::Members,
        ),
        (native("Group Updated", &[]), Scope::everything(), About::Group),
    ] {
        goes_to(&event, Function::GroupEvents, scope, about);
    }
    is_ignored(&native("Region Added", groups), "`Region Added` is about neither groups nor users");
}

#[test]
fn an_assignment_leads_to_its_account_and_says_by_whom() {
    let parameters = json!({"instanceArn": "arn:aws:sso:::instance/ssoins-u5h3000000000001",
        "targetId": ACCOUNT, "targetType": "AWS_ACCOUNT", "permissionSetArn": PERMISSION_SET,
        "principalType": "GROUP", "principalId": GROUP});
    let by_role = Some(format!("arn:aws:iam::{MANAGEMENT}:role/Organizer"));
    for name in ["CreateAccountAssignment", "DeleteAccountAssignment"] {
        let event = api_call("sso", name, &parameters);
        let about = About::Assignments { by_role: by_role.clone() };
        goes_to(&event, Function::AssignmentEvents, account(), about);
        let by_root =
            with(event, "/detail/userIdentity/sessionContext/sessionIssuer", Some(json!({})));
        let about = About::Assignments { by_role: None };
        goes_to(&by_root, Function::AssignmentEvents, account(), about);
    }
}

#[test]
fn a_new_permission_set_is_looked_for_in_the_rules() {
    let answer =
        json!({"permissionSet": {"permissionSetArn": PERMISSION_SET, "name": "PowerUserAccess"}});
    let event = answered("sso", "CreatePermissionSet", &json!({"name": "PowerUserAccess"}), answer);
    let scope = Scope::permission_set(PERMISSION_SET.parse().unwrap());
    goes_to(&event, Function::AssignmentEvents, scope, About::PermissionSets);
    let parameters = json!({"permissionSetArn": PERMISSION_SET});
    is_ignored(
        &api_call("sso", "DeletePermissionSet", &parameters),
        "a permission set goes only when nobody has it any more",
    );
    is_ignored(
        &api_call("sso", "PutInlinePolicyToPermissionSet", &parameters),
        "PutInlinePolicyToPermissionSet (AwsApiCall) does not change who has what",
    );
}

fn written(key: &str, what: &str) -> Value {
    json!({
        "source": "aws.s3",
        "detail-type": what,
        "resources": ["arn:aws:s3:::usher-rules"],
        "detail": {"bucket": {"name": "usher-rules"}, "object": {"key": key, "size": 512,
            "version-id": "u5h3.version.1", "sequencer": "0065A0F1C2D3E4F501"}, "reason": "PutObject"},
    })
}

#[test]
fn rules_that_were_written_are_read_in_that_version() {
    let event = written("rules.yaml", "Object Created");
    goes_to(&event, Function::RulesEvents, Scope::rules_changed(), About::Rules);
    let object = RulesObject::written(Event::new(&event).unwrap()).unwrap();
    assert_eq!(
        object,
        RulesObject {
            bucket: "usher-rules".to_owned(),
            key: "rules.yaml".to_owned(),
            version_id: Some("u5h3.version.1".to_owned()),
            sequencer: Some("0065A0F1C2D3E4F501".to_owned()),
        }
    );
}

#[test]
fn rules_that_are_gone_take_nothing_away() {
    is_ignored(
        &written("rules.yaml", "Object Deleted"),
        "the rules in force stay: no rules file never means to revoke everything",
    );
    is_ignored(
        &written("active/rules.yaml", "Object Created"),
        "`active/rules.yaml` is not a rules file",
    );
    is_ignored(
        &written("cache/permission-sets.json", "Object Created"),
        "`cache/permission-sets.json` is not a rules file",
    );
    is_ignored(
        &written("rules.yaml", "Object Tags Added"),
        "`Object Tags Added` does not change a file",
    );
}

/// Samples that other people published, where this machine has them. They are not ours to pass on.
mod samples {
    use super::*;

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
    fn every_sample_leads_where_it_should() {
        let Some(folder) = folder() else { return };
        let mut checked = 0;
        for row in read(&folder.join("expected.json")).as_array().unwrap() {
            let (file, expected) = (row["file"].as_str().unwrap(), &row["expect"]);
            if expected["skip"] != true {
                let lead = scope::from_any_event(&read(&folder.join(file)));
                assert!(meets(expected, &lead), "{file}: {expected} and {lead:?}");
                checked += 1;
            }
        }
        assert!(checked > 120, "only {checked} samples were checked");
    }

    /// Whether a lead is what was expected: the one, or one of several.
    fn meets(expected: &Value, lead: &Lead) -> bool {
        if let Some(either) = expected["either"].as_array() {
            return either.iter().any(|kind| is_of_kind(kind.as_str().unwrap(), lead));
        }
        let nowhere = Scope::default();
        let scope = match lead {
            Lead::Look { scope, .. } => scope,
            Lead::Ignore(_) => &nowhere,
        };
        let (kind, named) = expected.as_object().unwrap().iter().next().unwrap();
        match (kind.as_str(), named) {
            ("nothing", _) => scope.is_empty(),
            ("everything", _) => scope.everything,
            ("rules", Value::String(change)) => {
                scope.rules_changed || (change != "changed" && scope.is_empty())
            }
            ("accounts", named) => names(named, &scope.accounts) && !scope.is_everything(),
            ("groups", named) => names(named, &scope.groups) && !scope.is_everything(),
            ("users", named) => names(named, &scope.users) && !scope.is_everything(),
            ("organizational_units", named) => {
                names(named, &scope.organizational_units) && !scope.is_everything()
            }
            _ => panic!("an expectation that is not known: {expected}"),
        }
    }

    fn names<Id: ToString>(expected: &Value, ids: &BTreeSet<Id>) -> bool {
        let expected: BTreeSet<&str> =
            expected.as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let ids: BTreeSet<String> = ids.iter().map(ToString::to_string).collect();
        expected.iter().all(|id| ids.contains(*id))
    }

    fn is_of_kind(kind: &str, lead: &Lead) -> bool {
        match (kind, lead) {
            ("nothing", lead) => matches!(lead, Lead::Ignore(_)),
            (_, Lead::Ignore(_)) => false,
            ("everything", Lead::Look { scope, .. }) => scope.everything,
            ("account", Lead::Look { scope, .. }) => !scope.accounts.is_empty(),
            ("ou", Lead::Look { scope, .. }) => !scope.organizational_units.is_empty(),
            ("group", Lead::Look { scope, .. }) => !scope.groups.is_empty(),
            ("user", Lead::Look { scope, .. }) => !scope.users.is_empty(),
            ("permission_set", Lead::Look { scope, .. }) => !scope.permission_sets.is_empty(),
            _ => panic!("a kind that is not known: {kind}"),
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
            if let Lead::Look { scope, .. } = scope::from_any_event(&event) {
                prop_assert!(scope.everything ^ (scope.accounts.len() == 1));
            }
        }
    }
}
