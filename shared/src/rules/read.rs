//! Reading shapes out of the tree: mappings with known keys, lists in whose place one value may
//! stand, text, globs, ids. Each reader says what it expected where, and goes on.

use std::{
    collections::{BTreeMap, HashMap},
    str::FromStr,
};

use chrono::{DateTime, Utc};

use crate::{
    diagnostic::{Code, Diagnostic, Help, MOST, more, most, nearest},
    ids::InvalidId,
    source::{SourceFile, Span, Spanned},
};

use super::{
    SpannedGlob,
    glob::{Glob, LONGEST},
    tree::{Key, Node, Value},
};

/// Collects the mistakes of a file while it is walked.
#[derive(Default)]
pub(super) struct Reader {
    diagnostics: Vec<Diagnostic>,
    /// Where the keys of the file itself stand: where its sections begin.
    sections: Vec<usize>,
    /// How many mistakes of each kind there are.
    counts: BTreeMap<Kind, usize>,
}

/// What is told of apart: a section of the file, and a code.
type Kind = (usize, Code);

/// The keys of one mapping, each known and at most once.
pub(super) struct Fields<'a> {
    span: Span,
    /// How messages call the mapping: `manage`, a rule.
    place: String,
    entries: Vec<(&'a Key, &'a Node)>,
    /// Fields that unknown keys were probably meant to be: not missing, only misspelt.
    misspelt: Vec<String>,
    /// Whether a key was reported as unknown: then something was meant, though nobody knows what.
    has_unknown: bool,
}

impl<'a> Fields<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&'a Node> {
        self.entries.iter().find(|(key, _)| key.text == name).map(|(_, node)| *node)
    }

    /// Where the key of a field stands.
    pub(super) fn key_span(&self, name: &str) -> Option<Span> {
        self.entries.iter().find(|(key, _)| key.text == name).map(|(key, _)| key.span)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'a Key, &'a Node)> {
        self.entries.iter().copied()
    }

    /// Where the mapping stands.
    pub(super) fn span(&self) -> Span {
        self.span
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && !self.has_unknown
    }

    pub(super) fn has_unknown(&self) -> bool {
        self.has_unknown
    }
}

impl Reader {
    /// A reader of the file with this root.
    pub(super) fn new(root: &Node) -> Self {
        let keys: &[(Key, Node)] = match &root.value {
            Value::Mapping(entries) => entries,
            _ => &[],
        };
        let mut sections: Vec<usize> = keys.iter().map(|(key, _)| key.span.start).collect();
        sections.sort_unstable();
        Self { sections, ..Self::default() }
    }

