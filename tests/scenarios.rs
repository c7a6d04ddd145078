//! An organization and a rules file lead to a plan: one story a test, read off the plan's own text.

use insta::assert_snapshot;
use shared::{
    decide::{decide, warnings},
    organization::{AccountState, DelegatedAdministrator, Unread},
    plan::PlanText,
    scope::Scope,
};

use crate::support::{
    organization::{Company, account_id, company, permission_set_arn, unit_id},
    rules,
};

const RULES: &str = r#"
version: 1
manage:
  unlisted: revoke
protect:
  - groups: [break-glass-*]
rules:
  - name: engineering-power-users
    permission_sets: [PowerUserAccess]
    groups: [Engineering]
    accounts:
      organizational_unit: /Workloads
      tags: {team: engineering}
      not: {name: "*-frozen"}
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
        .tagged("team", "engineering")
        .group("Engineering")
        .group("Auditors")
        .group("break-glass-admins")
        .permission_set("PowerUserAccess")
        .permission_set("ViewOnlyAccess")
        .permission_set("AdministratorAccess")
}

/// The text of the plan for everything.
fn plan(rules_text: &str, company: &Company) -> String {
    plan_for(rules_text, company, &Scope::everything())
}

fn plan_for(rules_text: &str, Company(organization): &Company, scope: &Scope) -> String {
    let rules = rules(rules_text);
    let plan = decide(&rules, organization, organization.observed_at, scope);
    PlanText { plan: &plan, rules: &rules, organization }.to_string()
}

#[test]
fn a_new_account_gets_what_the_rules_grant() {
    assert_snapshot!(plan(RULES, &bobs_company()));
}

#[test]
fn nothing_to_do_says_how_much_is_right() {
    let company = bobs_company().assigned("PowerUserAccess", "Engineering", "pay-prod").assigned(
        "ViewOnlyAccess",
        "Auditors",
        "pay-prod",
    );
    assert_snapshot!(plan(RULES, &company));
}

#[test]
fn what_no_rule_grants_goes() {
    let company = bobs_company()
        .assigned("PowerUserAccess", "Engineering", "pay-prod")
        .assigned("ViewOnlyAccess", "Auditors", "pay-prod")
        .assigned("AdministratorAccess", "Auditors", "pay-prod");
    assert_snapshot!(plan(RULES, &company));
}

#[test]
fn a_moved_account_loses_what_its_old_place_gave() {
    let company = bobs_company()
        .account("experiment", "/Sandbox")
        .tagged("team", "engineering")
        .assigned("PowerUserAccess", "Engineering", "experiment")
        .assigned("ViewOnlyAccess", "Auditors", "experiment");
    assert_snapshot!(plan_for(RULES, &company, &Scope::account(account_id("experiment"))));
}

#[test]
fn the_scope_of_a_unit_is_the_accounts_below_it() {
    let company = bobs_company().account("experiment", "/Sandbox");
    assert_snapshot!(plan_for(RULES, &company, &Scope::organizational_unit(unit_id("/Workloads"))));
}

#[test]
fn what_is_protected_stays() {
    let company = bobs_company().assigned("AdministratorAccess", "break-glass-admins", "pay-prod");
    assert_snapshot!(plan(RULES, &company));
}

#[test]
fn a_suspended_account_and_the_management_account_are_left_alone() {
    let company = bobs_company()
        .account("old-lab", "/Workloads")
        .tagged("team", "engineering")
        .in_state(AccountState::Suspended)
        .assigned("AdministratorAccess", "Auditors", "old-lab")
        .assigned("AdministratorAccess", "Auditors", "management");
    assert_snapshot!(plan(RULES, &company));
}

#[test]
fn the_management_account_is_managed_when_the_rules_say_so() {
    let rules = RULES.replace("unlisted: revoke", "unlisted: revoke\n  management_account: true");
    assert_snapshot!(plan(&rules, &bobs_company()));
}

#[test]
fn a_group_that_does_not_exist_is_a_warning_and_the_rest_works() {
    let rules = rules(&RULES.replace("[Engineering]", "[Enginering, Auditors]"));
    let Company(organization) = bobs_company();
    let plan = decide(&rules, &organization, organization.observed_at, &Scope::everything());
    let [warning] = plan.warnings.as_slice() else { panic!("{:?}", plan.warnings) };
    assert_snapshot!(warning.render(&rules.source, false));
    assert_eq!(plan.summary().create, 2);
}

