//! YAML text to a tree in which every key and value knows where it stands.
//!
//! The parser's own typed reading stops at the first mistake and addresses programmers. A tree lets
//! [`super::parse`] walk on after a mistake, and say each in the words of the rules language.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{
    DuplicateKeyPolicy, Location, NonFiniteFloatPolicy, Options, Spanned, alias_limits, budget,
    granit_parser::{Event, Parser},
    options,
};

use crate::{
    diagnostic::{Code, Diagnostic},
    source::{SourceFile, Span},
};

use super::syntax;

/// How large a rules file may be.
///
/// Unit: bytes. Ours: a rule takes some 300 bytes, so this is room for three thousand.
const MAX_BYTES: usize = 1024 * 1024;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) value: Value,
}

/// What a YAML value can be, as far as the rules language tells them apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    /// `true` or `false`, not quoted.
    Bool(bool),
    /// Any other scalar, as it was written: an account id keeps its leading zero, a version its
    /// `1.10`.
    Text(String),
    List(Vec<Node>),
    Mapping(Vec<(Key, Node)>),
}

/// A key of a mapping and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Key {
    pub(super) span: Span,
    pub(super) text: String,
}

impl Value {
    /// The kind of value, with its article, for "expected …, found …".
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Mapping(_) => "a mapping",
        }
    }
}

/// Reads YAML (or JSON, which is YAML too).
pub(super) fn read(file: &SourceFile) -> Result<Node, Box<Diagnostic>> {
    if file.text.len() > MAX_BYTES {
        let message =
            format!("the file has {} bytes; a rules file has at most {MAX_BYTES}", file.text.len());
        return Err(Box::new(Diagnostic::new(Code::InvalidYaml, message, Span::default())));
    }
    serde_saphyr::from_str_with_options::<Spanned<Raw>>(&file.text, yaml_options())
        .map(|raw| Converter { text: &file.text }.node(raw))
        .map_err(|error| Box::new(syntax_error(file, &error)))
}

/// How deep YAML may be nested: twice what the deepest policy document takes. Each level costs the stack
/// tens of kilobytes, and a thread has two megabytes.
const MAX_DEPTH: usize = 24;

/// Small budgets: a rules file is small, and an alias bomb should cost nothing.
fn yaml_options() -> Options {
    options! {
        budget: budget! { max_nodes: 100_000, max_events: 300_000, max_depth: MAX_DEPTH, max_documents: 1 },
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        alias_limits: alias_limits! { max_total_replayed_events: 10_000 },
        leading_zero_numbers_as_strings: true,
        with_snippet: false,
    }
}

/// Tells each tag, such as `!!binary`. Reading would leave some of them out in silence, and make other
/// text of what stands behind others. As far as the file is YAML, and no deeper than it may be.
pub(super) fn tags(file: &SourceFile, mut tell: impl FnMut(Diagnostic)) {
    if file.text.len() > MAX_BYTES {
        return;
    }
    let mut depth = 0_usize;
    for (event, span) in Parser::new_from_str(&file.text).map_while(Result::ok) {
        let tag = match event {
            Event::Scalar(.., tag) => tag,
            Event::SequenceStart(.., tag) | Event::MappingStart(.., tag) => {
                depth += 1;
                tag
            }
            Event::SequenceEnd | Event::MappingEnd => {
                depth = depth.saturating_sub(1);
                None
            }
            _ => None,
        };
        if depth > MAX_DEPTH {
            return;
        }
        if tag.is_some() {
            let start = span.tag_start.unwrap_or(span.start).byte_offset().unwrap_or_default();
            tell(tag_at(&file.text, start));
        }
    }
}

fn tag_at(text: &str, start: usize) -> Diagnostic {
    let is_end = |c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}');
    let rest = text.get(start..).unwrap_or_default();
    let tag = rest.split(is_end).next().unwrap_or_default();
    let span = Span { start, end: start + tag.len() };
    Diagnostic::new(Code::InvalidYaml, format!("a tag of YAML, `{tag}`"), span)
        .label("means nothing in a rules file")
        .help("take it out; quote text that would be something else without quotes")
}

fn syntax_error(file: &SourceFile, error: &serde_saphyr::Error) -> Diagnostic {
    let start = error.location().map_or(0, |location| offset(&file.text, location));
    syntax::mistake(file, &error.without_snippet().to_string(), start)
}

/// The byte offset of a location; scanner errors have only a line and a column.
fn offset(text: &str, location: Location) -> usize {
    let from_span = location.span().byte_offset().and_then(|offset| usize::try_from(offset).ok());
    from_span.filter(|offset| *offset > 0).unwrap_or_else(|| {
        let line = usize::try_from(location.line()).unwrap_or(1).saturating_sub(1);
        let column = usize::try_from(location.column()).unwrap_or(1).saturating_sub(1);
        let line_start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let rest = text.get(line_start..).unwrap_or_default();
        line_start + rest.chars().take(column).map(char::len_utf8).sum::<usize>()
    })
}

/// A value as the parser's data model has it, before the source's text is put back in.
enum Raw {
    Null,
    Bool(bool),
    Number,
    Text(String),
    List(Vec<Spanned<Self>>),
    Mapping(Vec<(Spanned<Self>, Spanned<Self>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Mapping(entries))
    }
}

/// Puts the source's own text back where the parser saw a number or a word for true and false.
struct Converter<'a> {
    text: &'a str,
}

