//! Names of groups, users and permission sets that match nothing, or only in another case.

use crate::{
    diagnostic::{Code, Diagnostic},
    organization::Unread,
    rules::{
        Fence, Manage, ManagedUsers, Never, Principals, Rule, Rules, SpannedGlob,
        user::UserSelector,
    },
};

use super::{
    super::{catalogue::Catalogue, grant::Grant, names::Names},
    control_tower::{GROUPS, PERMISSION_SETS},
    in_rule,
    members::too_few,
    misplaced::{as_list, by_id, is_known},
    people::People,
};

/// The names that were read, for the question what a glob of the rules finds.
pub(super) struct Directory<'c, 'a> {
    groups: Option<Listing<'c, 'a>>,
    users: Option<Listing<'c, 'a>>,
    permission_sets: Option<Listing<'c, 'a>>,
    people: People<'c, 'a>,
    catalogue: &'c Catalogue<'a>,
    /// Whether the file is the truth for direct assignments, so that who is in a group was read for
    /// rules about users.
    manages_users: bool,
}

/// A listing that was read to its end.
struct Listing<'c, 'a> {
    code: Code,
    noun: &'static str,
    names: &'c Names<'a>,
    catalogue: &'c Catalogue<'a>,
}

impl<'c, 'a> Directory<'c, 'a> {
    /// A listing with a gap says nothing of what does not exist; nor does an empty one, where nobody may
    /// have asked for it, because no rule reached that far.
    pub(super) fn new(catalogue: &'c Catalogue<'a>, rules: &Rules) -> Self {
        let gaps = &catalogue.observed.gaps;
        let is_whole = catalogue.observed.organization.extent.is_whole();
        let listing = |what: &Unread, code, noun, names: &'c Names<'a>| {
            let complete = !gaps.hides_some(what);
            let is_asked_for = is_whole || names.iter().next().is_some();
            (complete && is_asked_for).then_some(Listing { code, noun, names, catalogue })
        };
        Self {
            groups: listing(&Unread::Groups, Code::UnmatchedGroup, "group", &catalogue.groups),
            users: listing(&Unread::Users, Code::UnmatchedUser, "user", catalogue.user_names()),
            permission_sets: listing(
                &Unread::PermissionSets,
                Code::UnmatchedPermissionSet,
                "permission set",
                &catalogue.permission_sets,
            ),
            people: People::new(catalogue),
            catalogue,
            manages_users: !rules.manage.users.is_none(),
        }
    }

    /// What is odd about the names in a rule: the same in any scope, so looked for once. Unless all was
    /// looked for, members of groups were read only for a rule that may hold somewhere.
    pub(super) fn oddities<'g>(&self, grant: &'g Grant<'_>, may_hold: bool) -> &'g [Diagnostic] {
        let has_members = may_hold || self.catalogue.observed.organization.extent.is_whole();
        grant.oddities.get_or_init(|| self.rule(grant.rule, has_members))
    }

    fn rule(&self, rule: &Rule, has_members: bool) -> Vec<Diagnostic> {
        let mut warnings = Vec::new();
        let label = in_rule(rule, self.may_grant(rule, has_members && self.manages_users));
        let help = |noun| format!("it takes effect when such a {noun} appears");
        let mut warn = |listing: &Option<Listing<'_, '_>>, globs: &[SpannedGlob]| {
            let Some(listing) = listing else { return };
            let effect = Effect { label: &label, help: &help(listing.noun) };
            warnings.extend(globs.iter().filter_map(|glob| listing.oddity(glob, effect)));
        };
        warn(&self.permission_sets, &rule.permission_sets);
        warn(&self.groups, rule.principals.groups());
        for user in rule.principals.users() {
            warn(&self.users, user.user_name.as_deref().unwrap_or_default());
            warn(&self.groups, user.in_group.as_deref().unwrap_or_default());
        }
        self.people.rule(rule, &label, has_members && self.manages_users, &mut warnings);
        if rule.members_at_least.is_some() && has_members && self.are_members_read() {
            let groups = self.catalogue.groups.matching(rule.principals.groups());
            warnings.extend(too_few(rule, groups, self.catalogue));
        }
        warnings
    }

