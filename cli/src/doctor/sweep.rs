//! When everything was looked at last.

use chrono::TimeDelta;
use shared::{aws::failure::chain, runtime::World};

use crate::clock;

use super::finding::Finding;

const SWEEP: &str = "last sweep";

const HELP: &str = "the schedule, the lane and the reconciler's log say why; the stack's output `ThenSweep` has a command \
                    that sweeps now";

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
    let Patience { late, too_late } = Patience::of(every_hours);
    let Ok(status) = world.last_sweep() else {
        return Finding::warning(
            SWEEP,
            "not looked at: nobody said where the rules are",
            "say --bucket BUCKET",
        );
    };
    let sweep = match status.read().await {
        Ok(Some(sweep)) => sweep,
        Ok(None) => return Finding::warning(SWEEP, "there was none yet", HELP),
        Err(failure) => {
            return Finding::warning(
                SWEEP,
                chain(&failure),
                "allow s3:GetObject to whoever calls `usher doctor`",
            );
        }
    };
    let age = clock::now().signed_duration_since(sweep.finished_at);
    let at = sweep.finished_at.format("%Y-%m-%d %H:%M UTC");
    let told = format!(
        "{at}: {} to create, {} to delete, {} held, {} unchanged; {} failed, {} things not read",
        sweep.summary.create,
        sweep.summary.delete,
        sweep.summary.held,
        sweep.summary.unchanged,
        sweep.failed,
        sweep.gaps,
    );
    if age > too_late {
        Finding::failed(SWEEP, told, HELP)
    } else if age > late {
        Finding::warning(SWEEP, told, HELP)
    } else if sweep.failed > 0 || sweep.gaps > 0 {
        Finding::warning(SWEEP, told, "`Change Failed` and the reconciler's log say what and why")
    } else {
        Finding::ok(SWEEP, told)
    }
}
