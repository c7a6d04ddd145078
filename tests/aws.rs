//! From a message on the lane to assignments at AWS, over the real SDK: only AWS is on localhost.

use std::{error::Error, slice};

use local::{Fault, FaultKind, Probability, Quotas};
use serde_json::json;
use shared::{
    aws::management_role::ManagementRole,
    lane::LaneMessage,
    organization::{AccountState, Unread},
    plan::Action,
    runtime::{self, Batch, Failure, Outcome},
    scope::Function,
    scope::Scope,
};

use crate::support::{
    events::{create_account_result, move_account},
    local_aws::{LocalAws, again, denied, message_about, quick},
    organization::{
        Company, account_id, assignment, company, group_id, permission_set_arn, user_id,
    },
    sts,
};

const RULES: &str = r#"version: 1
manage: {unlisted: revoke}
protect:
  - groups: [break-glass-*]
rules:
  - name: engineering-power-users
    permission_sets: [PowerUserAccess]
    groups: [Engineering]
    accounts: {organizational_unit: /Workloads, tags: {team: payments}}
  - name: auditors-look-everywhere
    permission_sets: [ViewOnlyAccess]
    groups: [Auditors]
    accounts: {all: true}
"#;

fn bobs_company() -> Company {
    company()
        .unit("/Workloads")
        .unit("/Workloads/Prod")
        .unit("/Sandbox")
        .account("pay-prod", "/Workloads/Prod")
        .tagged("team", "payments")
        .account("experiment", "/Sandbox")
        .tagged("team", "payments")
        .group("Engineering")
        .group("Auditors")
        .group("break-glass-admins")
        .permission_set("PowerUserAccess")
        .permission_set("ViewOnlyAccess")
        .permission_set("AdministratorAccess")
}

const AS_THE_RULES_SAY: [&str; 2] =
    ["PowerUserAccess to Engineering", "ViewOnlyAccess to Auditors"];

fn assignment_fails(reason: &str) -> FaultKind {
    FaultKind::AssignmentFails { reason: reason.to_owned() }
}

#[tokio::test]
async fn an_event_in_and_the_right_access_out() {
    // A second process reads what the first one sends; every listing comes in pages of one, after an empty one.
    let pages = local::Settings { page_size: Some(1), empty_pages: true, ..quick() };
    let company = bobs_company()
        .assigned("AdministratorAccess", "Engineering", "pay-prod")
        .assigned("ViewOnlyAccess", "Engineering", "pay-prod")
        .assigned("AdministratorAccess", "break-glass-admins", "pay-prod")
        .assigned("AdministratorAccess", "Engineering", "experiment");
    let aws = LocalAws::with(company, RULES, pages).await;
    let event = create_account_result("SUCCEEDED", Some(account_id("pay-prod").as_str()));
    let sent =
        runtime::event(&aws.usher().await.world, Function::AccountEvents, event).await.unwrap();
    assert!(matches!(sent, Outcome::Sent(_)), "{sent:?}");
    let messages = aws.local.take_messages();
    assert_eq!((messages.len(), messages[0].group_id.as_str()), (1, "usher"));

    let batch = aws.usher().await.take(&[messages[0].body.clone()]).await.unwrap();
    assert!(again(&batch).is_empty());
    assert_eq!(
        aws.access(&account_id("pay-prod")),
        [
            "AdministratorAccess to break-glass-admins",
            "PowerUserAccess to Engineering",
            "ViewOnlyAccess to Auditors"
        ]
    );
    assert_eq!(aws.access(&account_id("experiment")), ["AdministratorAccess to Engineering"]);
}

#[tokio::test]
async fn the_same_message_again_changes_nothing() {
    let aws = LocalAws::start(bobs_company(), RULES).await;
    let usher = aws.usher().await;
    for _ in 0..2 {
        let batch = usher.look_at(&[account_id("pay-prod")]).await.unwrap();
        assert!(again(&batch).is_empty());
    }
    assert_eq!(aws.access(&account_id("pay-prod")), AS_THE_RULES_SAY);
    assert_eq!(aws.calls_of("sso-admin:CreateAccountAssignment"), 2);
    assert_eq!(aws.announced("Access Granted").len(), 2);
}

#[tokio::test]
async fn a_change_is_announced_with_its_reason_and_its_cause() {
    let company = bobs_company().assigned("AdministratorAccess", "Engineering", "pay-prod");
    let aws = LocalAws::start(company, RULES).await;
    aws.usher().await.look_at(&[account_id("pay-prod")]).await.unwrap();

    let granted = aws.announced("Access Granted");
    let power =
        granted.iter().find(|detail| detail["permission_set"] == "PowerUserAccess").unwrap();
    let request = power["request_id"].as_str().unwrap();
    assert_eq!(request.len(), 36, "{request}");
    let expected = json!({
        "action": "create",
        "account_id": account_id("pay-prod"),
        "account_name": "pay-prod",
        "permission_set": "PowerUserAccess",
        "permission_set_arn": permission_set_arn("PowerUserAccess"),
        "principal_type": "GROUP",
        "principal_id": group_id("Engineering"),
        "principal_name": "Engineering",
        "rules": ["engineering-power-users"],
        "why": power["why"],
        "causes": [{
            "event": "MoveAccount",
            "id": format!("moved-{}", account_id("pay-prod")),
            "time": "2026-03-02T09:14:31Z",
            "actor": "arn:aws:sts::310000000001:assumed-role/Organizer/bob",
        }],
        "request_id": request,
    });
    assert_eq!(*power, expected);
    let why = power["why"].as_str().unwrap();
    assert!(why.contains("engineering-power-users") && why.contains("rules.yaml:6"), "{why}");

    let revoked = &aws.announced("Access Revoked")[0];
    assert_eq!(
        [&revoked["action"], &revoked["permission_set"], &revoked["principal_name"]],
        ["delete", "AdministratorAccess", "Engineering"]
    );
    assert_eq!(revoked["rules"], json!([]));
}

