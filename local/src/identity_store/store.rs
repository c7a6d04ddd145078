//! The identity store, and how its things are named in requests and answers.

use serde::Deserialize;
use shared::ids::{IdentityStoreId, InvalidId};

use super::errors;
use crate::{api_error::ApiError, state::State};

/// The store as a request names it: by its id or by its ARN.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct StoreId(IdentityStoreId);

impl TryFrom<String> for StoreId {
    type Error = InvalidId;

    /// `arn:aws:identitystore::111122223333:identitystore/d-1234567890`
    fn try_from(text: String) -> Result<Self, InvalidId> {
        let id = text.rsplit_once(":identitystore/").map_or(text.as_str(), |(_, id)| id);
        id.parse().map(Self)
    }
}

impl StoreId {
    /// The error that there is no such store, if so.
    pub(super) fn check(&self, state: &State) -> Result<(), ApiError> {
        if state.instance.identity_store_id == self.0 {
            Ok(())
        } else {
            Err(errors::not_found("IDENTITY_STORE", self.0.as_str()))
        }
    }
}

/// `arn:aws:identitystore:::group/…`: principals' ARNs hold no account.
///
/// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentitystore.html>
pub(super) fn arn(kind: &str, id: &str) -> String {
    format!("arn:aws:identitystore:::{kind}/{id}")
}
