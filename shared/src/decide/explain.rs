//! One principal in one account: what the decision says of it, and why.

use std::collections::BTreeSet;

use crate::{
    explain::{
        ExplainedAccess, ExplainedAccount, ExplainedPrincipal, ExplainedRule, Explanation, Fate,
    },
    ids::AccountId,
    organization::{Gap, Principal},
    rules::Unlisted,
    truth::Truth,
};

use super::{
    Decision,
    account::{AccountDecision, Granted},
    observed::{Name, Pair, PrincipalEntry},
    quota::Quota,
    why_not::{WhyNot, plain_path_of},
};

impl Decision<'_> {
    /// What a principal has in an account, is to have and is refused, and what every rule says of
    /// it; nothing, when the account or the principal was not observed.
    #[must_use]
    pub fn explain(&self, account: &AccountId, principal: &Principal) -> Option<Explanation> {
        let observed = &self.catalogue.observed;
        let place = observed.account(account)?;
        let subject = self.place_of(principal)?;
        let groups = self.groups_of(principal);
        let decision = AccountDecision::new(self, place)?;
        let granted = decision.granted_by_rules();
        let concerned: BTreeSet<u32> = groups.iter().copied().chain([subject]).collect();
        let access = decision.access(&granted, &concerned);
        let deletes = access.iter().any(|(_, access)| access.fate == Fate::Deleted);
        let held = if deletes { self.why_held() } else { None };
        Some(Explanation {
            account: self.explained_account(place)?,
            principal: ExplainedPrincipal {
                principal: principal.clone(),
                name: observed.principal(subject)?.text().to_owned(),
                groups: self.names(&groups),
            },
            permission_sets: access
                .into_iter()
                .filter_map(|(pair, access)| self.told(pair, access, subject, held.as_deref()))
                .collect(),
            rules: self.explained_rules(place, subject, &groups, &granted)?,
            gaps: self.gaps_at(place),
        })
    }

    /// Why revocations are held, when all that was observed needs too many of them.
    fn why_held(&self) -> Option<String> {
        let accounts = 0..self.catalogue.observed.accounts.len();
        let deciding = accounts.filter_map(|place| AccountDecision::new(self, place));
        let deletes: usize = deciding.map(|account| account.count_deletes()).sum();
        let (limit, managed) = (self.rules.manage.max_revocations, || self.count_managed());
        limit.is_exceeded(deletes, managed).then(|| {
            let limit = limit.in_words(managed());
            format!(
                "held, because all revocations ({deletes}) are over `max_revocations` ({limit})"
            )
        })
    }

    /// What was not read, and may have a bearing on an account.
    fn gaps_at(&self, place: usize) -> Vec<Gap> {
        let observed = &self.catalogue.observed;
        let account = observed.accounts.get(place);
        let noticed = account.into_iter().flat_map(|account| observed.gaps.bearing_on(account));
        let mut gaps: Vec<Gap> = Vec::new();
        for gap in noticed.cloned().chain(self.unnoticed_gap(place)) {
            if !gaps.contains(&gap) {
                gaps.push(gap);
            }
        }
        gaps
    }

    fn place_of(&self, principal: &Principal) -> Option<u32> {
        let mut entries = (0..).zip(&self.catalogue.observed.principals);
        entries.find(|(_, entry)| entry.principal == *principal).map(|(place, _)| place)
    }

    /// The groups that a user is in, as far as was read.
    fn groups_of(&self, principal: &Principal) -> Vec<u32> {
        let Principal::User(id) = principal else { return Vec::new() };
        let memberships = self.organization.memberships.iter();
        let groups: BTreeSet<Principal> = memberships
            .filter(|membership| membership.user_id == *id)
            .map(|membership| Principal::Group(membership.group_id.clone()))
            .collect();
        groups.iter().filter_map(|group| self.place_of(group)).collect()
    }

    fn names(&self, principals: &[u32]) -> Vec<String> {
        let entries = principals.iter().filter_map(|of| self.catalogue.observed.principal(*of));
        entries.map(|entry| entry.text().to_owned()).collect()
    }

    fn explained_account(&self, place: usize) -> Option<ExplainedAccount> {
        let account = *self.catalogue.observed.accounts.get(place)?;
        let of_map = self.catalogue.observed.map.place_of(place)?;
        Some(ExplainedAccount {
            id: account.id.clone(),
            name: account.name.clone(),
            organizational_unit: plain_path_of(of_map),
            left_alone: self.left_alone(place).map(|left| left.why),
        })
    }

    fn told(
        &self,
        pair: Pair,
        access: Access,
        subject: u32,
        held: Option<&str>,
    ) -> Option<ExplainedAccess> {
        let held = held.filter(|_| access.fate == Fate::Deleted);
        let why = held.map(|held| format!("{}; {held}", access.why));
        let through = Some(pair.principal()).filter(|principal| *principal != subject);
        let entry = through.and_then(|group| self.catalogue.observed.principal(group));
        let rules = access.rules.iter().filter_map(|rule| self.rules.rules.get(*rule as usize));
        Some(ExplainedAccess {
            permission_set: self.catalogue.permission_set_name(pair.permission_set())?.to_owned(),
            through: entry.map(|entry| entry.text().to_owned()),
            in_place: access.in_place,
            fate: access.fate,
            held: held.is_some(),
            why: why.unwrap_or(access.why),
            rules: rules.map(|rule| rule.name.clone()).collect(),
        })
    }

    fn explained_rules(
        &self,
        place: usize,
        subject: u32,
        groups: &[u32],
        granted: &[Granted],
    ) -> Option<Vec<ExplainedRule>> {
        let observed = &self.catalogue.observed;
        let entries: Vec<&PrincipalEntry<'_>> =
            groups.iter().filter_map(|group| observed.principal(*group)).collect();
        let why_not = WhyNot {
            rules: self.rules,
            catalogue: &self.catalogue,
            now: self.now,
            account: &observed.view(place)?,
            principal: observed.principal(subject)?,
            groups: &entries,
        };
        let concerns =
            |pair: Pair| pair.principal() == subject || groups.contains(&pair.principal());
        let explained = (0..).zip(&self.rules.rules).map(|(number, rule)| {
            let by_rule = granted.iter().filter(|(pair, by)| *by == number && concerns(*pair));
            let sets: BTreeSet<u32> = by_rule.map(|(pair, _)| pair.permission_set()).collect();
            let names = sets.iter().filter_map(|set| self.catalogue.permission_set_name(*set));
            let grants: Vec<String> = names.map(str::to_owned).collect();
            let refusal = grants.is_empty().then(|| why_not.refusal(rule));
            ExplainedRule {
                rule: rule.name.clone(),
                file: self.rules.source.name.clone(),
                line: self.rules.line(rule.span),
                grants,
                for_others: refusal.as_ref().is_some_and(|refusal| refusal.is_for_others),
                failed: refusal.map(|refusal| refusal.failed).unwrap_or_default(),
            }
        });
        Some(explained.collect())
    }
}

