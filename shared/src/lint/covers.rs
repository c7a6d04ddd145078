//! Whether one thing that is written certainly means all that another means, in any organization.
//!
//! Certain only for what can be seen easily: of a shadow that is not seen, nobody is warned.

use crate::{
    rules::{
        Fence, Principals, SpannedGlob,
        glob::Glob,
        selector::{
            AccountSelector, Condition, OrganizationalUnitPattern, TagCondition, TagValue, Test,
        },
        user::UserSelector,
    },
    source::Spanned,
};

use super::is_everything;

/// Whether a selector means every account that another means.
pub(super) fn covers_accounts(wide: &AccountSelector, narrow: &AccountSelector) -> bool {
    let is_covered =
        |narrow: &Vec<Condition>| wide.any_of.iter().any(|wide| covers_mapping(wide, narrow));
    let few = wide.any_of.len() * narrow.any_of.len() <= MOST_PAIRS;
    few && (is_everything(wide) || narrow.any_of.iter().all(is_covered))
}

/// Whether the keys of one mapping hold wherever all keys of the other do.
pub(super) fn covers_mapping(wide: &[Condition], narrow: &[Condition]) -> bool {
    wide.iter().all(|wide| narrow.iter().any(|narrow| covers_test(&wide.test, &narrow.test)))
}

fn covers_test(wide: &Test, narrow: &Test) -> bool {
    match (wide, narrow) {
        (Test::All, _) => true,
        (Test::Name(wide), Test::Name(narrow)) | (Test::Email(wide), Test::Email(narrow)) => {
            covers_all(wide, narrow)
        }
        (Test::Id(wide), Test::Id(narrow)) => narrow.iter().all(|narrow| wide.contains(narrow)),
        (
            Test::OrganizationalUnit(wide),
            Test::OrganizationalUnit(narrow) | Test::DirectlyIn(narrow),
        ) => covers_units(wide, narrow, is_below),
        (Test::DirectlyIn(wide), Test::DirectlyIn(narrow)) => {
            covers_units(wide, narrow, |wide, narrow| wide == narrow)
        }
        (Test::Tags(wide), Test::Tags(narrow))
        | (Test::OrganizationalUnitTags(wide), Test::OrganizationalUnitTags(narrow)) => {
            covers_tags(wide, narrow)
        }
        // What excludes less means more.
        (Test::Not(wide), Test::Not(narrow)) => covers_accounts(narrow, wide),
        _ => false,
    }
}

fn covers_units(
    wide: &[Spanned<OrganizationalUnitPattern>],
    narrow: &[Spanned<OrganizationalUnitPattern>],
    covers: impl Fn(&OrganizationalUnitPattern, &OrganizationalUnitPattern) -> bool,
) -> bool {
    wide.len() * narrow.len() <= MOST_PAIRS
        && narrow.iter().all(|narrow| wide.iter().any(|wide| covers(&wide.value, &narrow.value)))
}

/// Whether a unit is the other or below it. Of two ids, or an id and a path, the tree alone knows.
fn is_below(wide: &OrganizationalUnitPattern, narrow: &OrganizationalUnitPattern) -> bool {
    match (wide, narrow) {
        (OrganizationalUnitPattern::Path(wide), _) if wide.is_root() => true,
        (OrganizationalUnitPattern::Path(wide), OrganizationalUnitPattern::Path(narrow)) => {
            let below = narrow.as_str().strip_prefix(wide.as_str());
            below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
        }
        _ => wide == narrow,
    }
}

/// Whether all that is asked of tags or attributes is so where the other is.
fn covers_tags(wide: &[TagCondition], narrow: &[TagCondition]) -> bool {
    let covers = |wide: &TagCondition, narrow: &TagCondition| {
        wide.key == narrow.key
            && match (&wide.value, &narrow.value) {
                (TagValue::Present, TagValue::Present | TagValue::AnyOf(_))
                | (TagValue::Absent, TagValue::Absent) => true,
                (TagValue::AnyOf(wide), TagValue::AnyOf(narrow)) => covers_all(wide, narrow),
                _ => false,
            }
    };
    wide.iter().all(|wide| narrow.iter().any(|narrow| covers(wide, narrow)))
}

pub(super) fn covers_principals(wide: &Fence, narrow: &Principals) -> bool {
    if wide.is_for_anyone() {
        return true;
    }
    let covers_groups = |globs: &[SpannedGlob]| {
        globs.is_empty() || wide.groups.as_ref().is_some_and(|wide| covers_all(wide, globs))
    };
    match narrow {
        Principals::Named { groups, users } => {
            covers_groups(groups) && users.iter().all(|user| covers_user(wide, user))
        }
        Principals::AccountTag { groups, .. } => covers_groups(groups),
        Principals::GroupName(_) => wide.groups.as_deref().is_some_and(means_all),
    }
}

fn covers_user(wide: &Fence, narrow: &UserSelector) -> bool {
    wide.users.iter().flatten().any(|wide| {
        // Everybody has a name, though not everybody is in a group.
        let names = wide.user_name.as_deref().filter(|globs| !means_all(globs));
        covers_if_asked(names, narrow.user_name.as_deref())
            && covers_if_asked(wide.in_group.as_deref(), narrow.in_group.as_deref())
            && covers_tags(&wide.attributes, &narrow.attributes)
    })
}

/// Where nothing is asked, everything is meant.
fn covers_if_asked(wide: Option<&[SpannedGlob]>, narrow: Option<&[SpannedGlob]>) -> bool {
    wide.is_none_or(|wide| narrow.is_some_and(|narrow| covers_all(wide, narrow)))
}

fn means_all(globs: &[SpannedGlob]) -> bool {
    globs.iter().any(|glob| glob.value.is_everything())
}

