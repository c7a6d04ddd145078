//! Definitions of permission sets.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::diagnostic::{Code, Diagnostic};

use super::super::{
    definition::{PermissionSetDefinition, PermissionsBoundary, PolicyReference},
    read::{Fields, Reader, digits},
    tree::{Key, Node, Value},
};
use super::json::repeated_key;

const DEFINITION: &[&str] = &[
    "description",
    "session_duration",
    "relay_state",
    "managed_policies",
    "customer_managed_policies",
    "inline_policy",
    "permissions_boundary",
    "tags",
];
const POLICY: &[&str] = &["name", "path"];
const BOUNDARY: &[&str] = &["managed_policy", "customer_managed_policy"];

/// How long a permission set's name may be.
///
/// Unit: characters. Source:
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html>.
pub(super) const LONGEST_NAME: usize = 32;

/// How long a description may be, where a session begins, and a policy's name and path.
///
/// Unit: characters. Source: the same page, and `CustomerManagedPolicyReference` in the same
/// reference.
const LONGEST_DESCRIPTION: usize = 700;
const LONGEST_RELAY_STATE: usize = 240;
const LONGEST_POLICY_NAME: usize = 128;
const LONGEST_POLICY_PATH: usize = 512;

/// How long a session may last, in minutes. Source: the same page, and the user guide's "Set session
/// duration": one hour to twelve.
const SESSION_MINUTES: std::ops::RangeInclusive<usize> = 60..=12 * 60;

impl Reader {
    /// Permission sets by name.
    pub(super) fn definitions(&mut self, node: &Node) -> Vec<PermissionSetDefinition> {
        let Some(fields) = self.open_mapping(node, "`permission_sets`") else { return Vec::new() };
        fields.iter().filter_map(|(key, node)| self.definition(key, node)).collect()
    }

    fn definition(&mut self, key: &Key, node: &Node) -> Option<PermissionSetDefinition> {
        self.permission_set_name(key);
        let place = format!("permission set `{}`", key.text);
        let fields = self.mapping(node, &place, DEFINITION)?;
        let description = self.limited_text(&fields, "description", LONGEST_DESCRIPTION);
        let relay_state = self.limited_text(&fields, "relay_state", LONGEST_RELAY_STATE);
        Some(PermissionSetDefinition {
            name: key.text.clone(),
            span: key.span,
            description,
            session_duration: fields
                .get("session_duration")
                .and_then(|node| self.session_duration(node)),
            relay_state,
            managed_policies: self.managed_policies(&fields),
            customer_managed_policies: self.customer_managed_policies(&fields),
            inline_policy: fields.get("inline_policy").and_then(|node| self.inline_policy(node)),
            permissions_boundary: fields
                .get("permissions_boundary")
                .and_then(|node| self.permissions_boundary(node)),
            tags: fields.get("tags").map_or_else(BTreeMap::new, |node| self.texts(node, "`tags`")),
        })
    }

    /// Text that is there, and that AWS has room for.
    fn limited_text(&mut self, fields: &Fields<'_>, name: &str, most: usize) -> Option<String> {
        let node = fields.get(name)?;
        let text = self.text(node, &format!("`{name}`"))?;
        let length = text.chars().count();
        if !(1..=most).contains(&length) {
            let message = format!("`{name}` has {length} characters");
            self.report(
                Diagnostic::new(Code::InvalidValue, message, node.span)
                    .label(format!("expected 1 to {most} characters")),
            );
            return None;
        }
        Some(text.to_owned())
    }

    fn permission_set_name(&mut self, key: &Key) {
        if !is_name(&key.text, LONGEST_NAME) {
            let message = format!("`{}` cannot be the name of a permission set", key.text);
            self.report(Diagnostic::new(Code::InvalidValue, message, key.span).help(format!(
                "a name has 1 to {LONGEST_NAME} letters, digits and characters of `_+=,.@-`"
            )));
        }
    }

