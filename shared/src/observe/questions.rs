//! What rules ask of tags. An event about a tag that no rule asks for is dropped, so of such a tag
//! nothing is known from events: once a rule asks for it, what is remembered says nothing about it.

use std::{cell::RefCell, collections::BTreeSet};

use crate::rules::{Principals, Rules, selector::Test};

/// Every tag that the rules ask for, by its key or the template of one, of accounts and of
/// organizational units.
pub(super) fn asked_tags(rules: &Rules) -> BTreeSet<String> {
    let asked = RefCell::new(BTreeSet::new());
    let of_account = |key: &str| asked.borrow_mut().insert(format!("account {key}"));
    for selector in rules.account_selectors() {
        _ = selector.asks(&|test| {
            match test {
                Test::Tags(tags) => tags.iter().for_each(|tag| _ = of_account(&tag.key)),
                Test::OrganizationalUnitTags(tags) => asked
                    .borrow_mut()
                    .extend(tags.iter().map(|tag| format!("organizational unit {}", tag.key))),
                _ => {}
            }
            // Nothing is looked for: every test is to be seen.
            false
        });
    }
    for rule in &rules.rules {
        match &rule.principals {
            Principals::Named { .. } => {}
            Principals::GroupName(template) => {
                template.value.tag_keys().for_each(|key| _ = of_account(key));
            }
            Principals::AccountTag { key, .. } => _ = of_account(key.value.as_str()),
        }
    }
    asked.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    #[test]
    fn every_tag_that_is_asked_for_is_found() {
        let text = "{version: 1, manage: {unlisted: revoke, accounts: {not: {tags: {frozen: true}}}}, rules: [\
            {name: a, permission_sets: P, groups: G, accounts: [{tags: {team: web}}, {organizational_unit_tags: {tier: core}}]}, \
            {name: b, permission_sets: P, group_name: 'g-{tag.cost}'}, \
            {name: c, permission_sets: P, groups: G, account_tag: 'access/{group}'}], \
            protect: [{accounts: {tags: {hold: true}}}]}";
        let source = SourceFile { name: "rules.yaml".to_owned(), text: text.to_owned() };
        let asked = asked_tags(&Rules::parse(source).unwrap());
        assert_eq!(
            asked.iter().map(String::as_str).collect::<Vec<_>>(),
            [
                "account access/{group}",
                "account cost",
                "account frozen",
                "account hold",
                "account team",
                "organizational unit tier"
            ]
        );
    }
}
