//! The naive reading: the design's sentences, asked for every account, permission set and principal
//! there is.
//!
//! It reads JSON and shares no code with `shared/`. It is meant to be obviously right and is as slow
//! as that makes it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

/// An assignment: who has what where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Triple {
    pub(crate) account: String,
    pub(crate) permission_set: String,
    /// `GROUP` or `USER`.
    pub(crate) kind: String,
    pub(crate) principal: String,
}

/// What the rules make of the organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// With the rules that grant each, in the file's order.
    pub(crate) create: BTreeMap<Triple, Vec<String>>,
    pub(crate) delete: BTreeSet<Triple>,
    pub(crate) unlisted: BTreeSet<Triple>,
    /// Whether the deletes are.
    pub(crate) held: bool,
}

/// What the rules say of one assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is not managed, or protected.
    NotOurs,
    /// It is granted.
    Wanted,
    /// It is managed, and no rule grants it.
    Unlisted,
}

/// The rules and what they are about.
pub(crate) struct World<'a> {
    pub(crate) rules: &'a Value,
    pub(crate) organization: &'a Value,
    pub(crate) now: DateTime<Utc>,
}

/// A principal that exists, or only its kind.
#[derive(Clone, Copy)]
enum Principal<'a> {
    Group(&'a Value),
    User(&'a Value),
    GoneGroup,
    GoneUser,
}

/// An account, a permission set and a principal of which at least the first two exist.
#[derive(Clone, Copy)]
struct Question<'a> {
    account: &'a Value,
    permission_set: &'a Value,
    principal: Principal<'a>,
}

impl<'a> World<'a> {
    pub(crate) fn read(&self) -> Reading {
        let actual = self.actual();
        let mut create = BTreeMap::new();
        let mut surplus = BTreeSet::new();
        let mut managed = 0;
        for triple in self.triples(&actual) {
            let Some(question) = self.question(&triple) else {
                continue;
            };
            if !self.is_manageable(question) {
                continue;
            }
            let granted_by = self.granted_by(question);
            let desired = !granted_by.is_empty() && !self.is_forbidden(question);
            let there = actual.contains(&triple);
            managed += usize::from(there);
            if desired && !there {
                create.insert(triple, granted_by);
            } else if there && !desired {
                surplus.insert(triple);
            }
        }
        let (delete, unlisted) = match self.rules["manage"]["unlisted"].as_str().unwrap() {
            "revoke" => (surplus, BTreeSet::new()),
            "report" => (BTreeSet::new(), surplus),
            other => panic!("{other}"),
        };
        let held = is_over(&self.rules["manage"]["max_revocations"], delete.len(), managed);
        Reading { create, delete, unlisted, held }
    }

    /// What the rules say of one assignment, whether it is there or not.
    pub(crate) fn says(&self, triple: &Triple) -> Verdict {
        let Some(question) = self.question(triple).filter(|one| self.is_manageable(*one)) else {
            return Verdict::NotOurs;
        };
        if !self.granted_by(question).is_empty() && !self.is_forbidden(question) {
            Verdict::Wanted
        } else {
            Verdict::Unlisted
        }
    }

    fn actual(&self) -> BTreeSet<Triple> {
        let triple = |assignment: &Value| Triple {
            account: text(&assignment["account_id"]),
            permission_set: text(&assignment["permission_set_arn"]),
            kind: text(&assignment["principal_type"]),
            principal: text(&assignment["principal_id"]),
        };
        self.all("assignments").iter().map(triple).collect()
    }

    /// Every triple of what exists, and of what only an assignment mentions.
    fn triples(&self, actual: &BTreeSet<Triple>) -> Vec<Triple> {
        let mut accounts = self.values("accounts", "id");
        let mut permission_sets = self.values("permission_sets", "arn");
        let mut principals = BTreeSet::new();
        principals.extend(self.values("groups", "id").into_iter().map(|id| ("GROUP".into(), id)));
        principals.extend(self.values("users", "id").into_iter().map(|id| ("USER".into(), id)));
        for triple in actual {
            accounts.insert(triple.account.clone());
            permission_sets.insert(triple.permission_set.clone());
            principals.insert((triple.kind.clone(), triple.principal.clone()));
        }
        let mut triples = Vec::new();
        for account in &accounts {
            for permission_set in &permission_sets {
                for (kind, principal) in &principals {
                    triples.push(Triple {
                        account: account.clone(),
                        permission_set: permission_set.clone(),
                        kind: kind.clone(),
                        principal: principal.clone(),
                    });
                }
            }
        }
        triples
    }

