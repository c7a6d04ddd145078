//! When everything was looked at last, and what was left to somebody then.

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    aws::{failure::chain, last_sweep::Sweep},
    runtime::World,
};

use crate::clock;

use super::finding::{Finding, unread};

const SWEEP: &str = "last sweep";

const LATE: &str = "the schedule, the lane and the reconciler's log say why; the stack's output `ThenSweep` has a command \
                    that sweeps now";
const INCOMPLETE: &str = "`Change Failed` and the reconciler's log say what and why";
const HELD: &str = "`usher plan --bucket BUCKET` shows what is held, with its digest, and `usher approve DIGEST` lets exactly \
                    that go; where it should stay, mend the rules";

/// How old the last sweep may be, where the schedule sweeps every so many hours: two intervals without one are worth a
/// look, four are too long. An hour more, to sweep in.
#[derive(Clone, Copy)]
struct Patience {
    late: TimeDelta,
    too_late: TimeDelta,
}

impl Patience {
    fn of(every_hours: u16) -> Self {
        let intervals = |number: i64| TimeDelta::hours(number * i64::from(every_hours) + 1);
        Self { late: intervals(2), too_late: intervals(4) }
    }
}

pub(super) async fn check(world: &World, every_hours: u16) -> Finding {
    let Ok(status) = world.last_sweep() else {
        return Finding::warning(
            SWEEP,
            "not looked at: nobody said where the rules are",
            "say --bucket BUCKET",
        );
    };
    match status.read().await {
        Ok(Some(sweep)) => told(&sweep, Patience::of(every_hours), clock::now()),
        Ok(None) => Finding::warning(SWEEP, "there was none yet", LATE),
        Err(failure) => Finding::warning(SWEEP, chain(&failure), unread(&failure)),
    }
}

fn told(sweep: &Sweep, patience: Patience, now: DateTime<Utc>) -> Finding {
    let Sweep { finished_at, summary, failed, gaps } = sweep;
    let age = now.signed_duration_since(*finished_at);
    let told = format!(
        "{}: {} to create, {} to delete, {} held, {} unchanged; {failed} failed, {gaps} things not read",
        finished_at.format("%Y-%m-%d %H:%M UTC"),
        summary.create,
        summary.delete,
        summary.held,
        summary.unchanged,
    );
    let ailments = [
        (age > patience.late, LATE),
        (*failed > 0 || *gaps > 0, INCOMPLETE),
        (summary.held > 0, HELD),
    ];
    let help: Vec<&str> =
        ailments.into_iter().filter_map(|(is_there, help)| is_there.then_some(help)).collect();
    let help = help.join("; ");
    if age > patience.too_late {
        Finding::failed(SWEEP, told, help)
    } else if help.is_empty() {
        Finding::ok(SWEEP, told)
    } else {
        Finding::warning(SWEEP, told, help)
    }
}

#[cfg(test)]
mod tests {
    use shared::plan::Summary;

    use super::*;
    use crate::doctor::finding::State;

    fn found(hours_ago: i64, held: usize, failed: usize, gaps: usize) -> (State, String) {
        let now: DateTime<Utc> = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let summary = Summary { held, ..Summary::default() };
        let finished_at = now - TimeDelta::hours(hours_ago);
        let found = told(&Sweep { finished_at, summary, failed, gaps }, Patience::of(6), now);
        (found.state, found.help.unwrap_or_default())
    }

    #[test]
    fn what_a_sweep_left_to_somebody_is_told_with_what_to_do() {
        assert_eq!(found(1, 0, 0, 0), (State::Ok, String::new()));
        for (ailing, help) in [
            (found(1, 41, 0, 0), HELD),
            (found(1, 0, 1, 0), INCOMPLETE),
            (found(1, 0, 0, 1), INCOMPLETE),
            (found(14, 0, 0, 0), LATE),
        ] {
            assert_eq!(ailing, (State::Warning, help.to_owned()));
        }
        let (state, help) = found(26, 41, 0, 0);
        assert_eq!(state, State::Failed);
        assert!(help.contains(LATE) && help.contains(HELD), "{help}");
    }
}
