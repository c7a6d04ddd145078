//! A company with two thousand accounts, its rules, and what people do all day.
//!
//! Most of what happens in a large company matters to no rule: people's attributes, tags for the
//! accountants. The rest is chosen so that one change leads to a few assignments: AWS makes four a second
//! at the most (two and a half seconds each, ten in flight), and reads a handful of accounts in that time.

use std::num::NonZeroU32;
use std::time::Duration;

use local::{
    Chaos, Quotas,
    generate::{Random, generate},
};
use serde_json::{Value, json};
use shared::{
    decide::decide,
    organization::Organization,
    plan::{Action, Change},
    scope::Scope,
};

use crate::{
    reference::now,
    support::{self, random::by_lines},
};

use super::super::{
    people::{Deed, Manners, Words},
    stage::Scene,
    witness::Watch,
};

/// Groups of three teams, with eight roles each, and eight of the staff. Few, because the oracle asks of
/// every account whether each of them, and each user, has each permission set.
const SHAPE: &str = "accounts=2000,groups=32,users=40,permission_sets=8,assignments=0";

const TEAMS: [&str; 3] = ["payments", "billing", "ledger"];

/// Tags that no rule asks for.
pub(super) const UNASKED_TAGS: [&str; 10] = [
    "cost-center",
    "managed-by",
    "owner",
    "patch-window",
    "backup",
    "created-by",
    "budget",
    "expires",
    "monitoring",
    "region",
];

/// As the template sets it.
const RUN_TIME: Duration = Duration::from_secs(900);

const WORDS: Words = Words {
    accounts: &["shop-prod", "shop-test", "lab-dev", "archive-prod"],
    units: &["Core", "Prod", "Test", "Edge", "Lab"],
    tags: &[
        ("environment", &["production", "test", "development"]),
        ("team", &TEAMS),
        ("data-classification", &["internal", "public", "confidential", "restricted"]),
        ("access/team-ledger-testers", &["ViewOnlyAccess", "Billing"]),
        ("legal-hold", &["yes"]),
        ("cost-center", &["cc-1001", "cc-1002", "cc-1003", "cc-1004"]),
        ("managed-by", &["terraform", "hand", "nobody"]),
        ("owner", &["ada", "bruno", "chidi", "chloe"]),
        ("patch-window", &["sunday", "monday", "never"]),
        ("backup", &["daily", "weekly"]),
        ("created-by", &["portal", "ticket"]),
        ("budget", &["100", "1000", "10000"]),
        ("expires", &["2027-01-01", "2028-01-01"]),
        ("monitoring", &["on", "off"]),
        ("region", &["eu", "us", "ap"]),
    ],
    unit_tags: &[("floor", &["1", "2"]), ("tier", &["core", "edge"])],
    groups: &[
        "team-shop-developers",
        "team-shop-testers",
        "aws-shop-prod-ViewOnlyAccess",
        "aws-lab-dev-PowerUserAccess",
        "visitors",
        "platform-new",
    ],
    attributes: &[
        ("title", &["Data Engineer", "Analyst", "Lead Engineer"]),
        ("nickName", &["Bee", "Ace", "Moss"]),
        ("locale", &["de-DE", "en-GB", "fr-FR"]),
        ("preferredLanguage", &["de", "en", "fr"]),
        ("timezone", &["Europe/Berlin", "Asia/Tokyo"]),
        ("profileUrl", &["https://example.com/a", "https://example.com/b"]),
        ("userType", &["employee", "contractor"]),
        ("displayName", &["A. Person", "Another Person"]),
    ],
};

/// What people do, each so often in ten thousand times. People's own quotas allow no more: AWS creates an
/// account in ten seconds, closes one in twenty, moves two a second and takes four tags.
const DEEDS: [(Deed, usize); 24] = [
    (Deed::ChangeUser, 4_600),
    (Deed::TagAccount, 2_900),
    (Deed::UntagAccount, 500),
    (Deed::TagUnit, 500),
    (Deed::UntagUnit, 250),
    (Deed::AddMember, 400),
    (Deed::RemoveMember, 8),
    (Deed::MoveAccount, 300),
    (Deed::GrantByHand, 120),
    (Deed::RevokeByHand, 120),
    (Deed::CreateAccount, 80),
    (Deed::CloseAccount, 40),
    (Deed::RemoveAccount, 20),
    (Deed::CreateUser, 60),
    (Deed::DeleteUser, 4),
    (Deed::CreateGroup, 6),
    (Deed::RenameGroup, 6),
    (Deed::DeleteGroup, 4),
    (Deed::CreateUnit, 15),
    (Deed::RenameUnit, 10),
    (Deed::DeleteUnit, 15),
    (Deed::CreatePermissionSet, 10),
    (Deed::DeletePermissionSet, 10),
    (Deed::WriteRules, 5),
];

/// What somebody does, when, and to what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// After the beginning.
    pub(super) at: Duration,
    pub(super) deed: Deed,
    pub(super) picks: [u32; 3],
}

/// The number of the rules file that is written last: with a rule that asks for a tag which no other does.
pub(super) const LAST_RULES: u32 = 4;

