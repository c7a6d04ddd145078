//! Each call that Usher needs, tried where that does no harm.
//!
//! To create or to delete an assignment cannot be tried; all else is asked once, of the first thing of its kind.

use std::collections::BTreeSet;

use shared::{
    act::{Act, RequestId},
    failure::CallFailure,
    observe::Observe,
    organization::Principal,
    plan::Action,
};

use super::{Patient, finding::Finding};

const PERMISSIONS: &str = "permissions";

/// What AWS calls a refusal.
const DENIED: [&str; 2] = ["AccessDeniedException", "AccessDenied"];

/// A request that nobody has made. To be told so is to be allowed to ask.
const NOBODYS_REQUEST: &str = "00000000-0000-4000-8000-000000000000";
const NOT_THERE: &str = "ResourceNotFoundException";

/// What came of the calls.
#[derive(Default)]
struct Tried {
    allowed: usize,
    refused: Vec<CallFailure>,
}

impl Tried {
    /// The answer; nothing, when there was none.
    fn hear<T>(&mut self, answer: Result<T, CallFailure>) -> Option<T> {
        match answer {
            Ok(answer) => {
                self.allowed += 1;
                Some(answer)
            }
            Err(failure) => {
                self.refused.push(failure);
                None
            }
        }
    }
}

pub(super) async fn check(patient: &Patient) -> Vec<Finding> {
    let mut tried = Tried::default();
    organizations(patient, &mut tried).await;
    directory(patient, &mut tried).await;
    identity_center(patient, &mut tried).await;
    statuses(patient, &mut tried).await;
    let Tried { allowed, refused } = tried;
    if refused.is_empty() {
        let told = format!(
            "{allowed} calls tried and allowed (creating and deleting assignments cannot be tried)"
        );
        return vec![Finding::ok(PERMISSIONS, told)];
    }
    refused.iter().map(finding).collect()
}

fn finding(failure: &CallFailure) -> Finding {
    let help = if failure.is_of_kms() {
        "Identity Center encrypts with a KMS key of your own: allow kms:Decrypt with it to whoever calls, in the key's policy \
         as well, and give Usher's stack its ARN as IdentityCenterKeyArn (docs/deploy.md)"
            .to_owned()
    } else if DENIED.contains(&failure.code.as_str()) {
        format!(
            "allow {} to whoever calls; `ReconcilerRole` in infra/template.yaml has all that Usher needs",
            failure.operation
        )
    } else {
        "not refused: try again".to_owned()
    };
    Finding::failed(PERMISSIONS, failure.to_string(), help)
}

async fn organizations(patient: &Patient, tried: &mut Tried) {
    let reads = patient.world.observe();
    let facts = &patient.facts.organization;
    tried.hear(reads.accounts().await);
    tried.hear(reads.account(&facts.management_account_id).await);
    tried.hear(reads.account_tags(&facts.management_account_id).await);
    tried.hear(reads.organizational_unit_tags(&facts.root_id).await);
    let units = tried.hear(reads.organizational_units_below(&facts.root_id).await);
    if let Some((unit, _)) = units.iter().flatten().next() {
        tried.hear(reads.organizational_unit_name(unit).await);
    }
}

async fn directory(patient: &Patient, tried: &mut Tried) {
    let reads = patient.world.observe();
    let groups = tried.hear(reads.group_page(None).await).unwrap_or_default().groups;
    if let Some(group) = groups.first() {
        tried.hear(reads.group(&group.id).await);
        tried.hear(reads.group_id(&group.display_name).await);
        tried.hear(reads.group_members(&group.id).await);
        // Refused to all others, and needed by none.
        if patient.is_management() {
            tried.hear(reads.assignments_of(&Principal::Group(group.id.clone())).await);
        }
    }
    let users = tried.hear(reads.users().await).unwrap_or_default();
    if let Some(user) = users.first() {
        tried.hear(reads.user(&user.id).await);
        tried.hear(reads.groups_of_member(&user.id).await);
    }
}

async fn identity_center(patient: &Patient, tried: &mut Tried) {
    let reads = patient.world.observe();
    let management = &patient.facts.organization.management_account_id;
    tried.hear(reads.provisioned_permission_sets(management).await);
    let sets = tried.hear(reads.permission_sets().await).unwrap_or_default();
    if let Some(set) = sets.first() {
        tried.hear(reads.permission_set_name(set).await);
        tried.hear(reads.accounts_with(set).await);
        tried.hear(reads.assignments(management, set).await);
    }
}

async fn statuses(patient: &Patient, tried: &mut Tried) {
    let writes = patient.world.act();
    for action in [Action::Create, Action::Delete] {
        tried.hear(writes.statuses(action, &BTreeSet::new()).await);
        match writes.status(action, &RequestId(NOBODYS_REQUEST.to_owned())).await {
            Err(failure) if failure.code == NOT_THERE => tried.allowed += 1,
            answer => {
                tried.hear(answer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::failure::FailureKind;

    use super::*;

    #[test]
    fn a_refusal_for_the_sake_of_a_key_names_the_key() {
        let refused = |message: &str| {
            let failure = CallFailure {
                operation: "identitystore:ListGroups",
                code: "AccessDeniedException".to_owned(),
                message: message.to_owned(),
                kind: FailureKind::Permanent,
            };
            finding(&failure).help.unwrap()
        };
        let help = refused("not authorized (KMS_AccessDeniedException)");
        assert!(help.contains("kms:Decrypt") && help.contains("IdentityCenterKeyArn"), "{help}");
        let help = refused("not authorized");
        assert!(help.starts_with("allow identitystore:ListGroups to whoever calls"), "{help}");
    }
}
