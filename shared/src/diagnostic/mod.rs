//! What is wrong with a rules file, as data: a code, a sentence, the places, and help.
//!
//! Mistakes are collected, never only the first one shown. The same value is rendered for people,
//! in the look that Rust's compiler has made familiar, and serialised for tools.

mod code;
mod most;
mod nearest;
pub mod sarif;

use std::borrow::Cow;

use annotate_snippets::{
    Annotation, AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet, Title,
};
use serde::Serialize;

use crate::{
    shown::{shortened, shown},
    source::{Position, SourceFile, Span},
};

pub use code::{Code, Severity};
pub use most::most_warnings;
pub(crate) use most::{MOST, more, most};
pub use nearest::{Suggestions, nearest};

/// One thing to say about a rules file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The kind of mistake.
    pub code: Code,
    /// What is wrong: lower case, no full stop, the user's text in backticks.
    pub message: String,
    /// The place, and what to say under it.
    pub primary: Label,
    /// Other places that explain it: the first of two duplicates, the rule around a value.
    pub secondary: Vec<Label>,
    /// What to do about it.
    pub help: Option<Help>,
}

/// A place with a word under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Which text is underlined.
    pub span: Span,
    /// What stands beside the underline; may be empty.
    pub text: String,
}

impl Label {
    /// A place and its word.
    pub fn new(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }

    fn to_json(&self, file: &SourceFile) -> LabelJson {
        let position = file.position(self.span.start);
        LabelJson { line: position.line, column: position.column, text: self.text.clone() }
    }
}

/// What to do about a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Help {
    /// A sentence.
    Say(String),
    /// A sentence, and the text that would be right at the primary place.
    Replace {
        /// The sentence.
        message: String,
        /// The text.
        replacement: String,
    },
    /// A sentence, and a name that resembles what is written, but could not stand in its place.
    Resembles {
        /// The sentence.
        message: String,
        /// The name.
        name: String,
    },
}

/// How long a sentence can be. What quotes a whole page of text is cut in the middle.
///
/// Unit: characters.
const LONGEST_SENTENCE: usize = 600;

/// How long lines can be and still be quoted. On one line of a megabyte, nobody sees where anything stands,
/// and to draw it takes seconds.
///
/// Unit: bytes.
const LONGEST_QUOTATION: usize = 4096;

fn sentence(text: impl Into<String>) -> String {
    let text = text.into();
    match shortened(&text, LONGEST_SENTENCE) {
        Cow::Borrowed(_) => text,
        Cow::Owned(shortened) => shortened,
    }
}

impl Diagnostic {
    /// A mistake with nothing more to say than its message.
    pub fn new(code: Code, message: impl Into<String>, span: Span) -> Self {
        Self {
            code,
            message: sentence(message),
            primary: Label::new(span, ""),
            secondary: Vec::new(),
            help: None,
        }
    }

