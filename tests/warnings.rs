//! What a rules file asks for and an organization has not: each thing with what was probably meant, and
//! nothing of what was not read.

use insta::assert_snapshot;
use shared::{
    decide::{decide, warnings},
    diagnostic::{Code, Diagnostic},
    organization::{AccountState, Extent, Organization, Unread},
    rules::Rules,
    scope::Scope,
};

use crate::support::{
    organization::{Company, account_id, company, group_id, user_id},
    rules,
};

/// Mary leads the platform; Bob, of the same department, has left.
fn marys_company() -> Company {
    company()
        .unit("/Workloads")
        .account("shop-prod", "/Workloads")
        .tagged("environment", "production")
        .tagged("team", "shop")
        .tagged("access/team-a", "ViewOnlyAccess")
        .account("pay-test", "/Workloads")
        .tagged("environment", "test")
        .group("Engineering")
        .group("Interns")
        .group("team-a")
        .group("aws-shop-prod-ViewOnlyAccess")
        .permission_set("ViewOnlyAccess")
        .permission_set("PowerUserAccess")
        .user("mary")
        .with("department", "Platform")
        .with("title", "Lead Engineer")
        .member("mary", "Engineering")
        .member("mary", "team-a")
        .user("sue")
        .with("department", "Sales")
        .with("title", "Clerk")
        .member("sue", "team-a")
        .user("bob")
        .with("department", "Platform")
        .with("division", "North")
        .disabled()
        .member("bob", "Interns")
}

/// One rule, and what the file manages: users too.
fn rules_with(rule: &str) -> Rules {
    rules(&format!(
        "version: 1\nmanage: {{unlisted: report, users: true}}\nrules:\n  - name: the-rule\n{rule}"
    ))
}

fn rule_for_users(users: &str) -> Rules {
    rules_with(&format!(
        "    permission_sets: ViewOnlyAccess\n    users: {users}\n    accounts: {{all: true}}\n"
    ))
}

fn warned(rules: &Rules, Company(organization): &Company) -> Vec<Diagnostic> {
    warnings(rules, organization, organization.observed_at)
}

fn told(rules: &Rules, company: &Company) -> String {
    let told = warned(rules, company);
    let told: Vec<_> = told.iter().map(|warning| warning.render(&rules.source, false)).collect();
    told.join("\n\n")
}

#[track_caller]
fn messages(rules: &Rules, company: &Company, expected: &[&str]) {
    let warned = warned(rules, company);
    let messages: Vec<&str> = warned.iter().map(|warning| warning.message.as_str()).collect();
    assert_eq!(messages, expected);
}

