//! Pages: how much of a list one answer holds, and the token that goes on from there.

use std::{borrow::Cow, collections::BTreeMap, ops::Bound, str::FromStr};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::settings::Settings;

/// The most items of a page of Organizations, and what it gives without `MaxResults`.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html>
pub(crate) const ORGANIZATIONS_PAGE: usize = 20;

/// The most items of a page of SSO Admin and of the Identity Store.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_ListAccountAssignments.html> and
/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_ListGroups.html>
pub(crate) const IDENTITY_CENTER_PAGE: usize = 100;

/// The fields that every list's request has.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PageRequest {
    pub(crate) max_results: Option<i64>,
    next_token: Option<String>,
}

/// A part of a list.
#[derive(Debug)]
pub(crate) struct Page {
    items: Vec<Value>,
    next_token: Option<String>,
}

impl Page {
    /// The answer; the last page has no token.
    pub(crate) fn into_answer(self, key: &str) -> Value {
        let mut answer = Map::new();
        answer.insert(key.to_owned(), Value::Array(self.items));
        if let Some(token) = self.next_token {
            answer.insert("NextToken".to_owned(), Value::String(token));
        }
        Value::Object(answer)
    }
}

/// What comes after the item that a token ends with, found without a look at those before. It may as
/// well be all: [`Listing::page`] passes over what was there already.
pub(crate) fn rest<'a, Id: Ord + FromStr, Item>(
    items: &'a BTreeMap<Id, Item>,
    operation: &str,
    request: &PageRequest,
) -> impl Iterator<Item = &'a Item> {
    let last = request.next_token.as_ref().and_then(|token| from_token(operation, token));
    let last = last.and_then(|key| key.parse::<Id>().ok());
    let start = last.map_or(Bound::Unbounded, Bound::Excluded);
    items.range((start, Bound::Unbounded)).map(|(_, item)| item)
}

/// What a page is cut for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listing<'a> {
    pub(crate) operation: &'a str,
    pub(crate) settings: &'a Settings,
    /// The most items of a page.
    pub(crate) largest: usize,
    pub(crate) request: &'a PageRequest,
}

impl Listing<'_> {
    /// The page that was asked for, or what is wrong with the request.
    ///
    /// The token holds the key of the last item, so that none is missed or comes twice when others
    /// come and go between two pages. Items must be in the order of their keys, and no key empty.
    /// Only those of the page are looked at.
    pub(crate) fn page<Item>(
        &self,
        items: impl IntoIterator<Item = Item>,
        key: impl Fn(&Item) -> Cow<'_, str>,
        view: impl FnMut(Item) -> Value,
    ) -> Result<Page, String> {
        let size = size(self.settings, self.largest, self.request)?;
        let Some(last) = self.last_key()? else {
            return Ok(Page { items: Vec::new(), next_token: Some(to_token(self.operation, "")) });
        };
        let mut rest = items.into_iter().skip_while(|item| *key(item) <= *last).peekable();
        let page: Vec<Item> = rest.by_ref().take(size).collect();
        let is_last = rest.peek().is_none();
        let end = page.last().filter(|_| !is_last);
        let next_token = end.map(|item| to_token(self.operation, &key(item)));
        Ok(Page { items: page.into_iter().map(view).collect(), next_token })
    }

    /// After which key to go on; at first it is empty, or none where an empty page comes first.
    fn last_key(&self) -> Result<Option<String>, String> {
        match &self.request.next_token {
            None if self.settings.empty_pages => Ok(None),
            None => Ok(Some(String::new())),
            Some(token) => from_token(self.operation, token)
                .map(Some)
                .ok_or_else(|| "the NextToken is not valid for this operation".to_owned()),
        }
    }
}

fn size(settings: &Settings, largest: usize, request: &PageRequest) -> Result<usize, String> {
    let asked = match request.max_results {
        None => largest,
        Some(number) => usize::try_from(number)
            .ok()
            .filter(|number| (1..=largest).contains(number))
            .ok_or_else(|| format!("MaxResults must be between 1 and {largest}"))?,
    };
    Ok(asked.min(settings.page_size.unwrap_or(largest)).max(1))
}

