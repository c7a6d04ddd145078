//! Globs on names and on paths of organizational units.
//!
//! In a name, `*` is any run of characters, `?` is one character and `[...]` one of a set. In a
//! path they stay inside one segment, and a segment `**` crosses segments.

use std::fmt;

/// A glob on a whole name. Case-sensitive.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Glob {
    text: String,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Kind {
    /// No wildcard: one name.
    Name,
    /// Just `*`: every name, even one that could not be read.
    Everything,
    /// `team-*`: what most globs are, and much quicker to match than patterns in general.
    Prefix,
    /// `*-frozen`: likewise.
    Suffix,
    /// `*-payments-*`: likewise.
    Middle,
    Pattern(glob::Pattern),
}

/// A glob that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct InvalidGlob {
    /// What is wrong, as the end of a sentence.
    pub reason: String,
}

impl Glob {
    /// Reads a glob.
    ///
    /// # Errors
    /// When a `[` has no end.
    pub fn new(text: &str) -> Result<Self, InvalidGlob> {
        let is_plain = |text: &str| !text.contains(['*', '?', '[']);
        let is_middle = |text: &str| middle(text).is_some_and(is_plain);
        let kind = if text == "*" {
            Kind::Everything
        } else if is_plain(text) {
            Kind::Name
        } else if text.strip_suffix('*').is_some_and(is_plain) {
            Kind::Prefix
        } else if text.strip_prefix('*').is_some_and(is_plain) {
            Kind::Suffix
        } else if is_middle(text) {
            Kind::Middle
        } else {
            Kind::Pattern(pattern(text)?)
        };
        Ok(Self { text: text.to_owned(), kind })
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The one name it stands for, when it has no wildcard.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        (self.kind == Kind::Name).then_some(&self.text)
    }

    /// Whether it is `*`, which holds for every name, even an unknown one.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.kind == Kind::Everything
    }

    /// What every name that it matches begins with: all before the first wildcard.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.text.split(['*', '?', '[']).next().unwrap_or_default()
    }

    /// Whether the whole of `name` matches.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        match &self.kind {
            Kind::Name => self.text == name,
            Kind::Everything => true,
            Kind::Prefix => {
                self.text.strip_suffix('*').is_some_and(|start| name.starts_with(start))
            }
            Kind::Suffix => self.text.strip_prefix('*').is_some_and(|end| name.ends_with(end)),
            Kind::Middle => middle(&self.text).is_some_and(|middle| name.contains(middle)),
            Kind::Pattern(pattern) => pattern.matches(name),
        }
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What stands between a `*` and a `*`.
fn middle(text: &str) -> Option<&str> {
    text.strip_prefix('*')?.strip_suffix('*')
}

/// Compiles a pattern. Runs of `*` mean what one `*` means; the crate would read `**` as a path's.
fn pattern(text: &str) -> Result<glob::Pattern, InvalidGlob> {
    let mut collapsed = String::with_capacity(text.len());
    for character in text.chars() {
        if character != '*' || !collapsed.ends_with('*') {
            collapsed.push(character);
        }
    }
    glob::Pattern::new(&collapsed)
        .map_err(|_| InvalidGlob { reason: "`[` has no matching `]`".to_owned() })
}

/// A glob on the path of an organizational unit, such as `/Workloads/*/Prod`. `/` is the root.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PathGlob {
    text: String,
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Segment {
    One(Glob),
    /// `**`: any number of segments in the middle, one or more at the end.
    Many,
}

impl PathGlob {
    /// Reads a path from the root.
    ///
    /// # Errors
    /// When it does not begin with `/`, has an empty segment, or a segment is not a glob.
    pub fn new(text: &str) -> Result<Self, InvalidGlob> {
        let rest = text
            .strip_prefix('/')
            .ok_or_else(|| InvalidGlob { reason: "a path begins with `/`, the root".to_owned() })?;
        let segments = if rest.is_empty() { Vec::new() } else { Self::segments(rest)? };
        Ok(Self { text: text.to_owned(), segments })
    }

    fn segments(rest: &str) -> Result<Vec<Segment>, InvalidGlob> {
        rest.split('/')
            .map(|segment| match segment {
                "" => Err(InvalidGlob { reason: "a segment of the path is empty".to_owned() }),
                "**" => Ok(Segment::Many),
                _ if segment.contains("**") => Err(InvalidGlob {
                    reason: "`**` stands alone between slashes; inside a segment write `*`"
                        .to_owned(),
                }),
                _ => Glob::new(segment).map(Segment::One),
            })
            .collect()
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is `/`, which every account of the organization is under.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.segments.is_empty()
    }