    /// Nothing, when the account or the permission set is gone: neither is managed then.
    fn question(&self, triple: &Triple) -> Option<Question<'a>> {
        let principal = match triple.kind.as_str() {
            "GROUP" => self
                .find("groups", "id", &triple.principal)
                .map_or(Principal::GoneGroup, Principal::Group),
            "USER" => self
                .find("users", "id", &triple.principal)
                .map_or(Principal::GoneUser, Principal::User),
            other => panic!("{other}"),
        };
        Some(Question {
            account: self.find("accounts", "id", &triple.account)?,
            permission_set: self.find("permission_sets", "arn", &triple.permission_set)?,
            principal,
        })
    }

    /// "in `manage`, and matched by no `protect` entry, and account state ACTIVE"
    fn is_manageable(&self, question: Question<'_>) -> bool {
        self.is_in_manage(question)
            && !list(&self.rules["protect"]).into_iter().any(|entry| self.is_about(entry, question))
            && text(&question.account["state"]) == "ACTIVE"
    }

    fn is_in_manage(&self, Question { account, permission_set, principal }: Question<'_>) -> bool {
        let manage = &self.rules["manage"];
        let is_management_account =
            account["id"] == self.organization["organization"]["management_account_id"];
        let account_is =
            manage["accounts"].is_null() || self.account_matches(&manage["accounts"], account);
        let permission_set_is = manage["permission_sets"].is_null()
            || any_glob(&manage["permission_sets"], &permission_set["name"]);
        let principal_is = match principal {
            Principal::Group(group) => {
                manage["groups"].is_null() || any_glob(&manage["groups"], &group["display_name"])
            }
            Principal::GoneGroup => manage["groups"].is_null() || has_star(&manage["groups"]),
            Principal::User(user) => match &manage["users"] {
                Value::Null | Value::Bool(false) => false,
                Value::Bool(true) => true,
                globs => any_glob(globs, &user["user_name"]),
            },
            Principal::GoneUser => match &manage["users"] {
                Value::Null | Value::Bool(false) => false,
                Value::Bool(true) => true,
                globs => has_star(globs),
            },
        };
        account_is
            && (!is_management_account || manage["management_account"] == true)
            && permission_set_is
            && principal_is
    }

    fn granted_by(&self, question: Question<'_>) -> Vec<String> {
        list(&self.rules["rules"])
            .into_iter()
            .filter(|rule| self.is_in_force(rule) && self.grants(rule, question))
            .map(|rule| text(&rule["name"]))
            .collect()
    }

    fn grants(&self, rule: &Value, question: Question<'_>) -> bool {
        let Question { account, permission_set, principal } = question;
        let accounts_default_to_all = has(rule, "group_name") || has(rule, "account_tag");
        let account_is = match &rule["accounts"] {
            Value::Null => accounts_default_to_all,
            accounts => self.account_matches(accounts, account),
        };
        if !account_is || !any_glob(&rule["permission_sets"], &permission_set["name"]) {
            return false;
        }
        match principal {
            Principal::GoneGroup | Principal::GoneUser => false,
            Principal::Group(group) => {
                let name = text(&group["display_name"]);
                let group_is = if has(rule, "group_name") {
                    list(&rule["group_name"]).into_iter().any(|template| {
                        filled(&text(template), account, permission_set)
                            .is_some_and(|filled| filled.eq_ignore_ascii_case(&name))
                    })
                } else if has(rule, "account_tag") {
                    any_glob(&rule["groups"], &group["display_name"])
                        && list(&rule["account_tag"]).into_iter().any(|template| {
                            let key = text(template).replace("{group}", &name);
                            let value = &account["tags"][&key];
                            has(&account["tags"], &key)
                                && text(value)
                                    .split(' ')
                                    .any(|word| word == text(&permission_set["name"]))
                        })
                } else {
                    any_glob(&rule["groups"], &group["display_name"])
                };
                let has_members = match &rule["members"]["at_least"] {
                    Value::Null => true,
                    number => self.members(group) >= number.as_u64().unwrap(),
                };
                group_is && has_members
            }
            Principal::User(user) => user["enabled"] == true && self.any_user(&rule["users"], user),
        }
    }

    fn is_forbidden(&self, question: Question<'_>) -> bool {
        list(&self.rules["never"])
            .into_iter()
            .any(|entry| self.is_in_force(entry) && self.is_about(entry, question))
    }

    /// Whether all keys of an entry of `protect` or `never` hold. `groups` and `users` are one key in this:
    /// the principals.
    fn is_about(&self, entry: &Value, question: Question<'_>) -> bool {
        let Question { account, permission_set, principal } = question;
        let account_is =
            !has(entry, "accounts") || self.account_matches(&entry["accounts"], account);
        let permission_set_is = !has(entry, "permission_sets")
            || any_glob(&entry["permission_sets"], &permission_set["name"]);
        let names_nobody = !has(entry, "groups") && !has(entry, "users");
        let principal_is = names_nobody
            || match principal {
                Principal::Group(group) => any_glob(&entry["groups"], &group["display_name"]),
                Principal::User(user) => self.any_user(&entry["users"], user),
                Principal::GoneGroup | Principal::GoneUser => false,
            };
        account_is && permission_set_is && principal_is
    }

    /// "while `from <= now < until`"
    fn is_in_force(&self, entry: &Value) -> bool {
        let time = |value: &Value| -> DateTime<Utc> { text(value).parse().unwrap() };
        (!has(entry, "from") || time(&entry["from"]) <= self.now)
            && (!has(entry, "until") || self.now < time(&entry["until"]))
    }

    /// Whether one of the entries of `users` is about this user, enabled or not.
    fn any_user(&self, entries: &Value, user: &Value) -> bool {
        list(entries).into_iter().any(|entry| match entry {
            Value::Object(keys) => keys.iter().all(|(key, wanted)| match key.as_str() {
                "user_name" => any_glob(wanted, &user["user_name"]),
                "in_group" => self.groups_of(user).iter().any(|name| any_glob(wanted, name)),
                "attributes" => tags_match(wanted, &user["attributes"]),
                other => panic!("{other}"),
            }),
            pattern => any_glob(pattern, &user["user_name"]),
        })
    }

    /// The display names of the groups that the user is in.
    fn groups_of(&self, user: &Value) -> Vec<&'a Value> {
        self.all("memberships")
            .iter()
            .filter(|membership| membership["user_id"] == user["id"])
            .filter_map(|membership| self.find("groups", "id", &text(&membership["group_id"])))
            .map(|group| &group["display_name"])
            .collect()
    }

    fn members(&self, group: &Value) -> u64 {
        let is_member = |membership: &&Value| membership["group_id"] == group["id"];
        self.all("memberships").iter().filter(is_member).count().try_into().unwrap()
    }

    fn account_matches(&self, selector: &Value, account: &Value) -> bool {
        list(selector).into_iter().any(|mapping| {
            object(mapping).iter().all(|(key, wanted)| match key.as_str() {
                "all" => true,
                "id" => list(wanted).into_iter().any(|id| text(id) == text(&account["id"])),
                "name" => any_glob(wanted, &account["name"]),
                "email" => any_glob(wanted, &account["email"]),
                "organizational_unit" => {
                    self.units_above(account).into_iter().any(|unit| self.is_unit(wanted, unit))
                }
                "directly_in" => self.is_unit(wanted, self.parent(account).unwrap()),
                "tags" => tags_match(wanted, &account["tags"]),
                "organizational_unit_tags" => self
                    .units_above(account)
                    .into_iter()
                    .any(|unit| tags_match(wanted, &unit["tags"])),
                "not" => !self.account_matches(wanted, account),
                other => panic!("{other}"),
            })
        })
    }

    /// Whether the organizational unit is what one of these paths or ids says.
    fn is_unit(&self, wanted: &Value, unit: &Value) -> bool {
        let path = self.path(unit);
        list(wanted).into_iter().any(|pattern| {
            let pattern = text(pattern);
            if pattern.starts_with('/') {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                path_matches(&segments(&pattern), &path)
            } else {
                pattern == text(&unit["id"])
            }
        })
    }

    fn parent(&self, child: &Value) -> Option<&'a Value> {
        let id = child["parent_id"].as_str()?;
        Some(self.find("organizational_units", "id", id).unwrap())
    }

    /// All units on the account's path, the root included.
    pub(crate) fn units_above(&self, account: &Value) -> Vec<&'a Value> {
        let mut units = Vec::new();
        let mut next = self.parent(account);
        while let Some(unit) = next {
            units.push(unit);
            next = self.parent(unit);
        }
        units
    }

    /// The names from below the root down to the unit: of the root none.
    fn path(&self, unit: &Value) -> Vec<String> {
        let Some(parent) = self.parent(unit) else {
            return Vec::new();
        };
        let mut path = self.path(parent);
        path.push(text(&unit["name"]));
        path
    }

    pub(crate) fn all(&self, kind: &str) -> &'a [Value] {
        self.organization[kind].as_array().unwrap()
    }

    fn find(&self, kind: &str, key: &str, value: &str) -> Option<&'a Value> {
        self.all(kind).iter().find(|object| object[key] == value)
    }

    fn values(&self, kind: &str, key: &str) -> BTreeSet<String> {
        self.all(kind).iter().map(|object| text(&object[key])).collect()
    }
}