/// How many pairs of globs are looked at: nobody writes more, and to see no shadow costs only a warning.
const MOST_PAIRS: usize = 10_000;

pub(super) fn covers_all(wide: &[SpannedGlob], narrow: &[SpannedGlob]) -> bool {
    wide.len() * narrow.len() <= MOST_PAIRS
        && narrow.iter().all(|narrow| wide.iter().any(|wide| covers(&wide.value, &narrow.value)))
}

/// Whether every name that one glob matches is matched by the other, as far as can be seen easily.
fn covers(wide: &Glob, narrow: &Glob) -> bool {
    let is_open_ended = wide.as_str().strip_suffix('*') == Some(wide.prefix());
    wide.as_str() == narrow.as_str()
        || narrow.name().is_some_and(|name| wide.matches(name))
        || (is_open_ended && narrow.prefix().starts_with(wide.prefix()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{rules::Rules, source::SourceFile};

    /// Two account selectors, as a file has them.
    fn accounts(wide: &str, narrow: &str) -> bool {
        let rule = |name: &str, accounts: &str| {
            format!("- {{name: {name}, permission_sets: x, groups: x, accounts: {accounts}}}\n")
        };
        let rules = [rule("wide", wide), rule("narrow", narrow)].concat();
        let text = format!("version: 1\nmanage: {{unlisted: report}}\nrules:\n{rules}");
        let file = SourceFile { name: "rules.yaml".to_owned(), text };
        let rules = Rules::parse(file).unwrap();
        let [wide, narrow] = rules.rules.as_slice() else { panic!() };
        covers_accounts(&wide.accounts, &narrow.accounts)
    }

    #[test]
    fn a_selector_covers_what_it_certainly_means_too() {
        let check = |wide: &str, narrow: &str, expected: bool| {
            assert_eq!(accounts(wide, narrow), expected, "{wide} over {narrow}");
        };
        check("{all: true}", "{name: a}", true);
        check("{name: a*}", "{name: ab, tags: {x: y}}", true);
        check("{name: a*, tags: {x: y}}", "{name: ab}", false);
        check("{email: a}", "{name: a}", false);
        check("{organizational_unit: /A}", "{organizational_unit: /A/B}", true);
        check("{organizational_unit: /A}", "{directly_in: [/A, /A/B]}", true);
        check("{organizational_unit: /A}", "{organizational_unit: /AB}", false);
        check("{organizational_unit: /A/B}", "{organizational_unit: /A}", false);
        check("{organizational_unit: /}", "{organizational_unit: ou-ab12-c3d4e5f6}", true);
        check("{directly_in: /A}", "{directly_in: /A/B}", false);
        check("{tags: {x: true}}", "{tags: {x: y, z: z}}", true);
        check("{tags: {x: y}}", "{tags: {x: true}}", false);
        check("{tags: {x: false}}", "{tags: {x: y}}", false);
        check("{tags: {x: [y, z]}}", "{tags: {x: y}}", true);
        check("{organizational_unit_tags: {x: y}}", "{tags: {x: y}}", false);
        check("{not: {name: a}}", "{not: {name: a*}}", true);
        check("{not: {name: a*}}", "{not: {name: a}}", false);
        check("[{name: a}, {name: b}]", "[{name: b}, {name: a, email: c}]", true);
        check("[{name: a}, {name: b}]", "[{name: b}, {name: c}]", false);
        check("{id: [111122223333, 444455556666]}", "{id: 444455556666}", true);
    }

    /// Whom an entry of `never` and a rule mean, as a file has them.
    fn users(wide: &str, narrow: &str) -> bool {
        let text = format!(
            "version: 1\nmanage: {{unlisted: report}}\nnever: [{{name: wide, users: {wide}}}]\nrules:\n\
             - {{name: narrow, permission_sets: x, accounts: {{all: true}}, users: {narrow}}}\n"
        );
        let file = SourceFile { name: "rules.yaml".to_owned(), text };
        let rules = Rules::parse(file).unwrap();
        covers_principals(&rules.never[0].what, &rules.rules[0].principals)
    }

    #[test]
    fn users_cover_whom_they_certainly_mean_too() {
        let check = |wide: &str, narrow: &str, expected: bool| {
            assert_eq!(users(wide, narrow), expected, "{wide} over {narrow}");
        };
        check("'*'", "[{attributes: {title: x}}]", true);
        check("[a, 'b*']", "[bc, {user_name: a, in_group: c}]", true);
        check("[a]", "[a, b]", false);
        check("[{in_group: a*}]", "[{in_group: [ab, ac]}]", true);
        check("[{in_group: ab}]", "[{in_group: [ab, ac]}]", false);
        // Not everybody is in a group.
        check("[{in_group: '*'}]", "[mary]", false);
        check("[{in_group: '*'}]", "[{in_group: a}]", true);
        check("[{attributes: {title: [x, y]}}]", "[{user_name: a, attributes: {title: x}}]", true);
        check("[{user_name: a, attributes: {title: x}}]", "[a]", false);
    }

    #[test]
    fn a_glob_covers_what_it_matches_wholly() {
        let check = |wide: &str, narrow: &str, expected: bool| {
            let (wide, narrow) = (Glob::new(wide).unwrap(), Glob::new(narrow).unwrap());
            assert_eq!(covers(&wide, &narrow), expected, "{wide} over {narrow}");
        };
        check("*", "team-*", true);
        check("team-*", "team-a", true);
        check("team-*", "team-a*b", true);
        check("team-?", "team-a", true);
        check("team-?", "team-?", true);
        check("team-a*", "team-*", false);
        check("*-a", "b-*", false);
        check("team-?", "team-*", false);
    }
}
