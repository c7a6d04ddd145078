//! What single groups and users have, where nobody may list it by principal: from another account than the
//! management account.
//!
//! To read every account for them takes a thousand calls where a handful matter: the pairs of an account and a
//! permission set that they held when that was seen last, and those that the rules grant them now. Anything
//! else there is of theirs, somebody has made of whom no event told, and the sweep finds it, which reads all.

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;

use crate::{
    ids::{AccountId, PermissionSetArn},
    organization::Principal,
};

use super::{
    Observe,
    assignments::pair,
    gather::Gathering,
    held::Pair,
    together::{each, each_until},
};

impl<Reads: Observe> Gathering<'_, Reads> {
    /// What those principals have in those accounts: in the ones of which it is `unknown` what was in place,
    /// everything is read; in the others the pairs that they held, and before something is granted there, that.
    pub(super) async fn by_what_they_held(
        &mut self,
        principals: &[Principal],
        accounts: &BTreeSet<AccountId>,
        unknown: &BTreeSet<AccountId>,
    ) {
        if !self.picture.has_seen_everything(self.now) {
            self.by_pairs(accounts).await;
            return;
        }
        self.by_pairs(&(unknown - &self.read_whole)).await;
        self.reads_what_it_grants = true;
        let held = self.picture.pairs_of(principals);
        let held = held.into_iter().filter(|(account, _)| accounts.contains(account)).collect();
        self.single_pairs(&held, self.look_until).await;
    }

    /// Reads pairs in which something is to be granted, and that were not read. Says whether there were any:
    /// then the plan has to be made anew.
    pub(super) async fn look_where_it_grants(&mut self, pairs: &BTreeSet<Pair>) -> bool {
        if !self.reads_what_it_grants {
            return false;
        }
        let is_read =
            |pair: &&Pair| self.read_whole.contains(&pair.0) || self.read_pairs.contains(pair);
        let unread: BTreeSet<Pair> = pairs.iter().filter(|pair| !is_read(pair)).cloned().collect();
        self.single_pairs(&unread, self.second_look_until()).await
    }

    /// Who has these permission sets in these accounts; or, where that cannot be read, all that is there: a
    /// permission set that is remembered may be gone. Accounts for which there is no time are put off, all
    /// but one: a run that does nothing would be followed by others that do nothing. Says whether there were
    /// any to read.
    async fn single_pairs(&mut self, pairs: &BTreeSet<Pair>, until: Option<Instant>) -> bool {
        let mut by_account: BTreeMap<&AccountId, Vec<&PermissionSetArn>> = BTreeMap::new();
        for (account, permission_set) in pairs {
            by_account.entry(account).or_default().push(permission_set);
        }
        let is_meant = |id: &AccountId| !self.read_whole.contains(id) && !self.rest.names_whole(id);
        by_account.retain(|account, _| is_meant(account));
        let is_any = !by_account.is_empty();
        let (mut too_late, mut failed) = (BTreeSet::new(), BTreeSet::new());
        let reads = self.reads;
        let ask = async |(account, arns): (&&AccountId, &Vec<&PermissionSetArn>)| {
            each(arns, async |arn| pair(reads, account, (*arn).clone()).await).await
        };
        let answers = each_until(&by_account, until, ask).await;
        for (account, answers) in by_account.into_keys().zip(answers) {
            let Ok(answers) = answers else {
                too_late.insert(account.clone());
                continue;
            };
            for (permission_set, answer) in answers {
                match answer {
                    Ok(assignments) => self.see_single_pair(account, permission_set, assignments),
                    Err(_) => _ = failed.insert(account.clone()),
                }
            }
        }
        self.put_off(&too_late);
        self.by_pairs(&failed).await;
        is_any
    }
}
