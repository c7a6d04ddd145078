//! Which brackets are open where, in text that may not be YAML.
//!
//! The parser says where it lost its way: most often the line after the one with the mistake. Whoever forgot a bracket
//! wants to know which.

/// The brackets of a text, as far as they are not text themselves.
#[derive(Debug, Default)]
pub(super) struct Brackets {
    /// Those that are closed, and where.
    closed: Vec<(usize, usize)>,
    /// Those that never are, the inner ones last.
    open: Vec<usize>,
    /// Those that close another kind of bracket, with that one.
    mixed: Vec<(usize, usize)>,
}

/// How many open brackets are looked at: more than the parser bears, and few enough for any text to be looked through.
const DEEPEST: usize = 100;

impl Brackets {
    pub(super) fn new(text: &str) -> Self {
        let mut scanner = Scanner { text, at: 0, brackets: Self::default() };
        while scanner.brackets.open.len() <= DEEPEST && scanner.step().is_some() {}
        scanner.brackets
    }

    /// The innermost bracket before a place that is never closed.
    pub(super) fn left_open(&self, before: usize) -> Option<usize> {
        self.open.iter().rev().copied().find(|open| *open < before)
    }

    /// Where one of another kind closes a bracket.
    pub(super) fn closed_by_another(&self, open: usize) -> Option<usize> {
        self.mixed.iter().find(|(mixed, _)| *mixed == open).map(|(_, by)| *by)
    }

    /// Whether a place is between two brackets.
    pub(super) fn is_inside(&self, place: usize) -> bool {
        self.closed.iter().any(|(open, close)| (*open..*close).contains(&place))
    }
}

/// Walks over text from one beginning of a value to the next.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
    brackets: Brackets,
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Steps over one thing; nothing, at the end.
    fn step(&mut self) -> Option<()> {
        let first = self.rest().chars().next()?;
        match first {
            '[' | '{' => {
                self.brackets.open.push(self.at);
                self.at += 1;
            }
            ']' | '}' if self.is_in_brackets() => self.close(first),
            '"' | '\'' => self.at += quoted(self.rest(), first),
            '#' => self.at += line(self.rest()),
            '|' | '>' if !self.is_in_brackets() => self.at += self.block(),
            ',' if self.is_in_brackets() => self.at += 1,
            _ if first.is_whitespace() => self.at += first.len_utf8(),
            '-' | '?' | ':' if self.rest().chars().nth(1).is_none_or(char::is_whitespace) => {
                self.at += 1;
            }
            _ => self.at += plain(self.rest(), self.is_in_brackets()),
        }
        Some(())
    }

    fn is_in_brackets(&self) -> bool {
        !self.brackets.open.is_empty()
    }

    /// Of another kind, it closes the innermost of its own kind, and what is inside was forgotten; or else the innermost of all.
    fn close(&mut self, closing: char) {
        let Brackets { closed, open, mixed } = &mut self.brackets;
        let opening = if closing == ']' { '[' } else { '{' };
        let is_its_own =
            |at: &usize| self.text.get(*at..).is_some_and(|from| from.starts_with(opening));
        let innermost = open.last().copied();
        match open.iter().rposition(is_its_own) {
            Some(own) if own + 1 == open.len() => {}
            own => {
                mixed.extend(innermost.map(|innermost| (innermost, self.at)));
                open.truncate(own.map_or(open.len(), |own| own + 1));
            }
        }
        closed.extend(open.pop().map(|open| (open, self.at)));
        self.at += 1;
    }

    /// The length of text in lines of its own, which are indented deeper than the line that it belongs to.
    fn block(&self) -> usize {
        let line_start = self.text.get(..self.at).and_then(|before| before.rfind('\n'));
        let deep = indent(self.text.get(line_start.map_or(0, |end| end + 1)..).unwrap_or_default());
        let mut lines = self.rest().split_inclusive('\n');
        let head = lines.next().map_or(0, str::len);
        let body = lines.take_while(|line| line.trim().is_empty() || indent(line) > deep);
        head + body.map(str::len).sum::<usize>()
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The length of a line, without its end.
fn line(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// The length of text in quotes, with them.
fn quoted(text: &str, quote: char) -> usize {
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        if character == '\\' && quote == '"' {
            characters.next();
        } else if character == quote {
            return at + 1;
        }
    }
    text.len()
}

/// The length of text without quotes: one word at least, and not beyond its line.
fn plain(text: &str, in_brackets: bool) -> usize {
    let mut before = None;
    for (at, character) in text.char_indices() {
        let next = text.get(at + character.len_utf8()..).and_then(|rest| rest.chars().next());
        let ends = match character {
            '\n' => true,
            ':' => next.is_none_or(char::is_whitespace),
            '#' => before.is_some_and(char::is_whitespace),
            ',' | '[' | ']' | '{' | '}' => in_brackets,
            _ => false,
        };
        if ends && at > 0 {
            return at;
        }
        before = Some(character);
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::Brackets;

    fn left_open(text: &str) -> Option<(usize, &str)> {
        let at = Brackets::new(text).left_open(text.len())?;
        Some((text[..at].matches('\n').count() + 1, &text[at..=at]))
    }

    #[test]
    fn the_bracket_that_is_left_open_is_found() {
        assert_eq!(left_open("a: [b\nc: {d: true}\n"), Some((1, "[")));
        assert_eq!(left_open("a: {b: {c: d}\n- name: [x]\n"), Some((1, "{")));
        assert_eq!(left_open("a: [b, c]\nd:\n  - {e: [f, g}\n"), None);
        assert_eq!(left_open("a: [{e: [f, g}, h\n"), Some((1, "[")));
        assert_eq!(left_open("a: [\n  b,\n  c,\n]\n"), None);
    }

    #[test]
    fn brackets_that_are_text_do_not_count() {
        for text in [
            "a: \"[\"\n",
            "a: '[ it''s {'\n",
            "a: \"\\\"[\"\n",
            "# a [ comment\na: b # {\n",
            "a: b [c\n",
            "a: x{y\n",
            "- a[b\n- c\n",
            "d: |\n  one [\n\n  two {\ne: f\n",
            "- d: >-\n    one [\n  e: f\n",
            "a: [it's, b]\n",
            "a: [http://x, b#c]\n",
        ] {
            assert_eq!(left_open(text), None, "{text}");
        }
    }

    #[test]
    fn a_bracket_of_another_kind_is_told_with_the_one_it_closes() {
        let text = "a: {b: [c}\n";
        let brackets = Brackets::new(text);
        assert_eq!(brackets.closed_by_another(text.find('[').unwrap()), text.find('}'));
        assert!(Brackets::new("a: [b, {c: d}]").is_inside(5));
        assert!(!Brackets::new("a: [b]\nc: d").is_inside(8));
    }

    #[test]
    fn any_text_comes_to_its_end() {
        for text in
            ["", "\0", "]]}}", "'", "\"\\", "[[[[", "- - -", "|", "é: [ü", ":", "? [", "\r\n["]
        {
            Brackets::new(text);
        }
    }
}