#[tokio::test]
async fn a_change_that_aws_fails_is_told_with_its_reason_and_tried_again() {
    let aws = LocalAws::start(bobs_company(), RULES).await;
    let reason = "Received a 409 status error: role quota exceeded";
    aws.local.fail(Fault {
        operation: "sso-admin:CreateAccountAssignment".to_owned(),
        error: assignment_fails(reason),
        account_id: Some(account_id("pay-prod")),
        times: Some(1),
        probability: Probability::ALWAYS,
    });
    let usher = aws.usher().await;
    let accounts = [account_id("pay-prod"), account_id("experiment")];
    let batch = usher.look_at(&accounts).await.unwrap();
    assert_eq!(again(&batch), ["message-0"]);
    // The other account is done, and so is the account's other assignment.
    assert_eq!(aws.access(&account_id("experiment")), ["ViewOnlyAccess to Auditors"]);
    assert_eq!(aws.access(&account_id("pay-prod")).len(), 1);
    let failed = aws.announced("Change Failed");
    assert_eq!((failed.len(), &failed[0]["reason"]), (1, &json!(reason)));
    assert_eq!(failed[0]["account_name"], "pay-prod");

    let batch = usher.look_at(&accounts[..1]).await.unwrap();
    assert!(again(&batch).is_empty());
    assert_eq!(aws.access(&account_id("pay-prod")), AS_THE_RULES_SAY);
}

#[tokio::test]
async fn a_conflict_passes() {
    let aws = LocalAws::start(bobs_company(), RULES).await;
    aws.local.fail(Fault {
        operation: "sso-admin:CreateAccountAssignment".to_owned(),
        error: FaultKind::Error {
            code: "ConflictException".to_owned(),
            message: "There is a conflicting operation in process.".to_owned(),
            status: 400,
        },
        account_id: None,
        times: Some(1),
        probability: Probability::ALWAYS,
    });
    let batch = aws.usher().await.look_at(&[account_id("pay-prod")]).await.unwrap();
    assert!(again(&batch).is_empty());
    assert_eq!(aws.access(&account_id("pay-prod")), AS_THE_RULES_SAY);
    assert_eq!(aws.calls_of("sso-admin:CreateAccountAssignment"), 3);
    assert!(aws.announced("Change Failed").is_empty());
}

#[tokio::test]
async fn where_assignments_cannot_be_read_nothing_is_revoked() {
    let company = bobs_company()
        .assigned("AdministratorAccess", "Engineering", "pay-prod")
        .assigned("AdministratorAccess", "Engineering", "experiment");
    let aws = LocalAws::start(company, RULES).await;
    let account = account_id("pay-prod");
    aws.local.fail(denied("sso-admin:ListAccountAssignments", Some(account.clone())));
    let accounts = [account.clone(), account_id("experiment")];
    let batch = aws.usher().await.look_at(&accounts).await.unwrap();

    assert_eq!(again(&batch), ["message-0"]);
    assert!(
        aws.access(&account).contains(&"AdministratorAccess to Engineering".to_owned()),
        "{:?}",
        aws.access(&account)
    );
    assert_eq!(aws.access(&account_id("experiment")), ["ViewOnlyAccess to Auditors"]);
    let gaps = batch.reconciled.unwrap().plan.gaps;
    assert_eq!(gaps.len(), 1);
    assert_eq!((&gaps[0].what, &gaps[0].account_id), (&Unread::Assignments, &Some(account)));
    assert_eq!(gaps[0].reason, "sso:ListAccountAssignments: AccessDeniedException");
}

#[tokio::test]
async fn where_tags_cannot_be_read_what_does_not_need_them_is_granted() {
    let company = bobs_company().assigned("PowerUserAccess", "Engineering", "pay-prod");
    let aws = LocalAws::start(company, RULES).await;
    aws.local.fail(denied("organizations:ListTagsForResource", None));
    let batch = aws.usher().await.look_at(&[account_id("pay-prod")]).await.unwrap();
    assert_eq!(again(&batch), ["message-0"]);
    assert_eq!(aws.access(&account_id("pay-prod")), AS_THE_RULES_SAY);
}

#[tokio::test]
async fn where_hardly_anything_can_be_read_nothing_is_done() {
    let aws = LocalAws::start(bobs_company(), RULES).await;
    aws.local.fail(denied("sso-admin:ListInstances", None));
    let failure = aws.usher().await.look_at(&[account_id("pay-prod")]).await.unwrap_err();
    assert!(!failure.may_pass(), "{failure}");
    assert!(aws.access(&account_id("pay-prod")).is_empty());
}