/// What becomes of one permission set of a principal's.
struct Access {
    in_place: bool,
    fate: Fate,
    why: String,
    /// The rules that grant it, by their places in the file.
    rules: Vec<u32>,
}

impl AccountDecision<'_, '_> {
    /// All that certain principals have in the account, or rules grant them.
    fn access(&self, granted: &[Granted], principals: &BTreeSet<u32>) -> Vec<(Pair, Access)> {
        let in_place = self.in_place();
        let mut pairs: BTreeSet<Pair> = granted.iter().map(|(pair, _)| *pair).collect();
        let creates: Vec<Pair> = pairs
            .iter()
            .copied()
            .filter(|pair| in_place.binary_search(pair).is_err() && self.is_to_be_granted(*pair))
            .collect();
        let exceeded = self.exceeded_quotas(&creates, in_place);
        pairs.extend(in_place);
        pairs
            .into_iter()
            .filter(|pair| principals.contains(&pair.principal()))
            .map(|pair| {
                let rules: Vec<u32> =
                    granted.iter().filter(|(of, _)| *of == pair).map(|(_, rule)| *rule).collect();
                let is_in_place = in_place.binary_search(&pair).is_ok();
                let create = creates.binary_search(&pair).ok();
                let quota = create.and_then(|create| exceeded.get(create).copied().flatten());
                let (fate, why) = self.fate(pair, &rules, is_in_place, quota);
                let (fate, why) = self.unless_not_ours(pair, fate, why);
                (pair, Access { in_place: is_in_place, fate, why, rules })
            })
            .collect()
    }

