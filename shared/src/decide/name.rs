//! Names of groups and permission sets, as far as they could be read, and what matches them.

use crate::{
    rules::{Fence, glob::Glob, selector::matches_any},
    truth::Truth,
};

/// A name that may have gone unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name<'a> {
    Known(&'a str),
    /// It was not read.
    Unknown,
    /// There is nothing of that id.
    Gone,
}

/// Whether an assignment of these names is inside a fence, its accounts apart.
pub(super) fn is_inside<'g>(
    fence: &'g Fence,
    permission_set: Name<'_>,
    group: Name<'_>,
    matches: impl Fn(&'g [Glob], Name<'_>) -> Truth,
) -> Truth {
    let any = |globs: &'g Option<Vec<Glob>>, name| {
        globs.as_ref().map_or(Truth::Yes, |globs| matches(globs, name))
    };
    any(&fence.groups, group) & any(&fence.permission_sets, permission_set)
}

/// Whether a name matches. The name of something that is gone matches only what stands for every
/// name.
pub(super) fn matches<'g>(globs: impl IntoIterator<Item = &'g Glob>, name: Name<'_>) -> Truth {
    match name {
        Name::Known(name) => matches_any(globs, Some(name)),
        Name::Unknown => matches_any(globs, None),
        Name::Gone => globs.into_iter().any(Glob::is_everything).into(),
    }
}

/// Whether `protect` holds a name. What is gone is never protected by name.
pub(super) fn protects(globs: &[Glob], name: Name<'_>) -> Truth {
    match name {
        Name::Gone => Truth::No,
        name => matches(globs, name),
    }
}
