//! A long day in a company of two thousand accounts: people change five things a second, two in a hundred
//! of Usher's calls fail; then people go home, and Usher finishes.
//!
//! All of it is what production has: AWS's quotas, the paces and limits of the defaults, runs that Lambda
//! ends after fifteen minutes, events that come twice and late. The clock jumps. Every test run
//! plays an hour, and what it then takes to finish, and shows the numbers; `just soak 240` plays four minutes.
//!
//! It ends as the naive reading of the rules says, without a sweep, and no message is lost on the way. The
//! last thing that happens are rules that ask for a tag which none did before: to read it everywhere takes longer
//! than one run, and what they change in the accounts that are left comes to pass only if that rest is not lost.
//!
//! The memory that Usher needs does not grow: see [`memory`].
//!
//! People change more than AWS lets anybody keep up with, so the lane falls behind, and the numbers say by
//! how much. Of a thousand calls one is denied, which holds up the lane for half a minute each time.

mod company;
mod memory;
mod oracle;

use std::{collections::BTreeMap, fmt::Debug, str::FromStr, time::Duration};

use local::Fault;
use tokio::time::{Instant, sleep_until, timeout};

use super::{figures::Figures, stage::Stage};

use company::{Moment, moments, scene};
use memory::{InUse, with_weights};

/// How long people change things, where nobody asks for less.
const SECONDS: usize = 60 * 60;
const PER_SECOND: usize = 5;

/// The changes are the same in every run, where nobody asks for others.
const SEED: u64 = 2026;

/// When Usher has not finished by then, it never will.
const FOR_EVER: Duration = Duration::from_secs(24 * 60 * 60);

/// An error's code, and how often a call is answered with it, from 0 to 1.
type Error = (&'static str, &'static str);

/// Of a thousand calls one is denied, which nobody asks again in the same run: the lane waits for half a minute
/// then.
const DENIED: Error = ("AccessDeniedException", "0.001");

/// What fails of Identity Center and of the Identity Store: two calls in a hundred.
const OF_IDENTITY_CENTER: &[Error] =
    &[("ThrottlingException", "0.007"), ("InternalServerException", "0.012"), DENIED];

/// The same of writes, which also meet others.
const OF_WRITES: &[Error] =
    &[("ThrottlingException", "0.008"), ("ConflictException", "0.011"), DENIED];

/// The same of Organizations.
const OF_ORGANIZATIONS: &[Error] =
    &[("TooManyRequestsException", "0.007"), ("ServiceException", "0.012"), DENIED];

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
    let ((), at_first) = with_weights(&stage, stage.quiet(), &mut events).await;
    all_is_well(&stage, seed, "before anything has happened");
    faults().for_each(|fault| stage.aws().fail(fault));
    let before = stage.figures().clone();
    let in_use = InUse::without_usher(&stage);
    let began = Instant::now();
    let played = async {
        let quarters = play(&stage, &moments(seed, seconds * PER_SECOND, PER_SECOND as f64)).await;
        stage.quiet().await;
        quarters
    };
    let worked = timeout(FOR_EVER, with_weights(&stage, played, &mut events)).await;
    let Ok((mut quarters, in_the_end)) = worked else {
        panic!("seed {seed}: Usher does not come to an end\n{}", stage.diary());
    };
    quarters.push(Quarter::of(&stage, began));
    tell(&stage, &before, began, &quarters);
    all_is_well(&stage, seed, "in the end");
    let grown = InUse::without_usher(&stage);
    memory::tell([at_first, in_the_end], [in_use, grown]);
    memory::judge([at_first, in_the_end], [in_use, grown]);
    let figures = stage.figures();
    assert_eq!(figures.messages_in, figures.messages_done + figures.messages_dead, "seed {seed}");
    assert_eq!((figures.messages_dead, stage.waiting()), (0, 0), "seed {seed}: given up, waiting");
    assert!(figures.granted > 0 && figures.revoked > 0, "seed {seed}");
    assert!(figures.handed_on > before.handed_on, "seed {seed}: no run had too little time");
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
    /// Messages on the lane.
    waiting: usize,
    runs: usize,
    /// Runs that had no time for all that there was to do.
    handed_on: usize,
}

impl Quarter {
    fn of(stage: &Stage, began: Instant) -> Self {
        let (after, waiting, figures) = (began.elapsed(), stage.waiting(), stage.figures());
        Self { after, waiting, runs: figures.runs, handed_on: figures.handed_on }
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
    for Quarter { after, waiting, runs, handed_on } in quarters {
        let (minutes, runs) = (after.as_secs() / 60, runs - before.runs);
        let handed_on = handed_on - before.handed_on;
        println!(
            "after {minutes:>3} min {runs:>5} runs, {handed_on} of which handed on a rest; {waiting:>5} messages wait"
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
