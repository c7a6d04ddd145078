//! `usher demo`: the guided first run, in one terminal, without an AWS account and without a network.
//!
//! Bob's organization is served on localhost. What he does there goes through the real SDK over HTTP; the events that
//! follow go into the handlers of the Lambda functions, the very code that runs in AWS.

mod bob;
mod day;
mod report;
mod stage;
mod tell;

use std::env;

use clap::Args;
use local::bobs_organization;

use crate::exit::{Exit, Failure};

use stage::Stage;

/// See it work: a day in Bob's organization, played on localhost
#[derive(Args, Debug)]
pub(crate) struct Arguments {}

const RULES: &str = include_str!("rules.yaml");

pub(crate) async fn run(Arguments {}: &Arguments) -> Result<Exit, Failure> {
    let folder = tempfile::tempdir().map_err(Failure::Write)?;
    // So the rules file has the short name that messages show.
    env::set_current_dir(folder.path()).map_err(Failure::Write)?;
    stage::write_rules(RULES)?;
    let organization = bobs_organization();
    tell::opening(&organization, RULES)?;
    let mut stage = Stage::set(organization).await?;
    day::play(&mut stage).await?;
    tell::ending(&stage.organization(), stage.rules())
}
