//! Acting: a plan carried out inside Identity Center's quotas, every asynchronous result followed
//! to its end.
//!
//! `run` says what is to be done next and hears what came of it; it waits for nothing and calls
//! nobody. `drive` does the waiting and the calling. Of the rest each knows one thing: `accounts`
//! which change may start (`queue`: what waits there), `rhythm` when to look, `window` how much may be
//! in flight.

mod accounts;
mod drive;
mod limits;
mod queue;
mod rhythm;
mod run;
#[cfg(test)]
mod tests;
mod window;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::{
    failure::CallFailure,
    organization::Assignment,
    plan::{Action, Change},
};

pub use drive::{act, act_and_tell};
pub use limits::Limits;

/// Writing AWS: one method a call, nothing decided.
#[expect(async_fn_in_trait, reason = "one task drives them: nobody needs the futures to be Send")]
pub trait Act {
    /// Asks for the assignment to be made or taken away. AWS only accepts the request here.
    async fn start(&self, action: Action, assignment: &Assignment)
    -> Result<Progress, CallFailure>;
    /// How the newest requests of that kind are doing, in one call; in a few more, until all that are
    /// wanted were shown. Those that are not shown then have to be asked for singly.
    async fn statuses(
        &self,
        action: Action,
        wanted: &BTreeSet<RequestId>,
    ) -> Result<BTreeMap<RequestId, RequestState>, CallFailure>;
    /// All requests of that kind that are under way, whoever asked for them.
    async fn under_way(&self, action: Action) -> Result<BTreeSet<RequestId>, CallFailure>;
    /// How one request is doing, with the reason if it failed.
    async fn status(&self, action: Action, request: &RequestId) -> Result<Progress, CallFailure>;
}

/// Identity Center's name for a request under way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub String);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a request is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The request.
    pub request: RequestId,
    /// How it is doing.
    pub state: RequestState,
    /// AWS's reason, when it failed.
    pub failure_reason: Option<String>,
}

/// Where a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// Under way (or in a state that AWS has added since).
    InProgress,
    /// Done.
    Succeeded,
    /// It will not be done.
    Failed,
}

/// What became of one change that was tried, or that could not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The change.
    pub change: Change,
    /// The request that did it, if it took one: what was gone already takes none. Or why it was not
    /// done.
    pub result: Result<Option<RequestId>, String>,
}

/// What became of changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acted {
    /// Those that came to an end, grants first.
    pub outcomes: Vec<Outcome>,
    /// Those for which there was no time ([`Limits::until`]): nothing has failed, they are still to
    /// be done.
    pub not_started: Vec<Change>,
}
