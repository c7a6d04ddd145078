//! Whoever watches AWS from the side: what the organization was like at every moment, and whether
//! what Usher then did was right by what it could have seen.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard},
};

use local::Local;
use serde_json::Value;
use shared::organization::Organization;
use tokio::sync::Notify;

use crate::{
    reference::{
        now,
        reading::{Triple, Verdict, World},
    },
    support::in_process::Tap,
};

/// How closely AWS is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Watch {
    /// Every moment is kept, and each of Usher's changes is held against those that it could have seen.
    EveryMoment,
    /// Nothing: a large organization has no room for all that it ever was.
    Nothing,
}

/// Hears every request of the reconciler, and kills it when its time has come.
pub(super) struct Witness {
    local: Arc<Local>,
    watch: Watch,
    seen: Mutex<Seen>,
    killed: Notify,
}

struct Seen {
    /// All that the organization and the rules ever were. What nobody can tell apart is one moment.
    moments: Vec<Moment>,
    /// The moment at which the run that is on began to look.
    began: usize,
    /// Where the run that is on began to grant before it revoked anything.
    grants_in: BTreeSet<String>,
    /// Where the run that is on has begun to revoke.
    revokes_in: BTreeSet<String>,
    life: Option<Life>,
    judged: usize,
    wrongs: Vec<String>,
}

struct Moment {
    organization: Organization,
    rules: Arc<Value>,
}

/// How long a process lives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Life {
    /// So many more requests.
    pub(super) requests: u32,
    /// Whether AWS still does what the last one asks for.
    pub(super) last_one_arrives: bool,
}

impl Witness {
    pub(super) fn new(local: Arc<Local>, rules: Value, watch: Watch) -> Self {
        let moment = Moment { organization: inputs(&local), rules: Arc::new(rules) };
        let seen = Seen {
            moments: vec![moment],
            began: 0,
            grants_in: BTreeSet::new(),
            revokes_in: BTreeSet::new(),
            life: None,
            judged: 0,
            wrongs: Vec::new(),
        };
        Self { local, watch, seen: Mutex::new(seen), killed: Notify::new() }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    /// Looks whether anything has changed.
    pub(super) fn look(&self) {
        if self.watch == Watch::Nothing {
            return;
        }
        let organization = inputs(&self.local);
        let mut seen = self.seen();
        let last = seen.moments.last().unwrap();
        if last.organization != organization {
            let rules = Arc::clone(&last.rules);
            seen.moments.push(Moment { organization, rules });
        }
    }

    /// Other rules are in force from now on.
    pub(super) fn hear_of_rules(&self, rules: Value) {
        self.look();
        let organization = inputs(&self.local);
        let mut seen = self.seen();
        if self.watch == Watch::Nothing {
            seen.moments.clear();
        }
        seen.moments.push(Moment { organization, rules: Arc::new(rules) });
    }

    /// The rules in force.
    pub(super) fn rules(&self) -> Arc<Value> {
        Arc::clone(&self.seen().moments.last().unwrap().rules)
    }

    /// The reconciler begins a run, in which it is killed when its life is over.
    pub(super) fn begin(&self, life: Option<Life>) {
        self.look();
        let mut seen = self.seen();
        seen.began = seen.moments.len() - 1;
        seen.grants_in.clear();
        seen.revokes_in.clear();
        seen.life = life;
    }

    /// The life of the run that is on is over.
    pub(super) async fn killed(&self) {
        self.killed.notified().await;
    }

    /// What was wrong so far.
    pub(super) fn wrongs(&self) -> Vec<String> {
        self.seen().wrongs.clone()
    }

    /// How many changes were judged.
    pub(super) fn judged(&self) -> usize {
        self.seen().judged
    }
}

impl std::fmt::Debug for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Witness")
    }
}

impl Tap for Witness {
    fn asks(&self, operation: &str, body: &Value) -> bool {
        self.look();
        let mut seen = self.seen();
        let last_one_arrives = match &mut seen.life {
            Some(life) if life.requests == 0 => life.last_one_arrives,
            Some(life) => {
                life.requests -= 1;
                true
            }
            None => true,
        };
        if !last_one_arrives {
            self.killed.notify_one();
            return false;
        }
        match operation {
            _ if self.watch == Watch::Nothing => {}
            "SWBExternalService.CreateAccountAssignment" => seen.judge_create(&triple(body)),
            "SWBExternalService.DeleteAccountAssignment" => seen.judge_delete(&triple(body)),
            _ => {}
        }
        true
    }

    fn is_answered(&self, _: &str) -> bool {
        let is_over = self.seen().life.is_some_and(|life| life.requests == 0);
        if is_over {
            self.killed.notify_one();
        }
        !is_over
    }
}

impl Seen {
    /// "Grant before revoke": of one run, whatever it is about. Only the accounts in trouble are not
    /// waited for, and an account is in trouble by something that was asked for there.
    fn judge_create(&mut self, triple: &Triple) {
        let account = &triple.account;
        if self.revokes_in.is_empty() {
            self.grants_in.insert(account.clone());
        } else if self.revokes_in.contains(account) || !self.grants_in.contains(account) {
            self.wrongs.push(format!("granted after the first revocation: {triple:?}"));
        }
        self.judge(triple, Verdict::Wanted, "granted");
    }

    fn judge_delete(&mut self, triple: &Triple) {
        self.revokes_in.insert(triple.account.clone());
        let rules = &self.moments.last().unwrap().rules;
        if self.moments.len() - self.began == 1 && rules["manage"]["unlisted"] != "revoke" {
            self.wrongs.push(format!("revoked where the rules only report: {triple:?}"));
        }
        self.judge(triple, Verdict::Unlisted, "revoked");
    }

    /// A change is right when the rules asked for it at some moment since the run began to look.
    ///
    /// When the world moved more than once meanwhile, what was read may be a mixture that never was;
    /// then nobody can tell. It is made good by the event of the later change.
    fn judge(&mut self, triple: &Triple, right: Verdict, what: &str) {
        let moments = &self.moments[self.began..];
        if moments.len() > 2 {
            return;
        }
        self.judged += 1;
        if !moments.iter().any(|moment| moment.says(triple) == right) {
            let says: Vec<Verdict> = moments.iter().map(|moment| moment.says(triple)).collect();
            self.wrongs.push(format!("{what}, though the rules say {says:?}: {triple:?}"));
        }
    }
}

impl Moment {
    fn says(&self, triple: &Triple) -> Verdict {
        let organization = serde_json::to_value(&self.organization).unwrap();
        World { rules: &self.rules, organization: &organization, now: now() }.says(triple)
    }
}

/// All that rules look at: everything but the assignments.
fn inputs(local: &Local) -> Organization {
    let mut organization = local.organization();
    organization.observed_at = now();
    organization.assignments.clear();
    organization
}

fn triple(body: &Value) -> Triple {
    let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
    Triple {
        account: text("TargetId"),
        permission_set: text("PermissionSetArn"),
        kind: text("PrincipalType"),
        principal: text("PrincipalId"),
    }
}
