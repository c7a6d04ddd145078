//! What a check found, and what to do about it.

use anstyle::Style;
use serde::Serialize;
use shared::{aws::store::StoreFailure, failure::CallFailure, shown::Shown};

use crate::output::{GREEN, RED, YELLOW, painted};

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// As it should be.
    Ok,
    /// It works, and not as well as it could; or it could not be looked at.
    Warning,
    /// It does not work.
    Failed,
}

/// What to do about a file beside the rules that could not be read.
pub(super) fn unread(failure: &StoreFailure) -> &'static str {
    match failure {
        StoreFailure::Call { source, .. } if source.code == "NoSuchBucket" => {
            "there is no such bucket: `RulesBucketName` of the stack's outputs says which it is"
        }
        StoreFailure::Call { source, .. } if source.code.starts_with("AccessDenied") => {
            "allow s3:GetObject and s3:ListBucket to whoever calls `usher doctor`"
        }
        StoreFailure::Call { .. } => "could not be looked at: try again",
        StoreFailure::Disk { .. } => "let whoever calls `usher doctor` read it",
        StoreFailure::TooLarge { .. } => "it is not what belongs there: see who wrote it",
    }
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What was looked at.
    pub(super) check: &'static str,
    /// How it is.
    pub(super) state: State,
    /// How it is, in words.
    pub(super) told: String,
    /// What to do about it.
    pub(super) help: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, told: impl Into<String>) -> Self {
        Self { check, state: State::Ok, told: told.into(), help: None }
    }

    pub(super) fn warning(
        check: &'static str,
        told: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { check, state: State::Warning, told: told.into(), help: Some(help.into()) }
    }

    pub(super) fn failed(
        check: &'static str,
        told: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { check, state: State::Failed, told: told.into(), help: Some(help.into()) }
    }

    /// Something that could not be looked at, for want of these permissions or for another reason.
    pub(super) fn unseen(check: &'static str, failure: &CallFailure, actions: &[&str]) -> Self {
        let help = if failure.code.starts_with("AccessDenied") {
            format!("allow {} to whoever calls `usher doctor`", actions.join(" and "))
        } else {
            "could not be looked at: try again".to_owned()
        };
        Self::warning(check, failure.to_string(), help)
    }

    /// One line, and below it what to do.
    pub(super) fn line(&self) -> String {
        let (style, state): (Style, _) = match self.state {
            State::Ok => (GREEN, "ok"),
            State::Warning => (YELLOW, "warning"),
            State::Failed => (RED, "failed"),
        };
        let mut line = format!(
            "{}  {:<12}  {}",
            painted(style, format!("{state:<7}")),
            self.check,
            Shown(&self.told)
        );
        if let Some(help) = &self.help {
            line.push_str(&format!("\n{:23}{}", "", Shown(help)));
        }
        line
    }
}