/// Whether so many deletes are more than `max_revocations`.
fn is_over(max: &Value, deletes: usize, managed: usize) -> bool {
    let over_per_cent = |per_cent: usize| deletes * 100 > per_cent * managed;
    match max {
        Value::Null => deletes > 10 && over_per_cent(10),
        Value::Number(count) => deletes > usize::try_from(count.as_u64().unwrap()).unwrap(),
        per_cent => over_per_cent(text(per_cent).strip_suffix('%').unwrap().parse().unwrap()),
    }
}

/// "value glob, list of globs (any), `true` (present), `false` (absent)"
fn tags_match(wanted: &Value, tags: &Value) -> bool {
    object(wanted).iter().all(|(key, wanted)| match wanted {
        Value::Bool(present) => has(tags, key) == *present,
        globs => has(tags, key) && any_glob(globs, &tags[key]),
    })
}

/// The template with all its `{…}` filled in at once. Nothing, when the account lacks one of the tags.
pub(crate) fn filled(template: &str, account: &Value, permission_set: &Value) -> Option<String> {
    let Some((before, rest)) = template.split_once('{') else {
        return Some(template.to_owned());
    };
    let (name, after) = rest.split_once('}').unwrap();
    let value = match name {
        "account" => text(&account["name"]),
        "account_id" => text(&account["id"]),
        "permission_set" => text(&permission_set["name"]),
        _ => {
            let key = name.strip_prefix("tag.").unwrap();
            if !has(&account["tags"], key) {
                return None;
            }
            text(&account["tags"][key])
        }
    };
    Some(format!("{before}{value}{}", filled(after, account, permission_set)?))
}