#[test]
fn a_permission_set_and_accounts_that_do_not_exist_are_warnings() {
    let text =
        RULES.replace("[PowerUserAccess]", "[PowerUser*Acess]").replace("/Workloads", "/Workload");
    let rules = rules(&text);
    let Company(organization) = bobs_company();
    let plan = decide(&rules, &organization, organization.observed_at, &Scope::everything());
    let warnings: Vec<String> =
        plan.warnings.iter().map(|warning| warning.render(&rules.source, false)).collect();
    assert_snapshot!(warnings.join("\n\n"));
}

#[test]
fn an_account_that_was_not_read_loses_nothing() {
    let company = bobs_company()
        .assigned("AdministratorAccess", "Auditors", "pay-prod")
        .gap(Unread::Assignments, Some("pay-prod"));
    assert_snapshot!(plan(RULES, &company));
}

#[test]
fn unread_tags_neither_grant_nor_revoke_but_certain_grants_happen() {
    let company = bobs_company()
        .assigned("PowerUserAccess", "Engineering", "pay-prod")
        .gap(Unread::Tags, Some("pay-prod"));
    assert_snapshot!(plan(RULES, &company));
}

#[test]
fn a_group_that_is_gone_leaves_assignments_to_clean_up() {
    let company = bobs_company().assigned("ViewOnlyAccess", "Former", "pay-prod");
    assert_snapshot!(plan(RULES, &company));
}

#[test]
fn a_group_that_was_not_read_is_not_gone() {
    let company =
        bobs_company().assigned("ViewOnlyAccess", "Unlisted", "pay-prod").gap(Unread::Groups, None);
    assert_snapshot!(plan(RULES, &company));
}

#[test]
fn only_reporting_lists_what_it_would_revoke() {
    let company = bobs_company().assigned("AdministratorAccess", "Auditors", "pay-prod");
    assert_snapshot!(plan(&RULES.replace("revoke", "report"), &company));
}

#[test]
fn too_many_revocations_are_held_and_the_grants_go_ahead() {
    let rules = RULES.replace("unlisted: revoke", "unlisted: revoke\n  max_revocations: 1");
    let company = bobs_company().assigned("AdministratorAccess", "Auditors", "pay-prod").assigned(
        "AdministratorAccess",
        "Engineering",
        "pay-prod",
    );
    assert_snapshot!(plan(&rules, &company));
}

#[test]
fn what_only_the_management_account_may_change_is_said_once() {
    let rules = RULES.replace("manage:", "manage:\n  management_account: true");
    let mut company = bobs_company()
        .account("shop-prod", "/Workloads/Prod")
        .tagged("team", "engineering")
        .assigned("ViewOnlyAccess", "Engineering", "pay-prod")
        .assigned("AdministratorAccess", "Engineering", "pay-prod")
        .assigned("AdministratorAccess", "Engineering", "management");
    company.0.delegated_administrator = Some(DelegatedAdministrator {
        account_id: account_id("shop-prod"),
        permission_sets_of_management: [permission_set_arn("ViewOnlyAccess")].into(),
    });
    assert_snapshot!(plan(&rules, &company));
}

/// Each assignment is counted in one line only: one of an account that is left alone with that account.
#[test]
fn what_is_left_alone_adds_up() {
    let mut company = bobs_company()
        .user("mary")
        .assigned("AdministratorAccess", "Auditors", "management")
        .assigned("ViewOnlyAccess", "Auditors", "pay-prod")
        .assigned("AdministratorAccess", "break-glass-admins", "pay-prod")
        .assigned_to("ViewOnlyAccess", "mary", "pay-prod");
    for number in 1..=6 {
        let name = format!("old-{number}");
        company = company.account(&name, "/Sandbox").in_state(AccountState::Suspended);
        company = company.assigned("ViewOnlyAccess", "Auditors", &name);
    }
    assert_eq!(company.0.assignments.len(), 10);
    assert_snapshot!(plan(RULES, &company));
}

