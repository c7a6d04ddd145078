//! `usher check`: every mistake of a rules file.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use shared::{
    decide,
    diagnostic::{Diagnostic, most_warnings, sarif},
    lint::lint,
    source::SourceFile,
};

use crate::{
    clock,
    diagnostics::{DiagnosticsJson, Summary},
    exit::{Exit, Failure},
    files, output,
};

/// Say every mistake of a rules file, with file, line and column
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The rules file
    rules: PathBuf,
    /// An organization snapshot: say also what matches nothing in it
    #[arg(long, value_name = "ORG")]
    org: Option<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    /// For tools.
    Json,
    /// For GitHub code scanning.
    Sarif,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let organization = arguments.org.as_deref().map(files::organization).transpose()?;
    match files::rules(&arguments.rules) {
        Ok(rules) => {
            let warnings = match &organization {
                Some(organization) => decide::warnings(&rules, organization, clock::now()),
                None => most_warnings(lint(&rules, clock::now()), &rules.source),
            };
            let told = format!("{} {}", rules.rules.len(), noun(rules.rules.len(), "rule"));
            print(&warnings, &rules.source, &told, arguments.format)?;
            Ok(Exit::Done)
        }
        Err(Failure::Rules(invalid)) => {
            print(&invalid.diagnostics, &invalid.source, "invalid", arguments.format)?;
            Ok(Exit::RulesInvalid)
        }
        Err(failure) => Err(failure),
    }
}

fn print(
    diagnostics: &[Diagnostic],
    source: &SourceFile,
    told: &str,
    format: Format,
) -> Result<(), Failure> {
    match format {
        Format::Text => text(diagnostics, source, told, Summary::of(diagnostics)),
        Format::Json => output::json(&DiagnosticsJson::new(diagnostics, source)),
        Format::Sarif => output::json(&sarif::Log::new(diagnostics, source)),
    }
}

fn text(
    diagnostics: &[Diagnostic],
    source: &SourceFile,
    told: &str,
    Summary { errors, warnings }: Summary,
) -> Result<(), Failure> {
    for diagnostic in diagnostics {
        output::data(&format!("{}\n", diagnostic.render(source, output::STYLED)))?;
    }
    let (error, warning) = (noun(errors, "error"), noun(warnings, "warning"));
    output::data(&format!("{}: {told}, {errors} {error}, {warnings} {warning}", source.name))
}

fn noun(number: usize, noun: &str) -> String {
    if number == 1 { noun.to_owned() } else { format!("{noun}s") }
}