fn any_glob(globs: &Value, name: &Value) -> bool {
    let name: Vec<char> = text(name).chars().collect();
    list(globs).into_iter().any(|glob| {
        let glob: Vec<char> = text(glob).chars().collect();
        glob_matches(&glob, &name)
    })
}

fn has_star(globs: &Value) -> bool {
    list(globs).into_iter().any(|glob| glob == "*")
}

/// "`*` (any run), `?` (one character), `[...]`"
fn glob_matches(glob: &[char], name: &[char]) -> bool {
    match glob {
        [] => name.is_empty(),
        ['*', rest @ ..] => (0..=name.len()).any(|run| glob_matches(rest, &name[run..])),
        ['?', rest @ ..] => !name.is_empty() && glob_matches(rest, &name[1..]),
        ['[', rest @ ..] => {
            let end = rest.iter().position(|character| *character == ']').unwrap();
            !name.is_empty()
                && class_matches(&rest[..end], name[0])
                && glob_matches(&rest[end + 1..], &name[1..])
        }
        [literal, rest @ ..] => {
            !name.is_empty() && name[0] == *literal && glob_matches(rest, &name[1..])
        }
    }
}

/// What stands between `[` and `]`: characters and ranges, or all but these after a `!`.
fn class_matches(class: &[char], character: char) -> bool {
    match class {
        ['!', rest @ ..] => !one_of_class(rest, character),
        class => one_of_class(class, character),
    }
}