/// That a `not` leaves nothing is said once, where it stands.
#[test]
fn a_not_that_excludes_everything_is_said_once() {
    let everything = "not: {name: \"*\"}";
    let in_a_rule = RULES.replace("not: {name: \"*-frozen\"}", everything);
    let in_manage = RULES
        .replace("unlisted: revoke", &format!("unlisted: revoke\n  accounts: {{{everything}}}"));
    let Company(organization) = bobs_company();
    for text in [in_a_rule, in_manage] {
        assert!(text.contains(everything));
        let rules = rules(&text);
        let warnings = warnings(&rules, &organization, organization.observed_at);
        let codes: Vec<&str> = warnings.iter().map(|warning| warning.code.as_str()).collect();
        assert_eq!(codes, ["excludes-everything"]);
    }
}

#[test]
fn an_account_that_left_is_said() {
    assert_snapshot!(plan_for(RULES, &bobs_company(), &Scope::account(account_id("departed"))));
}

#[test]
fn the_plan_as_json_has_the_documented_shape() {
    let rules = rules(RULES);
    let Company(organization) = bobs_company()
        .assigned("AdministratorAccess", "Auditors", "pay-prod")
        .gap(Unread::Assignments, Some("management"));
    let plan = decide(&rules, &organization, organization.observed_at, &Scope::everything());
    insta::assert_json_snapshot!(plan.to_json(&rules.source));
}

#[test]
fn never_wins_over_every_rule_and_says_so() {
    let rules = format!(
        "{RULES}
never:
  - name: nobody-builds-in-production
    permission_sets: [Power*]
    accounts: {{organizational_unit: /Workloads/Prod}}
"
    );
    let company = bobs_company().assigned("PowerUserAccess", "Engineering", "pay-prod");
    assert_snapshot!(plan(&rules, &company));
}

#[test]
fn a_rule_grants_from_its_first_moment_until_its_last() {
    // It is 15:42:00.
    let rules = |from: &str, until: &str| {
        RULES.replace(
            "groups: [Engineering]",
            &format!("groups: [Engineering]\n    from: {from}\n    until: {until}"),
        )
    };
    let company = bobs_company().assigned("ViewOnlyAccess", "Auditors", "pay-prod");
    let texts = [
        plan(&rules("2026-03-02T15:42:00Z", "2026-03-02T15:42:01Z"), &company),
        plan(&rules("2026-03-02T15:42:01Z", "2026-03-03T00:00:00Z"), &company),
        plan(&rules("2026-03-01T00:00:00Z", "2026-03-02T16:42:00+01:00"), &company),
    ];
    assert_snapshot!(texts.join("\n"));
}

#[test]
fn accounts_are_found_by_e_mail_by_their_very_unit_and_by_tags_of_units() {
    let rules = r#"
version: 1
manage: {unlisted: revoke}
rules:
  - {name: by-mail, permission_sets: PowerUserAccess, groups: Engineering, accounts: {email: "aws+pay-*@example.com"}}
  - {name: in-the-unit-itself, permission_sets: ViewOnlyAccess, groups: Engineering, accounts: {directly_in: /Workloads}}
  - {name: in-a-tagged-unit, permission_sets: ViewOnlyAccess, groups: Auditors, accounts: {organizational_unit_tags: {tier: core}}}
"#;
    let company =
        bobs_company().account("shop", "/Workloads").unit_tagged("/Workloads/Prod", "tier", "core");
    assert_snapshot!(plan(rules, &company));
}

/// The group that is meant to replace the old one may be the one that was not read.
#[test]
fn while_groups_are_unread_a_renamed_rule_costs_nobody_access() {
    let company = bobs_company()
        .assigned("PowerUserAccess", "Auditors", "pay-prod")
        .gap(Unread::Groups, None);
    let rules = RULES.replace("[Engineering]", "[Engineers]");
    assert_snapshot!(plan(&rules, &company));
}

/// What was not read is not said to match the rules.
#[test]
fn nothing_to_do_as_far_as_could_be_read_says_so() {
    let company = bobs_company()
        .assigned("PowerUserAccess", "Engineering", "pay-prod")
        .assigned("ViewOnlyAccess", "Auditors", "pay-prod")
        .gap(Unread::Assignments, Some("pay-prod"));
    assert_snapshot!(plan(RULES, &company));
}

