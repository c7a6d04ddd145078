//! What is wrong with text that is not YAML, for people who do not know the parser's terms and options.
//!
//! The parser says what it met and where it lost its way. What somebody forgot stands before that: a bracket, or a space.

use crate::{
    diagnostic::{Code, Diagnostic, Help},
    source::{SourceFile, Span},
};

use super::brackets::Brackets;

/// What the parser says, what we say, and what to do about it.
const PLAIN_WORDS: &[(&str, &str, &str)] = &[
    (
        "Documents",
        "more than one YAML document in the file",
        "take out the line `---` and what belongs to another file",
    ),
    ("budget breached", TOO_MUCH, WRITE_FLAT),
    ("alias replay", TOO_MUCH, WRITE_FLAT),
    ("recursion limit", TOO_MUCH, WRITE_FLAT),
    (
        "recursive references",
        "an alias stands inside of what it repeats",
        "write what is meant in place of the alias",
    ),
    (
        "unknown anchor",
        "an alias without an anchor of its name",
        "quote text that begins with `*`, such as `\"*-admins\"`",
    ),
    (
        "anchor or alias",
        "a `&` or `*` without a name behind it",
        "quote text that begins with one of them, such as `\"*\"`",
    ),
    ("tabs disallowed", "a tab where only spaces may stand", "indent with spaces"),
    (
        "unclosed quote",
        "a quotation mark that is never closed",
        "close it; inside of `'` write `''`, inside of `\"` write `\\\"`",
    ),
    (
        "unknown escape",
        "a `\\` in double quotes that means nothing",
        "write `\\\\` for a backslash, or use single quotes",
    ),
    (
        "mapping values are not allowed",
        "a `: ` where no key can stand",
        "quote text that holds `: `, and begin each key on a line of its own, those of one mapping in one column",
    ),
    (
        "simple key expected",
        "text where a key is expected, and no `:` behind it",
        "write `key: value`, or `- value` for an entry of a list",
    ),
    (
        "a block ",
        "a line that is not indented like its neighbours",
        "begin the keys of one mapping in one column, and the `-` of one list too",
    ),
    (
        "unexpected character",
        "text that begins with a character of YAML's own",
        "quote text that begins with one of ``*&!|>%@`[{``",
    ),
];

const TOO_MUCH: &str = "more or deeper YAML than a rules file can need";
const WRITE_FLAT: &str = "make several rules of it, and write what aliases would repeat";

/// How the parser begins to say that something inside of brackets is wrong.
const IN_BRACKETS: [&str; 5] = [
    "a flow ",
    "illegal placement of ':'",
    "only valid inside a block",
    "unclosed bracket",
    "invalid trailing content",
];

/// What is to be said where the parser said `message` of a place.
pub(super) fn mistake(file: &SourceFile, message: &str, start: usize) -> Diagnostic {
    let first_line = message.lines().next().unwrap_or_default();
    // Its place is told beside it.
    let sentence = first_line.split_once(" at line ").map_or(first_line, |(sentence, _)| sentence);
    let place = Place { text: &file.text, start, sentence };
    place
        .hidden_character()
        .or_else(|| place.missing_space())
        .or_else(|| place.bracket())
        .or_else(|| place.behind_a_value())
        .unwrap_or_else(|| place.plain_words())
}

/// Where the parser lost its way, and what it says of that.
#[derive(Clone, Copy)]
struct Place<'a> {
    text: &'a str,
    start: usize,
    sentence: &'a str,
}

impl<'a> Place<'a> {
    fn says(self, theirs: &str) -> bool {
        self.sentence.contains(theirs)
    }

    fn invalid(self, message: impl Into<String>, start: usize) -> Diagnostic {
        let first = self.text.get(start..).and_then(|rest| rest.chars().next());
        let end = start + first.map_or(0, char::len_utf8);
        Diagnostic::new(Code::InvalidYaml, message, Span { start, end })
    }

    fn plain_words(self) -> Diagnostic {
        match PLAIN_WORDS.iter().find(|(theirs, ..)| self.says(theirs)) {
            Some((_, ours, help)) => self.invalid(*ours, self.start).help(*help),
            None => self.invalid(format!("not valid YAML: {}", self.sentence), self.start).help(
                "indent with spaces, and quote text that holds `: `, ` #` or begins with one of `*&!|>%@[{`",
            ),
        }
    }

    /// A character that is in no text. The parser tells where the text begins.
    fn hidden_character(self) -> Option<Diagnostic> {
        self.says("unexpected character").then_some(())?;
        let rest = self.text.get(self.start..)?.lines().next()?;
        let is_hidden =
            |(_, character): &(usize, char)| character.is_control() && *character != '\t';
        let (at, character) = rest.char_indices().find(is_hidden)?;
        let code = u32::from(character);
        Some(
            self.invalid(
                format!("a character that cannot stand in YAML, U+{code:04X}"),
                self.start + at,
            )
            .help("take it out; most editors do not show it, but `cat -v` does"),
        )
    }