    /// Of very many mistakes of one kind, no more are kept than can be told.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        let count = self.counts.entry(kind(&self.sections, &diagnostic)).or_default();
        *count += 1;
        if *count <= MOST {
            self.diagnostics.push(diagnostic);
        }
    }

    /// The mistakes in the order of the lines. Of too many the first are told, but none is hidden by
    /// many of another kind.
    pub(super) fn finish(self, file: &SourceFile) -> Vec<Diagnostic> {
        let Self { diagnostics, sections, counts } = self;
        let number: usize = counts.values().sum();
        let mut told = most(diagnostics, |diagnostic| kind(&sections, diagnostic));
        if number > told.len() {
            told.push(more(Code::TooManyMistakes, number - told.len(), file));
        }
        told
    }

    /// A mapping whose keys are among `known`; the others are reported, and so are repeated ones.
    pub(super) fn mapping<'a>(
        &mut self,
        node: &'a Node,
        place: &str,
        known: &[&str],
    ) -> Option<Fields<'a>> {
        let fields = self.open_mapping(node, place)?;
        let (good, unknown): (Vec<_>, Vec<_>) =
            fields.entries.into_iter().partition(|(key, _)| known.contains(&key.text.as_str()));
        let mut misspelt = Vec::new();
        let has_unknown = !unknown.is_empty();
        for (key, _) in unknown {
            if let Some(field) = known.iter().find_map(|field| without_space(&key.text, field)) {
                misspelt.push(field.name.to_owned());
                self.report(field.told(key));
                continue;
            }
            misspelt.extend(nearest(&key.text, known.iter().copied()).map(str::to_owned));
            self.report(
                Diagnostic::new(
                    Code::UnknownField,
                    format!("unknown field `{}` in {place}", key.text),
                    key.span,
                )
                .label(format!("not a field of {place}"))
                .help(format!("the fields are {}", listed(known)))
                .nearest(&key.text, "a field", known.iter().copied()),
            );
        }
        Some(Fields { entries: good, misspelt, has_unknown, ..fields })
    }

    /// A mapping with any keys, each at most once.
    pub(super) fn open_mapping<'a>(&mut self, node: &'a Node, place: &str) -> Option<Fields<'a>> {
        let Value::Mapping(entries) = &node.value else {
            self.wrong_type(node, "a mapping", place);
            return None;
        };
        let mut kept: Vec<(&Key, &Node)> = Vec::new();
        let mut seen: HashMap<&str, &Key> = HashMap::new();
        for (key, value) in entries {
            match seen.get(key.text.as_str()) {
                Some(earlier) => self.duplicate_field(key, earlier, place),
                None => {
                    seen.insert(&key.text, key);
                    kept.push((key, value));
                }
            }
        }
        Some(Fields {
            span: node.span,
            place: place.to_owned(),
            entries: kept,
            misspelt: Vec::new(),
            has_unknown: false,
        })
    }

    fn duplicate_field(&mut self, key: &Key, earlier: &Key, place: &str) {
        let message = format!("field `{}` stands twice in {place}", key.text);
        self.report(
            Diagnostic::new(Code::DuplicateField, message, key.span)
                .label("again here")
                .also(earlier.span, "first here"),
        );
    }

    /// A field that must be there.
    pub(super) fn required<'a>(
        &mut self,
        fields: &Fields<'a>,
        name: &str,
        help: &str,
    ) -> Option<&'a Node> {
        let node = fields.get(name);
        if node.is_none() && !fields.misspelt.iter().any(|meant| meant == name) {
            let message = format!("field `{name}` is missing in {}", fields.place);
            let at = fields.entries.first().map_or(fields.span, |(key, _)| key.span);
            self.report(Diagnostic::new(Code::MissingField, message, at).help(help));
        }
        node
    }

    /// The values of a list, or the one that stands in its place. An empty list is a mistake.
    pub(super) fn values<'a>(&mut self, node: &'a Node, place: &str) -> &'a [Node] {
        match &node.value {
            Value::List(items) if items.is_empty() => {
                self.report(
                    Diagnostic::new(Code::Empty, format!("{place} is an empty list"), node.span)
                        .help("name at least one value"),
                );
                &[]
            }
            Value::List(items) => items,
            _ => std::slice::from_ref(node),
        }
    }

    pub(super) fn text<'a>(&mut self, node: &'a Node, place: &str) -> Option<&'a str> {
        match &node.value {
            Value::Text(text) => Some(text),
            _ => {
                self.wrong_type(node, "text", place);
                None
            }
        }
    }

    /// Text that is no longer than AWS has room for.
    pub(super) fn short_text<'a>(&mut self, node: &'a Node, place: &str) -> Option<&'a str> {
        let text = self.text(node, place)?;
        let length = text.chars().count();
        if length > LONGEST {
            let message = format!("{place} has {length} characters");
            self.report(
                Diagnostic::new(Code::InvalidValue, message, node.span)
                    .label(format!("expected at most {LONGEST}")),
            );
            return None;
        }
        Some(text)
    }

    pub(super) fn boolean(&mut self, node: &Node, place: &str) -> Option<bool> {
        match &node.value {
            Value::Bool(value) => Some(*value),
            Value::Text(text) => {
                let help = match boolean_meant(text) {
                    Some(meant) => format!("write `{meant}`: in small letters, and without quotes"),
                    None => "write `true` or `false`".to_owned(),
                };
                self.wrong_type_but(node, "true or false", place, &help);
                None
            }
            _ => {
                self.wrong_type(node, "true or false", place);
                None
            }
        }
    }

    pub(super) fn glob(&mut self, node: &Node, place: &str) -> Option<Glob> {
        let text = self.text(node, place)?;
        if text.is_empty() {
            self.report(Diagnostic::new(
                Code::InvalidValue,
                format!("{place} is empty text"),
                node.span,
            ));
            return None;
        }
        Glob::new(text)
            .map_err(|error| {
                let message = format!("`{text}` is not a glob: {error}");
                self.report(
                    Diagnostic::new(Code::InvalidGlob, message, node.span)
                        .label(format!("in {place}")),
                );
            })
            .ok()
    }

    pub(super) fn globs(&mut self, node: &Node, place: &str) -> Vec<SpannedGlob> {
        self.each(node, place, |reader, item| reader.glob(item, place))
    }

    /// The good values of a list, or the one that stands in its place.
    pub(super) fn each<T>(
        &mut self,
        node: &Node,
        place: &str,
        mut read: impl FnMut(&mut Self, &Node) -> Option<T>,
    ) -> Vec<Spanned<T>> {
        self.values(node, place)
            .iter()
            .filter_map(|item| Some(Spanned::new(read(self, item)?, item.span)))
            .collect()
    }

    /// Mappings in a list that may be empty, or the one that stands in its place.
    pub(super) fn list<'a>(&mut self, node: &'a Node, place: &str) -> &'a [Node] {
        match &node.value {
            Value::List(items) => items,
            Value::Null => {
                self.wrong_type_but(node, "a list", place, "write `[]` for none");
                &[]
            }
            Value::Mapping(entries) if is_by_name(entries) => {
                let help = "write each entry as one of a list, with its name in it: `- name: …`";
                self.wrong_type_but(node, "a list", place, help);
                &[]
            }
            Value::Mapping(_) => std::slice::from_ref(node),
            _ => {
                self.wrong_type(node, "a list", place);
                &[]
            }
        }
    }

    /// A whole number, `least` or more.
    pub(super) fn number(&mut self, node: &Node, place: &str, least: usize) -> Option<usize> {
        let text = self.text(node, place)?;
        let number = digits(text).filter(|number| *number >= least);
        if number.is_none() {
            let message = format!("`{text}` is not a number for {place}");
            self.report(
                Diagnostic::new(Code::InvalidValue, message, node.span)
                    .label(format!("expected a whole number from {least}")),
            );
        }
        number
    }

    /// A moment with its time zone.
    pub(super) fn time(&mut self, node: &Node, place: &str) -> Option<DateTime<Utc>> {
        let text = self.text(node, place)?;
        let parsed = DateTime::parse_from_rfc3339(text);
        if parsed.is_err() {
            self.report(
                Diagnostic::new(Code::InvalidValue, format!("`{text}` is not a time"), node.span)
                    .label(format!("in {place}"))
                    .help("write date, time and zone, such as `2026-01-31T00:00:00Z`"),
            );
        }
        parsed.ok().map(|time| time.with_timezone(&Utc))
    }

    /// Text by name, as tags are: a mapping whose values are text.
    pub(super) fn texts(&mut self, node: &Node, place: &str) -> BTreeMap<String, String> {
        let Some(fields) = self.open_mapping(node, place) else { return BTreeMap::new() };
        fields
            .iter()
            .filter_map(|(key, node)| {
                let value = self.short_text(node, &format!("`{}` in {place}", key.text))?;
                Some((key.text.clone(), value.to_owned()))
            })
            .collect()
    }

    pub(super) fn id<Id: FromStr<Err = InvalidId>>(
        &mut self,
        node: &Node,
        place: &str,
    ) -> Option<Id> {
        let text = self.text(node, place)?;
        text.parse()
            .map_err(|error: InvalidId| {
                let diagnostic = Diagnostic::new(Code::InvalidId, error.to_string(), node.span)
                    .label(format!("in {place}"));
                // An account's id as the console shows it.
                let joined: String = text.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
                self.report(match joined.parse::<Id>() {
                    Ok(_) => diagnostic.help(format!("write `{joined}`")),
                    Err(_) => diagnostic,
                });
            })
            .ok()
    }

    pub(super) fn wrong_type(&mut self, node: &Node, expected: &str, place: &str) {
        self.report(wrong_type(node, expected, place));
    }

    /// A wrong type where it is plain what was meant.
    pub(super) fn wrong_type_but(&mut self, node: &Node, expected: &str, place: &str, help: &str) {
        self.report(wrong_type(node, expected, place).help(help));
    }
}

