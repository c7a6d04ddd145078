//! Who calls, as AWS sees it: needs no permission.

use crate::{failure::CallFailure, ids::AccountId};

use super::{
    clients::Clients,
    failure::{failed, read_id, unreadable},
};

const GET_CALLER_IDENTITY: &str = "sts:GetCallerIdentity";

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account that they call from.
    pub account_id: AccountId,
    /// The role and its session, or the user.
    pub arn: String,
}

/// Asks who calls with those clients.
///
/// # Errors
/// What AWS said: mostly, that there are no credentials or that their time is over.
pub async fn caller(clients: &Clients) -> Result<Caller, CallFailure> {
    let answer = clients.sts().get_caller_identity().send().await;
    let answer = answer.map_err(failed(GET_CALLER_IDENTITY))?;
    let arn = answer.arn().ok_or_else(|| unreadable(GET_CALLER_IDENTITY, "no ARN in it"))?;
    Ok(Caller { account_id: read_id(GET_CALLER_IDENTITY, answer.account())?, arn: arn.to_owned() })
}
