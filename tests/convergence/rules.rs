//! Rules files that a human may write one after the other: each leans on something else that people
//! change.

use serde_json::{Value, json};

/// Which rules are in the file: one bit each, and some for `manage`.
pub(super) fn rules_file(choice: u32) -> Value {
    let all = [
        json!({"permission_sets": "PowerUserAccess", "groups": "Engineering",
            "accounts": {"organizational_unit": "/Workloads/Test"}}),
        json!({"permission_sets": ["ViewOnlyAccess", "SecurityAudit"], "groups": "Auditors",
            "accounts": {"all": true}}),
        json!({"permission_sets": "AdministratorAccess", "groups": ["Engineering", "team-*"],
            "accounts": {"tags": {"environment": ["sandbox", "test"]}}}),
        json!({"permission_sets": "PowerUserAccess", "groups": "team-*", "members": {"at_least": 2},
            "accounts": {"name": "*-prod"}}),
        json!({"permission_sets": ["PowerUserAccess", "Extra*"], "users": [{"in_group": "team-*"}],
            "accounts": {"directly_in": "/Sandbox"}}),
        json!({"permission_sets": "ViewOnlyAccess",
            "users": [{"attributes": {"department": ["Platform", "Engineering"], "title": "* Engineer"}}],
            "accounts": {"organizational_unit_tags": {"tier": "core"}}}),
        json!({"permission_sets": ["PowerUserAccess", "ViewOnlyAccess"],
            "group_name": "aws-{account}-{permission_set}"}),
        json!({"permission_sets": ["PowerUserAccess", "ViewOnlyAccess", "Extra-0"], "groups": "*",
            "account_tag": "access/{group}"}),
        json!({"permission_sets": "SecurityAudit", "groups": "Engineering",
            "accounts": {"organizational_unit": "/Work*/**", "not": {"tags": {"frozen": true}}}}),
        json!({"permission_sets": "AdministratorAccess", "users": ["ana.*", {"user_name": "new-*"}],
            "accounts": [{"organizational_unit_tags": {"tier": true}}, {"tags": {"team": "web"}}]}),
    ];
    let bit = |number: usize| choice >> number & 1 == 1;
    let rules: Vec<Value> = all
        .into_iter()
        .enumerate()
        .filter(|(number, _)| bit(*number))
        .map(|(number, mut rule)| {
            rule["name"] = json!(format!("rule-{number}"));
            rule
        })
        .collect();
    let users = [json!(false), json!(true), json!(["*.*@example.com"]), json!(["*"])];
    let users = &users[usize::from(bit(10)) + 2 * usize::from(bit(11))];
    json!({
        "version": 1,
        "manage": {
            // What is held is measured against what a run observed, so it depends on the order.
            "max_revocations": "100%",
            "unlisted": if bit(12) && bit(13) { "report" } else { "revoke" },
            "users": users,
            "groups": if bit(14) && bit(15) { json!(["Engineering", "team-*", "aws-*"]) } else { json!(["*"]) },
        },
        "protect": [
            {"groups": "break-glass-*"},
            {"accounts": {"tags": {"legal-hold": true}}},
        ],
        "rules": rules,
        "never": if bit(16) {
            json!([{"name": "never-0", "permission_sets": "*Admin*", "groups": "team-b",
                "accounts": {"tags": {"environment": "production"}}}])
        } else {
            json!([])
        },
    })
}

/// How many bits matter.
pub(super) const BITS: u32 = 17;
