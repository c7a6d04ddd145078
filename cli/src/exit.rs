//! How a command ends.

use std::{io, path::PathBuf, process::ExitCode};

use shared::{
    aws::{
        approvals::ApprovalsFailure,
        store::{Location, StoreFailure},
    },
    failure::CallFailure,
    ids::{Digest, InvalidId},
    rules::InvalidRules,
    runtime,
    scope::Function,
    shown::Shown,
};

use crate::{
    diagnostics::DiagnosticsJson,
    output::{self, Format},
};

/// How a command ended, as scripts read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what it was asked for; of a plan: there is nothing to do.
    Done = 0,
    /// It could not.
    Failed = 1,
    /// There is something to do.
    ChangesPending = 2,
    /// The rules file has mistakes.
    RulesInvalid = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("failed to read `{path}`")]
    Read { path: PathBuf, source: io::Error },
    #[error("`{path}` is not an organization snapshot")]
    NotASnapshot { path: PathBuf, source: serde_json::Error },
    #[error("snapshot `{path}` contradicts itself: {what}")]
    ContradictorySnapshot { path: PathBuf, what: String },
    #[error("`{path}` is not JSON")]
    NotJson { path: PathBuf, source: serde_json::Error },
    #[error("no {what} is called `{name}`{hint}")]
    NotFound { what: &'static str, name: String, hint: String },
    #[error("{0}; {1}")]
    Both(Box<Failure>, Box<Failure>),
    #[error("several accounts are called `{name}`: {ids}; name one by its id")]
    Ambiguous { name: String, ids: String },
    #[error("failed to set the stage for a test")]
    Test(#[source] InvalidId),
    #[error("{0}")]
    Rules(Box<InvalidRules>),
    #[error("failed to observe the organization")]
    Observe(#[source] CallFailure),
    #[error("there is nobody to ask: standard input is no terminal; with `--yes` nobody is asked")]
    NobodyToAsk,
    #[error("nothing was done: the answer was not `yes`")]
    NotConfirmed,
    #[error("nothing was done: the plan is {minutes} minutes old by now; make it anew")]
    PlanTooOld { minutes: i64 },
    #[error(
        "ended at once: what became of {under_way} requests to AWS is not known; `usher plan` says what remains"
    )]
    Abandoned { under_way: usize },
    #[error(transparent)]
    Setting(#[from] runtime::InvalidSetting),
    #[error(
        "no revocations with the digest {0} are held: they were let through, or other ones are held by now (see `usher plan`)"
    )]
    NothingHeld(Digest),
    #[error("what is kept under {0} is not the set of that digest: nothing is approved")]
    NotThatSet(Digest),
    #[error("failed to reach what is held")]
    Approvals(#[source] Box<ApprovalsFailure>),
    #[error("failed to find out who you are")]
    Caller(#[source] CallFailure),
    #[error("approved, but the lane did not take it: run it again")]
    Lane(#[source] CallFailure),
    #[error(
        "nobody said where the rules are: --bucket BUCKET (the stack's output `RulesBucketName`), or the variable USHER_RULES_WRITTEN"
    )]
    NoBucket,
    #[error("{0} is no place in S3: there is nothing to push to")]
    NotABucket(Location),
    #[error("failed to reach the rules")]
    Bucket(#[source] Box<StoreFailure>),
    #[error(
        "somebody else has written {0} since the plan was made: nothing was uploaded; look at theirs, and push again"
    )]
    WrittenSince(Location),
    #[error(
        "{0} is uploaded, but its bucket keeps no versions, so what became of it cannot be told; see `Rules Activated` and `Rules Rejected`"
    )]
    NoVersions(Location),
    #[error("somebody else has written {location} since, before version {version} came into force")]
    Superseded { location: Location, version: String },
    #[error(
        "{location} is uploaded (version {version}), but nobody has looked at it for {seconds} seconds; \
         in the first five minutes of an installation S3 may not tell of it: push again then. Else the log of \
         rules-events says why, and it may still come into force"
    )]
    NotLookedAt { location: Location, version: String, seconds: u64 },
    #[error("failed to write")]
    Write(#[source] io::Error),
    #[error("failed to start")]
    Runtime(#[source] io::Error),
    #[error("failed to serve the organization on localhost")]
    Local(#[from] local::StartError),
    #[error("{function} failed")]
    Function { function: Function, source: Box<runtime::Failure> },
    #[error("failed to {what}")]
    Bob { what: String, source: Box<dyn std::error::Error> },
    #[error("failed to open `{target}` for the events")]
    Events { target: String, source: io::Error },
    #[error("what listens on {endpoint} is no `usher local`; --port PORT names another")]
    NotServed { endpoint: String, source: io::Error },
    #[error("failed to write the organization to `{}`", file.display())]
    Dump { file: PathBuf, source: io::Error },
    #[error("failed to wait for a signal")]
    Signal(#[source] io::Error),
    #[error("the organization on localhost did not send {0}")]
    NoEvent(&'static str),
}

impl Failure {
    /// Says on stderr what went wrong, and all that is behind it.
    pub(crate) fn report(&self, format: Format) -> Exit {
        match self {
            Self::Rules(invalid) => {
                match format {
                    Format::Text => output::error(&invalid.render(output::STYLED)),
                    Format::Json => output::error_json(&DiagnosticsJson::new(
                        &invalid.diagnostics,
                        &invalid.source,
                    )),
                }
                Exit::RulesInvalid
            }
            failure => {
                output::error(&format!("error: {}", Shown(&failure.told())));
                Exit::Failed
            }
        }
    }

    /// What went wrong, with all that is behind it, on one line.
    pub(crate) fn told(&self) -> String {
        chain(self)
    }
}

/// An error and its causes on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
