//! `usher push`: puts a rules file up, and waits for what Usher makes of it.
//!
//! **Flow.** The file is checked and its tests are run, as rules-events will do; the plan for it is made and shown; then it
//! is written over what was there before the plan was made, and over nothing else; then the version that was written is
//! followed until it is in force or rejected.
//!
//! **Guarantees.** Of two who push at the same time, one is told that the other was first: nobody's edit is lost unseen.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};
use shared::{
    aws::{
        rules_bucket::{RulesBucket, Verdict},
        store::{Location, Read, StoreFailure, Version},
    },
    ids::InstanceArn,
    plan::Plan,
    promotion::examine,
    rules::Rules,
    runtime::{Settings, World, settings::InvalidSetting},
    scope::Scope,
    shown::Shown,
};
use tokio::time::{Instant, sleep};

use crate::{
    ask::can_ask,
    clock,
    exit::{Exit, Failure},
    files, live,
    output::{self, Format},
    plan,
};

/// How often is asked what became of the file: a function that starts anew takes about a second for it.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Put a rules file into force in a running installation
///
/// Checks the file, runs its tests, shows what would change, asks, uploads, and waits until Usher has put the file in force
/// or has said what is wrong with it. Whoever has written the rules in the meantime is not overwritten. Exit code 3 says that
/// the file has mistakes, and that the rules in force stay as they are.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The rules file
    #[arg(value_name = "FILE")]
    rules: PathBuf,
    /// The bucket with the rules (`RulesBucketName` of the stack's outputs); else the variables USHER_RULES_WRITTEN and
    /// USHER_RULES say where they are
    #[arg(long, value_name = "BUCKET")]
    bucket: Option<String>,
    /// The Identity Center instance, where there are several
    #[arg(long, value_name = "ARN")]
    instance_arn: Option<InstanceArn>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// How long to wait for what Usher makes of it
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    wait: u64,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    InForce,
    AlreadyInForce,
    Rejected,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    can_ask(arguments.yes)?;
    let bytes = files::bytes(&arguments.rules)?;
    let rules = checked(&arguments.rules, bytes.clone())?;
    let world = world(arguments).await?;
    let bucket = world.rules_bucket().map_err(|_| Failure::NoBucket)?;
    // Before the plan: what is written after it must not be overwritten by somebody who has not seen it.
    let before = contents(bucket.written().await)?;
    let is_written = before.as_ref().is_some_and(|before| before.bytes == bytes);
    let active = contents(bucket.active().await)?;
    let is_active = active.is_some_and(|active| active.bytes == bytes);

    let (organization, plan) = plan::live(&world, &rules, Scope::everything()).await?;
    let told = Told { arguments, rules: &rules, plan: &plan, location: bucket.location() };
    let is_there = is_written && is_active;
    let is_decided = arguments.yes || is_there;
    plan::show((arguments.format, is_decided), &plan, &rules, &organization)?;
    if is_there {
        return told.end(Outcome::AlreadyInForce, None);
    }
    let question = format!("Put these rules in force at {}?", bucket.location());
    if !is_decided && !plan::ask_about(&plan, &question)? {
        return Err(Failure::NotConfirmed);
    }
    let over = before.and_then(|before| before.etag);
    let written = bucket.write(bytes, over.as_deref()).await.map_err(in_bucket)?;
    let version = written.ok_or_else(|| Failure::WrittenSince(bucket.location().clone()))?;
    told.follow(bucket, &version).await
}

/// The file, as rules-events will look at it: without a mistake, and with tests that pass.
fn checked(path: &Path, bytes: Vec<u8>) -> Result<Rules, Failure> {
    examine(path.display().to_string(), bytes, clock::now())
        .map_err(|invalid| Failure::Rules(Box::new(invalid)))
}

