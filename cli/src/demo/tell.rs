//! What the demo says.

use std::collections::BTreeMap;

use shared::{
    decide::decide,
    organization::{Assignment, Organization, Principal},
    plan::PlanText,
    rules::Rules,
    scope::Scope,
};

use crate::{
    exit::{Exit, Failure},
    functions::{Run, Taken},
    output::{self, BOLD, DIM, GREEN, RED, data, painted},
};

pub(super) fn opening(organization: &Organization, rules: &str) -> Result<(), Failure> {
    data(&painted(BOLD, "Bob's organization, served on localhost"))?;
    data(&format!(
        "{} accounts, {} users, {} groups, {} permission sets, {} assignments made by hand\n",
        organization.accounts.len(),
        organization.users.len(),
        organization.groups.len(),
        organization.permission_sets.len(),
        organization.assignments.len(),
    ))?;
    data(&painted(BOLD, "Bob's rules (rules.yaml)"))?;
    for (number, line) in rules.lines().enumerate() {
        data(&format!("{} {line}", painted(DIM, format!("{:>3}", number + 1))))?;
    }
    Ok(())
}

pub(super) fn scene(title: &str) -> Result<(), Failure> {
    data(&format!("\n{}", painted(BOLD, format!("── {title} ──"))))
}

pub(super) fn schedule() -> Result<(), Failure> {
    data("event     Scheduled Event: the schedule puts `everything` on the lane")
}

pub(super) fn event(name: &str, taken: &Taken) -> Result<(), Failure> {
    data(&format!("event     {name}\n          {}", taken.told()))
}

pub(super) fn run(run: &Run, rules: &Rules) -> Result<(), Failure> {
    for (title, line) in run.told(rules) {
        data(format!("{title:<10}{line}").trim_end())?;
    }
    Ok(())
}

/// Who can reach what at the end of the day, and whether that is what the rules say.
pub(super) fn ending(organization: &Organization, rules: &Rules) -> Result<Exit, Failure> {
    scene("At the end of the day, AWS holds")?;
    for (account, assignments) in by_account(organization) {
        let assignments: Vec<String> =
            assignments.iter().map(|assignment| describe(organization, assignment)).collect();
        data(&format!("{account:<22} {}", assignments.join(", ")))?;
    }
    let plan = decide(rules, organization, organization.observed_at, &Scope::everything());
    let text = PlanText { plan: &plan, rules, organization };
    data(&format!("\n{}\n", output::painted_plan(text.to_string().trim_end())))?;
    if !plan.changes.is_empty() {
        data(&painted(RED, "What AWS holds is not what the rules say."))?;
        return Ok(Exit::Failed);
    }
    data(&painted(GREEN, "What AWS holds equals what the rules say."))?;
    Ok(Exit::Done)
}

fn by_account(organization: &Organization) -> BTreeMap<&str, Vec<&Assignment>> {
    let mut by_account: BTreeMap<&str, Vec<&Assignment>> = BTreeMap::new();
    for assignment in &organization.assignments {
        let account =
            organization.accounts.iter().find(|account| account.id == assignment.account_id);
        let name = account.map_or(assignment.account_id.as_str(), |account| &account.name);
        by_account.entry(name).or_default().push(assignment);
    }
    by_account
}

fn describe(organization: &Organization, assignment: &Assignment) -> String {
    let sets = &organization.permission_sets;
    let set = sets.iter().find(|set| set.arn == assignment.permission_set_arn);
    let group = organization
        .groups
        .iter()
        .find(|group| Principal::Group(group.id.clone()) == assignment.principal);
    let set = set.map_or(assignment.permission_set_arn.as_str(), |set| &set.name);
    let group = group.map_or_else(|| assignment.principal.id(), |group| &group.display_name);
    format!("{group}: {set}")
}