/// So many deeds, so many of them a second; and rules that nobody has read yet, when all else is done.
pub(super) fn moments(seed: u64, number: usize, per_second: f64) -> Vec<Moment> {
    let mut random = Random::new(seed);
    let all: usize = DEEDS.iter().map(|(_, often)| often).sum();
    let moment = |number: usize| {
        let at = (number as f64 + random.fraction()) / per_second;
        let mut drawn = random.below(all);
        let chosen = DEEDS.iter().find(|(_, often)| {
            let is_it = drawn < *often;
            drawn = drawn.saturating_sub(*often);
            is_it
        });
        let (deed, _) = chosen.unwrap();
        let mut pick = || u32::try_from(random.bits() >> 32).unwrap();
        let picks = match deed {
            // Any of four files; the last one comes by itself.
            Deed::WriteRules => [0, 0, pick() % 4],
            _ => [pick(), pick(), pick()],
        };
        Moment { at: Duration::from_secs_f64(at), deed: *deed, picks }
    };
    let mut all: Vec<Moment> = (0..number).map(moment).collect();
    let at = Duration::from_secs_f64(number as f64 / per_second);
    all.push(Moment { at, deed: Deed::WriteRules, picks: [0, 0, LAST_RULES] });
    all
}

/// The company, with everything as the rules say.
pub(super) fn scene(seed: u64) -> Scene {
    let organization = generate(&format!("{SHAPE},seed={seed}").parse().unwrap());
    Scene {
        organization: as_the_rules_say(organization),
        aws: local::Settings {
            latency: Duration::from_millis(50),
            assignment_time: Duration::from_millis(2_500),
            account_time: Duration::from_secs(40),
            quotas: Quotas::Strict,
            ..local::Settings::default()
        },
        chaos: Chaos::new(seed),
        rules: 0,
        rules_file,
        manners: Manners { words: &WORDS, look_after: 50 },
        calls_per_second: NonZeroU32::new(18).unwrap(),
        run_time: Some(RUN_TIME),
        lives: vec![None],
        event_lives: Vec::new(),
        cold_starts: vec![false],
        watch: Watch::Nothing,
        diary_lines: 4_000,
    }
}

fn as_the_rules_say(mut organization: Organization) -> Organization {
    let rules = support::rules(&by_lines(&rules_file(0)));
    let plan = decide(&rules, &organization, now(), &Scope::everything());
    assert!(plan.changes.iter().all(|change| change.action == Action::Create));
    organization.assignments.extend(plan.changes.iter().map(Change::assignment));
    organization
}

/// One of four: a rule more or less, which a few dozen accounts gain or lose by. And the last one, by which they do
/// so only when a tag of theirs is read that nobody has asked for before.
pub(super) fn rules_file(choice: u32) -> Value {
    let mut rules = Vec::new();
    for team in TEAMS {
        rules.push(
            json!({"name": format!("developers-of-{team}"), "permission_sets": "PowerUserAccess",
            "groups": format!("team-{team}-developers"),
            "accounts": {"tags": {"team": team, "environment": ["test", "development"]}}}),
        );
        rules.push(
            json!({"name": format!("readers-of-{team}"), "permission_sets": "ReadOnlyAccess",
            "groups": format!("team-{team}-readers"), "accounts": {"tags": {"team": team}}}),
        );
    }
    rules.extend([
        json!({"name": "auditors", "permission_sets": "SecurityAudit", "groups": "audit-*",
            "accounts": {"organizational_unit": ["/Security", "/Infrastructure"]}}),
        json!({"name": "support-of-core", "permission_sets": "DatabaseAdministrator", "groups": "support-5",
            "accounts": {"organizational_unit": "/Workloads/*/Core/Prod"}}),
        json!({"name": "leads-in-a-sandbox", "permission_sets": "PowerUserAccess", "groups": "team-*-leads",
            "members": {"at_least": 2}, "accounts": {"directly_in": "/Sandbox/Division0"}}),
        json!({"name": "by-tag", "permission_sets": ["ViewOnlyAccess", "Billing"], "groups": "team-*",
            "account_tag": "access/{group}"}),
        json!({"name": "by-name", "permission_sets": ["ViewOnlyAccess", "PowerUserAccess"],
            "group_name": "aws-{account}-{permission_set}"}),
        json!({"name": "platform", "permission_sets": "ViewOnlyAccess", "users": [{"in_group": "platform-*"}],
            "accounts": {"tags": {"team": "ledger", "data-classification": "restricted", "environment": "test"}}}),
        json!({"name": "data-engineers", "permission_sets": "DatabaseAdministrator",
            "users": [{"attributes": {"title": "Data Engineer"}}],
            "accounts": {"tags": {"team": "billing", "data-classification": "restricted", "environment": "test"}}}),
        json!({"name": "contractors", "permission_sets": ["ViewOnlyAccess", "NetworkAdministrator"],
            "groups": "contractors-*", "accounts": {"tags": {"data-classification": "restricted"}}}),
    ]);
    if choice & 1 == 1 {
        rules.push(json!({"name": "finance", "permission_sets": "Billing", "groups": "finance-*",
            "accounts": {"tags": {"environment": "production", "data-classification": "restricted"}}}));
    }
    if choice == LAST_RULES {
        rules.push(json!({"name": "finance-but-for-the-exempt", "permission_sets": "Billing",
            "groups": "finance-*", "accounts": {"tags": {"environment": "development",
            "data-classification": "restricted", "exempt": false}}}));
    }
    let never = if choice & 2 == 2 {
        json!([{"name": "no-auditors-in-security", "groups": "audit-*",
            "accounts": {"organizational_unit": "/Security"}}])
    } else {
        json!([{"name": "contractors-are-never-admins", "permission_sets": "*Admin*", "groups": "contractors-*"}])
    };
    json!({
        "version": 1,
        "manage": {"unlisted": "revoke", "max_revocations": "100%", "users": true},
        "protect": [{"groups": "break-glass-*"}, {"accounts": {"tags": {"legal-hold": true}}}],
        "rules": rules,
        "never": never,
    })
}
