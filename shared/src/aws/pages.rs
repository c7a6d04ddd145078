//! Listings, read to their end.
//!
//! The token alone says whether there is more: pages may be short or empty and go on. The SDK's
//! paginators would do it too, but each page is a call that Identity Center's quota has to allow
//! first, so the pages are asked for here.

use crate::failure::CallFailure;

use super::failure::unreadable;

/// One page, and the token of the next, if there is one.
pub(super) type Page<Row> = (Vec<Row>, Option<String>);

/// All rows of a listing. `ask` gets the token of the page to read, or none for the first.
///
/// # Errors
/// That of the first page that failed: half a listing is not a listing.
pub(super) async fn every_row<Row>(
    operation: &'static str,
    ask: impl AsyncFn(Option<String>) -> Result<Page<Row>, CallFailure>,
) -> Result<Vec<Row>, CallFailure> {
    let (mut rows, mut token) = ask(None).await?;
    while let Some(current) = token.filter(|token| !token.is_empty()) {
        let (more, next) = ask(Some(current.clone())).await?;
        rows.extend(more);
        if next.as_ref() == Some(&current) {
            return Err(unreadable(operation, "a page names itself as the next one"));
        }
        token = next;
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A listing whose page `n` holds the rows of `pages[n]`.
    async fn list(pages: &[&[u8]]) -> Vec<u8> {
        let ask = async |token: Option<String>| {
            let page: usize = token.map_or(0, |token| token.parse().unwrap());
            let next = (page + 1 < pages.len()).then(|| (page + 1).to_string());
            Ok((pages[page].to_vec(), next))
        };
        every_row("x:List", ask).await.unwrap()
    }

    #[tokio::test]
    async fn short_and_empty_pages_go_on() {
        assert!(list(&[&[]]).await.is_empty());
        assert_eq!(list(&[&[1, 2], &[], &[3], &[]]).await, [1, 2, 3]);
    }

    #[tokio::test]
    async fn an_empty_token_is_the_end() {
        let rows = every_row("x:List", async |_| Ok((vec![1], Some(String::new())))).await;
        assert_eq!(rows, Ok(vec![1]));
    }

    #[tokio::test]
    async fn a_listing_that_turns_in_a_circle_is_a_failure() {
        let rows = every_row("x:List", async |_| Ok((vec![1], Some("a".to_owned())))).await;
        assert_eq!(rows.unwrap_err().code, "UnreadableAnswer");
    }

    #[tokio::test]
    async fn half_a_listing_is_a_failure() {
        let ask = async |token: Option<String>| match token {
            None => Ok((vec![1], Some("a".to_owned()))),
            Some(_) => Err(unreadable("x:List", "no")),
        };
        assert!(every_row("x:List", ask).await.is_err());
    }
}