fn one_of_class(class: &[char], character: char) -> bool {
    match class {
        [] => false,
        [first, '-', last, rest @ ..] => {
            (*first..=*last).contains(&character) || one_of_class(rest, character)
        }
        [one, rest @ ..] => *one == character || one_of_class(rest, character),
    }
}

/// The segments of a path or of a path's pattern. `/` has none.
fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|segment| !segment.is_empty()).collect()
}

/// "`*`, `?`, `[...]` stay inside a segment; `**` in the middle stands for any number of segments, none
/// included; at the end for one or more"
fn path_matches(pattern: &[&str], path: &[&str]) -> bool {
    match pattern {
        [] => path.is_empty(),
        ["**"] => !path.is_empty(),
        ["**", rest @ ..] => (0..=path.len()).any(|run| path_matches(rest, &path[run..])),
        [segment, rest @ ..] => {
            let glob: Vec<char> = segment.chars().collect();
            !path.is_empty()
                && glob_matches(&glob, &path[0].chars().collect::<Vec<char>>())
                && path_matches(rest, &path[1..])
        }
    }
}

/// "Wherever a list is allowed, a single value may stand." What is left out is an empty list.
pub(crate) fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().collect(),
        single => vec![single],
    }
}

/// Text, or a number as it is written.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other => panic!("{other} is no text"),
    }
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

fn has(value: &Value, key: &str) -> bool {
    value.get(key).is_some()
}

#[test]
fn globs() {
    #[track_caller]
    fn check(glob: &str, matched: &[&str], not: &[&str]) {
        let glob: Vec<char> = glob.chars().collect();
        let matches = |name: &&&str| glob_matches(&glob, &name.chars().collect::<Vec<char>>());
        assert_eq!(matched.iter().filter(matches).count(), matched.len());
        assert_eq!(not.iter().filter(matches).count(), 0);
    }
    check("pay", &["pay"], &["Pay", "pay-", ""]);
    check("*", &["", "pay", "a/b", ".a"], &[]);
    check("p*y", &["py", "pay", "p/y", "pyy"], &["pa", "xpy"]);
    check("p?y", &["pay", "p/y", "péy"], &["py", "paay"]);
    check("[a-cx]", &["a", "b", "c", "x"], &["d", "-", "", "A"]);
    check("[!a-c]*", &["d", "dab"], &["a", "", "bd"]);
}

#[test]
fn paths() {
    #[track_caller]
    fn check(pattern: &str, matched: &[&str], not: &[&str]) {
        let matches = |path: &&&str| path_matches(&segments(pattern), &segments(path));
        assert_eq!(matched.iter().filter(matches).count(), matched.len());
        assert_eq!(not.iter().filter(matches).count(), 0);
    }
    check("/", &["/"], &["/a"]);
    check("/a/b", &["/a/b"], &["/a", "/a/b/c", "/b", "/"]);
    check("/*", &["/a"], &["/", "/a/b"]);
    check("/**", &["/a", "/a/b"], &["/"]);
    check("/a/**", &["/a/b", "/a/b/c"], &["/a", "/b/a"]);
    check("/**/b", &["/b", "/a/b", "/a/a/b"], &["/a", "/b/c", "/"]);
    check("/a/**/b*", &["/a/b", "/a/x/bx"], &["/a", "/a/x"]);
}