#[tokio::test]
async fn in_a_large_directory_groups_are_asked_for_by_name() {
    let company = bobs_company().assigned("ViewOnlyAccess", "Engineering", "pay-prod");
    let company = company.other_groups(250);
    let aws = LocalAws::start(company, RULES).await;
    let batch = aws.usher().await.look_at(&[account_id("pay-prod")]).await.unwrap();
    assert!(again(&batch).is_empty());
    assert_eq!(aws.access(&account_id("pay-prod")), AS_THE_RULES_SAY);
    assert_eq!(aws.calls_of("identitystore:ListGroups"), 2, "a page for each of the two names");
    assert_eq!(aws.calls_of("identitystore:GetGroupId"), 2);
}

#[tokio::test]
async fn what_a_group_had_that_is_gone_is_cleaned_up_in_a_directory_of_any_size() {
    for other_groups in [0, 250] {
        let company = bobs_company().other_groups(other_groups).assigned(
            "AdministratorAccess",
            "a group of last year",
            "pay-prod",
        );
        let aws = LocalAws::start(company, RULES).await;
        let account = account_id("pay-prod");
        assert_eq!(aws.access(&account), ["AdministratorAccess to a group that is gone"]);
        let batch = aws.usher().await.look_at(slice::from_ref(&account)).await.unwrap();
        assert!(again(&batch).is_empty());
        assert_eq!(aws.access(&account), AS_THE_RULES_SAY, "{other_groups} other groups");
    }
}

#[tokio::test]
async fn a_group_that_cannot_be_read_keeps_what_it_has() {
    let company = bobs_company().other_groups(250).assigned(
        "AdministratorAccess",
        "a group of last year",
        "pay-prod",
    );
    let aws = LocalAws::start(company, RULES).await;
    aws.local.fail(denied("identitystore:DescribeGroup", None));
    let account = account_id("pay-prod");
    let batch = aws.usher().await.look_at(slice::from_ref(&account)).await.unwrap();
    assert_eq!(again(&batch), ["message-0"]);
    assert!(
        aws.access(&account).contains(&"AdministratorAccess to a group that is gone".to_owned())
    );
}

#[tokio::test]
async fn what_a_user_has_directly_is_not_touched() {
    let company =
        bobs_company().user("mary").assigned_to("AdministratorAccess", "mary", "pay-prod");
    let aws = LocalAws::start(company, RULES).await;
    aws.usher().await.look_at(&[account_id("pay-prod")]).await.unwrap();
    let access = aws.access(&account_id("pay-prod"));
    assert_eq!(access[0], "AdministratorAccess to mary");
    assert_eq!(access[1..], AS_THE_RULES_SAY);
}

#[tokio::test]
async fn too_many_revocations_are_held_and_everybody_is_told() {
    let mut company = bobs_company();
    for number in 0..11 {
        let group = format!("visitors-{number}");
        company = company.group(&group).assigned("AdministratorAccess", &group, "pay-prod");
    }
    let aws = LocalAws::start(company, RULES).await;
    let batch = aws.usher().await.look_at(&[account_id("pay-prod")]).await.unwrap();
    assert!(again(&batch).is_empty());
    assert_eq!(aws.access(&account_id("pay-prod")).len(), 11 + 2);
    assert_eq!(aws.calls_of("sso-admin:DeleteAccountAssignment"), 0);
    let held = aws.announced("Revocations Held");
    assert_eq!((held.len(), &held[0]["number"]), (1, &json!(11)));
    assert_eq!(held[0]["digest"], batch.reconciled.unwrap().plan.digest().to_string());
}

#[tokio::test]
async fn what_somebody_else_took_away_meanwhile_is_done() {
    let company = bobs_company().assigned("AdministratorAccess", "Engineering", "pay-prod");
    let aws = LocalAws::start(company, RULES).await;
    aws.local.fail(Fault {
        operation: "sso-admin:DeleteAccountAssignment".to_owned(),
        error: assignment_fails("Received a 404 status error: Assignment not found."),
        account_id: None,
        times: Some(1),
        probability: Probability::ALWAYS,
    });
    let batch = aws.usher().await.look_at(&[account_id("pay-prod")]).await.unwrap();
    assert!(again(&batch).is_empty());
    assert!(aws.announced("Change Failed").is_empty());
}

#[tokio::test]
async fn a_delegated_administrator_does_what_it_may() {
    let company = bobs_company().account("identity", "/Sandbox").assigned(
        "ViewOnlyAccess",
        "Auditors",
        "management",
    );
    let as_identity = local::Settings { caller: Some(account_id("identity")), ..quick() };
    let aws = LocalAws::with(company, RULES, as_identity).await;
    let batch = aws.usher().await.look_at(&[account_id("pay-prod")]).await.unwrap();
    // What is used in the management account is out of its reach everywhere, and not tried; the rest is done.
    assert!(again(&batch).is_empty());
    assert_eq!(aws.access(&account_id("pay-prod")), ["PowerUserAccess to Engineering"]);
    assert_eq!(aws.calls_of("sso-admin:CreateAccountAssignment"), 1);
    assert!(aws.announced("Change Failed").is_empty());
    let not_ours = &batch.reconciled.unwrap().plan.not_ours;
    let told: Vec<&str> = not_ours.iter().map(|one| one.permission_set.name.as_str()).collect();
    assert_eq!(told, ["ViewOnlyAccess"]);
}

