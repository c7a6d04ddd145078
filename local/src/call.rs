//! One request while it is answered: who asks, when, and what the answer may look at and change.

use std::{borrow::Cow, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use serde_json::Value;
use shared::ids::AccountId;

use crate::{
    api_error::ApiError,
    paging::{Listing, PageRequest},
    quotas::Quotas,
    service::Service,
    settings::Settings,
    state::State,
    world::World,
};

/// Who makes a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The account that the credentials belong to.
    pub(crate) account_id: AccountId,
    /// The role that was assumed.
    pub(crate) role: &'static str,
    /// The access key id that signed the request.
    pub(crate) access_key_id: String,
    /// The client's own word for itself.
    pub(crate) user_agent: String,
}

/// One request while it is answered.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) world: &'a Arc<World>,
    pub(crate) state: &'a mut State,
    pub(crate) service: Service,
    pub(crate) operation: &'a str,
    pub(crate) caller: &'a Caller,
    pub(crate) request_id: &'a str,
    pub(crate) now: DateTime<Utc>,
}

impl Call<'_> {
    pub(crate) fn settings(&self) -> &Settings {
        &self.world.settings
    }

    /// Whether the quotas of the real services apply.
    pub(crate) fn has_quotas(&self) -> bool {
        self.settings().quotas == Quotas::Strict
    }

    /// Whether the management account calls, rather than a delegated administrator.
    pub(crate) fn is_from_management_account(&self) -> bool {
        self.caller.account_id == self.state.facts.management_account_id
    }

    /// The error for a request whose values cannot be right, in the service's own words.
    pub(crate) fn invalid(&self, message: impl Into<String>) -> ApiError {
        ApiError::new(self.service.invalid_request_code(), message)
    }

    /// One page of a list: `{"KEY": […], "NextToken": "…"}`. The items come in the order of their
    /// sort keys, and only those of the page are written out: see [`Listing::page`].
    pub(crate) fn list<Item>(
        &self,
        key: &str,
        largest: usize,
        request: &PageRequest,
        items: impl IntoIterator<Item = Item>,
        sort_key: impl Fn(&Item) -> Cow<'_, str>,
        view: impl FnMut(Item) -> Value,
    ) -> Result<Value, ApiError> {
        let (operation, settings) = (self.operation, self.settings());
        let page = Listing { operation, settings, largest, request }.page(items, sort_key, view);
        page.map(|page| page.into_answer(key))
            .map_err(|wrong| self.no_page(wrong, largest, request))
    }

    /// Organizations also tells programs what is wrong.
    ///
    /// Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html#API_ListAccounts_Errors>
    fn no_page(&self, wrong: String, largest: usize, request: &PageRequest) -> ApiError {
        let refused = self.invalid(wrong);
        if self.service != Service::Organizations {
            return refused;
        }
        let asked = request.max_results.map(usize::try_from);
        refused.with(
            "Reason",
            match asked {
                Some(Err(_) | Ok(0)) => "MIN_VALUE_EXCEEDED",
                Some(Ok(number)) if number > largest => "MAX_VALUE_EXCEEDED",
                _ => "INVALID_NEXT_TOKEN",
            },
        )
    }

    /// One page of a list that is so short that its items' places can be their keys.
    pub(crate) fn page(
        &self,
        key: &str,
        largest: usize,
        request: &PageRequest,
        items: Vec<Value>,
    ) -> Result<Value, ApiError> {
        self.list(
            key,
            largest,
            request,
            items.into_iter().enumerate(),
            |(place, _)| format!("{place:010}").into(),
            |(_, item)| item,
        )
    }

    /// The reason that this request shall fail with once it is accepted, if any.
    pub(crate) fn take_failure(&mut self, account: Option<&AccountId>) -> Option<String> {
        let name = format!("{}:{}", self.service.name(), self.operation);
        self.state.faults.take_failure(&name, account)
    }

    /// Ends an asynchronous operation after a while.
    pub(crate) fn later(&self, delay: Duration, end: impl FnOnce(&mut State) + Send + 'static) {
        self.world.later(delay, end);
    }
}
