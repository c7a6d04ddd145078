//! What a scope means that speaks of those who are in a group, or were.
//!
//! Rules may give users something for being in a group of some name. An event about a group names it by its
//! id, and often does not say who came or went. So it may be about anybody; but only where a rule asks for a
//! group of a name that this one has, or had when users were looked at.

use std::{collections::BTreeSet, mem};

use crate::{
    ids::GroupId,
    organization::Group,
    rules::{Rules, SpannedGlob},
};

use super::{Observe, gather::Gathering};

/// What groups are called that rules ask users to be in.
pub(super) fn asked_groups(rules: &Rules) -> BTreeSet<String> {
    rules.groups_of_users().map(|glob| glob.value.as_str().to_owned()).collect()
}

/// Whether a rule asks who is in a group of that name.
pub(super) fn is_asked_for(rules: &Rules, group: &Group) -> bool {
    rules.groups_of_users().any(|SpannedGlob { value, .. }| value.matches(&group.display_name))
}

impl<Reads: Observe> Gathering<'_, Reads> {
    /// Puts in place of those who are in a group, or were, what it means: everything, or nothing.
    pub(super) async fn who_is_in_the_groups(&mut self) {
        let groups = mem::take(&mut self.scope.members_of);
        if self.scope.is_everything() || self.rules.groups_of_users().next().is_none() {
            return;
        }
        let had_the_name = groups.iter().any(|id| self.picture.may_have_given_access(id));
        if had_the_name || self.is_any_asked_for(&groups).await {
            self.scope.everything = true;
            self.is_widened = true;
        }
    }

    /// Whether a rule asks who is in one of these groups, by what they are called now. One that cannot be
    /// read may be called anything.
    async fn is_any_asked_for(&mut self, groups: &BTreeSet<GroupId>) -> bool {
        for id in groups {
            match self.reads.group(id).await {
                Ok(Some(group)) => {
                    let is_asked_for = is_asked_for(self.rules, &group);
                    self.organization.groups.push(group);
                    if is_asked_for {
                        return true;
                    }
                }
                Ok(None) => _ = self.gone_groups.insert(id.clone()),
                Err(_) => return true,
            }
        }
        false
    }
}
