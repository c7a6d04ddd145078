//! `usher doctor`: whether a live installation can work, one line for each thing that it rests on.
//!
//! Nothing is changed, and nothing is asked that the checks before have shown to be useless.

mod events;
mod finding;
mod lane;
mod pattern;
mod permissions;
mod place;
mod rules;
mod sweep;
mod trail;

use aws_config::SdkConfig;
use clap::Args;
use serde::Serialize;
use shared::{aws::caller::Caller, observe::Facts, runtime::World};

use crate::{
    exit::{Exit, Failure},
    installation::Installation,
    live,
    output::{self, Format},
};

use finding::{Finding, State};

/// Check a live installation: credentials, Identity Center, permissions, events, rules, lane, last sweep
///
/// One line for each check: ok, warning or failed, and what to do. Nothing is changed. What it may read is what whoever
/// calls may read: the functions have roles of their own. Exit code 1 when something failed.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    installation: Installation,
    /// The name of the stack, by which its functions are called
    #[arg(long, value_name = "NAME", default_value = "usher")]
    stack: String,
    /// How many hours apart the schedule's sweeps are, where SweepSchedule says other than every six
    #[arg(long, value_name = "HOURS", default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=168))]
    every: u16,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// What the checks need of each other.
struct Patient {
    world: World,
    config: SdkConfig,
    caller: Caller,
    facts: Facts,
    stack: String,
}

/// The findings, told as they come.
struct Chart {
    format: Format,
    findings: Vec<Finding>,
}

#[derive(Serialize)]
struct ChartJson<'a> {
    checks: &'a [Finding],
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let mut chart = Chart { format: arguments.format, findings: Vec::new() };
    if let Some(patient) = admit(arguments, &mut chart).await? {
        examine(&patient, &mut chart).await?;
        chart.add([sweep::check(&patient.world, arguments.every).await])?;
    }
    if arguments.format == Format::Json {
        output::json(&ChartJson { checks: &chart.findings })?;
    }
    let has_failed = chart.findings.iter().any(|finding| finding.state == State::Failed);
    Ok(if has_failed { Exit::Failed } else { Exit::Done })
}

/// The first checks: without credentials and an instance there is nothing to look at.
async fn admit(arguments: &Arguments, chart: &mut Chart) -> Result<Option<Patient>, Failure> {
    let config = live::config().await;
    let world = arguments.installation.world_with(config.clone())?;
    let caller = match world.caller().await {
        Ok(caller) => caller,
        Err(failure) => {
            chart.add([place::no_credentials(&failure)])?;
            return Ok(None);
        }
    };
    chart.add([place::credentials(&caller)])?;
    let facts = match world.facts().await {
        Ok(facts) => facts,
        Err(failure) => {
            chart.add([place::no_instance(&failure)])?;
            return Ok(None);
        }
    };
    chart.add(place::instance(&facts, config.region().map(AsRef::as_ref)))?;
    Ok(Some(Patient { world, config, caller, facts, stack: arguments.stack.clone() }))
}

async fn examine(patient: &Patient, chart: &mut Chart) -> Result<(), Failure> {
    chart.add([place::place(patient).await])?;
    chart.add(permissions::check(patient).await)?;
    chart.add(trail::check(patient).await)?;
    chart.add(events::check(patient).await)?;
    chart.add(rules::check(&patient.world).await)?;
    chart.add(lane::check(patient).await)
}

/// Where Organizations sends its events, and nowhere else.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_cloudtrail-integration.html>
const ORGANIZATIONS_REGION: &str = "us-east-1";

impl Patient {
    /// Whether whoever calls is in the management account.
    fn is_management(&self) -> bool {
        self.caller.account_id == self.facts.organization.management_account_id
    }

    /// The Region of whoever calls.
    fn region(&self) -> &str {
        self.config.region().map(AsRef::as_ref).unwrap_or_default()
    }
}

impl Chart {
    fn add(&mut self, findings: impl IntoIterator<Item = Finding>) -> Result<(), Failure> {
        for finding in findings {
            if self.format == Format::Text {
                output::data(&finding.line())?;
            }
            self.findings.push(finding);
        }
        Ok(())
    }
}
