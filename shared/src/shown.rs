//! What others wrote, shown to people: names of groups and accounts, text of rules, words of AWS.
//!
//! Whoever may name a group could otherwise write lines of a plan. JSON has the exact text.

use std::{
    borrow::Cow,
    fmt::{self, Display, Formatter},
};

/// Text on one line, in which every character can be seen.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a>(pub &'a str);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(&shown(self.0))
    }
}

/// The text as [`Shown`] has it.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_hidden(character) {
            escaped.extend(character.escape_default());
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// Whether a character is no sign of its own, but moves, hides or turns round what stands beside it.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            // Ends of lines and paragraphs.
            '\u{2028}' | '\u{2029}'
            // Directions of writing: <https://trojansource.codes>.
            | '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// Text of which the middle is left out when it is longer than that many characters.
#[must_use]
pub fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    let half = most / 2;
    let end_of_first = text.char_indices().nth(half).map_or(text.len(), |(at, _)| at);
    let begin_of_last =
        text.char_indices().rev().nth(half.saturating_sub(1)).map_or(0, |(at, _)| at);
    // Most text is short, and then both halves meet.
    match (text.get(..end_of_first), text.get(begin_of_last..)) {
        (Some(first), Some(last)) if end_of_first < begin_of_last => {
            Cow::Owned(format!("{first}…{last}"))
        }
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_on_its_line() {
        let name = "g1\n    + Harmless\u{1b}[8m\r\u{202e}\u{2028}\u{7f}";
        let told = "g1\\n    + Harmless\\u{1b}[8m\\r\\u{202e}\\u{2028}\\u{7f}";
        assert_eq!(Shown(name).to_string(), told);
        assert_eq!(format!("[{:4}]", Shown("\n")), "[\\n  ]");
    }

    #[test]
    fn what_can_be_seen_stays_as_it_is() {
        for name in ["Zürich \\n {a}", "👩‍💻", "می‌خواهم", "日本"] {
            assert_eq!(Shown(name).to_string(), name);
        }
    }

    #[test]
    fn long_text_keeps_its_ends() {
        assert_eq!(shortened("éééééé", 4), "éé…éé");
        assert_eq!(shortened("abcdef", 5), "ab…ef");
        for short in ["", "a", "abcd"] {
            assert_eq!(shortened(short, 4), short);
        }
    }
}