/// What its limits are is asked once a run; when that is refused, AWS's own refusal says why.
#[tokio::test]
async fn a_delegated_administrator_that_may_not_ask_for_its_limits_is_told_them_by_aws() {
    let company = bobs_company().account("identity", "/Sandbox").assigned(
        "ViewOnlyAccess",
        "Auditors",
        "management",
    );
    let as_identity = local::Settings { caller: Some(account_id("identity")), ..quick() };
    let aws = LocalAws::with(company, RULES, as_identity).await;
    let ask = "sso-admin:ListPermissionSetsProvisionedToAccount";
    aws.local.fail(denied(ask, Some(account_id("management"))));
    let batch = aws.usher().await.look_at(&[account_id("pay-prod")]).await.unwrap();
    assert_eq!(again(&batch), ["message-0"]);
    assert_eq!(aws.access(&account_id("pay-prod")), ["PowerUserAccess to Engineering"]);
    let failed = &aws.announced("Change Failed")[0];
    assert_eq!(failed["permission_set"], "ViewOnlyAccess");
    let reason = failed["reason"].as_str().unwrap();
    assert!(
        reason.contains("sso:CreateAccountAssignment failed: AccessDeniedException"),
        "{reason}"
    );
}

/// Sweeps from a delegated administrator's account, with the role that this external id opens.
async fn sweep_with_role(sts: &str, external_id: &str) -> (LocalAws, Batch) {
    let company = bobs_company()
        .account("identity", "/Sandbox")
        .assigned("PowerUserAccess", "Engineering", "pay-prod")
        .assigned("ViewOnlyAccess", "Auditors", "pay-prod")
        .assigned("ViewOnlyAccess", "Auditors", "experiment")
        .assigned("ViewOnlyAccess", "Auditors", "identity");
    let as_identity = local::Settings { caller: Some(account_id("identity")), ..quick() };
    let aws = LocalAws::with(company, RULES, as_identity).await;
    let role = ManagementRole {
        arn: reader().arn.parse().unwrap(),
        external_id: Some(external_id.to_owned()),
    };
    let message = LaneMessage { scope: Scope::everything(), ..LaneMessage::default() };
    let batch = aws.usher_assuming(role, sts).await.take(&[message.body()]).await.unwrap();
    (aws, batch)
}

fn reader() -> sts::Role {
    let account = account_id("management").to_string();
    let arn = format!("arn:aws:iam::{account}:role/usher-reader");
    sts::Role { arn, external_id: "usher-1f0c".to_owned(), account }
}

#[tokio::test]
async fn with_a_role_in_the_management_account_a_delegated_administrator_lists_by_principal() {
    let sts = sts::serve(reader()).await;
    let (aws, batch) = sweep_with_role(&sts, "usher-1f0c").await;
    let swept = batch.reconciled.unwrap();
    assert_eq!((swept.plan.gaps.len(), swept.outcomes.len()), (0, 0), "{:?}", swept.plan.gaps);
    assert_eq!(swept.organization.assignments.len(), 4);
    assert_eq!(aws.calls_of("sso-admin:ListAccountAssignmentsForPrincipal"), 3);
    // What is in the management account, which is not a delegated administrator's to change.
    assert_eq!(aws.calls_of("sso-admin:ListPermissionSetsProvisionedToAccount"), 1);
}

#[tokio::test]
async fn a_role_that_is_refused_costs_calls_and_nothing_else() {
    let sts = sts::serve(reader()).await;
    let (aws, batch) = sweep_with_role(&sts, "something-else").await;
    let swept = batch.reconciled.unwrap();
    assert_eq!((swept.plan.gaps.len(), swept.outcomes.len()), (0, 0), "{:?}", swept.plan.gaps);
    assert_eq!(swept.organization.assignments.len(), 4);
    assert_eq!(aws.calls_of("sso-admin:ListAccountAssignmentsForPrincipal"), 0);
    assert!(aws.calls_of("sso-admin:ListPermissionSetsProvisionedToAccount") > 0);
}

#[tokio::test]
async fn a_role_that_cannot_be_asked_for_is_no_reason_to_revoke() {
    let (aws, batch) = sweep_with_role("http://127.0.0.1:1", "usher-1f0c").await;
    let gaps = batch.reconciled.unwrap().plan.gaps;
    assert!(gaps.iter().any(|gap| gap.what == Unread::Assignments), "{gaps:?}");
    assert_eq!(aws.access(&account_id("pay-prod")), AS_THE_RULES_SAY);
}

#[tokio::test]
async fn a_failure_says_whether_another_attempt_may_help() {
    for (code, status, may_pass) in [
        ("AccessDeniedException", 400, false),
        ("ThrottlingException", 400, true),
        ("InternalServerException", 500, true),
    ] {
        let aws = LocalAws::start(bobs_company(), RULES).await;
        let error = FaultKind::Error { code: code.to_owned(), message: "no".to_owned(), status };
        let operation = "sso-admin:ListInstances".to_owned();
        aws.local.fail(Fault {
            operation,
            error,
            account_id: None,
            times: None,
            probability: Probability::ALWAYS,
        });
        let failure = aws.usher().await.look_at(&[account_id("pay-prod")]).await.unwrap_err();
        assert_eq!(failure.may_pass(), may_pass, "{failure}");
        let text = with_everything_behind_it(&failure);
        assert!(text.contains("sso:ListInstances failed") && text.contains(code), "{text}");
    }
}

