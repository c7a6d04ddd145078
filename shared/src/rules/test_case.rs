//! Tests in the rules file: what the file promises of itself.

use chrono::{DateTime, Utc};

use crate::{
    ids::AccountId,
    organization::Tags,
    source::{Span, Spanned},
};

/// One account, one principal, and what they are to have there: exactly that.
#[derive(Clone, Debug)]
pub struct TestCase {
    /// Unique in the file.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// For people.
    pub description: Option<String>,
    /// The account. It need not exist.
    pub account: TestAccount,
    /// The group or the user. They need not exist.
    pub principal: TestPrincipal,
    /// The moment that it is; now, when left out.
    pub at: Option<DateTime<Utc>>,
    /// The names of the permission sets that the principal has there, none of them missing and no
    /// other: of a user also those that the groups have.
    pub expect: Vec<Spanned<String>>,
    /// Where the expectation stands.
    pub expect_span: Span,
}

/// An account as a test describes it.
#[derive(Clone, Debug, Default)]
pub struct TestAccount {
    /// Its id.
    pub id: Option<AccountId>,
    /// Its name.
    pub name: Option<String>,
    /// The root user's e-mail address.
    pub email: Option<String>,
    /// The names of the organizational units above it, from below the root down.
    pub organizational_units: Vec<String>,
    /// Its own tags.
    pub tags: Tags,
    /// The tags of the unit (or the root) that holds it.
    pub organizational_unit_tags: Tags,
}

/// Whose permission sets a test looks at.
#[derive(Clone, Debug)]
pub enum TestPrincipal {
    /// A group of that display name.
    Group {
        /// Its display name.
        display_name: String,
        /// How many members it has; enough, when left out.
        members: Option<usize>,
    },
    /// A user.
    User {
        /// Their user name.
        user_name: String,
        /// The display names of the groups that they are in.
        groups: Vec<String>,
        /// Their attributes.
        attributes: Tags,
    },
}