/// A rule for users, with direct assignments under manage.
const LEADS: &str = r#"
version: 1
manage: {unlisted: revoke, users: true}
rules:
  - name: platform-leads
    permission_sets: [AdministratorAccess]
    users:
      - in_group: Engineering
        attributes: {department: Platform, title: "Lead *"}
    accounts: {organizational_unit: /Workloads}
"#;

/// Mary is a lead of the platform; each of the others lacks one thing.
fn people() -> Company {
    bobs_company()
        .user("mary")
        .with("department", "Platform")
        .with("title", "Lead Engineer")
        .member("mary", "Engineering")
        .user("not-a-lead")
        .with("department", "Platform")
        .with("title", "Engineer")
        .member("not-a-lead", "Engineering")
        .user("not-a-member")
        .with("department", "Platform")
        .with("title", "Lead Engineer")
        .member("not-a-member", "Auditors")
        .user("nobody-knows")
        .member("nobody-knows", "Engineering")
}

#[test]
fn users_are_granted_by_their_attributes_and_groups() {
    let company = people()
        .assigned_to("AdministratorAccess", "not-a-lead", "pay-prod")
        .assigned_to("AdministratorAccess", "nobody-knows", "pay-prod");
    assert_snapshot!(plan(LEADS, &company));
}

#[test]
fn a_disabled_user_loses_what_the_rules_gave() {
    let company = bobs_company()
        .user("mary")
        .with("department", "Platform")
        .with("title", "Lead Engineer")
        .disabled()
        .member("mary", "Engineering")
        .assigned_to("AdministratorAccess", "mary", "pay-prod");
    assert_snapshot!(plan(LEADS, &company));
}

#[test]
fn a_vanished_user_leaves_assignments_to_clean_up() {
    let company = people().assigned_to("ViewOnlyAccess", "left-last-year", "pay-prod");
    assert_snapshot!(plan(LEADS, &company));
}

#[test]
fn a_user_who_was_not_read_is_not_gone() {
    let company = people()
        .assigned_to("ViewOnlyAccess", "unlisted", "pay-prod")
        .assigned_to("ViewOnlyAccess", "not-a-lead", "pay-prod")
        .gap(Unread::Users, None);
    assert_snapshot!(plan(LEADS, &company));
}

/// Ann may be in the group after all, and so keeps what she has; Mary certainly is.
#[test]
fn unread_memberships_take_nothing_away() {
    let company = people()
        .user("ann")
        .with("department", "Platform")
        .with("title", "Lead Architect")
        .assigned_to("AdministratorAccess", "ann", "pay-prod")
        .gap(Unread::Memberships, None);
    assert_snapshot!(plan(LEADS, &company));
}

#[test]
fn direct_assignments_are_left_alone_unless_users_are_managed() {
    let company = people().assigned_to("ViewOnlyAccess", "not-a-lead", "pay-prod").assigned_to(
        "AdministratorAccess",
        "left-last-year",
        "pay-prod",
    );
    assert_snapshot!(plan(&LEADS.replace("users: true", "users: false"), &company));
}

#[test]
fn managed_users_may_be_some_only() {
    let company = people().assigned_to("ViewOnlyAccess", "not-a-lead", "pay-prod").assigned_to(
        "ViewOnlyAccess",
        "nobody-knows",
        "pay-prod",
    );
    assert_snapshot!(plan(&LEADS.replace("users: true", "users: [mary, \"not-*\"]"), &company));
}

#[test]
fn protected_users_keep_what_they_have() {
    let protect = "protect:\n  - users: [root-admin, {in_group: break-glass-admins}]\n  - users: [mary]\n    permission_sets: [ViewOnlyAccess]\nrules:";
    let company = people()
        .user("root-admin")
        .user("ann")
        .member("ann", "break-glass-admins")
        .assigned_to("AdministratorAccess", "root-admin", "pay-prod")
        .assigned_to("AdministratorAccess", "ann", "pay-prod")
        .assigned_to("ViewOnlyAccess", "mary", "pay-prod")
        .assigned_to("PowerUserAccess", "mary", "pay-prod");
    assert_snapshot!(plan(&LEADS.replace("rules:", protect), &company));
}

