//! Pages: how much of a list one answer holds, and the token that goes on from there.

use std::{borrow::Cow, collections::BTreeMap, ops::Bound, str::FromStr};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{random::Random, settings::Settings};

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

/// What comes after the item that a token ends with, found without a look at those before. It may
/// as well be all: [`Listing::page`] passes over what was there already.
pub(crate) fn rest<'a, Id: Ord + FromStr, Item>(
    items: &'a BTreeMap<Id, Item>,
    operation: &str,
    request: &PageRequest,
) -> impl Iterator<Item = &'a Item> {
    let last = request.next_token.as_ref().and_then(|token| Place::of_token(operation, token));
    let last = last.and_then(|place| place.last.parse::<Id>().ok());
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
        let place = self.place()?;
        let size = self.evenness(&place).size_of_page(size);
        let mut rest = items.into_iter().skip_while(|item| *key(item) <= *place.last).peekable();
        let page: Vec<Item> = rest.by_ref().take(size).collect();
        let is_last = rest.peek().is_none() && !self.evenness(&place).ends_late;
        let last = page.last().map_or_else(|| place.last.clone(), |item| key(item).into_owned());
        let next = Place { number: place.number + 1, last };
        let next_token = (!is_last).then(|| next.to_token(self.operation));
        Ok(Page { items: page.into_iter().map(view).collect(), next_token })
    }

    /// Where the page begins.
    fn place(&self) -> Result<Place, String> {
        let Some(token) = &self.request.next_token else { return Ok(Place::default()) };
        Place::of_token(self.operation, token)
            .ok_or_else(|| "the NextToken is not valid for this operation".to_owned())
    }

    /// What the settings make of the page that begins here.
    fn evenness(&self, place: &Place) -> Evenness {
        if place.number == 0 && self.settings.empty_pages {
            return Evenness { part: 0.0, ends_late: true };
        }
        match self.settings.uneven_pages {
            Some(seed) => Evenness::of_seed(seed, self.operation, place),
            None => Evenness::EVEN,
        }
    }
}

/// How a page differs from what was asked for, as AWS reserves the right to let it.
#[derive(Clone, Copy, Debug)]
struct Evenness {
    /// How much of the page is filled, from 0 to 1.
    part: f64,
    /// Whether the list goes on after it even if nothing is left: with an empty last page.
    ends_late: bool,
}

impl Evenness {
    const EVEN: Self = Self { part: 1.0, ends_late: false };

    /// A quarter of the pages is empty, another is short, and a quarter of the lists ends late. The
    /// same page of the same list is the same again.
    fn of_seed(seed: u64, operation: &str, place: &Place) -> Self {
        let listing = operation.bytes().chain(place.last.bytes());
        let listing = listing.fold(seed, |sum, byte| Random::new(sum ^ u64::from(byte)).bits());
        let mut random = Random::new(listing.wrapping_add(place.number));
        let part = match random.below(4) {
            0 => 0.0,
            1 => random.fraction(),
            _ => 1.0,
        };
        // After an empty page there is always another.
        Self { part, ends_late: part == 0.0 || random.happens(25) }
    }

    fn size_of_page(self, asked: usize) -> usize {
        (asked as f64 * self.part) as usize
    }
}

/// Where a page begins, as a token tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Place {
    /// How many pages came before, so that no two tokens of a list are the same.
    number: u64,
    /// The key of the last item before it; at first it is empty.
    last: String,
}

impl Place {
    /// Hexadecimal, so that nobody is tempted to read it.
    fn to_token(&self, operation: &str) -> String {
        let text = format!("{operation}/{}/{}", self.number, self.last);
        text.bytes().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Nothing where the token is not one of this operation's.
    fn of_token(operation: &str, token: &str) -> Option<Self> {
        let digits = |at| u8::from_str_radix(token.get(at..at + 2)?, 16).ok();
        let bytes = (0..token.len()).step_by(2).map(digits).collect::<Option<Vec<u8>>>()?;
        let text = String::from_utf8(bytes).ok()?;
        let (number, last) = text.strip_prefix(operation)?.strip_prefix('/')?.split_once('/')?;
        Some(Self { number: number.parse().ok()?, last: last.to_owned() })
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

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
        let (mut lengths, mut items, mut tokens) = (Vec::new(), Vec::new(), BTreeSet::new());
        loop {
            let page = page(settings, &request, &numbers).unwrap();
            lengths.push(page.items.len());
            items.extend(page.items);
            request.next_token = page.next_token;
            let Some(token) = &request.next_token else { break };
            assert!(tokens.insert(token.clone()), "a token came twice");
        }
        let numbers: Vec<Value> = numbers.into_iter().map(Value::from).collect();
        assert_eq!(items, numbers, "each item comes once");
        lengths
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
        assert_eq!(all_pages(&settings, 0), [0, 0]);
    }

    #[test]
    fn any_page_may_be_empty_or_short_and_nothing_is_lost() {
        let settings =
            |seed| Settings { uneven_pages: Some(seed), page_size: Some(5), ..Settings::default() };
        let lists: Vec<Vec<usize>> = (0..50).map(|seed| all_pages(&settings(seed), 40)).collect();
        let somewhere = |is_so: fn(&[usize]) -> bool| lists.iter().any(|list| is_so(list));
        assert!(somewhere(|list| list.first() == Some(&0)));
        assert!(somewhere(|list| list.last() == Some(&0)));
        assert!(somewhere(|list| list[1..list.len() - 1].contains(&0)));
        assert!(somewhere(|list| list[..list.len() - 1]
            .iter()
            .any(|length| (1..5).contains(length))));
        assert_eq!(all_pages(&settings(7), 40), lists[7]);
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
        let place = Place { number: 1, last: "2".to_owned() };
        assert_eq!(left(Some(place.to_token("ListAccounts"))), ["c"]);
        assert_eq!(left(Some(place.to_token("ListGroups"))), ["a", "b", "c"]);
    }

    #[test]
    fn a_token_is_good_for_its_own_operation_only() {
        // Sort keys may hold slashes.
        let place = Place { number: 20, last: "arn:aws:sso:::permissionSet/x".to_owned() };
        let token = place.to_token("ListAccounts");
        assert_eq!(Place::of_token("ListAccounts", &token), Some(place));
        assert_eq!(Place::of_token("ListGroups", &token), None);
        assert_eq!(Place::of_token("ListAccounts", "é"), None);
    }

    #[test]
    fn too_large_a_page_is_refused() {
        let request: PageRequest = serde_json::from_value(json!({ "MaxResults": 21 })).unwrap();
        let refused = page(&Settings::default(), &request, &[]);
        assert_eq!(refused.unwrap_err(), "MaxResults must be between 1 and 20");
    }
}
