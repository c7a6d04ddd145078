//! The memory that Usher needs, told from what others keep.
//!
//! In production Usher has processes of its own. Here it shares one with the organization on localhost, the
//! lane, people and the test, all of which keep more the longer it goes on: announcements, requests that have
//! ended (AWS's own history of which is out of Usher's process, too), the diary. So nothing is judged while
//! they are at it, but twice, each time when nothing moves any more: before the first change, and after all that
//! followed from the last one.
//!
//! **Usher's processes** are weighed by what is free once they have ended: what they remember between runs.
//! **All else**, without what is kept only to tell of what happened, is the organization and what a process does not
//! give back when it ends. It may grow by what the organization has grown, which is weighed too, and by little more:
//! whatever of Usher outlives a run and is in no process, a static that fills, would be seen there.

use serde_json::Value;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::ALLOCATOR;

use super::super::stage::Stage;

/// How much more Usher's processes may remember in the end than at the beginning: an hour of places that were
/// looked at, and accounts and permission sets that are new.
///
/// Unit: bytes. In seven hundred runs, of which each may forget to forget 700 bytes.
const MORE_IN_PROCESSES: usize = 500_000;

/// The same of the files.
const MORE_IN_FILES: usize = 100_000;

/// How much more may be in use besides, over and above what the organization has grown by: the figures, and maps
/// whose room grows by doubling.
const MORE_BESIDES: usize = 500_000;

/// By how much the organization's growth weighs more in the server, with its indexes, than in a copy of its
/// snapshot.
const INDEXES: usize = 2;

/// What Usher's processes and files hold when nothing moves any more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usher {
    /// What is free once the processes have ended.
    processes: usize,
    files: usize,
    /// The most that a run needed so far at its peak, beyond that: with what others kept meanwhile.
    most_in_a_run: usize,
}

/// What is in use when no process of Usher's is there.
#[derive(Clone, Copy, Debug)]
pub(super) struct InUse {
    all: usize,
    /// A copy of the organization.
    organization: usize,
    /// What was kept only to tell of it, and is not among the rest any more.
    history: usize,
}

/// Does something while Usher works, and weighs Usher when it is over.
pub(super) async fn with_weights<T>(
    stage: &Stage,
    until: impl Future<Output = T>,
    events: &mut UnboundedReceiver<Value>,
) -> (T, Usher) {
    let played = async { (until.await, ALLOCATOR.current_usage()) };
    let (result, with) = stage.while_usher_works(played, events).await;
    let usher = Usher {
        processes: with.saturating_sub(ALLOCATOR.current_usage()),
        files: stage.bytes_in_files(),
        most_in_a_run: stage.figures().most_memory,
    };
    (result, usher)
}

impl InUse {
    /// After all that was kept to tell of what happened is forgotten.
    pub(super) fn without_usher(stage: &Stage) -> Self {
        let with_history = ALLOCATOR.current_usage();
        stage.forget_what_happened();
        let all = ALLOCATOR.current_usage();
        let copy = stage.aws().organization();
        let organization = ALLOCATOR.current_usage().saturating_sub(all);
        drop(copy);
        Self { all, organization, history: with_history.saturating_sub(all) }
    }
}

/// Says how much there was at the beginning and in the end.
#[expect(clippy::print_stdout, reason = "the numbers are what it is for")]
pub(super) fn tell(usher: [Usher; 2], in_use: [InUse; 2]) {
    let of_usher = |bytes: fn(&Usher) -> usize| kilobytes(usher.each_ref().map(bytes));
    let besides = |bytes: fn(&InUse) -> usize| kilobytes(in_use.each_ref().map(bytes));
    println!("memory     before the first change, and in the end:");
    println!("           Usher's processes between runs {}", of_usher(|usher| usher.processes));
    println!("           files that Usher keeps {}", of_usher(|usher| usher.files));
    println!(
        "           the most that a run needed besides, with what others kept meanwhile {}",
        of_usher(|usher| usher.most_in_a_run)
    );
    println!(
        "           all else {}, of which a copy of the organization would be {}",
        besides(|one| one.all),
        besides(|one| one.organization)
    );
    println!(
        "           and what was kept there to tell of what happened {}",
        besides(|one| one.history)
    );
}

/// That nothing has grown that should not.
pub(super) fn judge([before, after]: [Usher; 2], [began, ended]: [InUse; 2]) {
    let more = |before: usize, after: usize| after.saturating_sub(before);
    let processes = more(before.processes, after.processes);
    assert!(processes <= MORE_IN_PROCESSES, "Usher's processes hold {processes} bytes more");
    let files = more(before.files, after.files);
    assert!(files <= MORE_IN_FILES, "Usher's files hold {files} bytes more");
    let all = more(began.all, ended.all);
    let most = INDEXES * more(began.organization, ended.organization) + MORE_BESIDES;
    assert!(all <= most, "{all} bytes more are in use besides, where {most} may be");
}

fn kilobytes([before, after]: [usize; 2]) -> String {
    format!("{:.0} kB, {:.0} kB", before as f64 / 1e3, after as f64 / 1e3)
}
