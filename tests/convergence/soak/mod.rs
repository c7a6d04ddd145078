//! A long day in a company of two thousand accounts: people change five things a second, two in a hundred
//! of Usher's calls fail; then people go home, and Usher finishes.
//!
//! All of it is what production has: AWS's quotas, the paces and limits of the defaults, runs that Lambda
//! ends after fifteen minutes, events that come twice and late. The clock jumps. Every test run
//! plays four minutes, and what it then takes to finish; `just soak` plays an hour, and shows the numbers.
//!
//! It ends as the naive reading of the rules says, without a sweep, and no message is lost on the way. The
//! memory in use, that of the organization on localhost included, does not grow, but for messages that wait.
//!
//! People change more than AWS lets anybody keep up with, so the lane falls behind, and the numbers say by
//! how much. Of what fails nothing fails for good: that holds up the lane for half a minute each time.

mod company;
mod oracle;

use std::{collections::BTreeMap, fmt::Debug, str::FromStr, time::Duration};

use local::Fault;
use peakmem_alloc::PeakMemAllocTrait;
use tokio::time::{Instant, sleep_until, timeout};

use crate::ALLOCATOR;

use super::{figures::Figures, stage::Stage};

use company::{Moment, moments, scene};

/// How long people change things, where nobody asks for more.
const SECONDS: usize = 240;
const PER_SECOND: usize = 5;

/// The changes are the same in every run, where nobody asks for others.
const SEED: u64 = 2026;

/// By how much more memory the second half may need at its peak than the first, in parts of a hundred.
const MORE_MEMORY_PER_CENT: usize = 15;

/// What a message takes that waits on the lane, which is in this process here.
const BYTES_OF_A_MESSAGE: usize = 4 * 1024;

/// When Usher has not finished by then, it never will.
const FOR_EVER: Duration = Duration::from_secs(24 * 60 * 60);

/// An error's code, and how often a call is answered with it, from 0 to 1.
type Error = (&'static str, &'static str);

/// What fails of Identity Center and of the Identity Store: two calls in a hundred.
const OF_IDENTITY_CENTER: &[Error] =
    &[("ThrottlingException", "0.007"), ("InternalServerException", "0.013")];

/// The same of writes, which also meet others.
const OF_WRITES: &[Error] = &[("ThrottlingException", "0.008"), ("ConflictException", "0.012")];

/// The same of Organizations.
const OF_ORGANIZATIONS: &[Error] =
    &[("TooManyRequestsException", "0.007"), ("ServiceException", "0.013")];

/// How many of the accepted writes fail later.
const LATE: &str = "0.02";

/// All that Usher asks.
const OPERATIONS: &[(&[&str], &[Error])] = &[
    (
        &[
            "sso-admin:DescribeAccountAssignmentCreationStatus",
            "sso-admin:DescribeAccountAssignmentDeletionStatus",
            "sso-admin:DescribePermissionSet",
            "sso-admin:ListAccountAssignmentCreationStatus",
            "sso-admin:ListAccountAssignmentDeletionStatus",
            "sso-admin:ListAccountAssignments",
            "sso-admin:ListAccountAssignmentsForPrincipal",
            "sso-admin:ListAccountsForProvisionedPermissionSet",
            "sso-admin:ListPermissionSets",
            "sso-admin:ListPermissionSetsProvisionedToAccount",
            "identitystore:DescribeGroup",
            "identitystore:DescribeUser",
            "identitystore:GetGroupId",
            "identitystore:ListGroupMemberships",
            "identitystore:ListGroupMembershipsForMember",
            "identitystore:ListGroups",
            "identitystore:ListUsers",
        ],
        OF_IDENTITY_CENTER,
    ),
    (&["sso-admin:CreateAccountAssignment", "sso-admin:DeleteAccountAssignment"], OF_WRITES),
    (
        &[
            "organizations:DescribeAccount",
            "organizations:DescribeOrganizationalUnit",
            "organizations:ListAccounts",
            "organizations:ListOrganizationalUnitsForParent",
            "organizations:ListTagsForResource",
        ],
        OF_ORGANIZATIONS,
    ),
];

#[test]
fn a_long_day_in_a_large_company() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let (seed, seconds) = (asked("USHER_SOAK_SEED", SEED), asked("USHER_SOAK_SECONDS", SECONDS));
    runtime.block_on(a_day(seed, seconds));
}

#[expect(clippy::disallowed_methods, reason = "how long a test plays is the caller's business")]
fn asked<T: FromStr<Err: Debug>>(variable: &str, otherwise: T) -> T {
    std::env::var(variable).map_or(otherwise, |text| text.parse().unwrap())
}