    /// Whether it matches the path with these names, from below the root down to the unit itself.
    #[must_use]
    pub fn matches(&self, names: &[&str]) -> bool {
        matches_segments(&self.segments, names)
    }
}

/// Organizational units nest five deep at the most, so trying every split of a `**` costs nothing.
fn matches_segments(pattern: &[Segment], names: &[&str]) -> bool {
    match (pattern, names) {
        ([], []) => true,
        ([Segment::Many], _) => !names.is_empty(),
        ([Segment::Many, rest @ ..], _) => {
            matches_segments(rest, names)
                || names.split_first().is_some_and(|(_, below)| matches_segments(pattern, below))
        }
        ([Segment::One(glob), rest @ ..], [name, below @ ..]) => {
            glob.matches(name) && matches_segments(rest, below)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(glob: &str, matching: &[&str], others: &[&str]) {
        let glob = Glob::new(glob).unwrap();
        for name in matching {
            assert!(glob.matches(name), "`{glob}` should match `{name}`");
        }
        for name in others {
            assert!(!glob.matches(name), "`{glob}` should not match `{name}`");
        }
    }

    #[test]
    fn names_match_whole_and_in_their_case() {
        check("Engineering", &["Engineering"], &["engineering", "Engineering2", ""]);
        check("team-*", &["team-", "team-a/b", "team-a\nb"], &["Team-a", "my-team-a"]);
        check("**", &["", "a", "a/b"], &[]);
        check(
            "*-prod-*",
            &["-prod-", "pay-prod-1", "a/b-prod-\n"],
            &["-prod", "prod-", "-PROD-", ""],
        );
        check("*a*b*", &["ab", "xaxbx"], &["ba"]);
        check("**/a", &["x/a", "/a"], &["a"]);
    }

    #[test]
    fn a_question_mark_is_one_character_however_many_bytes() {
        check("Z?rich", &["Zürich", "Zurich"], &["Zrich", "Zuerich"]);
        check("[ab]?", &["a1", "bé"], &["c1", "a"]);
    }

    #[test]
    fn braces_and_backslashes_are_themselves() {
        check("a{b,c}*", &["a{b,c}d"], &["ab", "ac"]);
        check("a\\*", &["a\\b"], &["a*"]);
    }

    #[test]
    fn a_set_without_an_end_is_refused() {
        assert!(Glob::new("team-[ab").is_err());
    }

    #[track_caller]
    fn check_path(glob: &str, matching: &[&str], others: &[&str]) {
        let split = |path: &str| {
            path.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        let glob = PathGlob::new(glob).unwrap();
        let matches =
            |path| glob.matches(&split(path).iter().map(String::as_str).collect::<Vec<_>>());
        for path in matching {
            assert!(matches(path), "`{}` should match `{path}`", glob.as_str());
        }
        for path in others {
            assert!(!matches(path), "`{}` should not match `{path}`", glob.as_str());
        }
    }

    #[test]
    fn a_star_stays_inside_a_segment() {
        check_path("/", &["/"], &["/Workloads"]);
        check_path("/Workloads", &["/Workloads"], &["/", "/Workloads/Prod", "/workloads"]);
        check_path("/Work*", &["/Workloads"], &["/Workloads/Prod"]);
        check_path("/*/Prod", &["/Workloads/Prod"], &["/Prod", "/A/B/Prod"]);
    }

    #[test]
    fn two_stars_cross_segments() {
        check_path("/**/Prod", &["/Prod", "/A/Prod", "/A/B/Prod"], &["/A", "/Prod/A"]);
        check_path("/A/**", &["/A/B", "/A/B/C"], &["/A", "/B/C"]);
        check_path("/A/**/**/C", &["/A/C", "/A/B/C"], &["/A/B"]);
        check_path("/**", &["/A", "/A/B"], &["/"]);
    }

    #[test]
    fn paths_begin_at_the_root() {
        for path in ["Workloads", "", "//", "/A//B", "/A/"] {
            assert!(PathGlob::new(path).is_err(), "`{path}`");
        }
    }
}
