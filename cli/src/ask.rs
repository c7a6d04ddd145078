//! Asking whoever sits at the terminal.

use std::io::{IsTerminal, Write, stderr, stdin};

use crate::{exit::Failure, output};

/// What has to be typed for yes. Nothing shorter: a key that is hit by accident must not revoke.
const YES: &str = "yes";

/// Whether somebody can be asked at all.
///
/// # Errors
/// Nobody can, and nobody has answered beforehand. Said before anything is read, as a pipeline would wait for nothing.
pub(crate) fn can_ask(answered_yes: bool) -> Result<(), Failure> {
    if answered_yes || stdin().is_terminal() { Ok(()) } else { Err(Failure::NobodyToAsk) }
}

/// Asks; only `yes` is yes.
pub(crate) fn ask(question: &str) -> Result<bool, Failure> {
    let prompt = format!("\n{question} Only `{YES}` is taken: ");
    let mut terminal = anstream::stderr();
    let asked = write!(terminal, "{}", output::painted(output::BOLD, prompt));
    asked.and_then(|()| stderr().flush()).map_err(Failure::Write)?;
    let mut answer = String::new();
    stdin().read_line(&mut answer).map_err(Failure::Write)?;
    Ok(answer.trim() == YES)
}
