//! Where output goes, and in which colours.
//!
//! `anstream` leaves the colours out where they would not be seen: in a file, in a pipe, with `NO_COLOR`.

use std::{
    io::{ErrorKind, Write},
    pin::pin,
    time::Duration,
};

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use indicatif::ProgressBar;
use serde::Serialize;
use shared::{diagnostic::Diagnostic, source::SourceFile};
use tokio::time::timeout;

use crate::exit::Failure;

/// What a command's data is printed as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For tools.
    Json,
}

impl Format {
    /// Shows what somebody is to decide about. Tools that take JSON from stdout need no text, but whoever is asked does:
    /// nobody may be asked blindly, so then it goes to stderr.
    pub(crate) fn show(
        self,
        is_decided: bool,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        match self {
            Self::Text => data(&text())?,
            Self::Json if !is_decided => error(&text()),
            Self::Json => {}
        }
        Ok(())
    }
}

/// How often progress is told: often enough to move, seldom enough to read.
const PROGRESS_EVERY: Duration = Duration::from_millis(120);

/// Diagnostics are rendered in colour always: `anstream` takes it out again.
pub(crate) const STYLED: bool = true;

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
pub(crate) const RED: Style = AnsiColor::Red.on_default();
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();

/// A line of data. That nobody is listening any more (`usher plan | head`) changes nothing: the exit
/// code is an answer too.
pub(crate) fn data(text: &str) -> Result<(), Failure> {
    match writeln!(anstream::stdout(), "{text}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(Failure::Write),
    }
}

/// Data for tools.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::Write(error.into()))?;
    data(&text)
}

/// Data for tools that read line by line.
pub(crate) fn json_line(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(|error| Failure::Write(error.into()))?;
    data(&text)
}

/// A line of anything else. When even stderr is gone, there is nobody left to tell.
pub(crate) fn error(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// What is odd about the rules: no data, but worth knowing.
pub(crate) fn warnings(warnings: &[Diagnostic], source: &SourceFile) {
    for warning in warnings {
        error(&format!("{}\n", warning.render(source, STYLED)));
    }
}

/// Anything else, for tools.
pub(crate) fn error_json(value: &impl Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => error(&text),
        Err(failure) => error(&format!("error: failed to write: {failure}")),
    }
}

/// Waits for something long, and says on a terminal how far it is. In a file or a pipe nothing is said.
pub(crate) async fn with_progress<T>(
    work: impl Future<Output = T>,
    how_far: impl Fn() -> String,
) -> T {
    let line = ProgressBar::new_spinner();
    let mut work = pin!(work);
    loop {
        match timeout(PROGRESS_EVERY, &mut work).await {
            Ok(result) => {
                line.finish_and_clear();
                return result;
            }
            Err(_) => {
                line.set_message(how_far());
                line.tick();
            }
        }
    }
}

/// Text in a style.
pub(crate) fn painted(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// A plan's text with its signs in colour: grants green, revocations red, what is only reported yellow.
pub(crate) fn painted_plan(text: &str) -> String {
    let paint = |line: &str| {
        let style = match line.trim_start().chars().next() {
            Some('+') => GREEN,
            Some('-') => RED,
            Some('?' | '!') => YELLOW,
            _ => return line.to_owned(),
        };
        painted(style, line)
    };
    text.lines().map(paint).collect::<Vec<_>>().join("\n")
}
