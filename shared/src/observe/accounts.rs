//! The organization's part of an observation: accounts, the tree around them, and tags.

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;

use crate::{
    failure::CallFailure,
    ids::{AccountId, OrganizationalUnitId},
    organization::{Account, AccountState, Gap, OrganizationalUnit, Unread},
    rules::{Principals, Rule, selector::Test},
};

use super::{
    Observe, SeenAccount,
    gather::{Gathering, asks_for},
    together::{TooLate, each, each_until},
};

/// Accounts on a page of Organizations' listing. When more accounts than there are pages have to be
/// read anew, to list them all costs less.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html>
const ACCOUNTS_ON_A_PAGE: usize = 20;

/// Organizational units on a page of Organizations' listing.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListOrganizationalUnitsForParent.html>
const UNITS_ON_A_PAGE: usize = 20;

impl<Reads: Observe> Gathering<'_, Reads> {
    /// The accounts that the scope needs: those that it names; or, since groups may have access
    /// anywhere, all of them, remembered where nothing else is asked for.
    pub(super) async fn accounts(&mut self) -> Result<(), CallFailure> {
        let scope = self.scope.clone();
        if let Some(accounts) = scope.only_accounts() {
            self.single_accounts(accounts).await;
            return Ok(());
        }
        let is_about_places = scope.is_everything() || !scope.organizational_units.is_empty();
        if is_about_places || !self.picture.is_whole(self.needs_units, self.now) {
            return self.all_accounts().await;
        }
        self.remembered_accounts(&scope.accounts);
        self.single_accounts(&scope.accounts).await;
        Ok(())
    }

    /// The accounts of a narrow scope, one call each, and the units above them.
    async fn single_accounts(&mut self, ids: &BTreeSet<AccountId>) {
        let mut accounts = Vec::new();
        let reads = self.reads;
        let answers = each(ids, async |id| reads.account(id).await).await;
        for (id, answer) in ids.iter().zip(answers) {
            match answer {
                Ok(Some(account)) => {
                    self.picture.see(&account);
                    accounts.push(account);
                }
                Ok(None) => self.picture.forget(id),
                Err(failure) => self.gap(Unread::Accounts, Some(id), &failure),
            }
        }
        self.units_side_by_side(&accounts).await;
        self.units_above(&accounts).await;
        accounts.into_iter().for_each(|account| self.add(account));
    }

    /// The names of units that are below the same one, listed where that takes no more calls than to ask for
    /// each.
    async fn units_side_by_side(&mut self, accounts: &[SeenAccount]) {
        let wanted = self.units_to_name(accounts).into_iter();
        let parents = wanted.filter(|(parent, wanted)| self.is_better_listed(parent, wanted.len()));
        let parents: Vec<OrganizationalUnitId> = parents.map(|(parent, _)| parent).collect();
        let reads = self.reads;
        let listings =
            each(&parents, async |parent| reads.organizational_units_below(parent).await).await;
        for (parent, listing) in parents.iter().zip(listings) {
            // Those that it does not name, for whatever reason, are asked for singly.
            if let Ok(units) = listing {
                units.into_iter().for_each(|(id, name)| self.see_unit(id, name, parent));
            }
        }
    }

    /// Whether to list what is below a unit rather than to ask for so many of those singly. Where the one
    /// costs as much as the other, the listing: Organizations allows five of those a second, and two single
    /// questions. But only a whole tree says how many pages it has.
    fn is_better_listed(&self, parent: &OrganizationalUnitId, wanted: usize) -> bool {
        let known = self.picture.units().filter(|(_, _, above)| *above == parent).count();
        let pages = known / UNITS_ON_A_PAGE + 1;
        wanted > pages || wanted == pages && self.picture.is_whole(true, self.now)
    }

    /// The units above those accounts whose names are to be read, by what is above them.
    fn units_to_name(
        &self,
        accounts: &[SeenAccount],
    ) -> BTreeMap<OrganizationalUnitId, BTreeSet<OrganizationalUnitId>> {
        let mut wanted: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for account in accounts.iter().filter(|account| self.is_placed_by_units(account)) {
            for pair in account.path.windows(2) {
                let [parent, id] = pair else { continue };
                if !self.named_units.contains(id) {
                    wanted.entry(parent.clone()).or_default().insert(id.clone());
                }
            }
        }
        wanted
    }

    /// Whether it matters how the units above the account are called.
    fn is_placed_by_units(&self, account: &SeenAccount) -> bool {
        self.needs_units && account.state == AccountState::Active
    }

    /// Every account, and the tree around them.
    async fn all_accounts(&mut self) -> Result<(), CallFailure> {
        let accounts = self.reads.accounts().await?;
        self.picture.see_all(&accounts, self.now);
        self.tree_around(&accounts).await;
        for account in accounts {
            self.add(account);
        }
        Ok(())
    }

    /// All accounts but those, and the tree around them, as they were seen before.
    fn remembered_accounts(&mut self, but: &BTreeSet<AccountId>) {
        let units: Vec<_> = self
            .picture
            .units()
            .map(|(id, name, parent)| (id.clone(), name.to_owned(), parent.clone()))
            .collect();
        for (id, name, parent) in units {
            self.add_unit(id, name, &parent);
        }
        let accounts: Vec<SeenAccount> =
            self.picture.accounts().filter(|account| !but.contains(&account.id)).collect();
        for account in accounts {
            self.remembered.accounts.insert(account.id.clone());
            self.add(account);
        }
    }

    /// An account without a path cannot be told where it is, and so is not known at all.
    fn add(&mut self, account: SeenAccount) {
        let SeenAccount { id, name, email, state, path } = account;
        match path.last().cloned() {
            Some(parent_id) => {
                let tags = Default::default();
                let account = Account { id, name, email, state, parent_id, tags };
                self.organization.accounts.push(account);
            }
            None => {
                let reason = "organizations:DescribeAccount: an account without a path".to_owned();
                let account_id = Some(id);
                self.organization.gaps.push(Gap { what: Unread::Accounts, account_id, reason });
            }
        }
    }

    /// The names of the units above those accounts that are not read yet, if a rule asks for them: one
    /// call a unit, five at the most for each account.
    async fn units_above(&mut self, accounts: &[SeenAccount]) {
        let wanted = self.units_to_name(accounts).into_iter();
        let wanted =
            wanted.flat_map(|(parent, ids)| ids.into_iter().map(move |id| (parent.clone(), id)));
        let wanted: Vec<(OrganizationalUnitId, OrganizationalUnitId)> = wanted.collect();
        let reads = self.reads;
        let names = each(&wanted, async |(_, id)| reads.organizational_unit_name(id).await).await;
        for ((parent, id), answer) in wanted.into_iter().zip(names) {
            let below = accounts.iter().filter(|account| account.path.contains(&id));
            let below = below.filter(|account| self.is_placed_by_units(account));
            let below: Vec<&AccountId> = below.map(|account| &account.id).collect();
            match answer {
                Ok(Some(name)) => self.see_unit(id, name, &parent),
                Ok(None) => below.into_iter().for_each(|account| self.moved_meanwhile(account)),
                Err(failure) => below.into_iter().for_each(|account| {
                    self.gap(Unread::OrganizationalUnits, Some(account), &failure);
                }),
            }
        }
    }

    /// A unit above the account was deleted since the account was read, so the account is somewhere
    /// else by now.
    fn moved_meanwhile(&mut self, account: &AccountId) {
        let reason = "the account moved while it was read".to_owned();
        let account_id = Some(account.clone());
        self.organization.gaps.push(Gap { what: Unread::OrganizationalUnits, account_id, reason });
    }

    /// The units on the paths of all accounts: one listing for each that has another below it.
    async fn tree_around(&mut self, accounts: &[SeenAccount]) {
        if !self.needs_units {
            return;
        }
        let parents: BTreeSet<&OrganizationalUnitId> = accounts
            .iter()
            .flat_map(|account| account.path.split_last().map_or(&[][..], |(_, above)| above))
            .collect();
        let mut is_whole = true;
        let reads = self.reads;
        let listings =
            each(&parents, async |parent| reads.organizational_units_below(parent).await).await;
        for (parent, listing) in parents.into_iter().zip(listings) {
            match listing {
                Ok(units) => {
                    units.into_iter().for_each(|(id, name)| self.see_unit(id, name, parent));
                }
                Err(failure) => {
                    is_whole = false;
                    self.gap(Unread::OrganizationalUnits, None, &failure);
                }
            }
        }
        if is_whole {
            self.picture.see_tree(self.now);
        }
        let known: BTreeSet<OrganizationalUnitId> =
            self.organization.organizational_units.iter().map(|unit| unit.id.clone()).collect();
        for account in
            accounts.iter().filter(|account| !account.path.iter().all(|id| known.contains(id)))
        {
            self.moved_meanwhile(&account.id);
        }
    }

    /// A unit's name was read.
    fn see_unit(&mut self, id: OrganizationalUnitId, name: String, parent: &OrganizationalUnitId) {
        self.picture.see_unit(&id, &name, parent);
        self.named_units.insert(id.clone());
        self.add_unit(id, name, parent);
    }

    /// Adds a unit, or what is newer of one that is there.
    fn add_unit(&mut self, id: OrganizationalUnitId, name: String, parent: &OrganizationalUnitId) {
        let (parent_id, tags) = (Some(parent.clone()), Default::default());
        let units = &mut self.organization.organizational_units;
        match units.iter_mut().find(|unit| unit.id == id) {
            Some(unit) => (unit.name, unit.parent_id) = (name, parent_id),
            None => units.push(OrganizationalUnit { id, name, parent_id, tags }),
        }
    }

    /// The tags of the accounts that can be touched at all, if a rule asks for tags: remembered, or
    /// one call an account.
    pub(super) async fn tags(&mut self) {
        if !self.needs_tags() {
            return;
        }
        let mut to_read = BTreeSet::new();
        let mut accounts = std::mem::take(&mut self.organization.accounts);
        for account in &mut accounts {
            if !self.is_open(account) {
                continue;
            }
            let seen = self.picture.account_tags(&account.id, self.now);
            match seen.filter(|_| !self.scope.accounts.contains(&account.id)) {
                Some(tags) => {
                    account.tags = tags.clone();
                    self.remembered.tags.insert(account.id.clone());
                }
                None => _ = to_read.insert(account.id.clone()),
            }
        }
        self.organization.accounts = accounts;
        self.read_tags(&to_read, self.half_time()).await;
    }

    /// Reads the tags of those accounts, and leaves those to the next run for which there is no time.
    async fn read_tags(&mut self, ids: &BTreeSet<AccountId>, until: Option<Instant>) {
        let mut accounts = std::mem::take(&mut self.organization.accounts);
        let meant: Vec<&mut Account> =
            accounts.iter_mut().filter(|account| ids.contains(&account.id)).collect();
        let reads = self.reads;
        let asked: Vec<AccountId> = meant.iter().map(|account| account.id.clone()).collect();
        let answers = each_until(&asked, until, async |id| reads.account_tags(id).await).await;
        let mut too_late = BTreeSet::new();
        for (account, answer) in meant.into_iter().zip(answers) {
            match answer {
                Ok(Ok(tags)) => {
                    self.picture.see_account_tags(&account.id, &tags, self.now);
                    account.tags = tags;
                }
                Ok(Err(failure)) => self.gap(Unread::Tags, Some(&account.id), &failure),
                Err(TooLate) => _ = too_late.insert(account.id.clone()),
            }
        }
        self.organization.accounts = accounts;
        self.put_off(&too_late);
    }

    fn needs_tags(&self) -> bool {
        asks_for(self.rules, &|test| matches!(test, Test::Tags(_)))
            || self.rules.rules.iter().any(names_principals_by_tag)
    }

    /// The tags of the root and of the units above the accounts, if a rule asks for those:
    /// remembered, or one call a unit.
    pub(super) async fn unit_tags(&mut self) {
        if !self.needs_unit_tags() {
            return;
        }
        let above = self.units_above_open_accounts();
        let is_narrow = self.scope.only_accounts().is_some();
        let mut to_read = BTreeSet::new();
        let mut units = std::mem::take(&mut self.organization.organizational_units);
        for unit in units.iter_mut().filter(|unit| above.contains(&unit.id)) {
            let seen = self.picture.unit_tags(&unit.id, self.now);
            let is_named = is_narrow || self.scope.organizational_units.contains(&unit.id);
            match seen.filter(|_| !is_named) {
                Some(tags) => {
                    unit.tags = tags.clone();
                    self.remembered.unit_tags = true;
                }
                None => _ = to_read.insert(unit.id.clone()),
            }
        }
        self.organization.organizational_units = units;
        self.read_unit_tags(&to_read).await;
    }

    async fn read_unit_tags(&mut self, ids: &BTreeSet<OrganizationalUnitId>) {
        self.tagged_units.extend(ids.iter().cloned());
        let mut units = std::mem::take(&mut self.organization.organizational_units);
        let meant: Vec<&mut OrganizationalUnit> =
            units.iter_mut().filter(|unit| ids.contains(&unit.id)).collect();
        let reads = self.reads;
        let asked: Vec<OrganizationalUnitId> = meant.iter().map(|unit| unit.id.clone()).collect();
        let answers = each(&asked, async |id| reads.organizational_unit_tags(id).await).await;
        for (unit, answer) in meant.into_iter().zip(answers) {
            match answer {
                Ok(tags) => {
                    self.picture.see_unit_tags(&unit.id, &tags, self.now);
                    unit.tags = tags;
                }
                Err(failure) => self.gap(Unread::OrganizationalUnitTags, None, &failure),
            }
        }
        self.organization.organizational_units = units;
    }

    fn needs_unit_tags(&self) -> bool {
        asks_for(self.rules, &|test| matches!(test, Test::OrganizationalUnitTags(_)))
    }

    /// The units above the accounts in which anything may be changed, and the root.
    fn units_above_open_accounts(&self) -> BTreeSet<OrganizationalUnitId> {
        let open = self.organization.accounts.iter().filter(|account| self.is_open(account));
        self.above(open.map(|account| &account.parent_id))
    }

    /// Those units, and all above them.
    fn above<'p>(
        &self,
        parents: impl Iterator<Item = &'p OrganizationalUnitId>,
    ) -> BTreeSet<OrganizationalUnitId> {
        let units = &self.organization.organizational_units;
        let mut above = BTreeSet::new();
        for parent in parents {
            let mut next = Some(parent.clone());
            while let Some(id) = next.filter(|id| above.insert(id.clone())) {
                let unit = units.iter().find(|unit| unit.id == id);
                next = unit.and_then(|unit| unit.parent_id.clone());
            }
        }
        above
    }

    /// Those units, and all below them.
    pub(super) fn units_below(
        &self,
        ids: &BTreeSet<OrganizationalUnitId>,
    ) -> BTreeSet<OrganizationalUnitId> {
        let units = &self.organization.organizational_units;
        let mut below = ids.clone();
        loop {
            let is_below = |unit: &&OrganizationalUnit| {
                unit.parent_id.as_ref().is_some_and(|parent| below.contains(parent))
            };
            let found = units.iter().filter(is_below).map(|unit| unit.id.clone());
            let found: BTreeSet<_> = found.filter(|id| !below.contains(id)).collect();
            if found.is_empty() {
                return below;
            }
            below.extend(found);
        }
    }

    /// Whether anything may be changed in the account, as far as is known without its tags.
    fn is_open(&self, account: &Account) -> bool {
        let is_management = account.id == self.organization.organization.management_account_id;
        account.state == AccountState::Active
            && (self.rules.manage.management_account || !is_management)
    }

    /// Reads those accounts of which anything is only remembered, with the units above them and
    /// their tags; whether there were any.
    pub(super) async fn refresh(&mut self, ids: &BTreeSet<AccountId>) -> Result<bool, CallFailure> {
        let places: BTreeSet<AccountId> = &self.remembered.accounts & ids;
        if places.len() * ACCOUNTS_ON_A_PAGE > self.picture.number_of_accounts() {
            self.read_all_again().await?;
        } else {
            self.read_again(&places).await;
        }
        let tags: BTreeSet<AccountId> = &self.remembered.tags & ids;
        self.read_tags(&tags, self.second_look_until()).await;
        self.remembered.tags.retain(|id| !tags.contains(id));
        let unit_tags = self.read_unit_tags_again(ids).await;
        Ok(!places.is_empty() || !tags.is_empty() || unit_tags)
    }

    /// Lists all accounts anew. Their tags stay as they were seen, and are still only remembered.
    async fn read_all_again(&mut self) -> Result<(), CallFailure> {
        let before = std::mem::take(&mut self.organization.accounts);
        self.all_accounts().await?;
        self.remembered.accounts.clear();
        self.give_tags_back(&before);
        self.forget_newly_reached();
        self.keep_to_the_scope();
        Ok(())
    }

    /// Reads single accounts anew, with the names of the units above them.
    async fn read_again(&mut self, ids: &BTreeSet<AccountId>) {
        let accounts = std::mem::take(&mut self.organization.accounts).into_iter();
        let (before, kept): (Vec<_>, Vec<_>) =
            accounts.partition(|account| ids.contains(&account.id));
        self.organization.accounts = kept;
        self.single_accounts(ids).await;
        self.remembered.accounts.retain(|id| !ids.contains(id));
        self.give_tags_back(&before);
    }

    fn give_tags_back(&mut self, before: &[Account]) {
        let before: BTreeMap<_, _> =
            before.iter().map(|account| (&account.id, &account.tags)).collect();
        for account in &mut self.organization.accounts {
            if let Some(tags) = before.get(&account.id) {
                account.tags.clone_from(tags);
            }
        }
    }

    /// The tags of the units above those accounts, which may not be those that were above them when
    /// they were seen last; whether there were any to read.
    async fn read_unit_tags_again(&mut self, ids: &BTreeSet<AccountId>) -> bool {
        if !self.needs_unit_tags() {
            return false;
        }
        let accounts = self.organization.accounts.iter();
        let parents = accounts.filter(|account| ids.contains(&account.id));
        let above = self.above(parents.map(|account| &account.parent_id));
        let stale = &above - &self.tagged_units;
        // Those that are not there to be read count too: there is nothing more to find out.
        self.read_unit_tags(&stale).await;
        !stale.is_empty()
    }
}

/// Whether that moment has come.
pub(super) fn is_past(until: Option<Instant>) -> bool {
    until.is_some_and(|until| until <= Instant::now())
}

/// Whether the rule finds its groups by tags of the account.
fn names_principals_by_tag(rule: &Rule) -> bool {
    match &rule.principals {
        Principals::Named { .. } => false,
        Principals::GroupName(template) => template.value.tag_keys().next().is_some(),
        Principals::AccountTag { .. } => true,
    }
}