async fn world(arguments: &Arguments) -> Result<World, Failure> {
    let settings = Settings::from_env()?;
    let in_bucket = |key: &str| {
        let bucket = arguments.bucket.clone()?;
        Some(Location::S3 { bucket, key: key.to_owned() })
    };
    let settings = Settings {
        rules: in_bucket("active/rules.yaml").or(settings.rules),
        rules_written: in_bucket("rules.yaml").or(settings.rules_written),
        instance_arn: arguments.instance_arn.clone().or(settings.instance_arn),
        // What the functions remember is theirs.
        cache: None,
        ..settings
    };
    match &settings.rules_written {
        None => Err(Failure::NoBucket),
        Some(file @ Location::File(_)) => Err(Failure::NotABucket(file.clone())),
        Some(Location::S3 { .. }) if settings.rules.is_none() => {
            Err(InvalidSetting::Missing("USHER_RULES").into())
        }
        Some(Location::S3 { .. }) => Ok(World::new(settings, live::config().await)),
    }
}

/// A file as it was read.
struct Contents {
    bytes: Vec<u8>,
    etag: Option<String>,
}

/// What was read; nothing, when there is no such file.
fn contents(read: Result<Read, StoreFailure>) -> Result<Option<Contents>, Failure> {
    Ok(match read.map_err(in_bucket)? {
        Read::Found { bytes, etag } => Some(Contents { bytes, etag }),
        Read::Absent | Read::NotModified => None,
    })
}

fn in_bucket(failure: StoreFailure) -> Failure {
    Failure::Bucket(Box::new(failure))
}

/// What there is to tell.
struct Told<'a> {
    arguments: &'a Arguments,
    rules: &'a Rules,
    plan: &'a Plan,
    location: &'a Location,
}

impl Told<'_> {
    /// Waits for what Usher makes of the file.
    async fn follow(&self, bucket: &RulesBucket, version: &Version) -> Result<Exit, Failure> {
        let location = self.location.clone();
        let Some(id) = version.id.clone() else { return Err(Failure::NoVersions(location)) };
        let seconds = self.arguments.wait;
        let waiting = decided(bucket, version, Duration::from_secs(seconds));
        let verdict =
            output::with_progress(waiting, || "waiting for Usher to look at it".to_owned());
        match verdict.await? {
            Verdict::InForce => self.end(Outcome::InForce, Some(&id)),
            Verdict::Rejected(why) => {
                for line in why.lines() {
                    output::error(&Shown(line).to_string());
                }
                self.end(Outcome::Rejected, Some(&id))
            }
            Verdict::Superseded => Err(Failure::Superseded { location, version: id }),
            Verdict::Waiting => Err(Failure::NotLookedAt { location, version: id, seconds }),
        }
    }

    fn end(&self, outcome: Outcome, version: Option<&str>) -> Result<Exit, Failure> {
        match self.arguments.format {
            Format::Json => output::json(&self.as_json(outcome, version))?,
            Format::Text => output::data(&self.as_text(outcome, version.unwrap_or_default()))?,
        }
        Ok(match outcome {
            Outcome::InForce | Outcome::AlreadyInForce => Exit::Done,
            Outcome::Rejected => Exit::RulesInvalid,
        })
    }

    fn as_json(&self, outcome: Outcome, version: Option<&str>) -> Value {
        json!({
            "location": self.location.to_string(),
            "version": version,
            "outcome": outcome,
            "plan": self.plan.to_json(&self.rules.source),
        })
    }

    fn as_text(&self, outcome: Outcome, version: &str) -> String {
        let location = self.location;
        match outcome {
            Outcome::AlreadyInForce => {
                format!("{location} is the same file, and in force: nothing was uploaded.")
            }
            Outcome::InForce => {
                format!("In force: {location}, version {version}. Usher looks at everything now.")
            }
            Outcome::Rejected => format!(
                "Rejected: {location}, version {version}. The rules in force stay as they are."
            ),
        }
    }
}

/// What became of a version, or that nobody has looked at it in that time.
async fn decided(
    bucket: &RulesBucket,
    version: &Version,
    patience: Duration,
) -> Result<Verdict, Failure> {
    let deadline = Instant::now() + patience;
    loop {
        let verdict = bucket.verdict(version).await.map_err(in_bucket)?;
        if verdict != Verdict::Waiting || Instant::now() >= deadline {
            return Ok(verdict);
        }
        sleep(LOOK_EVERY).await;
    }
}