#[tokio::test]
async fn a_bus_that_takes_nothing_does_not_undo_what_is_done() {
    let aws = LocalAws::start(bobs_company(), RULES).await;
    aws.local.fail(denied("events:PutEvents", None));
    let batch = aws.usher().await.look_at(&[account_id("pay-prod")]).await.unwrap();
    assert!(again(&batch).is_empty());
    assert_eq!(aws.access(&account_id("pay-prod")), AS_THE_RULES_SAY);
    let not_announced = batch.reconciled.unwrap().not_announced.unwrap();
    assert_eq!(not_announced.failure.operation, "events:PutEvents");
    assert_eq!(not_announced.number, AS_THE_RULES_SAY.len());
}

#[tokio::test]
async fn a_group_that_is_not_there_stops_nothing_else() {
    let rules = format!(
        "{RULES}  - name: support\n    permission_sets: [SupportAccess, ViewOnlyAccess]\n    groups: [Engineers, Auditors]\n    accounts: {{all: true}}\n"
    );
    let aws = LocalAws::start(bobs_company(), &rules).await;
    let batch = aws.usher().await.look_at(&[account_id("pay-prod")]).await.unwrap();
    assert!(again(&batch).is_empty());
    assert_eq!(aws.access(&account_id("pay-prod")), AS_THE_RULES_SAY);
    let warnings = batch.reconciled.unwrap().plan.warnings;
    let messages: Vec<&str> = warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert_eq!(
        messages,
        ["no permission set is named `SupportAccess`", "no group is named `Engineers`"]
    );
}

/// A permission set that was made and deleted again before its message came: what came with it on the lane must not
/// be given up for it.
#[tokio::test]
async fn a_permission_set_that_is_not_there_stops_nothing_else() {
    let aws = LocalAws::start(bobs_company(), RULES).await;
    let gone = Scope::permission_set(permission_set_arn("Deleted"));
    let bodies = [gone, Scope::account(account_id("pay-prod"))]
        .map(|scope| LaneMessage { scope, ..LaneMessage::default() }.body());
    let batch = aws.usher().await.take(&bodies).await.unwrap();
    assert!(again(&batch).is_empty());
    assert_eq!(batch.reconciled.unwrap().plan.gaps, []);
    assert_eq!(aws.access(&account_id("pay-prod")), AS_THE_RULES_SAY);
}

#[tokio::test]
async fn a_suspended_account_and_the_management_account_are_left_alone() {
    let company = bobs_company()
        .account("old-shop", "/Workloads/Prod")
        .tagged("team", "payments")
        .in_state(AccountState::Suspended)
        .assigned("AdministratorAccess", "Engineering", "old-shop")
        .assigned("AdministratorAccess", "Engineering", "management");
    let aws = LocalAws::start(company, RULES).await;
    let accounts = [account_id("old-shop"), account_id("management")];
    let batch = aws.usher().await.look_at(&accounts).await.unwrap();

    assert!(again(&batch).is_empty());
    for account in &accounts {
        assert_eq!(aws.access(account), ["AdministratorAccess to Engineering"]);
    }
    let writes = |name: &&String| name.contains("Create") || name.contains("Delete");
    assert_eq!(aws.local.calls().keys().filter(writes).count(), 0);
    let mut left: Vec<_> = batch
        .reconciled
        .unwrap()
        .plan
        .left_alone
        .into_iter()
        .map(|left| (left.account_name, left.why))
        .collect();
    left.sort();
    assert_eq!(left.len(), 2);
    assert_eq!([&*left[0].0, &*left[1].0], ["management", "old-shop"]);
    assert!(left[0].1.contains("management account"), "{left:?}");
    assert!(left[1].1.contains("SUSPENDED"), "{left:?}");
}

#[tokio::test]
async fn an_account_that_has_left_is_no_reason_to_try_again() {
    let aws = LocalAws::start(bobs_company(), RULES).await;
    let batch = aws.usher().await.look_at(&["399999999999".parse().unwrap()]).await.unwrap();
    assert!(again(&batch).is_empty());
    assert!(batch.reconciled.unwrap().plan.changes.is_empty());
}

#[tokio::test]
async fn rules_with_a_mistake_are_not_followed() {
    let aws = LocalAws::start(
        bobs_company(),
        &RULES.replace("groups: [Engineering]", "group: [Engineering]"),
    )
    .await;
    let usher = aws.usher().await;
    let failure = usher.look_at(&[account_id("pay-prod")]).await.unwrap_err();
    assert!(!failure.may_pass());
    let diagnostic = with_everything_behind_it(&failure);
    let place = format!("{}:8:5", aws.rules_file().display());
    assert!(diagnostic.contains(&place), "no {place} in\n{diagnostic}");
    assert!(diagnostic.contains("unknown field `group`"), "{diagnostic}");
    assert!(aws.local.calls().is_empty(), "{:?}", aws.local.calls());

    aws.write_rules(RULES);
    usher.look_at(&[account_id("pay-prod")]).await.unwrap();
    assert_eq!(aws.access(&account_id("pay-prod")), AS_THE_RULES_SAY);
}

/// A failure, and what it is due to.
fn with_everything_behind_it(failure: &Failure) -> String {
    let mut text = failure.to_string();
    let mut next = failure.source();
    while let Some(error) = next {
        text = format!("{text}\n{error}");
        next = error.source();
    }
    text
}

