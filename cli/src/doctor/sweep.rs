//! When everything was looked at last.

use chrono::TimeDelta;
use shared::{aws::failure::chain, runtime::World};

use crate::clock;

use super::finding::Finding;

const SWEEP: &str = "last sweep";

/// The template's schedule sweeps every six hours: two of them late is worth a look, a day is too long.
///
/// Unit: hours.
const LATE: i64 = 13;
const TOO_LATE: i64 = 25;

const HELP: &str = "the schedule, the lane and the reconciler's log say why; the stack's output `ThenSweep` has a command \
                    that sweeps now";

pub(super) async fn check(world: &World) -> Finding {
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
    if age > TimeDelta::hours(TOO_LATE) {
        Finding::failed(SWEEP, told, HELP)
    } else if age > TimeDelta::hours(LATE) {
        Finding::warning(SWEEP, told, HELP)
    } else if sweep.failed > 0 || sweep.gaps > 0 {
        Finding::warning(SWEEP, told, "`Change Failed` and the reconciler's log say what and why")
    } else {
        Finding::ok(SWEEP, told)
    }
}
