//! The waiting and the calling.

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::{Instant, sleep_until};

use crate::plan::Change;

use super::{
    Act, Acted, Limits, Outcome,
    run::{Arrival, Run, Step, Task},
};

/// Carries changes out: first those that grant, then those that revoke.
///
/// **Flow.** Requests start as slots come free, while those in flight are looked at; nobody waits for
/// a batch to end.
///
/// **Guarantees.** At most [`Limits::in_flight`] requests at once. In an account one role is updated
/// at a time, and nothing else happens to its permission set meanwhile: the first assignment of a
/// permission set goes alone, then the others together; the last to go goes alone, too. Every request is
/// followed to its end, as long as there is time ([`Limits::follow_until`]). In an account, all grants end, or are given up on, before the first revocation begins; and where one
/// failed, or its end is not known, nothing is revoked in this run: it may have been meant to replace
/// what is revoked. Other accounts' grants come first too, unless their account is in trouble: then
/// only its own revocations wait for them.
///
/// **An account in trouble**, where a request was refused or takes long, has one slot and delays
/// nobody else, until some changes in a row were made there. When it does not get free, it is left to the
/// next run.
///
/// **Assumption.** Whoever calls is the only writer. Other writers cost conflicts, which are tried
/// again.
pub async fn act(writes: &impl Act, changes: Vec<Change>, limits: Limits) -> Acted {
    act_and_tell(writes, changes, limits, |_| ()).await
}

/// The same, and tells of each change as soon as it has come to its end. Acting waits for whoever is
/// told: who has more to do than to take note puts it aside.
pub async fn act_and_tell(
    writes: &impl Act,
    changes: Vec<Change>,
    limits: Limits,
    mut tell: impl FnMut(&Outcome),
) -> Acted {
    let mut run = Run::new(changes, limits);
    let mut on_their_way = FuturesUnordered::new();
    loop {
        let Some(Step { tasks, next }) = run.step(Instant::now()) else { break };
        on_their_way.extend(tasks.into_iter().map(|task| carry_out(writes, task)));
        tokio::select! {
            biased;
            Some(arrival) = on_their_way.next() => {
                run.hear(arrival, Instant::now());
                run.news().iter().for_each(&mut tell);
            }
            () = at(next), if next.is_some() => {}
            else => break,
        }
    }
    run.news().iter().for_each(&mut tell);
    run.acted()
}

async fn at(moment: Option<Instant>) {
    if let Some(moment) = moment {
        sleep_until(moment).await;
    }
}

async fn carry_out(writes: &impl Act, task: Task) -> Arrival {
    match task {
        Task::Start(waiting) => {
            let assignment = waiting.change.assignment();
            let answer = writes.start(waiting.change.action, &assignment).await;
            Arrival::Started(waiting, answer)
        }
        Task::Look(action, wanted) => {
            let states = writes.statuses(action, &wanted).await;
            Arrival::Looked(wanted, states)
        }
        Task::Ask(action, request) => {
            let answer = writes.status(action, &request).await;
            Arrival::Told(request, answer)
        }
    }
}
