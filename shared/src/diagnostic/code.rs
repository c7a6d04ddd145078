//! The kinds of mistakes.

use serde::{Serialize, Serializer};

/// Whether a diagnostic stops anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file works; something in it may not be what was meant.
    Warning,
}

/// Declares each code once, so that none can be left out of [`Code::ALL`].
macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $name:literal is $severity:ident,)*) => {
        /// The kinds of mistakes. The names are stable: scripts and search engines know them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $($(#[$doc])* $code,)*
        }

        impl Code {
            /// All of them: errors, then warnings. `docs/mistakes.md` explains them in this order.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// The code's name in kebab-case.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => $name,)*
                }
            }

            /// Whether it stops anything.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self {
                    $(Self::$code => Severity::$severity,)*
                }
            }
        }
    };
}

codes! {
    /// The text is not YAML (or is more of it than a rules file can need).
    InvalidYaml = "invalid-yaml" is Error,
    /// The file is not text, or not in the encoding that all of it must be in.
    NotUtf8 = "not-utf-8" is Error,
    /// The version of the language is not one that this Usher speaks.
    UnsupportedVersion = "unsupported-version" is Error,
    /// A key that does not exist here.
    UnknownField = "unknown-field" is Error,
    /// A key that must be there is not.
    MissingField = "missing-field" is Error,
    /// The same key twice in one mapping.
    DuplicateField = "duplicate-field" is Error,
    /// Two rules, tests or entries of `never` of one name.
    DuplicateName = "duplicate-name" is Error,
    /// Two keys that exclude each other.
    ConflictingFields = "conflicting-fields" is Error,
    /// A template that cannot be read, or without a placeholder.
    InvalidTemplate = "invalid-template" is Error,
    /// A user attribute that does not exist.
    UnknownAttribute = "unknown-attribute" is Error,
    /// A list where text is meant, and the like.
    WrongType = "wrong-type" is Error,
    /// The right type, but not a value that can stand here.
    InvalidValue = "invalid-value" is Error,
    /// A list or mapping that must hold something is empty.
    Empty = "empty" is Error,
    /// A glob that cannot be read.
    InvalidGlob = "invalid-glob" is Error,
    /// Not an identifier of the kind that is meant.
    InvalidId = "invalid-id" is Error,
    /// `until` is not after `from`.
    EmptyWindow = "empty-window" is Error,
    /// More mistakes than are shown.
    TooManyMistakes = "too-many-mistakes" is Error,
    /// A test in the file does not get what it expects.
    FailedTest = "failed-test" is Error,
    /// A rule names a group that does not exist (yet), by itself or by a template.
    UnmatchedGroup = "unmatched-group" is Warning,
    /// A rule names a permission set that does not exist (yet).
    UnmatchedPermissionSet = "unmatched-permission-set" is Warning,
    /// A user that does not exist (yet), or what a rule asks of users and nobody is.
    UnmatchedUser = "unmatched-user" is Warning,
    /// An attribute, or a value of it, that no user has (yet).
    UnmatchedAttribute = "unmatched-attribute" is Warning,
    /// A number of members that no group of a rule has (yet).
    TooFewMembers = "too-few-members" is Warning,
    /// A rule's account selector, or a key of a selector, matches no account (yet).
    UnmatchedAccounts = "unmatched-accounts" is Warning,
    /// An organizational unit that does not exist (yet).
    UnmatchedOrganizationalUnit = "unmatched-organizational-unit" is Warning,
    /// A tag, or a value of it, that nothing has (yet).
    UnmatchedTag = "unmatched-tag" is Warning,
    /// A name that another equals but for case.
    DiffersInCase = "differs-in-case" is Warning,
    /// Revocations that a slip explains, or a name that was changed.
    LosesAccess = "loses-access" is Warning,
    /// More than AWS has room for.
    QuotaExceeded = "quota-exceeded" is Warning,
    /// A `not` that leaves no account.
    ExcludesEverything = "excludes-everything" is Warning,
    /// A rule of which `never` forbids all.
    ShadowedRule = "shadowed-rule" is Warning,
    /// A rule grants to users, and `manage` leaves users out.
    UsersNotManaged = "users-not-managed" is Warning,
    /// A rule grants what `manage` leaves out, or what `protect` holds.
    LeftAlone = "left-alone" is Warning,
    /// A rule's time is over.
    RuleIsOver = "rule-is-over" is Warning,
    /// More warnings than are shown.
    TooManyWarnings = "too-many-warnings" is Warning,
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