    /// Whether there is a permission set that a rule may grant, and somebody to whom: nothing less is certain to be nothing.
    fn may_grant(&self, rule: &Rule, has_members: bool) -> bool {
        let is_there = |names: &Names<'_>, glob: &SpannedGlob| !names.is_unmatched(&glob.value);
        let (sets, groups) = (&self.catalogue.permission_sets, &self.catalogue.groups);
        let may_have_set = self.permission_sets.is_none()
            || rule.permission_sets.iter().any(|glob| is_there(sets, glob));
        let is_template = matches!(rule.principals, Principals::GroupName(_));
        let may_have_group = is_template
            || self.groups.is_none()
            || rule.principals.groups().iter().any(|glob| is_there(groups, glob));
        let mut users = rule.principals.users().iter();
        let may_have_user = users.any(|selector| {
            !self.people.are_known(selector, has_members)
                || !self.catalogue.users(selector).is_empty()
        });
        may_have_set && (may_have_group || may_have_user)
    }

    /// Whether members were read of the groups of rules that may hold and that ask for them.
    pub(super) fn are_members_read(&self) -> bool {
        let gaps = &self.catalogue.observed.gaps;
        self.groups.is_some() && !gaps.hides_some(&Unread::Memberships)
    }

    /// Whether all groups and permission sets were read.
    pub(super) fn has_all_that_templates_name(&self) -> bool {
        self.has_groups() && self.has_permission_sets()
    }

    /// Whether all groups were read.
    pub(super) fn has_groups(&self) -> bool {
        self.groups.is_some()
    }

    /// Whether all permission sets were read.
    pub(super) fn has_permission_sets(&self) -> bool {
        self.permission_sets.is_some()
    }

    /// Whether all was read that tells whom a selector of a rule that may hold means.
    pub(super) fn are_known(&self, selector: &UserSelector) -> bool {
        self.people.are_known(selector, self.manages_users)
    }

    /// A name that is misspelt here leaves open what was to be closed.
    pub(super) fn protected(&self, fence: &Fence, warnings: &mut Vec<Diagnostic>) {
        self.fence(fence, "protects nothing", warnings);
    }

    /// The same of what is never granted.
    pub(super) fn forbidden(&self, never: &[Never], warnings: &mut Vec<Diagnostic>) {
        for never in never {
            self.fence(&never.what, "forbids nothing", warnings);
        }
    }

    fn fence(&self, fence: &Fence, label: &str, warnings: &mut Vec<Diagnostic>) {
        let mut warn = |listing: &Option<Listing<'_, '_>>, globs: Option<&Vec<SpannedGlob>>| {
            let Some(listing) = listing else { return };
            let effect = Effect { label, help: "check the spelling: as it is, this has no effect" };
            let globs = globs.into_iter().flatten().filter(|glob| !is_of_control_tower(glob));
            warnings.extend(listing.oddities(&globs.collect::<Vec<_>>(), effect));
        };
        warn(&self.permission_sets, fence.permission_sets.as_ref());
        warn(&self.groups, fence.groups.as_ref());
        for UserSelector { user_name, in_group, .. } in fence.users.iter().flatten() {
            warn(&self.users, user_name.as_ref());
            warn(&self.groups, in_group.as_ref());
        }
        self.people.fence(fence, label, warnings);
    }

    pub(super) fn manage(&self, manage: &Manage, warnings: &mut Vec<Diagnostic>) {
        let users: &[SpannedGlob] = match &manage.users {
            ManagedUsers::Named(globs) => globs,
            ManagedUsers::None | ManagedUsers::All => &[],
        };
        let listings = [
            (&self.permission_sets, manage.permission_sets.as_slice()),
            (&self.groups, &manage.groups),
            (&self.users, users),
        ];
        for (listing, globs) in listings {
            let Some(listing) = listing else { continue };
            let help = format!("a {} of such a name is managed when it appears", listing.noun);
            let effect = Effect { label: "nothing is managed by this", help: &help };
            warnings.extend(globs.iter().filter_map(|glob| listing.oddity(glob, effect)));
        }
    }

