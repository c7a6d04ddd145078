//! `usher explain`: which rule and which key grants or refuses.

mod read;

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use shared::{decide::Decision, explain::ExplanationText, ids::InstanceArn};

use crate::{
    clock,
    exit::{Exit, Failure},
    files,
    find::{self, Whom},
    live,
    output::{self, Format},
};

/// Say what a group or a user has in an account and why, and for every rule that grants nothing, which
/// key refuses
#[derive(Args, Debug)]
#[command(group(ArgGroup::new("principal").required(true).args(["group", "user"])))]
pub(crate) struct Arguments {
    /// The rules file
    #[arg(long, value_name = "FILE")]
    rules: PathBuf,
    /// An organization snapshot, instead of AWS
    #[arg(long, value_name = "ORG")]
    org: Option<PathBuf>,
    /// The account: its id or its name
    #[arg(long, value_name = "ACCOUNT")]
    account: String,
    /// The group: its display name or its id
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// The user: the user name or the id
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// The Identity Center instance, where there are several
    #[arg(long, value_name = "ARN", conflicts_with = "org")]
    instance_arn: Option<InstanceArn>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let rules = files::rules(&arguments.rules)?;
    let whom = match (&arguments.group, &arguments.user) {
        (Some(group), _) => Whom::Group(group),
        (None, user) => Whom::User(user.as_deref().unwrap_or_default()),
    };
    let organization = match &arguments.org {
        Some(path) => files::organization(path)?,
        None => {
            let world = live::world(arguments.instance_arn.clone()).await?;
            let reading = read::read(world.observe(), &rules, &arguments.account, whom);
            output::with_progress(reading, || live::progress(&world)).await?
        }
    };
    let account = find::account(&organization.accounts, &arguments.account);
    let (account, principal) = find::both(account, find::principal(&organization, whom))?;
    let decision = Decision::new(&rules, &organization, clock::now());
    let explanation = decision
        .explain(&account, &principal)
        .ok_or_else(|| find::not_found("account", account.as_str(), []))?;
    match arguments.format {
        Format::Json => output::json(&explanation)?,
        Format::Text => {
            let text = ExplanationText(&explanation).to_string();
            output::data(&output::painted_plan(text.trim_end()))?;
        }
    }
    Ok(Exit::Done)
}