/// A field with its value in one word, for want of a space.
struct Unspaced<'a> {
    name: &'a str,
    value: &'a str,
}

/// Reads `all:true` as what was meant by it.
fn without_space<'a>(text: &'a str, name: &'a str) -> Option<Unspaced<'a>> {
    let value = text.strip_prefix(name)?.strip_prefix(':')?.trim_start();
    (!value.is_empty()).then_some(Unspaced { name, value })
}

impl Unspaced<'_> {
    fn told(&self, key: &Key) -> Diagnostic {
        let message = format!("a space is missing after `{}:`", self.name);
        let mut diagnostic = Diagnostic::new(Code::UnknownField, message, key.span)
            .label("YAML reads this as one word");
        diagnostic.help = Some(Help::Replace {
            message: "put a space there".to_owned(),
            replacement: format!("{}: {}", self.name, self.value),
        });
        diagnostic
    }
}

/// Whether a mapping is no entry, but holds entries by their names. No entry has nothing but mappings in
/// it, unless it is about accounts and users.
fn is_by_name(entries: &[(Key, Node)]) -> bool {
    let is_entry = |(key, node): &(Key, Node)| {
        matches!(node.value, Value::Mapping(_))
            && !["accounts", "users"].contains(&key.text.as_str())
    };
    !entries.is_empty() && entries.iter().all(is_entry)
}