#[tokio::test]
async fn without_rules_nothing_is_done() {
    let company = bobs_company().assigned("AdministratorAccess", "Engineering", "pay-prod");
    let aws = LocalAws::start(company, RULES).await;
    std::fs::remove_file(aws.rules_file()).unwrap();
    let batch = aws.usher().await.look_at(&[account_id("pay-prod")]).await.unwrap();
    // Nobody has to be called for what no rule was written for yet: when one is, all is looked at.
    assert!(again(&batch).is_empty() && batch.reconciled.is_none());
    assert!(aws.local.calls().is_empty());
    assert_eq!(aws.access(&account_id("pay-prod")), ["AdministratorAccess to Engineering"]);
}

#[tokio::test]
async fn a_message_that_cannot_be_read_comes_again_alone() {
    let aws = LocalAws::start(bobs_company(), RULES).await;
    let readable = message_about(&account_id("pay-prod"));
    let nothing_to_do = move_account("not an id").to_string();
    let bodies = ["not json".to_owned(), readable, "{}".to_owned(), nothing_to_do];
    let batch = aws.usher().await.take(&bodies).await.unwrap();
    assert_eq!(again(&batch), ["message-0", "message-2"]);
    assert_eq!(aws.access(&account_id("pay-prod")), AS_THE_RULES_SAY);
}

/// What earlier parts have counted comes with a message, and may be any number: it ends no run.
#[tokio::test]
async fn numbers_that_nobody_has_counted_end_no_run() {
    let company = bobs_company().assigned("AdministratorAccess", "Engineering", "pay-prod");
    let limited = RULES.replace("unlisted: revoke", "unlisted: revoke, max_revocations: 50%");
    assert_ne!(limited, RULES);
    let aws = LocalAws::start(company, &limited).await;
    let most = usize::MAX;
    let part = |account: &str| {
        json!({
            "scope": {"part_of_sweep": [account_id(account)]},
            "before": {
                "earlier": {"revocations": most, "managed": most},
                "sweep": {"parts": most, "failed": most, "summary": {"create": most, "unchanged": most}},
            },
        })
    };
    let bodies = ["pay-prod", "experiment"].map(|account| part(account).to_string());
    let batch = aws.usher().await.take(&bodies).await.unwrap();
    assert!(again(&batch).is_empty());
    assert_eq!(aws.announced("Sweep Finished")[0]["parts"], json!(most));
}

