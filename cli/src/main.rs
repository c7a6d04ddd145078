//! `usher`: Usher's face for admins.
//!
//! Data goes to stdout, everything else to stderr. Every command says by its exit code how it ended.

mod apply;
mod approve;
mod ask;
mod check;
mod clock;
mod demo;
mod diagnostics;
mod doctor;
mod exit;
mod explain;
mod files;
mod find;
mod functions;
mod installation;
mod live;
mod local;
mod output;
mod plan;
mod push;
mod rules_file;
mod schema;
mod simulate;
mod stop;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand, error::ErrorKind};

use exit::{Exit, Failure};
use output::Format;

/// Keeps IAM Identity Center account assignments equal to one rules file
#[derive(Debug, Parser)]
#[command(name = "usher", version, arg_required_else_help = true, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Arguments),
    Test(test::Arguments),
    Plan(plan::Arguments),
    Apply(apply::Arguments),
    Approve(approve::Arguments),
    Doctor(doctor::Arguments),
    Push(push::Arguments),
    Simulate(simulate::Arguments),
    Explain(explain::Arguments),
    /// Print the JSON Schema of the rules file, for editors
    Schema,
    Local(Box<local::Arguments>),
    Demo(demo::Arguments),
}

impl Command {
    /// What the command's data is asked for as, and with it what is wrong with the rules.
    fn format(&self) -> Format {
        match self {
            Self::Test(arguments) => arguments.format,
            Self::Plan(arguments) => arguments.format,
            Self::Apply(arguments) => arguments.format,
            Self::Approve(arguments) => arguments.format,
            Self::Doctor(arguments) => arguments.format,
            Self::Push(arguments) => arguments.format,
            Self::Simulate(arguments) => arguments.format,
            Self::Explain(arguments) => arguments.format,
            // What is wrong with the rules is what `check` prints as data.
            Self::Check(_) | Self::Schema | Self::Local(_) | Self::Demo(_) => Format::Text,
        }
    }
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error).into(),
    };
    match run(&arguments.command) {
        Ok(exit) => exit.into(),
        Err(failure) => failure.report(arguments.command.format()).into(),
    }
}

fn run(command: &Command) -> Result<Exit, Failure> {
    match command {
        Command::Check(arguments) => check::run(arguments),
        Command::Test(arguments) => test::run(arguments),
        Command::Simulate(arguments) => simulate::run(arguments),
        Command::Explain(arguments) => in_a_runtime(explain::run(arguments)),
        Command::Plan(arguments) => in_a_runtime(plan::run(arguments)),
        Command::Apply(arguments) => in_a_runtime(apply::run(arguments)),
        Command::Approve(arguments) => in_a_runtime(approve::run(arguments)),
        Command::Doctor(arguments) => in_a_runtime(doctor::run(arguments)),
        Command::Push(arguments) => in_a_runtime(push::run(arguments)),
        Command::Schema => schema::run(),
        Command::Local(arguments) => in_a_runtime(local::run(arguments)),
        Command::Demo(arguments) => in_a_runtime(demo::run(arguments)),
    }
}

/// Waiting is all there is to do at once, so one thread does it.
fn in_a_runtime(command: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(Failure::Runtime)?.block_on(command)
}

/// A command line that is not understood has failed; clap's own code for it would mean "changes pending".
fn usage(error: &clap::Error) -> Exit {
    let asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    match error.print() {
        Ok(()) if asked_for => Exit::Done,
        _ => Exit::Failed,
    }
}