/// Hexadecimal, so that nobody is tempted to read it.
fn to_token(operation: &str, key: &str) -> String {
    format!("{operation}/{key}").bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn from_token(operation: &str, token: &str) -> Option<String> {
    let bytes =
        (0..token.len()).step_by(2).map(|at| u8::from_str_radix(token.get(at..at + 2)?, 16).ok());
    let text = String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()?;
    Some(text.strip_prefix(operation)?.strip_prefix('/')?.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The page of these numbers, each its own key.
    fn page(settings: &Settings, request: &PageRequest, numbers: &[u32]) -> Result<Page, String> {
        let listing =
            Listing { operation: "ListAccounts", settings, largest: ORGANIZATIONS_PAGE, request };
        let numbers = numbers.iter().copied();
        listing.page(numbers, |number| format!("{number:03}").into(), Value::from)
    }

    fn all_pages(settings: &Settings, count: u32) -> Vec<usize> {
        let numbers: Vec<u32> = (0..count).collect();
        let mut request = PageRequest::default();
        let mut lengths = Vec::new();
        loop {
            let page = page(settings, &request, &numbers).unwrap();
            lengths.push(page.items.len());
            request.next_token = page.next_token;
            if request.next_token.is_none() {
                return lengths;
            }
        }
    }

    #[test]
    fn a_list_comes_in_pages() {
        let settings = Settings::default();
        assert_eq!(all_pages(&settings, 0), [0]);
        assert_eq!(all_pages(&settings, 20), [20]);
        assert_eq!(all_pages(&settings, 45), [20, 20, 5]);
    }

    #[test]
    fn a_page_may_be_empty_and_go_on() {
        let settings = Settings { empty_pages: true, page_size: Some(2), ..Settings::default() };
        assert_eq!(all_pages(&settings, 3), [0, 2, 1]);
    }

    #[test]
    fn nothing_is_missed_when_something_goes_between_two_pages() {
        let settings = Settings { page_size: Some(2), ..Settings::default() };
        let first = page(&settings, &PageRequest::default(), &[1, 2, 3, 4]).unwrap();
        let request = PageRequest { next_token: first.next_token, ..PageRequest::default() };
        assert_eq!(page(&settings, &request, &[2, 3, 4]).unwrap().items, [json!(3), json!(4)]);
        assert_eq!(page(&settings, &request, &[3, 4]).unwrap().items, [json!(3), json!(4)]);
        assert_eq!(page(&settings, &request, &[]).unwrap().items, [] as [Value; 0]);
    }

    #[test]
    fn the_rest_is_found_from_the_token() {
        let items = BTreeMap::from([(1, "a"), (2, "b"), (3, "c")]);
        let left = |next_token| {
            let request = PageRequest { next_token, ..PageRequest::default() };
            rest(&items, "ListAccounts", &request).copied().collect::<Vec<_>>()
        };
        assert_eq!(left(None), ["a", "b", "c"]);
        assert_eq!(left(Some(to_token("ListAccounts", "2"))), ["c"]);
        assert_eq!(left(Some(to_token("ListGroups", "2"))), ["a", "b", "c"]);
    }

    #[test]
    fn a_token_is_good_for_its_own_operation_only() {
        let token = to_token("ListAccounts", "20");
        assert_eq!(from_token("ListAccounts", &token).as_deref(), Some("20"));
        assert_eq!(from_token("ListGroups", &token), None);
        assert_eq!(from_token("ListAccounts", "é"), None);
    }

    #[test]
    fn too_large_a_page_is_refused() {
        let request: PageRequest = serde_json::from_value(json!({ "MaxResults": 21 })).unwrap();
        let refused = page(&Settings::default(), &request, &[]);
        assert_eq!(refused.unwrap_err(), "MaxResults must be between 1 and 20");
    }
}
