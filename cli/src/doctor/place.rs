//! Who calls, from where, and what Identity Center is there.

use shared::{
    aws::caller::Caller,
    failure::CallFailure,
    observe::{Facts, Observe},
};

use super::{Patient, finding::Finding};

const CREDENTIALS: &str = "credentials";
const INSTANCE: &str = "instance";
const REGION: &str = "region";
const PLACE: &str = "place";

pub(super) fn credentials(caller: &Caller) -> Finding {
    Finding::ok(CREDENTIALS, format!("{} in account {}", caller.arn, caller.account_id))
}

pub(super) fn no_credentials(failure: &CallFailure) -> Finding {
    let help = "sign in: `aws sso login`, and say which profile: `export AWS_PROFILE=…`";
    Finding::failed(CREDENTIALS, failure.to_string(), help)
}

pub(super) fn no_instance(failure: &CallFailure) -> Finding {
    let help = "call from the management account, or from the delegated administrator of Identity Center, in the Region \
                where Identity Center is: `export AWS_REGION=…`";
    Finding::failed(INSTANCE, failure.to_string(), help)
}

/// The instance, and whether it is in the Region of whoever calls.
pub(super) fn instance(facts: &Facts, here: Option<&str>) -> [Finding; 2] {
    let instance = &facts.instance;
    let found =
        format!("{} with identity store {}", instance.instance_arn, instance.identity_store_id);
    let region = match here {
        Some(here) if here == instance.region => Finding::ok(REGION, here),
        here => Finding::failed(
            REGION,
            format!(
                "Identity Center is in {}, and not in {}",
                instance.region,
                here.unwrap_or("no Region")
            ),
            format!("deploy Usher, and call, in {}", instance.region),
        ),
    };
    [Finding::ok(INSTANCE, found), region]
}

/// The management account, or another: that one may do less.
pub(super) async fn place(patient: &Patient) -> Finding {
    let (account, management) =
        (&patient.caller.account_id, &patient.facts.organization.management_account_id);
    if account == management {
        return Finding::ok(PLACE, format!("management account {management}"));
    }
    let reads = patient.world.observe();
    let told = format!(
        "account {account} is a delegated administrator: it changes nothing in management account {management}"
    );
    let arns = match reads.provisioned_permission_sets(management).await {
        Ok(arns) => arns,
        Err(failure) => {
            let help = "delegate Identity Center to this account, or allow it that call: without it, changes may be tried \
                        that AWS refuses";
            return Finding::warning(PLACE, format!("{told}; {failure}"), help);
        }
    };
    let mut names = Vec::new();
    for arn in &arns {
        let name = reads.permission_set_name(arn).await.ok().flatten();
        names.push(name.unwrap_or_else(|| arn.to_string()));
    }
    if names.is_empty() {
        return Finding::ok(PLACE, told);
    }
    let told =
        format!("{told}, and nothing of permission sets that are used there: {}", names.join(", "));
    Finding::warning(
        PLACE,
        told,
        "have permission sets for the management account that are used nowhere else",
    )
}
