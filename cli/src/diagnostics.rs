//! Diagnostics for tools: what `check` prints, and every other command when the rules have mistakes.

use serde::Serialize;
use shared::{
    diagnostic::{Diagnostic, DiagnosticJson, Severity},
    source::SourceFile,
};

/// Diagnostics of a file, and how many of each.
#[derive(Serialize)]
pub(crate) struct DiagnosticsJson {
    diagnostics: Vec<DiagnosticJson>,
    summary: Summary,
}

impl DiagnosticsJson {
    pub(crate) fn new(diagnostics: &[Diagnostic], source: &SourceFile) -> Self {
        Self {
            diagnostics: diagnostics.iter().map(|diagnostic| diagnostic.to_json(source)).collect(),
            summary: Summary::of(diagnostics),
        }
    }
}

/// How many of each.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Summary {
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
}

impl Summary {
    pub(crate) fn of(diagnostics: &[Diagnostic]) -> Self {
        let of = |severity| {
            diagnostics.iter().filter(|diagnostic| diagnostic.code.severity() == severity).count()
        };
        Self { errors: of(Severity::Error), warnings: of(Severity::Warning) }
    }
}