    fn session_duration(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node, "`session_duration`")?;
        let fits = minutes(text).is_some_and(|minutes| SESSION_MINUTES.contains(&minutes));
        if !fits {
            let message = format!("`{text}` is not a session's duration");
            let diagnostic = Diagnostic::new(Code::InvalidValue, message, node.span)
                .label("expected one hour to twelve, such as `PT8H` or `PT1H30M`");
            self.report(match duration_meant(text) {
                Some(duration) => diagnostic.help(format!("write `{duration}`")),
                None => diagnostic,
            });
        }
        fits.then(|| text.to_owned())
    }

    fn managed_policies(&mut self, fields: &Fields<'_>) -> Vec<String> {
        let Some(node) = fields.get("managed_policies") else { return Vec::new() };
        let arns = self.each(node, "`managed_policies`", |reader, item| {
            reader.policy_arn(item, "`managed_policies`")
        });
        arns.into_iter().map(|arn| arn.value).collect()
    }

    fn policy_arn(&mut self, node: &Node, place: &str) -> Option<String> {
        let text = self.text(node, place)?;
        let is_arn = is_policy_arn(text);
        if !is_arn {
            let message = format!("`{text}` is not the ARN of a policy of AWS");
            self.report(
                Diagnostic::new(Code::InvalidId, message, node.span)
                    .label(format!("in {place}"))
                    .help("such as `arn:aws:iam::aws:policy/ReadOnlyAccess`; your own policies go under `customer_managed_policies`"),
            );
        }
        is_arn.then(|| text.to_owned())
    }

    fn customer_managed_policies(&mut self, fields: &Fields<'_>) -> Vec<PolicyReference> {
        let Some(node) = fields.get("customer_managed_policies") else { return Vec::new() };
        let policies = self.each(node, "`customer_managed_policies`", Self::policy_reference);
        policies.into_iter().map(|policy| policy.value).collect()
    }

    fn policy_reference(&mut self, node: &Node) -> Option<PolicyReference> {
        let fields = self.mapping(node, "a customer managed policy", POLICY)?;
        let name =
            self.required(&fields, "name", "name the policy, as it is called in every account");
        let name = name.and_then(|node| self.policy_name(node));
        let path = fields.get("path").map_or(Some("/"), |node| self.policy_path(node));
        Some(PolicyReference { name: name?.to_owned(), path: path?.to_owned() })
    }

    fn policy_name<'a>(&mut self, node: &'a Node) -> Option<&'a str> {
        let text = self.text(node, "`name`")?;
        if !is_name(text, LONGEST_POLICY_NAME) {
            let message = format!("`{text}` cannot be the name of a policy");
            self.report(Diagnostic::new(Code::InvalidValue, message, node.span).help(format!(
                "a name has 1 to {LONGEST_POLICY_NAME} letters, digits and characters of `_+=,.@-`"
            )));
            return None;
        }
        Some(text)
    }

    fn policy_path<'a>(&mut self, node: &'a Node) -> Option<&'a str> {
        let text = self.text(node, "`path`")?;
        let fits = text.len() <= LONGEST_POLICY_PATH && !text.contains(char::is_whitespace);
        if !(fits && text.starts_with('/') && text.ends_with('/')) {
            let message = format!("`{text}` is not a policy's path");
            self.report(
                Diagnostic::new(Code::InvalidValue, message, node.span)
                    .label("expected a path that begins and ends with `/`"),
            );
            return None;
        }
        Some(text)
    }

    fn permissions_boundary(&mut self, node: &Node) -> Option<PermissionsBoundary> {
        let fields = self.mapping(node, "`permissions_boundary`", BOUNDARY)?;
        match (fields.get("managed_policy"), fields.get("customer_managed_policy")) {
            (Some(node), None) => {
                self.policy_arn(node, "`managed_policy`").map(PermissionsBoundary::Managed)
            }
            (None, Some(node)) => {
                self.policy_reference(node).map(PermissionsBoundary::CustomerManaged)
            }
            (Some(_), Some(_)) => {
                let message = "a permissions boundary is one policy, and here are two";
                let place = |key| fields.key_span(key).unwrap_or(node.span);
                self.report(
                    Diagnostic::new(
                        Code::ConflictingFields,
                        message,
                        place("customer_managed_policy"),
                    )
                    .label("here your own")
                    .also(place("managed_policy"), "here one of AWS")
                    .help("keep one of them"),
                );
                None
            }
            (None, None) => {
                let help = "name a `managed_policy` or a `customer_managed_policy`";
                let message = "`permissions_boundary` without a policy";
                self.report(Diagnostic::new(Code::Empty, message, node.span).help(help));
                None
            }
        }
    }

    /// A policy as YAML, or as JSON in a text.
    fn inline_policy(&mut self, node: &Node) -> Option<Json> {
        match &node.value {
            Value::Mapping(entries) if entries.is_empty() => {
                let message = "`inline_policy` without a key";
                self.report(
                    Diagnostic::new(Code::Empty, message, node.span)
                        .help("leave it out, or write a whole policy with its `Statement`"),
                );
                None
            }
            Value::Mapping(_) => Some(self.json(node)),
            Value::Text(text) => self.json_in_text(text, node),
            _ => {
                self.wrong_type(node, "a mapping, or JSON as text", "`inline_policy`");
                None
            }
        }
    }

    /// A tree as JSON. In a policy, numbers and text mean the same.
    fn json(&mut self, node: &Node) -> Json {
        match &node.value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Text(text) => Json::String(text.clone()),
            Value::List(items) => Json::Array(items.iter().map(|item| self.json(item)).collect()),
            Value::Mapping(_) => {
                let fields = self.open_mapping(node, "a mapping of `inline_policy`");
                let fields = fields.iter().flat_map(Fields::iter);
                Json::Object(
                    fields.map(|(key, node)| (key.text.clone(), self.json(node))).collect(),
                )
            }
        }
    }

    fn json_in_text(&mut self, text: &str, node: &Node) -> Option<Json> {
        let policy = serde_json::from_str(text).ok().filter(Json::is_object);
        if policy.is_none() {
            return self.not_a_policy(node);
        }
        if let Some(key) = repeated_key(text) {
            let message = format!("field `{key}` stands twice in one object of `inline_policy`");
            self.report(
                Diagnostic::new(Code::DuplicateField, message, node.span)
                    .label("in this text")
                    .help("only the last of them would count: keep one"),
            );
        }
        policy
    }

    fn not_a_policy(&mut self, node: &Node) -> Option<Json> {
        let message = "`inline_policy` is not a JSON object";
        self.report(
            Diagnostic::new(Code::InvalidValue, message, node.span)
                .help("write the policy as YAML, or quote a whole JSON document"),
        );
        None
    }
}

