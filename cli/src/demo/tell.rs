//! What the demo says.

use shared::{
    decide::decide, organization::Organization, plan::PlanText, rules::Rules, scope::Scope,
};

use crate::{
    exit::{Exit, Failure},
    output::{self, BOLD, DIM, GREEN, RED, data, painted},
};

use super::report::report;

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

/// What happens now, and what to look out for.
pub(super) fn scene(title: &str, what: &str) -> Result<(), Failure> {
    data(&format!("\n{}", painted(BOLD, format!("── {title} ──"))))?;
    data(&painted(DIM, what))
}

/// An event, and what the function that took it made of it.
pub(super) fn event(name: &str, taken: &str) -> Result<(), Failure> {
    line("event", name)?;
    line("", taken)
}

/// A line after its title.
pub(super) fn line(title: &str, text: &str) -> Result<(), Failure> {
    data(format!("{title:<10}{text}").trim_end())
}

/// Lines that belong to the last one.
pub(super) fn more(text: &str) -> Result<(), Failure> {
    text.lines().try_for_each(|text| line("", text))
}

/// Who can reach what at the end of the day and why, and whether that is what the rules say.
pub(super) fn ending(organization: &Organization, rules: &Rules) -> Result<Exit, Failure> {
    scene("At the end of the day", "Who can reach what in AWS, and why.")?;
    report(organization, rules).iter().try_for_each(|line| data(line))?;
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