#[tokio::test]
async fn many_messages_are_one_run() {
    let aws = LocalAws::start(bobs_company(), RULES).await;
    let accounts: Vec<_> = ["pay-prod", "experiment", "pay-prod"].map(account_id).into();
    let batch = aws.usher().await.look_at(&accounts).await.unwrap();
    assert!(again(&batch).is_empty());
    assert_eq!(aws.calls_of("identitystore:ListGroups"), 1);
    assert_eq!(aws.calls_of("organizations:DescribeAccount"), 2);
    // Each change has all the events behind it, each once.
    assert_eq!(aws.announced("Access Granted")[0]["causes"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_sweep_goes_the_same_way() {
    let company = bobs_company()
        .account("old-shop", "/Workloads/Prod")
        .in_state(AccountState::Suspended)
        .assigned("AdministratorAccess", "Engineering", "pay-prod")
        .assigned("AdministratorAccess", "Engineering", "old-shop");
    let pages = local::Settings { page_size: Some(1), empty_pages: true, ..quick() };
    let aws = LocalAws::with(company, RULES, pages).await;
    let sweep = LaneMessage { scope: Scope::everything(), ..LaneMessage::default() };
    let batch = aws.usher().await.take(&[sweep.body()]).await.unwrap();
    assert!(again(&batch).is_empty());
    assert_eq!(aws.access(&account_id("pay-prod")), AS_THE_RULES_SAY);
    assert_eq!(aws.access(&account_id("experiment")), ["ViewOnlyAccess to Auditors"]);
    assert_eq!(aws.access(&account_id("old-shop")), ["AdministratorAccess to Engineering"]);
    let finished = &aws.announced("Sweep Finished")[0];
    assert_eq!(finished["summary"]["create"], 3);
    assert_eq!(finished["summary"]["delete"], 1);
    assert_eq!((&finished["failed"], &finished["gaps"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn grants_come_before_revocations() {
    let company = bobs_company().assigned("AdministratorAccess", "Engineering", "pay-prod");
    let aws = LocalAws::start(company, RULES).await;
    let batch = aws.usher().await.look_at(&[account_id("pay-prod")]).await.unwrap();
    let outcomes = batch.reconciled.unwrap().outcomes;
    let order: Vec<Action> = outcomes.iter().map(|outcome| outcome.change.action).collect();
    assert_eq!(order, [Action::Create, Action::Create, Action::Delete]);
    assert_eq!(
        outcomes[2].change.assignment(),
        assignment("AdministratorAccess", "Engineering", "pay-prod")
    );
}

/// AWS counts calls; whoever comes too fast is refused, and what was refused is not known.
fn with_quotas() -> local::Settings {
    local::Settings { quotas: Quotas::Strict, ..quick() }
}

#[tokio::test]
async fn a_burst_of_new_accounts_stays_inside_the_quotas() {
    let mut company = bobs_company();
    for number in 0..10 {
        let unit = format!("/Workloads/Team{number}");
        company = company
            .unit(&unit)
            .account(&format!("member-{number}"), &unit)
            .tagged("team", "payments");
    }
    let aws = LocalAws::with(company, RULES, with_quotas()).await;
    let accounts: Vec<_> = (0..10).map(|number| account_id(&format!("member-{number}"))).collect();
    let batch = aws.usher_in_production().await.look_at(&accounts).await.unwrap();
    assert!(again(&batch).is_empty(), "{:?}", batch.reconciled.unwrap().plan.gaps);
    for account in &accounts {
        assert_eq!(aws.access(account), AS_THE_RULES_SAY);
    }
}

#[tokio::test]
async fn a_sweep_stays_inside_the_quotas() {
    let mut company = bobs_company();
    for number in 0..60 {
        company = company.account(&format!("member-{number}"), "/Workloads").tagged("team", "data");
    }
    let rules = RULES.replace("accounts: {all: true}", "accounts: {tags: {team: payments}}");
    let aws = LocalAws::with(company, &rules, with_quotas()).await;
    let sweep = LaneMessage { scope: Scope::everything(), ..LaneMessage::default() };
    let batch = aws.usher_in_production().await.take(&[sweep.body()]).await.unwrap();
    let plan = batch.reconciled.unwrap().plan;
    assert!(plan.gaps.is_empty(), "{:?}", plan.gaps);
    assert_eq!(aws.access(&account_id("pay-prod")), AS_THE_RULES_SAY);
}

/// Rules for users, with direct assignments under manage.
const USER_RULES: &str = r#"version: 1
manage: {unlisted: revoke, users: true}
rules:
  - name: platform-leads
    permission_sets: [AdministratorAccess]
    users:
      - in_group: Engineering
        attributes: {department: Platform, cost_center: "47*"}
    accounts: {organizational_unit: /Workloads}
"#;

/// Everybody but mary lacks something.
fn bobs_people() -> Company {
    bobs_company()
        .user("mary")
        .with("department", "Platform")
        .with("cost_center", "4711")
        .member("mary", "Engineering")
        .user("has-moved-on")
        .with("department", "Sales")
        .with("cost_center", "4711")
        .member("has-moved-on", "Engineering")
        .user("not-a-member")
        .with("department", "Platform")
        .with("cost_center", "4711")
        .user("on-leave")
        .with("department", "Platform")
        .with("cost_center", "4711")
        .disabled()
        .member("on-leave", "Engineering")
}

#[tokio::test]
async fn users_are_granted_by_attributes_and_groups_and_lose_it_with_them() {
    let company =
        ["has-moved-on", "not-a-member", "on-leave"].iter().fold(bobs_people(), |company, user| {
            company.assigned_to("AdministratorAccess", user, "pay-prod")
        });
    let aws = LocalAws::start(company, USER_RULES).await;
    let batch = aws.usher().await.look_at(&[account_id("pay-prod")]).await.unwrap();
    assert!(again(&batch).is_empty());
    assert_eq!(aws.access(&account_id("pay-prod")), ["AdministratorAccess to mary"]);
    let granted = &aws.announced("Access Granted")[0];
    assert_eq!(
        [&granted["principal_type"], &granted["principal_id"], &granted["principal_name"]],
        [&json!("USER"), &json!(user_id("mary")), &json!("mary")]
    );
    let revoked = aws.announced("Access Revoked");
    let mut why: Vec<_> = revoked.iter().map(|detail| detail["why"].as_str().unwrap()).collect();
    why.sort_unstable();
    assert_eq!(why, ["no rule grants this", "no rule grants this", "the user is disabled"]);
}

#[tokio::test]
async fn a_group_gets_what_is_for_groups_with_enough_members() {
    let rules =
        RULES.replace("groups: [Engineering]", "groups: [Engineering]\n    members: {at_least: 2}");
    for (members, access) in [(["mary", "ann"].as_slice(), 2), (&["mary"], 1), (&[], 1)] {
        let company = members
            .iter()
            .fold(bobs_company(), |company, user| company.user(user).member(user, "Engineering"));
        let company = company.assigned("PowerUserAccess", "Engineering", "pay-prod");
        let aws = LocalAws::start(company, &rules).await;
        aws.usher().await.look_at(&[account_id("pay-prod")]).await.unwrap();
        let expected = &AS_THE_RULES_SAY[2 - access..];
        assert_eq!(aws.access(&account_id("pay-prod")), expected, "{members:?}");
        assert_eq!(aws.calls_of("identitystore:ListGroupMemberships"), 1);
        assert_eq!(aws.calls_of("identitystore:ListUsers"), 0);
    }
}

#[tokio::test]
async fn a_groups_name_and_an_accounts_tag_say_who_gets_what() {
    let rules = r#"version: 1
manage: {unlisted: revoke}
rules:
  - name: by-group-name
    group_name: "aws-{account}-{permission_set}"
    permission_sets: [ViewOnlyAccess, PowerUserAccess]
  - name: by-account-tag
    account_tag: "access/{group}"
    groups: [Engineering, Auditors]
    permission_sets: [ViewOnlyAccess, PowerUserAccess]
"#;
    let company = bobs_company()
        .tagged("access/Auditors", "ViewOnlyAccess PowerUserAccess")
        .tagged("access/Engineering", "AdministratorAccess")
        .group("AWS-Pay-Prod-PowerUserAccess")
        .group("aws-pay-prod-AdministratorAccess")
        .assigned("ViewOnlyAccess", "Engineering", "experiment")
        // Even in a directory of many pages, a look-up by name would mind the case.
        .other_groups(250);
    let aws = LocalAws::start(company, rules).await;
    let accounts = [account_id("pay-prod"), account_id("experiment")];
    let batch = aws.usher().await.look_at(&accounts).await.unwrap();
    assert!(again(&batch).is_empty());
    assert_eq!(
        aws.access(&account_id("experiment")),
        ["PowerUserAccess to Auditors", "ViewOnlyAccess to Auditors"]
    );
    assert_eq!(
        aws.access(&account_id("pay-prod")),
        ["PowerUserAccess to AWS-Pay-Prod-PowerUserAccess"]
    );
    assert_eq!(aws.calls_of("identitystore:ListGroups"), 3);
}

#[tokio::test]
async fn many_users_and_members_come_in_pages() {
    let mut company = bobs_people().other_users(250);
    for number in 0..150 {
        company = company.member(&format!("visitor-{number}"), "Engineering");
    }
    let rules = USER_RULES.replace(
        "rules:\n",
        "rules:\n  - {name: crowds, permission_sets: ViewOnlyAccess, groups: Engineering, members: {at_least: 153}, accounts: {name: pay-prod}}\n",
    );
    let aws = LocalAws::start(company, &rules).await;
    let batch = aws.usher().await.look_at(&[account_id("pay-prod")]).await.unwrap();
    assert!(again(&batch).is_empty());
    assert_eq!(
        aws.access(&account_id("pay-prod")),
        ["AdministratorAccess to mary", "ViewOnlyAccess to Engineering"]
    );
    assert_eq!(aws.calls_of("identitystore:ListUsers"), 3);
    assert_eq!(aws.calls_of("identitystore:ListGroupMemberships"), 2);
    assert_eq!(aws.calls_of("identitystore:DescribeUser"), 0);
}

#[tokio::test]
async fn empty_and_small_pages_of_users_and_members_are_read_to_the_end() {
    let pages = local::Settings { page_size: Some(1), empty_pages: true, ..quick() };
    let company = bobs_people().assigned_to("AdministratorAccess", "has-moved-on", "pay-prod");
    let aws = LocalAws::with(company, USER_RULES, pages).await;
    aws.usher().await.look_at(&[account_id("pay-prod")]).await.unwrap();
    assert_eq!(aws.access(&account_id("pay-prod")), ["AdministratorAccess to mary"]);
}

#[tokio::test]
async fn where_users_or_members_cannot_be_read_nothing_is_revoked_and_what_is_certain_is_granted() {
    let rules = format!(
        "{USER_RULES}  - {{name: auditors, permission_sets: ViewOnlyAccess, groups: Auditors, accounts: {{all: true}}}}\n"
    );
    for (operation, unread) in [
        ("ListUsers", Unread::Users),
        ("ListGroupMemberships", Unread::Memberships),
        ("DescribeUser", Unread::Users),
    ] {
        let company = bobs_people()
            .assigned_to("AdministratorAccess", "has-moved-on", "pay-prod")
            .assigned_to("AdministratorAccess", "left-last-year", "pay-prod")
            .assigned("PowerUserAccess", "Engineering", "pay-prod");
        let aws = LocalAws::start(company, &rules).await;
        aws.local.fail(denied(&format!("identitystore:{operation}"), None));
        let batch = aws.usher().await.look_at(&[account_id("pay-prod")]).await.unwrap();
        assert_eq!(again(&batch), ["message-0"], "{operation}");
        assert_eq!(aws.calls_of("sso-admin:DeleteAccountAssignment"), 0, "{operation}");
        let access = aws.access(&account_id("pay-prod"));
        assert!(
            access.contains(&"ViewOnlyAccess to Auditors".to_owned()),
            "{operation}: {access:?}"
        );
        let gaps = batch.reconciled.unwrap().plan.gaps;
        let told: Vec<_> = gaps.iter().map(|gap| (&gap.what, gap.reason.as_str())).collect();
        let reason = format!("identitystore:{operation}: AccessDeniedException");
        assert_eq!(told, [(&unread, reason.as_str())]);
        // Nothing about mary is unknown when only somebody else cannot be described.
        let mary = access.contains(&"AdministratorAccess to mary".to_owned());
        assert_eq!(mary, operation == "DescribeUser", "{operation}: {access:?}");
    }
}

#[tokio::test]
async fn what_a_user_had_who_is_gone_is_cleaned_up() {
    let company = bobs_people().assigned_to("ViewOnlyAccess", "left-last-year", "pay-prod");
    let aws = LocalAws::start(company, USER_RULES).await;
    assert_eq!(aws.access(&account_id("pay-prod")), ["ViewOnlyAccess to a user that is gone"]);
    aws.usher().await.look_at(&[account_id("pay-prod")]).await.unwrap();
    assert_eq!(aws.access(&account_id("pay-prod")), ["AdministratorAccess to mary"]);
    assert_eq!(aws.calls_of("identitystore:DescribeUser"), 1);
    assert_eq!(aws.announced("Access Revoked")[0]["why"], "the user no longer exists");
}

#[tokio::test]
async fn an_empty_list_of_users_is_not_believed() {
    let company = bobs_company().assigned_to("ViewOnlyAccess", "left-last-year", "pay-prod");
    let aws = LocalAws::start(company, USER_RULES).await;
    let batch = aws.usher().await.look_at(&[account_id("pay-prod")]).await.unwrap();
    assert_eq!(aws.access(&account_id("pay-prod")), ["ViewOnlyAccess to a user that is gone"]);
    assert_eq!(batch.reconciled.unwrap().plan.gaps[0].what, Unread::Users);
}
