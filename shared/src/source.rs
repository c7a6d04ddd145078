//! A rules file's text, and places in it.

use std::ops::Range;

/// A file that was read, under the name that people know it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// How messages call it: a path as it was typed, or `s3://bucket/key`.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A piece of a file: byte offsets, the end not included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

impl Span {
    /// As a range of bytes.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// A value, and where it stands. The same values are equal wherever they stand.
#[derive(Clone, Copy, Debug)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Spanned<T> {}

impl<T> Spanned<T> {
    /// A value at a place.
    pub const fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// A place in a file as people count: from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
}

impl SourceFile {
    /// The line and column of a byte offset; of the end, when the offset is behind it.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Position {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).map_or(0, |line| line.chars().count()) + 1,
        }
    }

    /// `name:line`, as editors and terminals make it a link.
    #[must_use]
    pub fn line_reference(&self, span: Span) -> String {
        format!("{}:{}", self.name, self.position(span.start).line)
    }

    /// The whole lines that a piece of the file stands on.
    #[must_use]
    pub fn lines_of(&self, span: Span) -> &str {
        let before = self.text.get(..span.start).unwrap_or(&self.text);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let behind = self.text.get(span.end..).unwrap_or_default();
        let end = behind.find('\n').map_or(self.text.len(), |newline| span.end + newline);
        self.text.get(start..end).unwrap_or_default()
    }

    /// Where lines begin, for who asks often.
    #[must_use]
    pub fn lines(&self) -> Lines {
        Lines { ends: self.text.match_indices('\n').map(|(offset, _)| offset).collect() }
    }
}

/// Where the lines of a file end.
#[derive(Clone, Debug)]
pub struct Lines {
    ends: Vec<usize>,
}

impl Lines {
    /// The line of a byte offset, from 1.
    #[must_use]
    pub fn line(&self, offset: usize) -> usize {
        self.ends.partition_point(|end| *end < offset) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        let file = SourceFile { name: "rules.yaml".to_owned(), text: "a: é\nb: x\n".to_owned() };
        assert_eq!(file.position(0), Position { line: 1, column: 1 });
        assert_eq!(file.position(5), Position { line: 1, column: 5 });
        assert_eq!(file.position(9), Position { line: 2, column: 4 });
        for offset in (0..file.text.len()).filter(|offset| file.text.is_char_boundary(*offset)) {
            assert_eq!(file.lines().line(offset), file.position(offset).line, "at {offset}");
        }
        assert_eq!(file.position(999), Position { line: 3, column: 1 });
    }

    #[test]
    fn lines_are_whole() {
        let file = SourceFile { name: "rules.yaml".to_owned(), text: "a: é\nb: x\nc".to_owned() };
        let lines = |start, end| file.lines_of(Span { start, end });
        assert_eq!(lines(3, 5), "a: é");
        assert_eq!(lines(6, 7), "b: x");
        assert_eq!(lines(3, 7), "a: é\nb: x");
        assert_eq!(lines(11, 12), "c");
        assert_eq!(lines(12, 12), "c");
    }
}
