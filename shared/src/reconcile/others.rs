//! Changes that others have asked AWS for: what tells of them comes some seconds before they are made.

use std::{collections::BTreeSet, time::Duration};

use tokio::time::{Instant, sleep};
use tracing::warn;

use crate::{
    act::{Act, Limits, RequestId},
    failure::CallFailure,
    plan::Action,
};

/// How long to wait for others. AWS takes one to three seconds for a change, and rarely more than
/// fourteen.
///
/// Unit: seconds.
const PATIENCE_WITH_OTHERS: Duration = Duration::from_secs(20);

/// Waits until what others had asked for by now is made or refused, and says whether it is. To look
/// before would be to see nothing of it, and no later event tells of it. What they ask for meanwhile has
/// events of its own.
pub(super) async fn others_come_to_an_end(writes: &impl Act, limits: Limits) -> bool {
    let deadline = Instant::now() + PATIENCE_WITH_OTHERS;
    let mut awaited: Option<BTreeSet<RequestId>> = None;
    loop {
        match under_way(writes).await {
            Ok(now) => {
                let left = awaited.map_or_else(|| now.clone(), |before| &before & &now);
                if left.is_empty() {
                    return true;
                }
                awaited = Some(left);
            }
            Err(failure) if !failure.may_pass() => {
                warn!(%failure, "not known whether changes of others are under way, nor will it be");
                return true;
            }
            Err(failure) => warn!(%failure, "not known whether changes of others are under way"),
        }
        if Instant::now() >= deadline {
            warn!("changes of others take long: what tells of them comes again");
            return false;
        }
        sleep(limits.poll_every).await;
    }
}

/// The requests of both kinds that are under way.
async fn under_way(writes: &impl Act) -> Result<BTreeSet<RequestId>, CallFailure> {
    let mut requests = writes.under_way(Action::Create).await?;
    requests.extend(writes.under_way(Action::Delete).await?);
    Ok(requests)
}
