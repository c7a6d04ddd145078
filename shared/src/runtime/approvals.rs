//! Revocations that are held, kept for whoever is to approve them; and those that somebody has approved, let through once.
//!
//! **Flow.** A message that speaks of an approval is worked on by itself, whatever else came with it: merged with other
//! scopes it would find another set. The set is looked for first. When it is found, that is written down, so that what a
//! run that is cut off leaves of it is known to be approved; then it is let through; and when all of it was tried, the
//! approval is forgotten. When another set is found, that one is held anew, and the approval is void.

use tracing::{error, info, warn};

use crate::{
    approval::{Approval, HeldSet},
    aws::{approvals::ApprovalsFolder, failure::chain},
    ids::Digest,
    reconcile::{Errand, Looked, Reconciled, look},
    rules::Rules,
};

use super::{failure::Failure, world::World};

/// The same errand with the approval of a set, if it holds and its set is there; a run has begun with it then.
///
/// # Errors
/// What was approved could not be read, or it could not be written down that a run begins with it, or so much could not
/// be read that it is not known whether the set is there. The message has to come again.
pub(super) async fn begin(
    world: &World,
    rules: &Rules,
    errand: Errand,
    digest: &Digest,
) -> Result<Errand, Failure> {
    let folder = world.approvals()?;
    let approval = folder.approval(digest).await.map_err(Failure::Approvals)?;
    let Some(approval) = approval.filter(|approval| approval.digest == *digest) else {
        warn!(%digest, "nobody has approved these revocations, or they were let through before");
        return Ok(errand);
    };
    if approval.begun_at.is_none() {
        if !is_found(world, rules, &errand, &approval).await? {
            warn!(%digest, "the approval is void: its time is over, or other revocations are due by now");
            folder.use_up(digest).await.map_err(Failure::Approvals)?;
            return Ok(errand);
        }
        folder.begin(&approval, errand.now).await.map_err(Failure::Approvals)?;
    }
    // From here on it holds for any part of its set, as for a run that was cut off: the next look may have less time.
    let begun_at = approval.begun_at.or(Some(errand.now));
    Ok(Errand { approval: Some(Approval { begun_at, ..approval }), ..errand })
}

async fn is_found(
    world: &World,
    rules: &Rules,
    errand: &Errand,
    approval: &Approval,
) -> Result<bool, Failure> {
    let mut memory = world.memory().open().await;
    let Looked { plan, rest, .. } = look(world.observe(), rules, errand, memory.picture()).await?;
    let is_found = plan.digest() == approval.digest && approval.allows(errand.now).hold_for(&plan);
    let is_whole = plan.gaps.is_empty() && rest.is_empty();
    if is_found || is_whole { Ok(is_found) } else { Err(Failure::NotAllRead) }
}

/// After a run: keeps what it holds for whoever is to approve it, and forgets the approval that it used.
///
/// A file that cannot be written or deleted now is a line in the log: the run itself is done, and what is not kept is
/// found and kept again by the next one that looks there.
pub(super) async fn end(world: &World, errand: &Errand, reconciled: &Reconciled) {
    let Ok(folder) = world.approvals() else { return };
    hold(folder, errand, reconciled).await;
    let Some(approval) = &errand.approval else { return };
    // What was not read may be of the set, and what there was no time for is: the message comes again, and its approval
    // has to be there then.
    let is_whole = reconciled.rest.is_none() && reconciled.not_started.is_empty();
    if !reconciled.plan.gaps.is_empty() || !is_whole || reconciled.is_stuck {
        return;
    }
    match folder.use_up(&approval.digest).await {
        Ok(()) => {
            info!(digest = %approval.digest, by = approval.approved_by, "the approval is used up");
        }
        Err(failure) => {
            error!(error = chain(&failure), digest = %approval.digest, "the approval is used up, but still there");
        }
    }
}

async fn hold(folder: &ApprovalsFolder, errand: &Errand, reconciled: &Reconciled) {
    let Reconciled { plan, looked_at, .. } = reconciled;
    let set = match HeldSet::of(plan, looked_at, &errand.causes, errand.now) {
        Ok(Some(set)) => set,
        Ok(None) => return,
        Err(failure) => {
            error!(error = chain(&failure), digest = %plan.digest(), "held, but not kept for approval");
            return;
        }
    };
    match folder.hold(&set).await {
        Ok(()) => warn!(
            digest = %set.digest,
            revocations = set.revocations.len(),
            "held: `usher approve` lets exactly these revocations go"
        ),
        Err(failure) => {
            error!(error = chain(&failure), digest = %set.digest, "held, but not kept for approval");
        }
    }
}
