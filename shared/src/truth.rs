//! Three-valued logic: what a rule says when some facts could not be read.
//!
//! The first law (unknown is not absent) is not a check somewhere; it is that every condition
//! answers [`Truth::Unknown`] when it would have to guess, that grants need [`Truth::Yes`], and
//! that taking away needs [`Truth::No`].

use std::ops::{BitAnd, BitOr, Not};

/// Kleene's strong logic of three values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// It is not so, whatever the unread facts are.
    No,
    /// It depends on something that was not read.
    Unknown,
    /// It is so, whatever the unread facts are.
    Yes,
}

impl Truth {
    /// True when any of `truths` is; stops at the first certain one.
    pub fn any(truths: impl IntoIterator<Item = Self>) -> Self {
        let mut result = Self::No;
        for truth in truths {
            result = result | truth;
            if result == Self::Yes {
                break;
            }
        }
        result
    }

    /// True when all of `truths` are; stops at the first that certainly is not.
    pub fn all(truths: impl IntoIterator<Item = Self>) -> Self {
        !Self::any(truths.into_iter().map(|truth| !truth))
    }

    /// `fact` decided by `test` when it is known.
    pub fn of<T>(fact: Option<T>, test: impl FnOnce(T) -> bool) -> Self {
        fact.map_or(Self::Unknown, |fact| test(fact).into())
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }
}

impl BitAnd for Truth {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        self.min(other)
    }
}

impl BitOr for Truth {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.max(other)
    }
}

impl Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
            Self::Yes => Self::No,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{self, No, Unknown, Yes};

    #[test]
    fn nothing_is_certain_that_an_unknown_could_change() {
        assert_eq!(Yes & Unknown, Unknown);
        assert_eq!(No & Unknown, No);
        assert_eq!(Yes | Unknown, Yes);
        assert_eq!(No | Unknown, Unknown);
        assert_eq!(!Unknown, Unknown);
    }

    #[test]
    fn of_nothing_all_hold_and_none_does() {
        assert_eq!(Truth::all([]), Yes);
        assert_eq!(Truth::any([]), No);
        assert_eq!(Truth::all([Yes, Unknown, No]), No);
        assert_eq!(Truth::any([No, Unknown]), Unknown);
    }
}
