//! `usher plan`: what would change, and why.

use std::path::PathBuf;

use clap::Args;
use shared::{
    decide::decide,
    diagnostic::Code,
    ids::{AccountId, InstanceArn},
    observe::Picture,
    organization::Organization,
    plan::{Plan, PlanText},
    reconcile::{self, Errand},
    rules::Rules,
    runtime::World,
    scope::Scope,
};

use crate::{
    ask::ask,
    clock,
    exit::{Exit, Failure},
    files, find, live,
    output::{self, Format, RED, painted},
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
    /// Only this account: its id or its name; more than once
    #[arg(long, value_name = "ACCOUNT")]
    only: Vec<String>,
    /// The Identity Center instance, where there are several
    #[arg(long, value_name = "ARN", conflicts_with = "org")]
    instance_arn: Option<InstanceArn>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let rules = files::rules(&arguments.rules)?;
    let (organization, plan) = match &arguments.org {
        Some(path) => {
            let organization = files::organization(path)?;
            let scope = scope(find::accounts(&organization.accounts, &arguments.only)?);
            let plan = decide(&rules, &organization, clock::now(), &scope);
            (organization, plan)
        }
        None => {
            let world = live::world(arguments.instance_arn.clone()).await?;
            let scope = scope_in_aws(&world, &arguments.only).await?;
            live(&world, &rules, scope).await?
        }
    };
    match arguments.format {
        Format::Json => output::json(&plan.to_json(&rules.source))?,
        Format::Text => {
            output::warnings(&plan.warnings, &rules.source);
            output::data(&text(&plan, &rules, &organization, " Nothing was applied."))?;
        }
    }
    Ok(if plan.changes.is_empty() { Exit::Done } else { Exit::ChangesPending })
}

/// Those accounts, or everything.
fn scope(only: Vec<AccountId>) -> Scope {
    if only.is_empty() {
        return Scope::everything();
    }
    Scope { accounts: only.into_iter().collect(), ..Scope::default() }
}

/// The accounts of those ids or names, or everything.
pub(crate) async fn scope_in_aws(world: &World, only: &[String]) -> Result<Scope, Failure> {
    let accounts = find::accounts_in_aws(world.observe(), only);
    output::with_progress(accounts, || live::progress(world)).await.map(scope)
}

/// The plan that a run would make now.
pub(crate) async fn live(
    world: &World,
    rules: &Rules,
    scope: Scope,
) -> Result<(Organization, Plan), Failure> {
    let errand = Errand::new(scope, Vec::new(), clock::now());
    let mut nothing = Picture::default();
    let plan = Box::pin(reconcile::plan(world.observe(), rules, &errand, &mut nothing));
    output::with_progress(plan, || live::progress(world)).await.map_err(Failure::Observe)
}

/// Asks whoever has seen a plan, and says first what they may have overlooked in it.
pub(crate) fn ask_about(plan: &Plan, question: &str) -> Result<bool, Failure> {
    if plan.warnings.iter().any(|warning| warning.code == Code::LosesAccess) {
        let told = "Somebody loses access that the rules probably mean them to have: see warning[loses-access] above.";
        output::error(&painted(RED, told));
    }
    ask(question)
}

/// Shows a plan that somebody is to decide about, unless they have decided and want JSON.
pub(crate) fn show(
    (format, is_decided): (Format, bool),
    plan: &Plan,
    rules: &Rules,
    organization: &Organization,
) -> Result<(), Failure> {
    format.show(is_decided, || {
        output::warnings(&plan.warnings, &rules.source);
        text(plan, rules, organization, "")
    })
}

/// A plan as people read it, and what is to be said at the end of one that changes something.
fn text(plan: &Plan, rules: &Rules, organization: &Organization, end: &str) -> String {
    let text = PlanText { plan, rules, organization }.to_string();
    let end = if plan.changes.is_empty() { "" } else { end };
    format!("{}{end}", output::painted_plan(text.trim_end()))
}
