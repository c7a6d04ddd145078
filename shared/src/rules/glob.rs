//! Globs on names and on paths of organizational units.
//!
//! In a name, `*` is any run of characters, `?` is one character and `[...]` one of a set. In a
//! path they stay inside one segment, and a segment `**` crosses segments.

use std::fmt;

use crate::organization::DEEPEST_UNIT;

/// How long a glob may be: as long as the longest name that AWS has, a group's.
///
/// Unit: characters. Source:
/// <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_Group.html>.
pub const LONGEST: usize = 1024;

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
    /// When a `[` has no end, or it is longer than any name.
    pub fn new(text: &str) -> Result<Self, InvalidGlob> {
        let length = text.chars().count();
        if length > LONGEST {
            return Err(InvalidGlob {
                reason: format!("it has {length} characters, and no name has more than {LONGEST}"),
            });
        }
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

/// What stands between the wildcards of a glob: the first piece before all of them and the last behind, though both may be empty.
/// Text without a wildcard is one piece.
pub(crate) fn literals(glob: &str) -> Vec<&str> {
    let (mut literals, mut rest) = (Vec::new(), glob);
    while let Some((literal, wildcard)) = rest.find(['*', '?', '[']).map(|at| rest.split_at(at)) {
        literals.push(literal);
        let length = wildcard.strip_prefix('[').map_or(1, |set| 1 + length_of_set(set));
        rest = wildcard.get(length..).unwrap_or_default();
    }
    literals.push(rest);
    literals
}

/// How far it is to the end of a set, whose first character may be a `]`.
fn length_of_set(set: &str) -> usize {
    let mut inside = set.char_indices().skip(if set.starts_with('!') { 2 } else { 1 });
    inside.find(|(_, character)| *character == ']').map_or(set.len(), |(at, _)| at + 1)
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
    glob::Pattern::new(&collapsed).map_err(|error| {
        let mut set = collapsed.chars().skip(error.pos + 1).skip_while(|c| *c == '!');
        let reason = match set.next() {
            Some(']') => "`[` and `]` with nothing between them; a name that has brackets is written `[[]` and `[]]`",
            _ => "`[` has no matching `]`",
        };
        InvalidGlob { reason: reason.to_owned() }
    })
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
    /// Any number of segments.
    Many,
}

impl PathGlob {
    /// Reads a path from the root.
    ///
    /// # Errors
    /// When it does not begin with `/`, has an empty segment, a segment is not a glob, or there are
    /// more of them than organizational units can nest.
    pub fn new(text: &str) -> Result<Self, InvalidGlob> {
        let rest = text
            .strip_prefix('/')
            .ok_or_else(|| InvalidGlob { reason: "a path begins with `/`, the root".to_owned() })?;
        let depth = depth(text);
        if depth > DEEPEST_UNIT {
            return Err(InvalidGlob {
                reason: format!(
                    "it has {depth} segments, and AWS nests organizational units five deep"
                ),
            });
        }
        let segments = if rest.is_empty() { Vec::new() } else { Self::segments(rest)? };
        Ok(Self { text: text.to_owned(), segments: ending_in_any_number(segments) })
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

/// How many organizational units deep a path leads. Of a path that does not begin with `/`, anything.
pub(crate) fn depth(path: &str) -> usize {
    if path == "/" { 0 } else { path.matches('/').count() }
}

/// `**` at the end stands for one segment or more: for one, and any number behind it.
fn ending_in_any_number(mut segments: Vec<Segment>) -> Vec<Segment> {
    if segments.last() == Some(&Segment::Many) {
        let one = Glob { text: "*".to_owned(), kind: Kind::Everything };
        segments.insert(segments.len() - 1, Segment::One(one));
    }
    segments
}

/// Goes through both side by side. Where they part, the last `**` takes one name more: what an earlier
/// one took never has to be tried again, so this takes no longer than each with each.
fn matches_segments(pattern: &[Segment], names: &[&str]) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut last_many: Option<(usize, usize)> = None;
    while let Some(name) = names.get(seen) {
        match (pattern.get(at), last_many) {
            (Some(Segment::Many), _) => {
                last_many = Some((at + 1, seen));
                at += 1;
            }
            (Some(Segment::One(glob)), _) if glob.matches(name) => {
                at += 1;
                seen += 1;
            }
            (_, Some((after, taken))) => {
                last_many = Some((after, taken + 1));
                (at, seen) = (after, taken + 1);
            }
            (_, None) => return false,
        }
    }
    pattern.iter().skip(at).all(|segment| *segment == Segment::Many)
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
        for (text, reason) in [
            ("team-[ab", "`[` has no matching `]`"),
            ("team-[!ab", "`[` has no matching `]`"),
            ("[", "`[` has no matching `]`"),
        ] {
            assert_eq!(Glob::new(text).unwrap_err().to_string(), reason, "{text}");
        }
    }

    #[test]
    fn a_set_of_nothing_is_refused_as_such() {
        for text in ["[]", "é*[!]x"] {
            let reason = Glob::new(text).unwrap_err().to_string();
            assert!(
                reason.starts_with("`[` and `]` with nothing between them"),
                "{text}: {reason}"
            );
        }
        check("[[]a[]]", &["[a]"], &["a"]);
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
        check_path("/**/**", &["/A", "/A/B"], &["/"]);
        check_path("/A/**/**", &["/A/B", "/A/B/C"], &["/A", "/B/C"]);
        check_path("/**/A/*/**/B", &["/A/x/B", "/A/A/x/y/B", "/A/x/A/y/B/z/B"], &["/A/B", "/A/x"]);
    }

    /// The same as the rules of `**` written down, for every short pattern and every short path.
    #[test]
    fn paths_match_as_their_definition_says() {
        fn defined(pattern: &[&str], names: &[&str]) -> bool {
            match (pattern, names) {
                ([], names) => names.is_empty(),
                (["**"], names) => !names.is_empty(),
                (["**", rest @ ..], names) => {
                    defined(rest, names) || (!names.is_empty() && defined(pattern, &names[1..]))
                }
                ([one, rest @ ..], [name, below @ ..]) => {
                    (*one == "*" || one == name) && defined(rest, below)
                }
                _ => false,
            }
        }
        fn sequences<'a>(of: &[&'a str], longest: usize) -> Vec<Vec<&'a str>> {
            let mut all = vec![Vec::new()];
            let mut last = all.clone();
            for _ in 0..longest {
                last = last
                    .iter()
                    .flat_map(|sequence| {
                        of.iter().map(move |next| [sequence.clone(), vec![*next]].concat())
                    })
                    .collect();
                all.extend(last.clone());
            }
            all
        }
        for pattern in
            sequences(&["**", "*", "a", "b"], 5).iter().filter(|pattern| !pattern.is_empty())
        {
            let glob = PathGlob::new(&format!("/{}", pattern.join("/"))).unwrap();
            for names in sequences(&["a", "b"], 5) {
                let expected = defined(pattern, &names);
                assert_eq!(glob.matches(&names), expected, "{pattern:?} and {names:?}");
            }
        }
    }

    /// What nobody can mean is refused before it costs anything.
    #[test]
    fn what_is_longer_than_any_name_or_path_is_refused() {
        for deep in [format!("/{}x", "**/".repeat(60)), format!("/{}x", "**/".repeat(200_000))] {
            let error = PathGlob::new(&deep).unwrap_err().to_string();
            assert!(error.ends_with("AWS nests organizational units five deep"), "{error}");
        }
        assert!(PathGlob::new(&"/a".repeat(DEEPEST_UNIT)).is_ok());
        assert!(PathGlob::new(&"/a".repeat(DEEPEST_UNIT + 1)).is_err());
        assert!(Glob::new(&"é".repeat(LONGEST)).is_ok());
        assert!(Glob::new(&"*a".repeat(LONGEST)).is_err());
    }

    #[test]
    fn paths_begin_at_the_root() {
        for path in ["Workloads", "", "//", "/A//B", "/A/"] {
            assert!(PathGlob::new(path).is_err(), "`{path}`");
        }
    }
}