async fn a_day(seed: u64, seconds: usize) {
    let (stage, mut events) = Stage::set(scene(seed)).await;
    stage.while_usher_works(stage.quiet(), &mut events).await;
    all_is_well(&stage, seed, "before anything has happened");
    faults().for_each(|fault| stage.aws().fail(fault));
    let before = stage.figures().clone();
    ALLOCATOR.reset_peak_memory();
    let began = Instant::now();
    let played = async {
        let quarters = play(&stage, &moments(seed, seconds * PER_SECOND, PER_SECOND as f64)).await;
        stage.quiet().await;
        quarters
    };
    let worked = timeout(FOR_EVER, stage.while_usher_works(played, &mut events)).await;
    let Ok(mut quarters) = worked else {
        panic!("seed {seed}: Usher does not come to an end\n{}", stage.diary());
    };
    quarters.push(Quarter::of(&stage, began));
    tell(&stage, &before, began, &quarters);
    all_is_well(&stage, seed, "in the end");
    let figures = stage.figures();
    assert_eq!(figures.messages_in, figures.messages_done + figures.messages_dead, "seed {seed}");
    assert_eq!((figures.messages_dead, stage.waiting()), (0, 0), "seed {seed}: given up, waiting");
    assert!(figures.granted > 0 && figures.revoked > 0, "seed {seed}");
    let half = &quarters[1];
    let waited = quarters.iter().map(|quarter| quarter.waiting).max().unwrap_or_default();
    let most = half.memory
        + half.memory * MORE_MEMORY_PER_CENT / 100
        + waited.saturating_sub(half.waiting) * BYTES_OF_A_MESSAGE;
    let memory = quarters.last().unwrap().memory;
    assert!(memory <= most, "seed {seed}: {memory} bytes at the peak are more than {most}");
}

/// Lets people do what they do, and says how things stood after each quarter of it.
async fn play(stage: &Stage, moments: &[Moment]) -> Vec<Quarter> {
    let began = Instant::now();
    let mut quarters = Vec::new();
    for (number, Moment { at, deed, picks }) in moments.iter().enumerate() {
        sleep_until(began + *at).await;
        stage.step(number, *deed, *picks).await;
        if (number + 1) % (moments.len() / 4) == 0 {
            quarters.push(Quarter::of(stage, began));
        }
    }
    quarters
}

/// Faults of all that Usher asks, all the time.
fn faults() -> impl Iterator<Item = Fault> {
    let of_all = OPERATIONS.iter().flat_map(|(operations, codes)| {
        operations.iter().flat_map(|operation| codes.iter().map(move |code| (operation, code)))
    });
    let late =
        ["Create", "Delete"].map(|what| format!("sso-admin:{what}AccountAssignment:FAILED:{LATE}"));
    let all = of_all.map(|(operation, (code, often))| format!("{operation}:{code}:{often}"));
    all.chain(late).map(|fault| fault.parse().unwrap())
}

/// That the assignments are what the rules say.
fn all_is_well(stage: &Stage, seed: u64, when: &str) {
    let complaints = oracle::complaints(&stage.rules(), &stage.aws().organization());
    assert!(
        complaints.is_empty(),
        "seed {seed}, {when}:\n{}\n\n{}",
        complaints.join("\n"),
        stage.diary()
    );
}

/// How things stood at the end of a quarter of the hour, or at the very end.
struct Quarter {
    after: Duration,
    /// Bytes at the peak so far, more than there were when the hour began.
    memory: usize,
    /// Messages on the lane.
    waiting: usize,
    runs: usize,
}

impl Quarter {
    fn of(stage: &Stage, began: Instant) -> Self {
        Self {
            after: began.elapsed(),
            memory: ALLOCATOR.get_peak_memory(),
            waiting: stage.waiting(),
            runs: stage.figures().runs,
        }
    }
}

#[expect(clippy::print_stdout, reason = "the numbers are what it is for")]
fn tell(stage: &Stage, before: &Figures, began: Instant, quarters: &[Quarter]) {
    let figures = stage.figures();
    let people = stage.people_were_told();
    let changes: u64 = people.done.values().sum();
    println!("people     {changes} changes: {}", numbers(&people.done));
    println!("           refused: {}", numbers(&people.refused));
    println!(
        "events     {} arrived, {} of them mattered to no rule",
        figures.events, figures.ignored
    );
    println!(
        "lane       {} messages came, {} are done, {} were given up; {} times one came again",
        figures.messages_in, figures.messages_done, figures.messages_dead, figures.come_again
    );
    println!(
        "runs       {}, of which {} had nothing left to look at; {} gaps",
        figures.runs - before.runs,
        figures.runs_served,
        figures.gaps
    );
    println!(
        "changes    {} granted, {} revoked, {} given up",
        figures.granted, figures.revoked, figures.failed
    );
    println!(
        "made after {:?} (median), {:?} (99 of 100); the longest wait on the lane was {:?}",
        figures.percentile(50),
        figures.percentile(99),
        figures.longest_wait
    );
    let last = figures.last_run.map(|last| last - began);
    println!("finished   {last:?} after the beginning");
    let mut calls = figures.calls.clone();
    before.calls.iter().for_each(|(operation, number)| {
        calls.entry(operation.clone()).and_modify(|all| *all -= number);
    });
    println!("calls      {}: {}", calls.values().sum::<u64>(), numbers(&calls));
    let mut errors = stage.aws().errors();
    people.refused.iter().for_each(|(code, number)| {
        errors.entry(code.clone()).and_modify(|all| *all -= number);
    });
    println!("faults     {}: {}", errors.values().sum::<u64>(), numbers(&errors));
    for Quarter { after, memory, waiting, runs } in quarters {
        let (minutes, memory) = (after.as_secs() / 60, *memory as f64 / 1e6);
        println!(
            "after {minutes:>3} min {runs:>5} runs, {waiting:>5} messages wait, {memory:>6.1} MB more than at the beginning, at the peak"
        );
    }
}

fn numbers(all: &BTreeMap<String, u64>) -> String {
    let told = all
        .iter()
        .filter(|(_, number)| **number > 0)
        .map(|(what, number)| format!("{what} {number}"));
    told.collect::<Vec<String>>().join(", ")
}