    /// The names of the groups that any of the globs matches; nothing, when they were not all read.
    pub(super) fn group_names(&self, globs: &[SpannedGlob]) -> Option<Vec<&'a str>> {
        let names = self.groups.as_ref()?.names.iter().map(|(name, _)| name);
        let matching = names.filter(|name| globs.iter().any(|glob| glob.value.matches(name)));
        Some(matching.collect())
    }
}

fn is_of_control_tower(glob: &SpannedGlob) -> bool {
    let is_of = |name: &str| PERMISSION_SETS.contains(&name) || GROUPS.contains(&name);
    glob.value.name().is_some_and(is_of)
}

/// What it means that a glob matches nothing.
#[derive(Clone, Copy)]
struct Effect<'e> {
    label: &'e str,
    help: &'e str,
}

impl Listing<'_, '_> {
    /// What is odd about each of many globs. What is there to say of several in the same words is said once: that they match
    /// nothing, and that nothing else was meant. What another of them matches was not.
    fn oddities(&self, globs: &[&SpannedGlob], effect: Effect<'_>) -> Vec<Diagnostic> {
        let odd = globs.iter().filter_map(|glob| Some((glob, self.oddity(glob, effect)?)));
        let is_matched = |name: &str| globs.iter().any(|glob| glob.value.matches(name));
        let is_alike =
            |odd: &Diagnostic| odd.code == self.code && odd.similar_name().is_none_or(is_matched);
        let (alike, others): (Vec<_>, Vec<_>) = odd.partition(|(_, odd)| is_alike(odd));
        let mut warnings: Vec<Diagnostic> = others.into_iter().map(|(_, odd)| odd).collect();
        match alike.as_slice() {
            [(first, _), (second, _), more @ ..] => {
                let (first_name, second) = (&first.value, &second.value);
                let message = match more.len() {
                    0 => format!("`{first_name}` and `{second}` match no {}", self.noun),
                    more => {
                        format!("`{first_name}`, `{second}` and {more} more match no {}", self.noun)
                    }
                };
                let warning = Diagnostic::new(self.code, message, first.span);
                warnings.push(warning.label(effect.label).help(effect.help));
            }
            _ => warnings.extend(alike.into_iter().map(|(_, odd)| odd.help(effect.help))),
        }
        warnings
    }

    /// What is odd about a glob: that it matches nothing, or one of several names that differ in
    /// case only.
    fn oddity(&self, spanned: &SpannedGlob, effect: Effect<'_>) -> Option<Diagnostic> {
        let glob = &spanned.value;
        if glob.is_everything() {
            return None;
        }
        let twins = glob.name().map_or(&[][..], |name| self.names.twins(name));
        if !self.names.is_unmatched(glob) {
            let other = twins.iter().find(|twin| Some(**twin) != glob.name())?;
            let noun = self.noun;
            let message = format!("another {noun} differs in case only: `{other}`");
            return Some(
                Diagnostic::new(Code::DiffersInCase, message, spanned.span)
                    .label("this one is there too")
                    .help("names match case-sensitively: only the one that is written is meant"),
            );
        }
        let message = match glob.name() {
            Some(name) => format!("no {} is named `{name}`", self.noun),
            None => format!("`{glob}` matches no {}", self.noun),
        };
        if let Some(twin) = twins.first() {
            let message = format!("{message}, but `{twin}` differs in case only");
            let warning =
                Diagnostic::new(Code::DiffersInCase, message, spanned.span).label(effect.label);
            return Some(warning.nearest(glob.as_str(), &format!("a {}", self.noun), [*twin]));
        }
        let names = self.names.iter().map(|(name, _)| name);
        let warning =
            Diagnostic::new(self.code, message, spanned.span).label(effect.label).help(effect.help);
        let a_noun = format!("a {}", self.noun);
        let suggestions = &self.catalogue.suggestions;
        let warning = suggestions.add_meant(warning, glob.as_str(), &a_noun, names);
        let warning = as_list(warning, glob, is_known(self.names));
        Some(by_id(warning, glob, self.catalogue))
    }
}