fn kind(sections: &[usize], diagnostic: &Diagnostic) -> Kind {
    let start = diagnostic.primary.span.start;
    (sections.partition_point(|section| *section <= start), diagnostic.code)
}

/// Which of the two a word probably means that YAML, or another reader of it, takes for true or false.
pub(super) fn boolean_meant(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "y" => Some(true),
        "false" | "no" | "off" | "n" => Some(false),
        _ => None,
    }
}

/// A number in digits, and nothing else: `parse` would take a sign too.
pub(super) fn digits(text: &str) -> Option<usize> {
    text.chars().all(|c| c.is_ascii_digit()).then(|| text.parse().ok())?
}

fn wrong_type(node: &Node, expected: &str, place: &str) -> Diagnostic {
    let message = format!("expected {expected} for {place}, found {}", node.value.kind());
    let diagnostic =
        Diagnostic::new(Code::WrongType, message, node.span).label(format!("expected {expected}"));
    match shape_of(expected, &node.value) {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// How what is expected is written, by somebody who wrote something else.
fn shape_of(expected: &str, found: &Value) -> Option<&'static str> {
    match (expected, found) {
        (_, Value::Null) => Some("write a value, or take the key out"),
        ("text", Value::Bool(_)) => Some("for the word, put it in quotes"),
        ("text", Value::List(_)) => Some("write a single value, not a list"),
        ("text", Value::Mapping(_)) => {
            Some("write a single value; one with a `:` or `{` goes in quotes")
        }
        ("a mapping", Value::List(_) | Value::Text(_) | Value::Bool(_)) => {
            Some("write `key: value` below it, indented, or `{key: value}`")
        }
        ("a list", _) => Some("write each entry on a line of its own that begins with `-`"),
        _ => None,
    }
}

/// "`a`, `b` and `c`".
pub(super) fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [name] => format!("`{name}`"),
        [names @ .., last] => {
            let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("{} and `{last}`", quoted.join(", "))
        }
    }
}