impl Converter<'_> {
    fn node(&self, raw: Spanned<Raw>) -> Node {
        let written = self.span(raw.defined);
        let value = match raw.value {
            Raw::Null => Value::Null,
            Raw::Bool(value) => self.bool_or_word(value, written),
            Raw::Number => Value::Text(self.written(written)),
            Raw::Text(text) => Value::Text(text),
            Raw::List(items) => {
                Value::List(items.into_iter().map(|item| self.node(item)).collect())
            }
            Raw::Mapping(entries) => Value::Mapping(
                entries.into_iter().map(|(key, value)| (self.key(key), self.node(value))).collect(),
            ),
        };
        let span = self.span(raw.referenced);
        Node { span: self.whole(span, &value), value }
    }

    /// A list or mapping in brackets from one bracket to the other; the parser tells only where it
    /// begins.
    fn whole(&self, span: Span, value: &Value) -> Span {
        let last = match value {
            Value::List(items) => items.last(),
            Value::Mapping(entries) => entries.last().map(|(_, node)| node),
            _ => None,
        };
        let closing = match self.text.get(span.start..).and_then(|rest| rest.chars().next()) {
            Some('[') => ']',
            Some('{') => '}',
            _ => return span,
        };
        let inner = last.map_or(span.start + 1, |last| last.span.end);
        let rest = self.text.get(inner..).unwrap_or_default();
        match rest.trim_start_matches([' ', ',']).strip_prefix(closing) {
            Some(after) => Span { start: span.start, end: self.text.len() - after.len() },
            None => span,
        }
    }

    /// `yes`, `On` and the like are words; only `true` and `false` are values.
    fn bool_or_word(&self, value: bool, written: Span) -> Value {
        match self.written(written) {
            word if word == "true" || word == "false" => Value::Bool(value),
            word => Value::Text(word),
        }
    }

    /// A key that is no scalar gets a text that no field has, and so is reported as unknown.
    fn key(&self, raw: Spanned<Raw>) -> Key {
        let span = self.span(raw.referenced);
        let text = match raw.value {
            Raw::Text(text) => text,
            _ => self.written(self.span(raw.defined)),
        };
        Key { span, text }
    }

    fn written(&self, span: Span) -> String {
        self.text.get(span.range()).unwrap_or_default().trim().to_owned()
    }

    fn span(&self, location: Location) -> Span {
        let start = offset(self.text, location);
        let length =
            location.span().byte_len().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        let end = (start + length).min(self.text.len());
        let written = self.text.get(start..end).unwrap_or_default();
        Span { start, end: start + written.trim_end().len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Result<Node, Box<Diagnostic>> {
        read(&SourceFile { name: "rules.yaml".to_owned(), text: text.to_owned() })
    }

    fn entry(node: &Node, key: &str) -> Node {
        let Value::Mapping(entries) = &node.value else { panic!("not a mapping: {node:?}") };
        entries.iter().find(|(name, _)| name.text == key).unwrap().1.clone()
    }

    #[test]
    fn scalars_keep_their_spelling() {
        let text =
            "id: 012345678901\nversion: 1.10\nword: yes\nflag: true\nquoted: \"true\"\nnothing:\n";
        let root = tree(text).unwrap();
        let value = |key| entry(&root, key).value;
        assert_eq!(value("id"), Value::Text("012345678901".to_owned()));
        assert_eq!(value("version"), Value::Text("1.10".to_owned()));
        assert_eq!(value("word"), Value::Text("yes".to_owned()));
        assert_eq!(value("flag"), Value::Bool(true));
        assert_eq!(value("quoted"), Value::Text("true".to_owned()));
        assert_eq!(value("nothing"), Value::Null);
    }

    #[test]
    fn spans_cover_what_was_written() {
        let text = "a: [é, \"b c\"]\nd: {e: 12}\n";
        let root = tree(text).unwrap();
        let Value::List(items) = entry(&root, "a").value else { panic!() };
        let written: Vec<&str> = items.iter().map(|item| &text[item.span.range()]).collect();
        assert_eq!(written, ["é", "\"b c\""]);
        assert_eq!(&text[entry(&entry(&root, "d"), "e").span.range()], "12");
    }

    #[test]
    fn json_is_yaml_too() {
        let root = tree("{\"version\": 1, \"rules\": [{\"name\": \"a\"}]}").unwrap();
        assert_eq!(entry(&root, "version").value, Value::Text("1".to_owned()));
    }

    #[test]
    fn a_repeated_key_is_kept_for_the_walk_to_report() {
        let Value::Mapping(entries) = tree("a: 1\na: 2\n").unwrap().value else { panic!() };
        assert_eq!(entries.len(), 2);
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
        for level in 1..9 {
            let aliases = vec![format!("*a{}", level - 1); 9].join(",");
            text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        assert_eq!(tree(&text).unwrap_err().code, Code::InvalidYaml);
    }

    #[test]
    fn an_alias_of_what_it_stands_in_is_refused_in_plain_words() {
        let error = tree("rules: &rules [*rules]\n").unwrap_err();
        assert_eq!(error.message, "an alias stands inside of what it repeats");
    }

    /// On the stack of a thread, which is smaller than that of `main`.
    #[test]
    fn what_is_nested_deep_is_refused_before_the_stack_ends() {
        for nested in ["[".repeat(10_000), "- ".repeat(10_000), "{a: ".repeat(10_000)] {
            assert_eq!(tree(&nested).unwrap_err().code, Code::InvalidYaml);
        }
    }

    #[test]
    fn a_tab_is_refused_where_it_stands() {
        let text = "manage:\n\tunlisted: revoke\n";
        let error = tree(text).unwrap_err();
        assert_eq!(error.code, Code::InvalidYaml);
        let file = SourceFile { name: String::new(), text: text.to_owned() };
        assert_eq!(file.position(error.primary.span.start).line, 2);
    }
}
