//! Of very many diagnostics, those that are told.

use std::collections::BTreeSet;

use crate::source::{SourceFile, Span};

use super::{Code, Diagnostic};

/// How many mistakes or warnings are told of one file: who has more begins with these.
pub(crate) const MOST: usize = 100;

/// The first of them in the order of the lines, but of each kind at least one, as long as there is room:
/// many of one kind hide no other.
pub(crate) fn most<Kind: Ord>(
    mut diagnostics: Vec<Diagnostic>,
    kind: impl Fn(&Diagnostic) -> Kind,
) -> Vec<Diagnostic> {
    diagnostics.sort_by_key(|diagnostic| diagnostic.primary.span);
    if diagnostics.len() > MOST {
        let mut seen = BTreeSet::new();
        let (mut told, others): (Vec<_>, Vec<_>) =
            diagnostics.into_iter().partition(|diagnostic| seen.insert(kind(diagnostic)));
        told.extend(others);
        told.truncate(MOST);
        told.sort_by_key(|diagnostic| diagnostic.primary.span);
        diagnostics = told;
    }
    diagnostics
}

/// As many warnings as anybody reads, and how many more there are.
#[must_use]
pub fn most_warnings(warnings: Vec<Diagnostic>, file: &SourceFile) -> Vec<Diagnostic> {
    if warnings.len() <= MOST {
        return warnings;
    }
    let number = warnings.len();
    let mut told = most(warnings, |warning| warning.code);
    told.push(more(Code::TooManyWarnings, number - told.len(), file));
    told
}

/// How many are not told.
pub(crate) fn more(code: Code, number: usize, file: &SourceFile) -> Diagnostic {
    let what = if code == Code::TooManyWarnings { "warnings" } else { "mistakes" };
    let end = Span { start: file.text.len(), end: file.text.len() };
    Diagnostic::new(code, format!("{number} more {what} are not shown"), end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_of_one_kind_hide_no_other() {
        let file = SourceFile { name: "rules.yaml".to_owned(), text: "x".repeat(1000) };
        let warning = |code, start| Diagnostic::new(code, "odd", Span { start, end: start });
        let mut warnings: Vec<_> = (0..500).map(|at| warning(Code::UnmatchedGroup, at)).collect();
        warnings.push(warning(Code::ShadowedRule, 900));
        let told = most_warnings(warnings, &file);
        assert_eq!(told.len(), MOST + 1);
        assert!(told.is_sorted_by_key(|warning| warning.primary.span));
        let [.., last_of_many, shadowed, more] = told.as_slice() else { panic!() };
        assert_eq!(last_of_many.primary.span.start, MOST - 2);
        assert_eq!(shadowed.code, Code::ShadowedRule);
        assert_eq!(
            (more.code, more.message.as_str()),
            (Code::TooManyWarnings, "401 more warnings are not shown")
        );
        assert_eq!(most_warnings(told[..MOST].to_vec(), &file).len(), MOST);
    }
}
