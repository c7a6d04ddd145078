//! How large an organization shall be, as it is typed: `accounts=1000,groups=200,seed=7`.

use std::str::FromStr;

use super::company::Size;

/// How large an organization is, and which of all such it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Accounts, with the management account.
    pub accounts: usize,
    /// Groups.
    pub groups: usize,
    /// Permission sets.
    pub permission_sets: usize,
    /// Users. Left out: ten for each group.
    pub users: Option<usize>,
    /// Assignments. Left out: ten for each account. Fewer where there is no room for so many.
    pub assignments: Option<usize>,
    /// The same one makes the same organization.
    pub seed: u64,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            accounts: 100,
            groups: 50,
            permission_sets: 20,
            users: None,
            assignments: None,
            seed: 1,
        }
    }
}

/// Why a shape was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidShape {
    /// Not of the form `KEY=NUMBER`.
    #[error("`{0}` is not of the form KEY=NUMBER")]
    NotAPair(String),
    /// Not one of the keys.
    #[error("`{0}` is none of accounts, groups, users, permission_sets, assignments, seed")]
    UnknownKey(String),
    /// More than anybody has.
    #[error("{key}={number} is more than {most}")]
    TooMany {
        /// Of what.
        key: &'static str,
        /// How many.
        number: usize,
        /// The most there may be.
        most: usize,
    },
}

/// The most of each: twice what AWS allows after all quotas are raised, and short of what would
/// fill a laptop's memory.
const MOST: usize = 2_000_000;

impl FromStr for Shape {
    type Err = InvalidShape;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut shape = Self::default();
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            shape.set(pair)?;
        }
        Ok(shape)
    }
}

impl Shape {
    fn set(&mut self, pair: &str) -> Result<(), InvalidShape> {
        let not_a_pair = || InvalidShape::NotAPair(pair.to_owned());
        let (key, number) = pair.split_once('=').ok_or_else(not_a_pair)?;
        let count = |key| match number.parse() {
            Ok(number) if number > MOST => Err(InvalidShape::TooMany { key, number, most: MOST }),
            Ok(number) => Ok(number),
            Err(_) => Err(not_a_pair()),
        };
        match key {
            "accounts" => self.accounts = count("accounts")?,
            "groups" => self.groups = count("groups")?,
            "permission_sets" => self.permission_sets = count("permission_sets")?,
            "users" => self.users = Some(count("users")?),
            "assignments" => self.assignments = Some(count("assignments")?),
            "seed" => self.seed = number.parse().map_err(|_| not_a_pair())?,
            _ => return Err(InvalidShape::UnknownKey(key.to_owned())),
        }
        Ok(())
    }

    /// The company's size, with a division for every three hundred accounts.
    pub(super) fn size(&self) -> Size {
        Size {
            accounts: self.accounts.max(1),
            groups: self.groups,
            permission_sets: self.permission_sets,
            divisions: 1 + self.accounts / 300,
        }
    }

    pub(super) fn users(&self) -> usize {
        self.users.unwrap_or(self.groups * 10)
    }

    pub(super) fn assignments(&self) -> usize {
        self.assignments.unwrap_or(self.accounts * 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_follows_from_the_rest() {
        let shape: Shape = "accounts=1000, groups=200,seed=7".parse().unwrap();
        assert_eq!((shape.users(), shape.assignments(), shape.seed), (2000, 10_000, 7));
        assert_eq!("".parse(), Ok(Shape::default()));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let told = |text: &str| text.parse::<Shape>().unwrap_err().to_string();
        assert_eq!(told("accounts"), "`accounts` is not of the form KEY=NUMBER");
        assert_eq!(told("accounts=many"), "`accounts=many` is not of the form KEY=NUMBER");
        assert_eq!(told("seed=-1"), "`seed=-1` is not of the form KEY=NUMBER");
        assert!(told("account=3").starts_with("`account` is none of accounts, groups"));
        assert_eq!(told("users=9000000"), "users=9000000 is more than 2000000");
    }
}
