//! Pages: how much of a list one answer holds, and the token that goes on from there.

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
    max_results: Option<i64>,
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

/// Cuts the page that was asked for out of the whole list, or says what is wrong with the request.
pub(crate) fn page(
    operation: &str,
    settings: &Settings,
    largest: usize,
    request: &PageRequest,
    items: Vec<Value>,
) -> Result<Page, String> {
    let size = size(settings, largest, request)?;
    let Some(token) = &request.next_token else {
        if settings.empty_pages {
            return Ok(Page { items: Vec::new(), next_token: Some(to_token(operation, 0)) });
        }
        return Ok(cut(operation, 0, size, items));
    };
    let start =
        from_token(operation, token).ok_or("the NextToken is not valid for this operation")?;
    Ok(cut(operation, start, size, items))
}

fn cut(operation: &str, start: usize, size: usize, items: Vec<Value>) -> Page {
    let end = start.saturating_add(size);
    let next_token = (end < items.len()).then(|| to_token(operation, end));
    Page { items: items.into_iter().skip(start).take(size).collect(), next_token }
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

/// Hexadecimal, so that nobody is tempted to count pages with it.
fn to_token(operation: &str, start: usize) -> String {
    format!("{operation}/{start}").bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn from_token(operation: &str, token: &str) -> Option<usize> {
    let bytes =
        (0..token.len()).step_by(2).map(|at| u8::from_str_radix(token.get(at..at + 2)?, 16).ok());
    let text = String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()?;
    text.strip_prefix(operation)?.strip_prefix('/')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn all_pages(settings: &Settings, count: usize) -> Vec<usize> {
        let items: Vec<Value> = (0..count).map(Value::from).collect();
        let mut request = PageRequest::default();
        let mut lengths = Vec::new();
        loop {
            let page = page("ListAccounts", settings, ORGANIZATIONS_PAGE, &request, items.clone())
                .unwrap();
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
    fn a_token_is_good_for_its_own_operation_only() {
        let token = to_token("ListAccounts", 20);
        assert_eq!(from_token("ListAccounts", &token), Some(20));
        assert_eq!(from_token("ListGroups", &token), None);
        assert_eq!(from_token("ListAccounts", "é"), None);
    }

    #[test]
    fn too_large_a_page_is_refused() {
        let request: PageRequest = serde_json::from_value(json!({ "MaxResults": 21 })).unwrap();
        let refused =
            page("ListAccounts", &Settings::default(), ORGANIZATIONS_PAGE, &request, Vec::new());
        assert_eq!(refused.unwrap_err(), "MaxResults must be between 1 and 20");
    }
}