#[test]
fn what_is_asked_of_users_and_nobody_is() {
    let rules = rule_for_users(
        "
      - {attributes: {cost_center: true}}
      - {attributes: {department: [Platfrom, Sales, Legal]}}
      - {attributes: {division: North}}
      - {in_group: Interns}
      - {in_group: [\"Int*\", Engineering]}
      - bob
      - {in_group: Engineering, attributes: {department: Sales}}
      - {in_group: team-a, attributes: {department: Platform, title: \"Lead *\"}}",
    );
    assert_snapshot!(told(&rules, &marys_company()));
}

/// Who cannot sign in is protected and forbidden all the same.
#[test]
fn a_fence_asks_all_users_for_attributes() {
    let rules = rules(
        "version: 1
manage: {unlisted: report, users: true}
protect:
  - users: [{attributes: {division: [North, Nroth]}}, {in_group: Interns}]
rules: []
never:
  - {name: no-guests, users: [{attributes: {user_type: Guest}}]}
",
    );
    assert_snapshot!(told(&rules, &marys_company()));
}

#[test]
fn every_value_of_a_tag_that_matches_nothing_is_named() {
    let rules = rules_with(
        "    permission_sets: ViewOnlyAccess
    groups: Engineering
    accounts: {tags: {environment: [prodution, test, stage, \"dev*\"]}}
",
    );
    let expected = ["prodution", "stage", "dev*"].map(|value| {
        format!("no account that may be touched has the tag `environment` with the value `{value}`")
    });
    messages(&rules, &marys_company(), &expected.each_ref().map(String::as_str));
    assert!(warned(&rules, &marys_company())[0].names_a_similar_one());
}

#[test]
fn a_group_name_that_names_no_group() {
    let rule = |template: &str, more: &str| {
        rules_with(&format!(
            "    permission_sets: [ViewOnlyAccess, PowerUserAccess]\n    group_name: \"{template}\"\n{more}"
        ))
    };
    let company = marys_company();
    let texts = [
        told(&rule("AWS-{account}-{permission_set}", ""), &company),
        told(&rule("aws_{account}_{permission_set}", ""), &company),
        told(&rule("aws-{account}-{permission_set}", "    accounts: {name: pay-test}\n"), &company),
        told(&rule("{account_id}-{permission_set}", ""), &company),
        told(&rule("{tag.taem}-{account}", ""), &company),
        told(&rule("{tag.team}-{account}", "    accounts: {name: pay-test}\n"), &company),
        told(&rule("aws-{account}-{permission_set}", "    members: {at_least: 1}\n"), &company),
    ];
    assert_eq!(texts[0], "");
    assert_snapshot!(texts[1..].join("\n\n"));
}

#[test]
fn an_account_tag_that_no_account_has() {
    let rule = |template: &str, groups: &str| {
        rules_with(&format!(
            "    permission_sets: ViewOnlyAccess\n    account_tag: \"{template}\"\n    groups: {groups}\n"
        ))
    };
    let company = marys_company();
    messages(&rule("access/{group}", "\"team-*\""), &company, &[]);
    messages(&rule("access/{group}", "team-x"), &company, &["no group is named `team-x`"]);
    let texts = [
        told(&rule("acess/{group}", "\"team-*\""), &company),
        told(&rule("rights-of-{group}", "Engineering"), &company),
    ];
    assert_snapshot!(texts.join("\n\n"));
}

#[test]
fn a_number_of_members_that_no_group_reaches() {
    let rule = |least: usize, groups: &str| {
        rules_with(&format!(
            "    permission_sets: ViewOnlyAccess\n    groups: {groups}\n    members: {{at_least: {least}}}\n    accounts: {{all: true}}\n"
        ))
    };
    let company = marys_company();
    messages(&rule(2, "[Engineering, team-a]"), &company, &[]);
    assert_snapshot!(told(&rule(3, "[Engineering, team-a, \"aws-*\"]"), &company));
}

/// Everything above at once, and each listing that it takes.
const ODD: &str = "    permission_sets: ViewOnlyAccess
    users: [{attributes: {cost_center: true}}, {in_group: Interns}, {in_group: team-a, attributes: {title: Chef}}]
    groups: Engineering
    members: {at_least: 9}
    accounts: {all: true}
  - name: by-name
    permission_sets: ViewOnlyAccess
    group_name: \"{tag.team}-{account}\"
    members: {at_least: 1}
  - name: by-tag
    permission_sets: ViewOnlyAccess
    account_tag: \"rights-of-{group}\"
    groups: Engineering
";

#[test]
fn what_was_not_read_is_not_warned_of() {
    let rules = rules_with(ODD);
    let number = |company: &Company| warned(&rules, company).len();
    assert_eq!(number(&marys_company()), 6);
    for (what, told) in [
        (Unread::Users, 3),
        (Unread::Memberships, 4),
        // Of nobody can be said in which groups they are, nor what groups are called.
        (Unread::Groups, 2),
        (Unread::Tags, 4),
        (Unread::PermissionSets, 5),
    ] {
        assert_eq!(number(&marys_company().gap(what.clone(), None)), told, "{what:?}");
    }
    let of_one_account = marys_company().gap(Unread::Tags, Some("pay-test"));
    assert_eq!(number(&of_one_account), 4);
}

/// Of two that differ in case only, each is told of the other, and does what it says.
#[test]
fn names_that_differ_in_case_only() {
    let rules = rules(
        "version: 1
manage: {unlisted: report, groups: [Engineering, interns]}
protect:
  - groups: [Engineering, interns]
rules:
  - name: the-rule
    permission_sets: ViewOnlyAccess
    groups: [Engineering, interns]
    accounts: {all: true}
",
    );
    assert_snapshot!(told(&rules, &marys_company().group("engineering")));
}

/// What a rule names and nobody ever gets.
#[test]
fn what_is_left_alone_is_told_of_each_rule() {
    let rules = rules(
        "version: 1
manage: {unlisted: report, groups: [Engineering, \"team-*\"], users: [sue], permission_sets: [\"View*\"]}
protect:
  - groups: [\"team-*\"]
  - {users: [sue], accounts: {name: shop-prod}}
rules:
  - name: outside-group
    permission_sets: ViewOnlyAccess
    groups: [Interns, Engineering, \"aws-*\"]
    accounts: {all: true}
  - name: outside-set
    permission_sets: PowerUserAccess
    groups: [Engineering, Interns]
    accounts: {all: true}
  - name: outside-users
    permission_sets: ViewOnlyAccess
    users: [mary, {in_group: Engineering, attributes: {title: true}}]
    accounts: {all: true}
  - name: protected-group
    permission_sets: [ViewOnlyAccess, PowerUserAccess]
    groups: team-a
    accounts: {all: true}
  - name: protected-in-one-account
    permission_sets: ViewOnlyAccess
    users: sue
    accounts: {name: shop-prod}
  - name: open-in-another
    permission_sets: ViewOnlyAccess
    users: sue
    accounts: {all: true}
  - name: some-of-it
    permission_sets: \"*\"
    groups: \"*\"
    accounts: {all: true}
",
    );
    assert_snapshot!(told(&rules, &marys_company()));
}

/// The reasons add up: what one entry holds here, and another there.
#[test]
fn what_is_protected_by_several_entries_is_left_alone() {
    let of = |protect: &str| {
        let rules = format!(
            "version: 1\nmanage: {{unlisted: report}}\nprotect: {protect}\nrules:\n  - name: r\n    permission_sets: ViewOnlyAccess\n    groups: Engineering\n    accounts: {{all: true}}\n"
        );
        let warned = warned(&crate::support::rules(&rules), &marys_company());
        warned.into_iter().map(|warning| (warning.code, warning.message)).collect::<Vec<_>>()
    };
    let set = (Code::LeftAlone, "`protect` holds permission set `ViewOnlyAccess`".to_owned());
    let group = (Code::LeftAlone, "`protect` holds group `Engineering`".to_owned());
    let accounts = "rule `r` matches only accounts that are left alone".to_owned();
    assert_eq!(of("{permission_sets: \"View*\"}"), [set]);
    let here_and_there = "[{groups: \"Eng*\", accounts: {name: shop-prod}}, {groups: \"*\", permission_sets: \"View*\", accounts: {name: \"pay*\"}}]";
    assert_eq!(of(here_and_there), [group]);
    assert_eq!(
        of("{accounts: {organizational_unit: /Workloads}}"),
        [(Code::UnmatchedAccounts, accounts)]
    );
    assert_eq!(of("{groups: Engineering, accounts: {name: shop-prod}}"), []);
    assert_eq!(of("{groups: Engineering, permission_sets: PowerUserAccess}"), []);
}

/// A group that was not read may be one that is managed.
#[test]
fn what_may_be_managed_is_not_said_to_be_left_alone() {
    let rules = rules(
        "version: 1
manage: {unlisted: report, groups: Engineering, permission_sets: PowerUserAccess}
rules:
  - {name: r, permission_sets: \"View*\", groups: \"Int*\", accounts: {all: true}}
",
    );
    let number = |company: &Company| {
        let warned = warned(&rules, company);
        warned.iter().filter(|warning| warning.code == Code::LeftAlone).count()
    };
    assert_eq!(number(&marys_company()), 1);
    assert_eq!(number(&marys_company().gap(Unread::PermissionSets, None)), 1);
    let nothing_read = marys_company().gap(Unread::PermissionSets, None).gap(Unread::Groups, None);
    assert_eq!(number(&nothing_read), 0);
}

/// What is written in the wrong form or place, and names that were meant by globs and by their beginnings.
#[test]
fn what_was_meant_is_told() {
    let rules = rules(
        "version: 1
manage: {unlisted: report, users: true, groups: [\"*\"]}
protect:
  - groups: [break-glas-*]
rules:
  - name: in-one-text
    permission_sets: \"ViewOny*\"
    groups: \"Engineering, Interns\"
    accounts: {name: \"shop-prod, pay-test\", tags: {environment: \"test, production\"}}
  - name: by-id
    permission_sets: ViewOnlyAccess
    groups: GROUP
    users: USER
    accounts: [{name: \"111122223333\"}, {name: shop@example.com}, {name: /Workloads}, {email: shop-prod}]
  - name: nearly
    permission_sets: ViewOnlyAccess
    groups: [\"Interms-*\", Engin]
    accounts:
      - {name: \"shops-*\", email: \"*@exmaple.*\", tags: {environment: prod}}
      - {organizational_unit: [/Root/Workloads, \"/Workload/*\"]}
      - {not: {tags: {environment: prod}}}
",
    );
    let text = rules.source.text.replace("GROUP", group_id("Engineering").as_str());
    let rules = crate::support::rules(&text.replace("USER", user_id("mary").as_str()));
    assert_snapshot!(told(&rules, &marys_company().group("break-glass-admins")));
}

/// A suggestion that is silly is worse than none.
#[test]
fn what_nobody_meant_is_not_told() {
    let rules = rules_with(
        "    permission_sets: [\"Audit*\", Billing]
    groups: [\"a*\", \"qa-*\", Eng1, te]
    accounts: {name: [\"gym-*\", sh, \"*-p\", \"lab, desk\"], tags: {team: [s, shopping]}}
",
    );
    let warned = warned(&rules, &marys_company());
    let similar: Vec<_> = warned.iter().filter_map(Diagnostic::similar_name).collect();
    assert_eq!(similar, Vec::<&str>::new(), "{warned:?}");
    assert!(warned.len() >= 8, "{warned:?}");
}

/// A company of which no more was looked for than the rules ask for.
fn as_asked(Company(mut organization): Company) -> Company {
    organization.extent = Extent::AsAsked;
    Company(organization)
}

#[test]
fn units_that_are_not_there_are_told_of_who_knows_all_units() {
    let unit = |unit: &str| {
        rules_with(&format!(
            "    permission_sets: ViewOnlyAccess\n    groups: Engineering\n    accounts: {{{unit}}}\n"
        ))
    };
    let rules =
        unit("organizational_unit: [/Workloads, /Workloads/Prod, ou-ab12-c3d4e5f6, /*/Prod]");
    let expected = [
        "no organizational unit is at `/Workloads/Prod`",
        "no organizational unit is at `ou-ab12-c3d4e5f6`",
        "no organizational unit is at `/*/Prod`",
    ];
    messages(&rules, &marys_company(), &expected);
    messages(&rules, &as_asked(marys_company()), &[]);
    // The units at the top were listed: below the root is an account.
    let at_the_top = unit("directly_in: [/Workload, /]");
    for company in [marys_company(), as_asked(marys_company())] {
        messages(&at_the_top, &company, &["no organizational unit is at `/Workload`"]);
        assert!(warned(&at_the_top, &company)[0].names_a_similar_one());
    }
}

/// A listing in which there is nothing: in a snapshot, nothing is there.
#[test]
fn an_empty_listing_is_empty_where_all_was_looked_for() {
    let rules = rules_with(
        "    permission_sets: ViewOnlyAccess
    groups: Engineering
    users: [mary, {attributes: {department: Platform}}]
    accounts: {organizational_unit: /Workloads}
",
    );
    let empty = company();
    let expected = [
        "no permission set is named `ViewOnlyAccess`",
        "no group is named `Engineering`",
        "no user is named `mary`",
        "no user who can sign in has an attribute `department`",
        "no organizational unit is at `/Workloads`",
    ];
    messages(&rules, &empty, &expected);
    messages(&rules, &as_asked(empty), &["rule `the-rule` matches no account"]);
}

/// A snapshot has the members of all groups, also of those of a rule whose time has yet to come.
#[test]
fn members_are_missed_before_a_rule_begins() {
    let rules = rules_with(
        "    permission_sets: ViewOnlyAccess
    groups: Engineering
    users: [{in_group: Interns}]
    members: {at_least: 9}
    accounts: {all: true}
    from: 2030-01-01T00:00:00Z
",
    );
    let expected = [
        "no user who can sign in is in group `Interns`",
        "no group of rule `the-rule` has 9 members",
    ];
    messages(&rules, &marys_company(), &expected);
    messages(&rules, &as_asked(marys_company()), &[]);
}

/// Who is in a group is asked only for rules that may hold.
#[test]
fn members_that_nobody_asked_for_are_not_missed() {
    let in_the_future = ODD.replace(
        "    groups: Engineering\n    members: {at_least: 9}\n",
        "    groups: Engineering\n    members: {at_least: 9}\n    from: 2030-01-01T00:00:00Z\n",
    );
    let expected = [
        "no user who can sign in has an attribute `cost_center`",
        "no user who can sign in has the attribute `title` with the value `Chef`",
        "no group is called what `{tag.team}-{account}` makes",
        "no account that may be touched has a tag `rights-of-{group}` of a group that is meant",
    ];
    messages(&rules_with(&in_the_future), &as_asked(marys_company()), &expected);
    let users_are_left_out =
        rules(&rules_with(ODD).source.text.replace("users: true}", "users: false}"));
    let warned = warned(&users_are_left_out, &marys_company());
    assert!(!warned.iter().any(|warning| warning.message.contains("Interns")), "{warned:?}");
}

/// A run for one account tells what is odd about the rules that hold there, from what that run read.
#[test]
fn one_account_is_told_what_concerns_it() {
    let rules = rules_with(ODD);
    let Company(organization) = marys_company();
    let scope = Scope::account(account_id("pay-test"));
    let plan = decide(&rules, &organization, organization.observed_at, &scope);
    assert_eq!(plan.warnings.len(), 4, "{:?}", plan.warnings);
}

fn rule_for_accounts(accounts: &str) -> Rules {
    rules_with(&format!(
        "    permission_sets: ViewOnlyAccess\n    groups: Engineering\n    accounts: {accounts}\n"
    ))
}

/// That a tag is absent is mostly meant so; not when it is nearly one that there is.
#[test]
fn a_tag_that_must_be_absent_is_missed_only_when_it_is_a_slip() {
    messages(&rule_for_accounts("{tags: {retired: false}}"), &marys_company(), &[]);
    let slip = "no account that may be touched has a tag `taem`";
    messages(&rule_for_accounts("{tags: {taem: false}}"), &marys_company(), &[slip]);
}

/// Of accounts that are left alone no tags are read, nor those of the units above them only.
#[test]
fn what_accounts_have_that_are_left_alone_does_not_count() {
    let company = Company(Organization { accounts: Vec::new(), ..marys_company().0 })
        .account("management", "/")
        .tagged("tier", "core")
        .account("shop-prod", "/Workloads")
        .tagged("team", "shop")
        .unit("/Closed")
        .unit_tagged("/Closed", "zone", "a")
        .account("old", "/Closed")
        .tagged("environment", "old")
        .in_state(AccountState::Suspended);
    let rules = rule_for_accounts(
        "[{tags: {tier: core}}, {tags: {environment: old}}, {organizational_unit_tags: {zone: a}}]",
    );
    let expected = [
        "no account that may be touched has a tag `tier`",
        "no account that may be touched has a tag `environment`",
        "no organizational unit above an account that may be touched has a tag `zone`",
    ];
    messages(&rules, &company, &expected);
    let by_name = rules_with(
        "    permission_sets: ViewOnlyAccess\n    group_name: \"{account}-{permission_set}\"\n    accounts: {name: old}\n",
    );
    let expected = "rule `the-rule` matches only accounts that are left alone";
    messages(&by_name, &company, &[expected]);
}

/// What a name or a glob misses is said of that, and not again of what it stands in.
#[test]
fn what_is_missing_is_said_once() {
    let in_group = rule_for_users("[{in_group: Interims}]");
    messages(&in_group, &marys_company(), &["no group is named `Interims`"]);
    let named = rule_for_users("[{user_name: harry, attributes: {department: Sales}}]");
    messages(&named, &marys_company(), &["no user is named `harry`"]);
    let by_name = |sets: &str, accounts: &str| {
        rules_with(&format!(
            "    permission_sets: {sets}\n    group_name: \"{{account}}+{{permission_set}}\"\n    accounts: {accounts}\n"
        ))
    };
    let no_set = by_name("Nothing", "{all: true}");
    messages(&no_set, &marys_company(), &["no permission set is named `Nothing`"]);
    let no_account = by_name("ViewOnlyAccess", "{name: nowhere}");
    messages(&no_account, &marys_company(), &["no account is named `nowhere`"]);
}

/// What a template or a selector is about, in an account or as a whole, and could not be read.
#[test]
fn what_decides_and_was_not_read_is_not_warned_of() {
    let by_name = |template: &str| {
        rules_with(&format!(
            "    permission_sets: ViewOnlyAccess\n    group_name: \"{template}\"\n    members: {{at_least: 1}}\n"
        ))
    };
    let unknown = || Unread::Other("something".to_owned());
    let units = "{organizational_unit_tags: {zone: a}}";
    let (names, tags) = (by_name("{account}+x"), by_name("{tag.team}+x"));
    for (rules, what, account) in [
        (&names, Unread::Accounts, Some("shop-prod")),
        (&tags, unknown(), Some("shop-prod")),
        (&by_name("aws-{account}-{permission_set}"), Unread::Memberships, None),
        (&rule_for_accounts(units), Unread::OrganizationalUnitTags, None),
        (&rule_for_accounts("{tags: {zone: a}}"), Unread::Accounts, None),
    ] {
        assert_eq!(warned(rules, &marys_company()).len(), 1, "{what:?}");
        messages(rules, &marys_company().gap(what, account), &[]);
    }
}

/// Bob's engineers build in nine accounts, and nobody else does.
fn nine_shops(group: &str, permission_set: &str, unit: &str) -> Company {
    let mut company = company().unit(unit).group(group).group("Auditors");
    company = company.permission_set(permission_set).permission_set("ViewOnlyAccess");
    for number in 1..=9 {
        let name = format!("shop-{number}");
        company = company.account(&name, unit).tagged("environment", "test");
        company = company.assigned(permission_set, group, &name);
    }
    company
}

const BUILDERS: &str = "version: 1
manage: {unlisted: revoke}
rules:
  - name: engineers-build
    permission_sets: [PowerUserAccess]
    groups: [Engineering]
    accounts: {organizational_unit: /Workloads, tags: {environment: test}}
";

/// What is told of revocations that a slip explains.
fn lost(rules_text: &str, company: &Company) -> Vec<Diagnostic> {
    let mut warned = warned(&rules(rules_text), company);
    warned.retain(|warning| warning.code == Code::LosesAccess);
    warned
}

#[track_caller]
fn loses(rules_text: &str, company: &Company, whose: &str, who: &str) {
    let lost = lost(rules_text, company);
    let [warning] = lost.as_slice() else { panic!("{lost:?}") };
    let expected = format!("9 assignments{whose} are to be revoked, and {who} probably means them");
    assert_eq!(warning.message, expected);
}

/// Nine of nine are not over the default of `max_revocations`, which needs more than ten: so it must be told.
#[test]
fn access_that_a_slip_takes_away_is_told() {
    let company = nine_shops("Engineering", "PowerUserAccess", "/Workloads");
    assert_eq!(lost(BUILDERS, &company), []);
    let rule = "rule `engineers-build`";
    for (right, slip, whose) in [
        ("[Engineering]", "[Enginering]", " of group `Engineering`"),
        ("[Engineering]", "[engineering, Auditors]", " of group `Engineering`"),
        ("PowerUserAccess", "PowerUserAcess", " of permission set `PowerUserAccess`"),
        ("/Workloads", "/Workload", ""),
        ("environment:", "enviroment:", ""),
        ("test}", "[tset, production]}", ""),
    ] {
        loses(&BUILDERS.replace(right, slip), &company, whose, rule);
    }
    let slip = rules(&BUILDERS.replace("[Engineering]", "[Enginering]"));
    assert_snapshot!(told(&slip, &company));
}

/// Whoever renames something in AWS has no name that is near: but somebody has all that the rule would grant.
#[test]
fn access_that_a_new_name_takes_away_is_told() {
    let rule = "rule `engineers-build`";
    let renamed = nine_shops("Builders", "PowerUserAccess", "/Workloads");
    loses(BUILDERS, &renamed, " of group `Builders`", rule);
    assert_snapshot!(told(&rules(BUILDERS), &renamed));
    let moved = nine_shops("Engineering", "PowerUserAccess", "/Products");
    loses(BUILDERS, &moved, "", rule);
    let made_anew = nine_shops("Engineering", "BuilderAccess", "/Workloads");
    loses(BUILDERS, &made_anew, " of permission set `BuilderAccess`", rule);
}

/// Names of which there is nothing else to say are told of together; one that is probably misspelt is told of by itself. What
/// AWS Control Tower would make is protected in advance, and nobody has meant another name.
#[test]
fn what_is_protected_and_not_there_is_told_of_once() {
    let organization = company()
        .account("shop", "/")
        .group("night-watch")
        .group("Engineering")
        .permission_set("AdministratorAccess");
    let told = |protect: &str| -> Vec<String> {
        let rules = rules(&format!(
            "version: 1\nmanage: {{unlisted: report}}\nrules: []\nprotect:\n  - {protect}\n"
        ));
        let warnings = warnings(&rules, &organization.0, organization.0.observed_at).into_iter();
        warnings.map(|warning| warning.message).collect()
    };
    assert_eq!(told("groups: [night-watch, Firefighters]"), ["no group is named `Firefighters`"]);
    assert_eq!(
        told("groups: [Firefighters, '*glass*', Night-watch, night-wach]"),
        [
            "`Firefighters` and `*glass*` match no group",
            "no group is named `Night-watch`, but `night-watch` differs in case only",
            "no group is named `night-wach`",
        ]
    );
    assert_eq!(
        told("groups: [Firefighters, '*glass*', Auditors, Doctors]"),
        ["`Firefighters`, `*glass*` and 2 more match no group"]
    );
    assert_eq!(told("permission_sets: [AWSAdministratorAccess, AWSReadOnlyAccess]"), [""; 0]);
    assert_eq!(told("groups: [AWSControlTowerAdmins]"), [""; 0]);
}

#[test]
fn access_that_is_no_longer_protected_is_told() {
    let company = nine_shops("break-glass", "PowerUserAccess", "/Workloads");
    let protecting = |name: &str| {
        BUILDERS.replace("rules:", &format!("protect: [{{groups: [{name}]}}]\nrules:"))
    };
    assert_eq!(lost(&protecting("break-glass"), &company), []);
    // The rule's group is a group of tomorrow: that the other one has what it would grant is told as well.
    let lost = lost(&protecting("break-glas"), &company);
    let messages: Vec<&str> = lost.iter().map(|warning| warning.message.as_str()).collect();
    assert!(messages[1].ends_with("and `protect` probably means them"), "{messages:?}");
}

#[test]
fn access_of_users_that_a_slip_takes_away_is_told() {
    let mut company = nine_shops("Engineering", "ViewOnlyAccess", "/Workloads").user("mary");
    company = company.with("title", "Lead").permission_set("PowerUserAccess");
    company.0.assignments.clear();
    for number in 1..=9 {
        company = company.assigned_to("PowerUserAccess", "mary", &format!("shop-{number}"));
    }
    let of_users = |users: &str| {
        let rules = BUILDERS.replace("revoke}", "revoke, users: true}");
        rules.replace("groups: [Engineering]", &format!("users: [{users}]"))
    };
    assert_eq!(lost(&of_users("mary"), &company), []);
    let rule = "rule `engineers-build`";
    loses(&of_users("mray"), &company, " of user `mary`", rule);
    loses(&of_users("{attributes: {title: Leader}}"), &company, " of users", rule);
}

/// Nobody is to be frightened by what is as it should be.
#[test]
fn what_no_slip_explains_is_not_told() {
    let company = || nine_shops("Engineering", "PowerUserAccess", "/Workloads");
    let slip = BUILDERS.replace("[Engineering]", "[Enginering]");
    // Nothing is revoked.
    assert_eq!(lost(&slip.replace("revoke", "report"), &company()), []);
    let unread = company().gap(Unread::Assignments, None);
    assert_eq!(lost(&slip, &unread), []);
    // The rule would not grant it either way.
    assert_eq!(lost(&slip.replace("[PowerUserAccess]", "[ViewOnlyAccess]"), &company()), []);
    let in_2030 = format!("{slip}    from: 2030-01-01T00:00:00Z\n");
    assert_eq!(lost(&in_2030, &company()), []);
    // A group of tomorrow, and one of today that has little of what it is to get.
    let tomorrow = BUILDERS.replace("[Engineering]", "[Engineering, Newcomers]");
    let with_little = company().group("Visitors").assigned("PowerUserAccess", "Visitors", "shop-1");
    assert_eq!(lost(&tomorrow, &with_little), []);
}

#[test]
fn whether_it_is_held_back_is_told() {
    let company = nine_shops("Engineering", "PowerUserAccess", "/Workloads");
    let slip = BUILDERS.replace("[Engineering]", "[Enginering]");
    let help = |rules_text: &str| {
        let lost = lost(rules_text, &company);
        lost[0].to_json(&rules(rules_text).source).help.unwrap()
    };
    assert!(help(&slip).contains("(not held back: `max_revocations` allows so many)"));
    let limited = slip.replace("revoke}", "revoke, max_revocations: 3}");
    assert!(help(&limited).contains("(over `max_revocations`: revoked only with an approval)"));
}

/// That the rest of a rule works is said where there is a rest.
#[test]
fn a_rule_of_which_nothing_is_left_is_told() {
    let label = |change: &dyn Fn(String) -> String| {
        let text = change(BUILDERS.replace("revoke", "report"));
        let company = nine_shops("Engineering", "PowerUserAccess", "/Workloads").user("mary");
        warned(&rules(&text), &company)[0].primary.text.clone()
    };
    let nothing = "rule `engineers-build` grants nothing";
    let rest = "the rest of rule `engineers-build` works";
    assert_eq!(label(&|text| text.replace("[Engineering]", "[Absent]")), nothing);
    assert_eq!(label(&|text| text.replace("[Engineering]", "[Absent, Engineering]")), rest);
    assert_eq!(label(&|text| text.replace("[PowerUserAccess]", "[Absent]")), nothing);
    assert_eq!(label(&|text| text.replace("[PowerUserAccess]", "[Absent, \"Power*\"]")), rest);
    let users = |users: &'static str| {
        move |text: String| {
            let text = text.replace("report}", "report, users: true}");
            text.replace("groups: [Engineering]", users)
        }
    };
    assert_eq!(label(&users("users: [absent]")), nothing);
    assert_eq!(label(&users("users: [absent, mary]")), rest);
}
