//! `usher plan`: what would change, and why.

use std::path::PathBuf;

use clap::Args;
use shared::{
    decide::decide,
    ids::InstanceArn,
    observe::observe,
    organization::Organization,
    plan::{Plan, PlanText},
    rules::Rules,
    scope::Scope,
};

use crate::{
    clock,
    exit::{Exit, Failure},
    files, live,
    output::{self, Format},
};

/// Say what would change and why; nothing is changed
///
/// Without `--org`, AWS is read through the ordinary configuration of the SDK: profile, region,
/// `AWS_ENDPOINT_URL` and so on. Exit code 2 says that there is something to do.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The rules file
    #[arg(long, value_name = "FILE")]
    rules: PathBuf,
    /// An organization snapshot to plan for, instead of AWS
    #[arg(long, value_name = "ORG")]
    org: Option<PathBuf>,
    /// The Identity Center instance, where there are several
    #[arg(long, value_name = "ARN", conflicts_with = "org")]
    instance_arn: Option<InstanceArn>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let rules = files::rules(&arguments.rules)?;
    let organization = match &arguments.org {
        Some(path) => files::organization(path)?,
        None => read(&rules, arguments.instance_arn.clone()).await?,
    };
    let plan = decide(&rules, &organization, clock::now(), &Scope::everything());
    match arguments.format {
        Format::Json => output::json(&plan.to_json(&rules.source))?,
        Format::Text => print(&plan, &rules, &organization)?,
    }
    Ok(if plan.changes.is_empty() { Exit::Done } else { Exit::ChangesPending })
}

async fn read(rules: &Rules, instance_arn: Option<InstanceArn>) -> Result<Organization, Failure> {
    let world = live::world(instance_arn).await;
    let scope = Scope::everything();
    let observation = observe(world.observe(), rules, &scope, clock::now());
    output::with_progress(observation, || live::progress(&world)).await.map_err(Failure::Observe)
}

fn print(plan: &Plan, rules: &Rules, organization: &Organization) -> Result<(), Failure> {
    output::warnings(&plan.warnings, &rules.source);
    let text = PlanText { plan, rules, organization }.to_string();
    let end = if plan.changes.is_empty() { "" } else { " Nothing was applied." };
    output::data(&format!("{}{end}", output::painted_plan(text.trim_end())))
}
