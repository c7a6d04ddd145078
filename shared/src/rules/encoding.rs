//! Bytes to text.

use crate::{
    diagnostic::{Code, Diagnostic},
    source::{SourceFile, Span},
};

use super::InvalidRules;

/// What stands in quotations for the byte that is not text.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// The text of a file that must be UTF-8.
pub(super) fn text(name: String, bytes: Vec<u8>) -> Result<SourceFile, InvalidRules> {
    let encoding = other_encoding(&bytes);
    String::from_utf8(bytes).map(|text| SourceFile { name: name.clone(), text }).map_err(|error| {
        let start = error.utf8_error().valid_up_to();
        let bad = error.as_bytes().get(start).copied().unwrap_or_default();
        let span = Span { start, end: start + REPLACEMENT.len_utf8() };
        // Only what can be quoted is kept: behind the first bad byte nothing is certain.
        let good = error.as_bytes().get(..start).unwrap_or_default();
        let text =
            String::from_utf8_lossy(good).into_owned() + REPLACEMENT.encode_utf8(&mut [0; 4]);
        let diagnostic = not_utf_8(encoding, bad, span);
        InvalidRules { source: SourceFile { name, text }, diagnostics: vec![diagnostic] }
    })
}

fn not_utf_8(encoding: Option<&str>, bad: u8, span: Span) -> Diagnostic {
    match encoding {
        Some(encoding) => {
            let message = format!("the file is {encoding}, and a rules file is UTF-8");
            Diagnostic::new(Code::NotUtf8, message, span)
                .label("a byte-order mark")
                .help("save it as UTF-8")
        }
        None => Diagnostic::new(Code::NotUtf8, "the file is not UTF-8 text", span)
            .label(format!("the byte 0x{bad:02X}, which is no character of UTF-8"))
            .help("save it as UTF-8, or write this character anew"),
    }
}

/// What the file begins like, if not like UTF-8.
fn other_encoding(bytes: &[u8]) -> Option<&'static str> {
    let is_utf_16 = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    is_utf_16.then_some("UTF-16")
}

#[cfg(test)]
mod tests {
    use crate::{diagnostic::Code, rules::Rules, source::Position};

    #[track_caller]
    fn refused(bytes: &[u8]) -> (Position, String) {
        let invalid = Rules::from_bytes("rules.yaml".to_owned(), bytes.to_vec()).unwrap_err();
        let [diagnostic] = invalid.diagnostics.as_slice() else { panic!("{invalid}") };
        assert_eq!(diagnostic.code, Code::NotUtf8);
        (invalid.source.position(diagnostic.primary.span.start), invalid.to_string())
    }

    #[test]
    fn the_first_bad_byte_is_told_where_it_stands() {
        let (position, told) = refused(b"version: 1\nrules:\n  - name: caf\xe9 b\xe4r\n");
        assert_eq!((position.line, position.column), (3, 14));
        assert!(told.contains("- name: caf") && told.contains("0xE9"), "{told}");
    }

    #[test]
    fn utf_16_is_called_by_its_name() {
        for bytes in [b"\xff\xfev\0e\0r\0".as_slice(), b"\xfe\xff\0v\0e\0r"] {
            let (position, told) = refused(bytes);
            assert_eq!((position.line, position.column), (1, 1));
            assert!(told.contains("UTF-16") && told.contains("save it as UTF-8"), "{told}");
        }
    }
}
