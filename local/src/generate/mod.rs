//! Organizations of any size, the same for the same seed, and shaped as real ones are: teams with
//! accounts for each environment, groups for each role in a team, people who are in a few of them.
//!
//! [`generate`] makes a whole one. A [`Company`] is the part without people, for those who want to
//! know how it came about: the benches hold rules against it.
#![expect(
    clippy::indexing_slicing,
    reason = "every position is one of a list that was just made, and tests make them of all sizes"
)]

mod access;
mod company;
mod people;
mod shape;

use shared::organization::Organization;

pub use self::{
    company::{ACCESS, CLASSES, Company, ENVIRONMENTS, ROLES, STAFF, Size},
    shape::{InvalidShape, Shape},
};
pub use crate::random::Random;

/// An organization of that shape.
#[must_use]
pub fn generate(shape: &Shape) -> Organization {
    let mut random = Random::new(shape.seed);
    let mut company = Company::new(shape.size(), &mut random);
    people::join(&mut company, shape.users(), &mut random);
    access::assign(&mut company, shape.assignments(), &mut random);
    company.organization
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn shape(text: &str) -> Shape {
        text.parse().unwrap()
    }

    #[test]
    fn there_is_as_much_of_all_as_was_asked_for() {
        let made = generate(&shape(
            "accounts=300,groups=90,users=700,permission_sets=130,assignments=4000,seed=7",
        ));
        let counts = [
            made.accounts.len(),
            made.groups.len(),
            made.users.len(),
            made.permission_sets.len(),
            made.assignments.len(),
        ];
        assert_eq!(counts, [300, 90, 700, 130, 4000]);
        assert_eq!(made.accounts[0].id, made.organization.management_account_id);
        assert!(made.memberships.len() > 700);
    }

    #[test]
    fn the_same_seed_makes_the_same_and_another_one_another() {
        let small = "accounts=30,groups=20,seed=";
        let [one, again, other] =
            ["7", "7", "8"].map(|seed| generate(&shape(&format!("{small}{seed}"))));
        assert_eq!(one, again);
        assert_ne!(one, other);
    }

    #[test]
    fn everything_named_is_there_and_nothing_is_there_twice() {
        let made = generate(&shape("accounts=200,groups=60"));
        let accounts: BTreeSet<_> = made.accounts.iter().map(|account| &account.id).collect();
        let groups: BTreeSet<_> = made.groups.iter().map(|group| &group.id).collect();
        let users: BTreeSet<_> = made.users.iter().map(|user| &user.id).collect();
        let sets: BTreeSet<_> = made.permission_sets.iter().map(|set| &set.arn).collect();
        let names: BTreeSet<_> = made.users.iter().map(|user| &user.user_name).collect();
        let group_names: BTreeSet<_> =
            made.groups.iter().map(|group| &group.display_name).collect();
        assert_eq!((accounts.len(), groups.len(), users.len()), (200, 60, made.users.len()));
        assert_eq!((names.len(), group_names.len()), (users.len(), groups.len()));
        let memberships: BTreeSet<_> = made.memberships.iter().collect();
        assert_eq!(memberships.len(), made.memberships.len());
        for membership in memberships {
            assert!(groups.contains(&membership.group_id) && users.contains(&membership.user_id));
        }
        let assignments: BTreeSet<_> = made.assignments.iter().collect();
        assert_eq!(assignments.len(), made.assignments.len());
        for assignment in assignments {
            assert!(accounts.contains(&assignment.account_id));
            assert!(sets.contains(&assignment.permission_set_arn));
        }
    }

    #[test]
    fn the_smallest_are_made_too() {
        for accounts in 0..4 {
            for groups in 0..10 {
                for users in [0, 1, 3] {
                    let text = format!("accounts={accounts},groups={groups},users={users}");
                    let made = generate(&shape(&text));
                    assert_eq!(made.accounts.len(), accounts.max(1), "{text}");
                }
            }
        }
        let made = generate(&shape("accounts=5,groups=3,permission_sets=0,assignments=9"));
        assert!(made.assignments.is_empty());
    }

    #[test]
    fn of_what_there_is_no_room_for_there_is_less() {
        let made =
            generate(&shape("accounts=2,groups=2,users=0,permission_sets=1,assignments=1000"));
        assert!(made.assignments.len() <= 2);
    }
}