    fn fate(
        &self,
        pair: Pair,
        rules: &[u32],
        in_place: bool,
        quota: Option<Quota>,
    ) -> (Fate, String) {
        if let Some(why) = self.why_unmanaged(pair) {
            let fate = if in_place { Fate::LeftAlone } else { Fate::Refused };
            return (fate, why);
        }
        let is_unwanted = rules.is_empty() || self.forbidden_by(pair).is_some();
        if let Some(unread) = self.what_keeps_all().filter(|_| in_place && is_unwanted) {
            return (Fate::Stays, unread);
        }
        if self.forbidden_by(pair).is_some() {
            let fate = if in_place { self.fate_of_unwanted() } else { Fate::Refused };
            return (fate, self.why_unwanted(pair));
        }
        match (rules, in_place, quota) {
            ([], _, _) => (self.fate_of_unwanted(), self.why_unwanted(pair)),
            (_, true, _) => (Fate::Stays, self.granted_by(rules)),
            (_, false, Some(quota)) => {
                (Fate::Refused, format!("{}; {}", self.granted_by(rules), quota.sentence()))
            }
            (_, false, None) if self.is_to_be_granted(pair) => {
                let note = self.note_on_creates().map(|note| format!("; {note}"));
                (Fate::Created, self.granted_by(rules) + &note.unwrap_or_default())
            }
            (_, false, None) => {
                let why = "whether `never` forbids this depends on something that was not read";
                (Fate::Refused, why.to_owned())
            }
        }
    }

    /// What should change, and only the management account may change, stays as it is.
    fn unless_not_ours(&self, pair: Pair, fate: Fate, why: String) -> (Fate, String) {
        let stays = match fate {
            Fate::Created => Fate::Refused,
            Fate::Deleted => Fate::LeftAlone,
            Fate::Stays | Fate::Reported | Fate::Refused | Fate::LeftAlone => return (fate, why),
        };
        match self.not_ours(pair) {
            Some(not_ours) => (stays, format!("{why}; {not_ours}")),
            None => (fate, why),
        }
    }

    /// What becomes of what is in place and should not be.
    fn fate_of_unwanted(&self) -> Fate {
        match self.decision.rules.manage.unlisted {
            Unlisted::Revoke => Fate::Deleted,
            Unlisted::Report => Fate::Reported,
        }
    }

    /// Why nothing at all is deleted in the account, if so.
    fn what_keeps_all(&self) -> Option<String> {
        if self.may_delete() {
            return None;
        }
        let account = self.decision.catalogue.observed.accounts.get(self.place)?;
        let mut gaps = self.decision.catalogue.observed.gaps.bearing_on(account);
        let unread = gaps.next().map_or_else(
            || "where the account is".to_owned(),
            |gap| format!("{} ({})", gap.what.as_str(), gap.reason),
        );
        Some(format!("nothing is deleted in this account: not read: {unread}"))
    }

    fn granted_by(&self, rules: &[u32]) -> String {
        let rules = rules.iter().filter_map(|rule| self.decision.rules.rules.get(*rule as usize));
        let references: Vec<String> =
            rules.map(|rule| self.reference(&rule.name, rule.span)).collect();
        let noun = if references.len() == 1 { "rule" } else { "rules" };
        format!("{noun} {}", references.join(", "))
    }

    fn reference(&self, name: &str, span: crate::source::Span) -> String {
        self.decision.rules.reference(name, span)
    }

    /// Why the rules file leaves an assignment as it is, whatever its rules say.
    fn why_unmanaged(&self, pair: Pair) -> Option<String> {
        let observed = &self.decision.catalogue.observed;
        let (set, entry) = (
            observed.permission_set(pair.permission_set())?,
            observed.principal(pair.principal())?,
        );
        let of_account = self.decision.left_alone(self.place).map(|left| left.why);
        let managed = self.decision.managed.holds(pair);
        if of_account.is_some() {
            return of_account;
        }
        match self.manageable {
            Truth::No => return Some("`manage.accounts` does not hold the account".to_owned()),
            Truth::Unknown => return Some("the account was not read as a whole".to_owned()),
            Truth::Yes => {}
        }
        if set.name == Name::Unknown || entry.name == Name::Unknown {
            return Some("its name was not read".to_owned());
        }
        if managed != Truth::Yes {
            let holds_set = self.decision.managed.holds_permission_set(pair) == Truth::Yes;
            let why = match (&entry.principal, holds_set) {
                _ if set.name == Name::Gone => "the permission set no longer exists",
                (_, false) => "`manage.permission_sets` does not hold the permission set",
                (Principal::Group(_), true) => "`manage.groups` does not hold the group",
                (Principal::User(_), true) => "`manage.users` does not hold the user",
            };
            return Some(why.to_owned());
        }
        let (fence, truth) = self.protected_by(pair)?;
        let place = self.decision.rules.source.line_reference(fence.span);
        Some(match truth {
            Truth::Yes => format!("`protect` holds it ({place})"),
            _ => format!(
                "`protect` may hold it ({place}): that depends on something that was not read"
            ),
        })
    }
}
