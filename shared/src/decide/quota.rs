//! What AWS has no room for.

use super::observed::Pair;

/// Groups that one permission set can be assigned to in one account.
///
/// Unit: groups. Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>.
pub const MOST_GROUPS: usize = 100;

/// Permission sets that can be provisioned to one account.
///
/// Unit: permission sets. AWS raises it on request; then the plan is more careful than it need be.
/// Source: as above.
pub const MOST_PERMISSION_SETS: usize = 500;

/// Which quota of AWS an assignment would exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Quota {
    Groups,
    PermissionSets,
}

impl Quota {
    /// What AWS allows, as the end of a sentence.
    pub(super) fn sentence(self) -> String {
        match self {
            Self::Groups => format!(
                "AWS allows {MOST_GROUPS} groups for one permission set in one account, and so many have it or are to get it"
            ),
            Self::PermissionSets => format!(
                "AWS allows {MOST_PERMISSION_SETS} permission sets in one account, and so many are there or are to come"
            ),
        }
    }
}

/// For each assignment that is to be created in an account, the quota that it would exceed.
///
/// What is in place counts, even what is to be deleted: grants come before revocations. So an
/// exchange at the very edge of a quota takes two runs.
pub(super) fn exceeded(
    creates: &[Pair],
    in_place: &[Pair],
    is_group: impl Fn(u32) -> bool,
) -> Vec<Option<Quota>> {
    let same_set = |a: &Pair, b: &Pair| a.permission_set() == b.permission_set();
    let mut permission_sets = in_place.chunk_by(same_set).count();
    let mut exceeded = Vec::with_capacity(creates.len());
    for run in creates.chunk_by(same_set) {
        let Some(first) = run.first() else { continue };
        let holders = of_permission_set(in_place, first.permission_set());
        if holders.is_empty() && permission_sets >= MOST_PERMISSION_SETS {
            exceeded.extend(run.iter().map(|_| Some(Quota::PermissionSets)));
            continue;
        }
        permission_sets += usize::from(holders.is_empty());
        let mut groups = holders.iter().filter(|pair| is_group(pair.principal())).count();
        exceeded.extend(run.iter().map(|pair| {
            let is_group = is_group(pair.principal());
            if is_group && groups >= MOST_GROUPS {
                return Some(Quota::Groups);
            }
            groups += usize::from(is_group);
            None
        }));
    }
    exceeded
}

/// The part of a sorted run that is of one permission set.
fn of_permission_set(pairs: &[Pair], permission_set: u32) -> &[Pair] {
    let start = pairs.partition_point(|pair| pair.permission_set() < permission_set);
    let rest = pairs.get(start..).unwrap_or_default();
    let length = rest.partition_point(|pair| pair.permission_set() == permission_set);
    rest.get(..length).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(permission_set: u32, principals: std::ops::Range<u32>) -> Vec<Pair> {
        principals.map(|principal| Pair::new(permission_set, principal)).collect()
    }

    #[test]
    fn the_hundredth_group_has_room_and_the_next_has_none() {
        let in_place = [pairs(1, 0..98), pairs(2, 0..200)].concat();
        let creates = [pairs(0, 0..2), pairs(1, 98..101)].concat();
        let expected = [None, None, None, None, Some(Quota::Groups)];
        assert_eq!(exceeded(&creates, &in_place, |_| true), expected);
    }

    #[test]
    fn users_do_not_count_as_groups() {
        let creates = pairs(1, 0..300);
        assert!(exceeded(&creates, &[], |_| false).iter().all(Option::is_none));
    }

    #[test]
    fn a_permission_set_beyond_the_five_hundredth_has_no_room() {
        let in_place: Vec<Pair> = (0..499).map(|set| Pair::new(set, 0)).collect();
        let creates = [Pair::new(7, 1), Pair::new(499, 0), Pair::new(500, 0)];
        let expected = [None, None, Some(Quota::PermissionSets)];
        assert_eq!(exceeded(&creates, &in_place, |_| true), expected);
    }
}