/// A name of IAM Identity Center or of IAM.
fn is_name(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.chars().all(is_in_names)
}

/// Whether a character can stand in such a name.
pub(super) fn is_in_names(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_+=,.@-".contains(character)
}

/// `8h`, `90 min` or `PT8` as a duration is written.
fn duration_meant(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let rest = lower.strip_prefix("pt").unwrap_or(&lower);
    let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = digits(rest.strip_suffix(unit)?)?;
    let duration = match unit.trim() {
        "" | "h" | "hr" | "hrs" | "hour" | "hours" => format!("PT{number}H"),
        "m" | "min" | "mins" | "minute" | "minutes" => format!("PT{number}M"),
        _ => return None,
    };
    minutes(&duration).filter(|minutes| SESSION_MINUTES.contains(minutes)).map(|_| duration)
}

/// `arn:aws:iam::aws:policy/...`, in whatever partition.
fn is_policy_arn(text: &str) -> bool {
    text.split_once(":iam::aws:policy/").is_some_and(|(partition, name)| {
        let is_partition = |rest: &str| rest.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        partition.strip_prefix("arn:aws").is_some_and(is_partition)
            && !name.is_empty()
            && !name.ends_with('/')
            && !name.contains(char::is_whitespace)
    })
}

/// The minutes of a duration such as `PT8H`, `PT90M` or `PT1H30M`, as the schema has it too: no
/// leading zeros, and beside hours less than another hour of minutes.
fn minutes(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("PT")?;
    let (hours, rest) = match rest.split_once('H') {
        Some((hours, rest)) => (Some(digits(hours).filter(|_| !hours.starts_with('0'))?), rest),
        None => (None, rest),
    };
    let minutes = match (rest.strip_suffix('M'), hours) {
        (Some(minutes), Some(_)) if minutes.len() <= 2 => digits(minutes).filter(|m| *m < 60)?,
        (Some(minutes), None) if !minutes.starts_with('0') => digits(minutes)?,
        (None, Some(_)) if rest.is_empty() => 0,
        _ => return None,
    };
    hours.unwrap_or(0).checked_mul(60)?.checked_add(minutes)
}