    /// With a word under the underlined text.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = sentence(text);
        self
    }

    /// With another place that explains it.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label::new(span, sentence(text)));
        self
    }

    /// With a sentence of help.
    #[must_use]
    pub fn help(mut self, message: impl Into<String>) -> Self {
        self.help = Some(Help::Say(sentence(message)));
        self
    }

    /// Whether there is a name that was probably meant.
    #[must_use]
    pub fn names_a_similar_one(&self) -> bool {
        self.similar_name().is_some()
    }

    /// The name that was probably meant.
    #[must_use]
    pub fn similar_name(&self) -> Option<&str> {
        match &self.help {
            Some(Help::Replace { replacement: name, .. } | Help::Resembles { name, .. }) => {
                Some(name)
            }
            Some(Help::Say(_)) | None => None,
        }
    }

    /// With the nearest of the names that could have been meant, when one is near.
    #[must_use]
    pub fn nearest<'a>(
        self,
        text: &str,
        what: &str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        Suggestions::default().add(self, text, what, names)
    }

    /// As people read it on a terminal, or in plain text when `styled` is false.
    #[must_use]
    pub fn render(&self, file: &SourceFile, styled: bool) -> String {
        let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
        let level = match self.code.severity() {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.primary_title(shown(&self.message)).id(self.code.as_str());
        if !self.can_be_quoted(file) {
            return renderer.render(&[self.unquoted(title, file)]);
        }
        let mut first = title.element(self.snippet(file));
        let mut groups = Vec::new();
        match &self.help {
            None => {}
            Some(Help::Say(message)) => first = first.element(Level::HELP.message(shown(message))),
            Some(Help::Resembles { message, name }) => {
                let message = format!("{message}: `{}`", shown(name));
                first = first.element(Level::HELP.message(message));
            }
            Some(Help::Replace { message, replacement }) => {
                groups.push(self.patch(file, message, &shown(replacement)));
            }
        }
        groups.insert(0, first);
        renderer.render(&groups)
    }

    fn can_be_quoted(&self, file: &SourceFile) -> bool {
        let mut labels = std::iter::once(&self.primary).chain(&self.secondary);
        labels.all(|label| file.lines_of(label.span).len() <= LONGEST_QUOTATION)
    }

    /// The same without the lines of the file.
    fn unquoted<'a>(&'a self, title: Title<'a>, file: &'a SourceFile) -> Group<'a> {
        let Position { line, column } = file.position(self.primary.span.start);
        let mut group = title.element(Origin::path(&file.name).line(line).char_column(column));
        let label = &self.primary.text;
        if !label.is_empty() {
            group = group.element(Level::NOTE.message(shown(label)));
        }
        match self.help_text() {
            Some(help) => group.element(Level::HELP.message(shown(&help).into_owned())),
            None => group,
        }
    }

    fn snippet<'a>(&'a self, file: &'a SourceFile) -> Snippet<'a, Annotation<'a>> {
        let annotate = |kind: AnnotationKind, label: &'a Label| {
            let annotation = kind.span(label.span.range());
            if label.text.is_empty() { annotation } else { annotation.label(shown(&label.text)) }
        };
        Snippet::source(&file.text)
            .path(&file.name)
            .annotation(annotate(AnnotationKind::Primary, &self.primary))
            .annotations(
                self.secondary.iter().map(|label| annotate(AnnotationKind::Context, label)),
            )
    }

    fn patch<'a>(&'a self, file: &'a SourceFile, message: &'a str, replacement: &str) -> Group<'a> {
        let written = file.text.get(self.primary.span.range()).unwrap_or_default();
        let quote = written.chars().next().filter(|first| matches!(first, '"' | '\''));
        let quoted = quote.map(|quote| format!("{quote}{replacement}{quote}"));
        let patch = match quoted {
            Some(quoted) => Patch::new(self.primary.span.range(), quoted),
            None => Patch::new(self.primary.span.range(), replacement.to_owned()),
        };
        Level::HELP
            .secondary_title(message)
            .element(Snippet::source(&file.text).path(&file.name).patch(patch))
    }

    /// As tools read it.
    #[must_use]
    pub fn to_json(&self, file: &SourceFile) -> DiagnosticJson {
        let start = file.position(self.primary.span.start);
        let end = file.position(self.primary.span.end);
        DiagnosticJson {
            severity: self.code.severity(),
            code: self.code,
            message: self.message.clone(),
            file: file.name.clone(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            labels: self.secondary.iter().map(|label| label.to_json(file)).collect(),
            help: self.help_text(),
        }
    }

    /// The help in one sentence.
    fn help_text(&self) -> Option<String> {
        self.help.as_ref().map(|help| match help {
            Help::Say(message) => message.clone(),
            Help::Replace { message, replacement: name } | Help::Resembles { message, name } => {
                format!("{message}: `{name}`")
            }
        })
    }
}

/// A diagnostic as `--format json` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DiagnosticJson {
    /// Whether it stops anything.
    pub severity: Severity,
    /// The kind of mistake.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// The file's name.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
    /// The line on which it ends.
    pub end_line: usize,
    /// The column behind its last character.
    pub end_column: usize,
    /// Other places that explain it.
    pub labels: Vec<LabelJson>,
    /// What to do about it.
    pub help: Option<String>,
}

/// Another place that explains a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabelJson {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
    /// What stands beside it; may be empty.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_a_file_of(line: &str) -> String {
        let file = SourceFile { name: "rules.yaml".to_owned(), text: format!("a: 1\nb: {line}\n") };
        Diagnostic::new(
            Code::UnmatchedGroup,
            "no group is named `b\u{1b}[8m`",
            Span { start: 5, end: 6 },
        )
        .label("the rest\nworks")
        .nearest("team", "a group", ["tea\n"])
        .render(&file, false)
    }

    #[test]
    fn what_is_said_stays_on_its_line() {
        holds(&in_a_file_of("2"), &["`b\\u{1b}[8m`", "the rest\\nworks", "a\\n", "2 | b: 2"]);
    }

    #[test]
    fn a_line_that_nobody_can_read_is_not_quoted() {
        let told = in_a_file_of(&"x".repeat(LONGEST_QUOTATION));
        holds(&told, &["rules.yaml:2:1", "the rest\\nworks", "`tea\\n`"]);
        assert!(!told.contains("xxx"), "{told}");
    }

    #[track_caller]
    fn holds(told: &str, parts: &[&str]) {
        for part in parts {
            assert!(told.contains(part), "`{part}` in\n{told}");
        }
    }
}