#[test]
fn a_rule_may_ask_for_groups_with_enough_members() {
    let rules = r#"
version: 1
manage: {unlisted: revoke}
rules:
  - name: teams-of-two
    permission_sets: [PowerUserAccess]
    groups: ["team-*"]
    members: {at_least: 2}
    accounts: {organizational_unit: /Workloads}
"#;
    let company = bobs_company()
        .group("team-of-two")
        .member("mary", "team-of-two")
        .member("ann", "team-of-two")
        .group("team-of-one")
        .member("mary", "team-of-one")
        .group("team-of-none")
        .assigned("PowerUserAccess", "team-of-none", "pay-prod");
    let unread = company.clone().gap(Unread::Memberships, None);
    assert_snapshot!([plan(rules, &company), plan(rules, &unread)].join("\n"));
}

#[test]
fn a_groups_own_name_says_what_it_is_for_whatever_its_case() {
    let rules = r#"
version: 1
manage: {unlisted: revoke}
rules:
  - name: by-group-name
    group_name: "aws-{account}-{permission_set}"
    permission_sets: [ViewOnlyAccess, PowerUserAccess]
  - name: by-team
    group_name: "{tag.team}-{account_id}-admins"
    permission_sets: [AdministratorAccess]
"#;
    let company = bobs_company()
        .account("untagged", "/Workloads")
        .group("AWS-Pay-Prod-poweruseraccess")
        .group("aws-pay-prod-AdministratorAccess")
        .group("aws-elsewhere-ViewOnlyAccess")
        .group(&format!("Engineering-{}-Admins", account_id("pay-prod")))
        .group(&format!("engineering-{}-admins", account_id("untagged")))
        .assigned("ViewOnlyAccess", "aws-elsewhere-ViewOnlyAccess", "pay-prod");
    assert_snapshot!(plan(rules, &company));
}

#[test]
fn an_accounts_own_tag_says_who_gets_what() {
    let rules = r#"
version: 1
manage: {unlisted: revoke}
rules:
  - name: by-account-tag
    account_tag: "access/{group}"
    groups: ["team-*"]
    permission_sets: [ViewOnlyAccess, PowerUserAccess]
"#;
    let company = bobs_company()
        .tagged("access/team-pay", "ViewOnlyAccess  PowerUserAccess AdministratorAccess")
        .tagged("access/team-shop", "viewonlyaccess")
        .tagged("access/Auditors", "ViewOnlyAccess")
        .group("team-pay")
        .group("team-shop")
        .assigned("PowerUserAccess", "team-shop", "pay-prod");
    assert_snapshot!(plan(rules, &company));
}

/// AWS takes a hundred groups for one permission set in one account.
#[test]
fn what_aws_has_no_room_for_is_named_and_all_else_goes_ahead() {
    let mut company = bobs_company().account("shop", "/Sandbox");
    for number in 1..=101 {
        company = company.group(&format!("team-{number:03}"));
        if number <= 98 {
            company = company.assigned("PowerUserAccess", &format!("team-{number:03}"), "pay-prod");
        }
    }
    let company = company.assigned("PowerUserAccess", "Auditors", "pay-prod").user("mary");
    let rules = r#"
version: 1
manage: {unlisted: revoke, users: true}
rules:
  - {name: every-team, permission_sets: PowerUserAccess, groups: "team-*", accounts: {name: pay-prod}}
  - {name: mary, permission_sets: PowerUserAccess, users: mary, accounts: {name: pay-prod}}
  - {name: auditors-look-everywhere, permission_sets: ViewOnlyAccess, groups: Auditors, accounts: {all: true}}
"#;
    assert_snapshot!(plan(rules, &company));
}

/// A snapshot that leaves a unit out says of the accounts below it that they were not read as a whole.
#[test]
fn an_account_below_a_unit_that_is_missing_is_told_and_loses_nothing() {
    let mut company = bobs_company().assigned("AdministratorAccess", "Auditors", "pay-prod");
    company.0.organizational_units.retain(|unit| unit.name != "Prod");
    assert_snapshot!(plan(RULES, &company));
}