    /// A `-` or `:` with something right behind it is text: the parser notices when it meets the next key.
    fn missing_space(self) -> Option<Diagnostic> {
        let at = if self.says("may not precede any of") {
            self.start
        } else if self.says("simple key expected") {
            without_space(self.text, self.line_start())?
        } else if self.says("mapping values are not allowed") {
            let before = self.text.get(..self.line_start())?.trim_end();
            let line_before = before.rfind('\n').map_or(0, |end| end + 1);
            without_space(self.text, line_before)?
        } else {
            return None;
        };
        let mark = self.text.get(at..)?.chars().next()?;
        let mut diagnostic = self.invalid(format!("a space is missing after `{mark}`"), at);
        diagnostic.help = Some(Help::Replace {
            message: "put a space there".to_owned(),
            replacement: format!("{mark} "),
        });
        Some(diagnostic)
    }

    fn line_start(self) -> usize {
        let before = self.text.get(..self.start).unwrap_or(self.text);
        before.rfind('\n').map_or(0, |end| end + 1)
    }

    fn bracket(self) -> Option<Diagnostic> {
        if self.says("misplaced bracket") {
            let help = "take it out, or open one before it; quote text that holds brackets";
            return Some(self.invalid("a bracket that closes nothing", self.start).help(help));
        }
        let brackets = Brackets::new(self.text);
        if self.says("mismatched bracket") {
            let closing = brackets.closed_by_another(self.start)?;
            let (open, close) = self.pair(self.start)?;
            return Some(
                self.invalid(format!("a `{open}` without its `{close}`"), closing)
                    .label(format!("`{close}` is missing before this"))
                    .also(self.span_of(self.start), "opened here")
                    .help("close `[` with `]` and `{` with `}`"),
            );
        }
        if !IN_BRACKETS.iter().any(|theirs| self.says(theirs)) {
            return None;
        }
        if let Some(open) = brackets.left_open(self.start + 1) {
            return self.left_open(open);
        }
        brackets.is_inside(self.start).then(|| {
            self.invalid("a comma is missing before this, or text lacks its quotes", self.start).help(
                "put a comma between values, and quote text that holds `: ` or begins with a bracket",
            )
        })
    }

    fn left_open(self, at: usize) -> Option<Diagnostic> {
        let (open, close) = self.pair(at)?;
        let diagnostic = self
            .invalid(format!("a `{open}` that is never closed"), at)
            .label(format!("`{close}` is missing"))
            .help(format!(
                "write `{close}` where what begins here ends, and quote text that begins with a bracket"
            ));
        let is_noticed_later = self.start > at && self.start < self.text.len();
        Some(if is_noticed_later {
            diagnostic.also(self.span_of(self.start), "so this is read as if it were inside")
        } else {
            diagnostic
        })
    }

    /// A bracket, and the one that closes it.
    fn pair(self, at: usize) -> Option<(char, char)> {
        match self.text.get(at..)?.chars().next()? {
            '[' => Some(('[', ']')),
            '{' => Some(('{', '}')),
            _ => None,
        }
    }

    fn span_of(self, start: usize) -> Span {
        self.invalid("", start).primary.span
    }

    /// Something on the same line behind a value that has ended: with a bracket, or a quotation mark.
    fn behind_a_value(self) -> Option<Diagnostic> {
        (self.says("a block ") || self.says("invalid trailing content")).then_some(())?;
        let before = self.text.get(self.line_start()..self.start)?;
        let is_behind = before.contains(|c: char| !c.is_whitespace() && c != '-');
        let rest = self.text.get(self.start..)?.lines().next()?;
        is_behind.then(|| {
            if rest.contains(": ") || rest.ends_with(':') {
                self.invalid("a second key on one line", self.start)
                    .help("begin each key on a line of its own, those of one mapping in one column")
            } else {
                self.invalid("text behind the end of a value", self.start)
                    .help("quote the whole of a text that begins with a bracket or a quotation mark, such as `\"[ab]-*\"`")
            }
        })
    }
}

/// Where a line lacks a space: behind the `-` of an entry, or behind the `:` of a key.
fn without_space(text: &str, line_start: usize) -> Option<usize> {
    let line = text.get(line_start..)?.lines().next()?;
    let mut rest = line.trim_start();
    while let Some(entry) = rest.strip_prefix("- ") {
        rest = entry.trim_start();
    }
    let at = line_start + line.len() - rest.len();
    let has_something_behind = |mark: &str| {
        let next = mark.chars().nth(1);
        next.is_some_and(|next| !next.is_whitespace() && next != '-')
    };
    if rest.starts_with('-') && has_something_behind(rest) {
        return Some(at);
    }
    let (key, _) = rest.split_once(':')?;
    let is_key = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let behind = rest.get(key.len()..)?;
    // An address is text.
    (is_key && has_something_behind(behind) && !behind.starts_with("://")).then_some(at + key.len())
}
