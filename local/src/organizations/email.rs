//! E-mail addresses, as far as Organizations looks at them.

/// Whether this may be an account's address.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html>
pub(super) fn is_valid(address: &str) -> bool {
    let Some((name, host)) = address.split_once('@') else { return false };
    let is_sound = !address.contains(char::is_whitespace) && !host.contains('@');
    let has_parts =
        host.split_once('.').is_some_and(|(domain, rest)| !domain.is_empty() && !rest.is_empty());
    (6..=64).contains(&address.len()) && is_sound && has_parts && !name.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_name_and_a_domain() {
        assert!(is_valid("aws+web@example.com"));
        for wrong in ["a@b.c", "web", "web@example", "@example.com", "w eb@example.com", "a@b@c.de"]
        {
            assert!(!is_valid(wrong), "{wrong}");
        }
    }
}
