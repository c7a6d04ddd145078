//! Where what happens is shown: one line for each thing, on stderr, in colour on a terminal.

use local::Clock;
use shared::{ids::AccountId, organization::Organization};

use crate::output::{self, BOLD, DIM, painted};

/// Where the lines go, and the clock before them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Screen {
    clock: Clock,
}

impl Screen {
    /// A screen with the clock of the organization.
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock }
    }

    /// A line about something.
    pub(super) fn line(&self, title: &str, text: &str) {
        let time = self.clock.now().format("%H:%M:%S");
        output::error(format!("{}  {title:<9} {text}", painted(DIM, time)).trim_end());
    }
}

/// How to go on from here.
pub(super) fn opening(endpoint: &str, organization: &Organization, caller: Option<&AccountId>) {
    let Organization { accounts, groups, users, permission_sets, assignments, .. } = organization;
    output::error(&painted(BOLD, format!("The organization on localhost: {endpoint}")));
    output::error(&format!(
        "{} accounts, {} users, {} groups, {} permission sets, {} assignments",
        accounts.len(),
        users.len(),
        groups.len(),
        permission_sets.len(),
        assignments.len(),
    ));
    output::error("Paste the lines above into another terminal, and change something there.");
    if let Some(caller) = caller {
        let port = endpoint.rsplit(':').next().unwrap_or_default();
        output::error(&format!(
            "They call from the management account, and Usher from {caller}. For a shell that does, too: usher local --exports --port {port} --caller {caller}"
        ));
    }
    output::error(&format!(
        "The organization as it is now: {endpoint}/organization. Ctrl-C ends it.\n"
    ));
}

/// What follows a line, without a time of its own.
pub(super) fn more(text: &str) {
    output::error(format!("{:20}{text}", "").trim_end());
}
