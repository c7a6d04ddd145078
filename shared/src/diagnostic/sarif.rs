//! Diagnostics as SARIF 2.1.0, which GitHub's code scanning shows beside the lines of a pull request.
//!
//! Only what we have something to say in. The names are the standard's.
//!
//! Source: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html>.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::source::{SourceFile, Span};

use super::{Code, Diagnostic, Label, Severity};

/// Which standard the log is written in.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What was found in one file, by one run of `usher check`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    /// What is counted in columns.
    column_kind: &'static str,
    results: Vec<Finding>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    information_uri: &'static str,
    rules: Vec<ReportingDescriptor>,
}

/// A kind of mistake. GitHub shows the descriptions above a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct ReportingDescriptor {
    id: Code,
    short_description: Message,
    full_description: Message,
    help: Message,
    help_uri: String,
    default_configuration: Configuration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Configuration {
    level: Severity,
}

/// One diagnostic; the standard calls it a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    rule_id: Code,
    level: Severity,
    message: Message,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
}

/// A place, and what is said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct ArtifactLocation {
    uri: String,
}

/// From 1; the end column is the one behind the last character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Message {
    text: String,
}

impl Message {
    fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }
}

impl Log {
    /// What is wrong with one file. Of no diagnostics: that nothing is, which closes earlier findings.
    #[must_use]
    pub fn new(diagnostics: &[Diagnostic], file: &SourceFile) -> Self {
        let codes: BTreeSet<Code> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        let run = Run {
            tool: Tool { driver: driver(codes) },
            column_kind: "unicodeCodePoints",
            results: diagnostics.iter().map(|diagnostic| finding(diagnostic, file)).collect(),
        };
        Self { schema: SCHEMA, version: "2.1.0", runs: [run] }
    }
}

fn driver(codes: BTreeSet<Code>) -> Driver {
    Driver {
        name: "usher",
        version: env!("CARGO_PKG_VERSION"),
        information_uri: env!("CARGO_PKG_REPOSITORY"),
        rules: codes.into_iter().map(descriptor).collect(),
    }
}

fn descriptor(code: Code) -> ReportingDescriptor {
    let name = code.as_str().replace('-', " ");
    let help_uri =
        format!("{}/blob/main/docs/mistakes.md#{}", env!("CARGO_PKG_REPOSITORY"), code.as_str());
    ReportingDescriptor {
        id: code,
        short_description: Message::new(name.clone()),
        full_description: Message::new(format!("Usher's rules file: {name}")),
        help: Message::new(format!("What it means, and what to do: {help_uri}")),
        help_uri,
        default_configuration: Configuration { level: code.severity() },
    }
}

fn finding(diagnostic: &Diagnostic, file: &SourceFile) -> Finding {
    let text = match diagnostic.help_text() {
        Some(help) => format!("{}\nhelp: {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    Finding {
        rule_id: diagnostic.code,
        level: diagnostic.code.severity(),
        message: Message::new(text),
        locations: [location(&diagnostic.primary, file)],
        related_locations: diagnostic.secondary.iter().map(|label| location(label, file)).collect(),
    }
}

fn location(label: &Label, file: &SourceFile) -> Location {
    Location {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation { uri: uri(&file.name) },
            region: region(label.span, file),
        },
        message: (!label.text.is_empty()).then(|| Message::new(&label.text)),
    }
}

fn region(span: Span, file: &SourceFile) -> Region {
    let (start, end) = (file.position(span.start), file.position(span.end));
    Region {
        start_line: start.line,
        start_column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}

/// A path as a URI: relative as it was typed, so that it is a path in the repository; without a `./`
/// before it, which GitHub would take for part of the name.
fn uri(path: &str) -> String {
    let mut uri = if path.starts_with('/') { "file://".to_owned() } else { String::new() };
    for byte in path.strip_prefix("./").unwrap_or(path).bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn a_path_is_a_uri() {
        assert_eq!(uri("./access/rules.yaml"), "access/rules.yaml");
        assert_eq!(uri("Zürich 100%.yaml"), "Z%C3%BCrich%20100%25.yaml");
        assert_eq!(uri("a:b#c?.yaml"), "a%3Ab%23c%3F.yaml");
        assert_eq!(uri("/srv/rules.yaml"), "file:///srv/rules.yaml");
    }
}
