//! The naive reading of the rules ([`crate::reference::reading`]) for an organization that is too large
//! to be read as a whole.
//!
//! What the rules say of an assignment depends on its account and the organizational units above that,
//! and on no other account. So each account is read by itself, in an organization that has no other; and
//! accounts that no rule can tell apart are read once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use shared::organization::Organization;

use crate::reference::{
    now,
    reading::{Triple, Verdict, World, text},
};

use super::company::UNASKED_TAGS;

/// What the rules say of everything that anybody may have in an account.
type Verdicts = BTreeMap<Access, Verdict>;

/// A permission set and who has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Access {
    permission_set: String,
    kind: String,
    principal: String,
}

/// Everything that is not as the rules say.
pub(super) fn complaints(rules: &Value, organization: &Organization) -> Vec<String> {
    assert!(UNASKED_TAGS.iter().all(|key| !rules.to_string().contains(key)));
    let organization = serde_json::to_value(organization).unwrap();
    let whole = World { rules, organization: &organization, now: now() };
    let mut assignments: BTreeMap<String, BTreeSet<Access>> = BTreeMap::new();
    for assignment in whole.all("assignments") {
        let there = assignments.entry(text(&assignment["account_id"])).or_default();
        there.insert(Access {
            permission_set: text(&assignment["permission_set_arn"]),
            kind: text(&assignment["principal_type"]),
            principal: text(&assignment["principal_id"]),
        });
    }
    let mut alone = organization.clone();
    alone["assignments"] = json!([]);
    let mut known: BTreeMap<String, Verdicts> = BTreeMap::new();
    let mut complaints = Vec::new();
    for account in whole.all("accounts") {
        let there = assignments.remove(&text(&account["id"])).unwrap_or_default();
        let verdicts = known.entry(all_that_rules_see(&whole, account)).or_insert_with(|| {
            alone["accounts"] = json!([account]);
            alone["organizational_units"] = json!(whole.units_above(account));
            verdicts(&World { rules, organization: &alone, now: now() }, account)
        });
        let wanted = verdicts.iter().filter(|(_, verdict)| **verdict == Verdict::Wanted);
        let missing = wanted.map(|(access, _)| access).filter(|access| !there.contains(access));
        // Whoever is not among them is gone: then the whole organization is asked.
        let says = |access: &Access| {
            let verdict = verdicts.get(access).copied();
            verdict.unwrap_or_else(|| whole.says(&triple(account, access)))
        };
        let surplus = there.iter().filter(|access| says(access) == Verdict::Unlisted);
        complaints.extend(missing.map(|access| format!("missing: {access:?} in {account}")));
        complaints.extend(
            surplus.map(|access| format!("not granted, and there: {access:?} in {account}")),
        );
    }
    complaints
}

fn verdicts(world: &World<'_>, account: &Value) -> Verdicts {
    let groups = world.all("groups").iter().map(|group| ("GROUP", &group["id"]));
    let users = world.all("users").iter().map(|user| ("USER", &user["id"]));
    let principals: Vec<(&str, &Value)> = groups.chain(users).collect();
    let sets = world.all("permission_sets").iter();
    let all = sets.flat_map(|set| {
        principals.iter().map(move |(kind, id)| Access {
            permission_set: text(&set["arn"]),
            kind: (*kind).to_owned(),
            principal: text(id),
        })
    });
    all.map(|access| (access.clone(), world.says(&triple(account, &access)))).collect()
}

fn triple(account: &Value, access: &Access) -> Triple {
    let Access { permission_set, kind, principal } = access.clone();
    Triple { account: text(&account["id"]), permission_set, kind, principal }
}

/// What tells an account from others: not its id and its e-mail address, which no rule asks for; nor the
/// tags that none does; nor its name, unless there is a group that has it in its own.
fn all_that_rules_see(world: &World<'_>, account: &Value) -> String {
    let mut account = account.clone();
    let is_management =
        account["id"] == world.organization["organization"]["management_account_id"];
    let name = text(&account["name"]).to_ascii_lowercase();
    let mut groups = world.all("groups").iter();
    let is_named =
        groups.any(|group| text(&group["display_name"]).to_ascii_lowercase().contains(&name));
    let fields = account.as_object_mut().unwrap();
    fields.remove("id");
    fields.remove("email");
    if !is_named {
        fields.remove("name");
    }
    let tags = fields["tags"].as_object_mut().unwrap();
    UNASKED_TAGS.iter().for_each(|key| _ = tags.remove(*key));
    format!("{is_management} {account}")
}
