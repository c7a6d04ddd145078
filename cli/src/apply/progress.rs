//! How far it is: a bar on a terminal, a line for each change anywhere else.

use std::{
    collections::BTreeMap,
    io::{IsTerminal, stderr},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use shared::{organization::Assignment, plan::Change, shown::Shown};

use crate::output;

/// How the bar looks. That this is understood is what the test below is for.
const TEMPLATE: &str = "[{elapsed_precise}] {bar:40} {pos}/{len} {msg}";

/// How often the bar moves although nothing happens, so that nobody takes it for dead.
const TICK: Duration = Duration::from_millis(250);

/// How far it is.
pub(super) struct Progress {
    /// What is said of each change when it is done.
    lines: BTreeMap<Assignment, String>,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Of those changes.
    pub(super) fn new(changes: &[Change]) -> Self {
        let line = |change: &Change| (change.assignment(), super::told::line(change));
        let is_seen = stderr().is_terminal();
        Self {
            lines: changes.iter().map(line).collect(),
            bar: is_seen.then(|| bar(u64::try_from(changes.len()).unwrap_or(u64::MAX))),
        }
    }

    /// AWS has made a change.
    pub(super) fn note_done(&self, assignment: &Assignment) {
        match (&self.bar, self.lines.get(assignment)) {
            (Some(bar), _) => bar.inc(1),
            (None, Some(line)) => output::error(&format!("done  {line}")),
            (None, None) => {}
        }
    }

    /// Says something beside it.
    pub(super) fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(Shown(text).to_string()),
            None => output::error(text),
        }
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        self.bar.iter().for_each(ProgressBar::finish_and_clear);
    }
}

fn bar(changes: u64) -> ProgressBar {
    let bar = ProgressBar::new(changes);
    // Without its style the bar still says how far it is.
    bar.set_style(
        ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar.enable_steady_tick(TICK);
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_looks_as_it_should() {
        ProgressStyle::with_template(TEMPLATE).unwrap();
    }
}
