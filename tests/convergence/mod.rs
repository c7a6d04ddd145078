//! Same place, however you come: random people change everything there is to change while events
//! come late, twice, in another order or not at all, functions are killed in the middle and AWS
//! fails; and in the end the assignments are what a naive reading of the rules says
//! ([`crate::reference`]), read from AWS itself and not from what Usher saw of it.
//!
//! The clock is tokio's and jumps from timer to timer, so the settings are those of production and
//! hours pass in no time. A case is played the same way each time, as far as random ids allow, and a
//! case that fails is made smaller, step by step.
//!
//! A longer run: `USHER_CONVERGENCE_CASES=2000 cargo nextest run -p tests convergence`, or `just
//! converge 2000`.

mod figures;
mod history;
mod people;
mod rules;
mod soak;
mod stage;
mod witness;

use std::time::Duration;

use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, RngSeed, TestError, TestRunner},
};
use shared::scope::Scope;

use crate::support::random::seed;

use history::{History, histories};
use stage::Stage;

/// How much one test plays, where nobody asks for more.
const CASES: u32 = 20;
const STEPS: usize = 40;
/// How many of the events are lost, where some are.
const LOST: f64 = 0.3;

#[test]
fn without_a_sweep_when_no_event_is_lost() {
    all_converge(2026, 0.0);
}

#[test]
fn without_a_sweep_when_no_event_is_lost_in_other_cases_each_time() {
    all_converge(seed(), 0.0);
}

#[test]
fn with_a_sweep_when_events_are_lost() {
    all_converge(2026, LOST);
}

#[test]
fn with_a_sweep_when_events_are_lost_in_other_cases_each_time() {
    all_converge(seed(), LOST);
}

#[track_caller]
#[expect(clippy::print_stderr, reason = "how much was played is worth knowing")]
fn all_converge(seed: u64, lost: f64) {
    let mut runner = TestRunner::new(ProptestConfig {
        cases: cases(),
        max_shrink_iters: 300,
        // Milliseconds: whoever waits for a failure wants to see it.
        max_shrink_time: 120_000,
        rng_seed: RngSeed::Fixed(seed),
        rng_algorithm: RngAlgorithm::XorShift,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let judged = std::cell::Cell::new(0);
    let result = runner.run(&histories(STEPS, lost), |history| {
        judged.set(judged.get() + converges(&history)?);
        Ok(())
    });
    match result {
        Ok(()) => {
            eprintln!("{} cases, {} changes of Usher's judged", cases(), judged.get());
            assert!(judged.get() > 0, "Usher did nothing");
        }
        Err(TestError::Fail(reason, history)) => {
            panic!("to see this again, set PROPTEST_RNG_SEED={seed}\n{history:?}\n{reason}")
        }
        Err(TestError::Abort(reason)) => panic!("seed {seed}: {reason}"),
    }
}

#[expect(clippy::disallowed_methods, reason = "how long a test plays is the caller's business")]
fn cases() -> u32 {
    let asked = std::env::var("USHER_CONVERGENCE_CASES").ok();
    asked.map_or(CASES, |text| text.parse().expect("a number of cases"))
}

/// Plays a history, and says how many of Usher's changes were judged on the way.
fn converges(history: &History) -> Result<usize, TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let (stage, mut events) = Stage::set(history.scene()).await;
        stage.play(&history.steps, &mut events).await;
        let needs_a_sweep = history.setting.lost > 0.0 || stage.leaves_something_to_a_sweep();
        if needs_a_sweep {
            stage.a_day_later();
            stage.look_at(Scope::everything(), &mut events).await;
        }
        if needs_a_sweep || history.changes_rules() {
            complain(&stage, &stage.complaints(false))?;
            stage.look_at(stage.all_in_turn(), &mut events).await;
        }
        complain(&stage, &stage.complaints(true))?;
        tokio::time::sleep(Duration::ZERO).await;
        Ok(stage.judged())
    })
}

fn complain(stage: &Stage, complaints: &[String]) -> Result<(), TestCaseError> {
    if complaints.is_empty() {
        return Ok(());
    }
    let (complaints, diary) = (complaints.join("\n"), stage.diary());
    Err(TestCaseError::fail(format!("{diary}\n\n{complaints}")))
}
