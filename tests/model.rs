//! Every order in which things can happen, of a world so small that all of them can be played: two
//! event functions, the lane, the reconciler, a sweep, AWS's slow writes, a human who edits, tags and
//! writes rules, and the events that are lost, doubled and late.
//!
//! The decision in it is the real one. Everything else is what ARCHITECTURE says of it, a step an
//! action; the search walks through every state that there is. That the laws hold here says that the
//! design is right, for what random histories (`convergence`) happen not to meet; the broken designs
//! at the end say that the search would find it if it were not.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
};

use shared::{
    decide::decide,
    organization::{Assignment, Gap, Organization, Unread},
    plan::Action as Change,
    rules::Rules,
    scope::Scope,
};

use crate::support::{
    organization::{account_id, assignment, company},
    rules,
};

/// A set of places, a bit each. A place is an account and a permission set, of the one group.
type Places = u8;

/// Where assignments can be, and how many accounts there are.
struct Map {
    accounts: Vec<&'static str>,
    sets: Vec<&'static str>,
    rules: [Rules; 2],
}

/// All that there is at a moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct State {
    /// The accounts that are tagged, a bit each.
    tagged: u8,
    /// Which of the two rules files is in force.
    rules: u8,
    /// The assignments that are there.
    there: Places,
    /// What AWS has accepted and not done yet: grants and revocations.
    granting: Places,
    revoking: Places,
    /// Events on their way: as often as they will come.
    events: Vec<Event>,
    /// Messages on the lane, without those in the reconciler's hands.
    lane: BTreeSet<Message>,
    run: Option<Run>,
    /// Whether messages wait for the visibility timeout, which is longer than any write.
    waits: bool,
    left: Left,
}

/// How often each thing may still happen. It makes the world finite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Left {
    tags: u8,
    edits: u8,
    rules: u8,
    sweeps: u8,
    lost: u8,
    doubled: u8,
    gaps: u8,
    crashes: u8,
    failures: u8,
}

/// An event on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Event {
    /// Of an account. Only the broken design looks at what it was tagged with.
    Tag { account: u8, tagged: bool },
    /// Somebody changed an assignment in an account.
    Edit { account: u8 },
}

/// A message on the lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Message {
    Account {
        account: u8,
        waits_for_others: bool,
        says: Option<bool>,
    },
    /// The rules have changed.
    Rules,
    /// The schedule says so.
    Sweep,
}

/// A run of the reconciler.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Run {
    messages: BTreeSet<Message>,
    rules: u8,
    /// The accounts whose tags, or whose assignments, it could not read.
    unread_tags: u8,
    unread_places: u8,
    /// What it read of the tags. The assignments are read later, in a step of their own.
    tagged: u8,
    plan: Option<Plan>,
    /// What the rules have granted, and what they have not, at every moment since it began.
    always_wanted: Places,
    always_unwanted: Places,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Plan {
    /// Not asked for yet.
    grant: Places,
    revoke: Places,
    /// Asked for, and not known to be done.
    asked: Places,
    /// What failed: an account where a grant failed loses nothing.
    failed: Places,
}

/// What happens next.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Tag(u8),
    Edit(usize),
    WriteRules,
    Sweep,
    Lose(usize),
    Double(usize),
    Deliver(usize),
    Take { unread_tags: u8, unread_places: u8 },
    ReadAssignments,
    Ask(usize),
    Finish(usize),
    Fail(usize),
    Crash,
    TimeOut,
    Acknowledge,
}

/// How the reconciler may be built wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Design {
    Ours,
    /// What could not be read is taken for absent.
    GapIsAbsence,
    /// The event's own content is believed.
    EventCarriesTheAction,
    /// A message counts as done when it is taken.
    DoneWhenTaken,
    /// A message comes again while what the killed run asked for is still under way.
    ComesAgainTooSoon,
    /// It looks while what a human asked for is under way.
    DoesNotWaitForOthers,
    /// Revocations do not wait for grants.
    RevokesFirst,
}

/// What is never to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wrong {
    /// An assignment was taken away where something was not read.
    RevokedOnAGap,
    /// What the rules granted all along was taken away.
    RevokedWhatWasWanted,
    /// What the rules never granted meanwhile was granted.
    GrantedWhatWasNot,
    /// In an account a revocation began before a grant had ended.
    RevokedBeforeGranting,
    /// Nothing moves any more, nothing was lost, and it is not as the rules say.
    NotRightWithoutASweep,
    /// Nor is it after one sweep.
    NotRightAfterASweep,
    /// It may go on for ever.
    GoesRound,
}

struct Model {
    map: Map,
    design: Design,
    /// The same question is asked of the decision many times.
    decided: RefCell<BTreeMap<Question, (Places, Places)>>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Question {
    rules: u8,
    tagged: u8,
    there: Places,
    unread_tags: u8,
    unread_places: u8,
    /// The accounts of the scope; everything, when none are named.
    scope: u8,
}

impl Map {
    /// One account, where one file grants the one permission set and the other the other: a rule that is renamed.
    fn of_one_account() -> Self {
        let file = |set: &str| {
            rules(&format!(
                "{{version: 1, manage: {{unlisted: revoke, max_revocations: 100%}}, rules: [{{name: a, permission_sets: {set}, groups: G, accounts: {{tags: {{t: true}}}}}}]}}"
            ))
        };
        Self { accounts: vec!["one"], sets: vec!["P", "Q"], rules: [file("P"), file("Q")] }
    }

    /// Two accounts, where one file grants to those that are tagged and the other to those that are not.
    fn of_two_accounts() -> Self {
        let file = |tagged: &str| {
            rules(&format!(
                "{{version: 1, manage: {{unlisted: revoke, max_revocations: 100%}}, rules: [{{name: a, permission_sets: P, groups: G, accounts: {{tags: {{t: {tagged}}}}}}}]}}"
            ))
        };
        Self { accounts: vec!["one", "two"], sets: vec!["P"], rules: [file("true"), file("false")] }
    }

    fn places(&self) -> usize {
        self.accounts.len() * self.sets.len()
    }

    fn account_of(&self, place: usize) -> usize {
        place / self.sets.len()
    }

    /// All places in these accounts.
    fn in_accounts(&self, accounts: u8) -> Places {
        let is_in = |place: &usize| has(accounts, self.account_of(*place));
        (0..self.places()).filter(is_in).fold(0, with)
    }

    fn accounts_of(&self, places: Places) -> u8 {
        members(places).map(|place| self.account_of(place)).fold(0, with)
    }

    fn everywhere(&self) -> u8 {
        (0..self.accounts.len()).fold(0, with)
    }

    fn assignment(&self, place: usize) -> Assignment {
        let account = self.accounts[self.account_of(place)];
        assignment(self.sets[place % self.sets.len()], "G", account)
    }

    fn organization(&self, question: &Question) -> Organization {
        let mut company = company().group("G");
        for set in &self.sets {
            company = company.permission_set(set);
        }
        for (number, account) in self.accounts.iter().enumerate() {
            company = company.account(account, "/");
            if has(question.tagged & !question.unread_tags, number) {
                company = company.tagged("t", "yes");
            }
        }
        let mut organization = company.0;
        let read = question.there & !self.in_accounts(question.unread_places);
        organization.assignments = members(read).map(|place| self.assignment(place)).collect();
        let unread =
            [(Unread::Tags, question.unread_tags), (Unread::Assignments, question.unread_places)];
        for (what, accounts) in unread {
            organization.gaps.extend(members(accounts).map(|account| Gap {
                what: what.clone(),
                account_id: Some(account_id(self.accounts[account])),
                reason: "no".to_owned(),
            }));
        }
        organization
    }
}

impl Model {
    fn new(map: Map, design: Design) -> Self {
        Self { map, design, decided: RefCell::default() }
    }

    /// What the real decision would grant and revoke.
    fn decide(&self, question: Question) -> (Places, Places) {
        if let Some(known) = self.decided.borrow().get(&question) {
            return *known;
        }
        let mut organization = self.map.organization(&question);
        if self.design == Design::GapIsAbsence {
            organization.gaps.clear();
        }
        let scope = match question.scope {
            0 => Scope::everything(),
            accounts => Scope {
                accounts: members(accounts).map(|one| account_id(self.map.accounts[one])).collect(),
                ..Scope::default()
            },
        };
        let now = "2026-03-02T15:42:00Z".parse().unwrap();
        let rules = &self.map.rules[usize::from(question.rules)];
        let plan = decide(rules, &organization, now, &scope);
        let places = |action: Change| {
            let is_planned = |place: &usize| {
                let meant = self.map.assignment(*place);
                plan.due().any(|change| change.action == action && change.assignment() == meant)
            };
            (0..self.map.places()).filter(is_planned).fold(0, with)
        };
        let decided = (places(Change::Create), places(Change::Delete));
        self.decided.borrow_mut().insert(question, decided);
        decided
    }

    /// What the rules grant, by the truth: the creates of a sweep that finds nothing there.
    fn wanted(&self, state: &State) -> Places {
        let (rules, tagged) = (state.rules, state.tagged);
        self.decide(Question {
            rules,
            tagged,
            there: 0,
            unread_tags: 0,
            unread_places: 0,
            scope: 0,
        })
        .0
    }

    /// Everything that may happen next.
    fn steps(&self, state: &State) -> Vec<Step> {
        let left = state.left;
        let mut steps = Vec::new();
        if left.tags > 0 {
            steps.extend((0..self.map.accounts.len()).map(|account| Step::Tag(account as u8)));
        }
        if left.edits > 0 {
            let free = |place: &usize| !has(state.granting | state.revoking, *place);
            steps.extend((0..self.map.places()).filter(free).map(Step::Edit));
        }
        steps.extend((left.rules > 0).then_some(Step::WriteRules));
        steps.extend((left.sweeps > 0).then_some(Step::Sweep));
        for number in 0..state.events.len() {
            steps.push(Step::Deliver(number));
            steps.extend((left.lost > 0).then_some(Step::Lose(number)));
            steps.extend((left.doubled > 0).then_some(Step::Double(number)));
        }
        for place in members(state.granting | state.revoking) {
            steps.push(Step::Finish(place));
            steps.extend((left.failures > 0).then_some(Step::Fail(place)));
        }
        self.steps_of_the_reconciler(state, &mut steps);
        steps
    }

    fn steps_of_the_reconciler(&self, state: &State, steps: &mut Vec<Step>) {
        let Some(run) = &state.run else {
            if state.waits {
                let over = state.granting | state.revoking == 0;
                steps.extend(
                    (over || self.design == Design::ComesAgainTooSoon).then_some(Step::TimeOut),
                );
            } else if !state.lane.is_empty() {
                let gaps = if state.left.gaps > 0 { self.map.everywhere() } else { 0 };
                steps.push(Step::Take { unread_tags: 0, unread_places: 0 });
                for account in members(gaps) {
                    steps.push(Step::Take { unread_tags: with(0, account), unread_places: 0 });
                    steps.push(Step::Take { unread_tags: 0, unread_places: with(0, account) });
                }
            }
            return;
        };
        steps.extend((state.left.crashes > 0).then_some(Step::Crash));
        let Some(plan) = run.plan else {
            let waits_for_others = run
                .messages
                .iter()
                .any(|message| matches!(message, Message::Account { waits_for_others: true, .. }));
            let others = state.granting | state.revoking;
            if others == 0 || !waits_for_others || self.design == Design::DoesNotWaitForOthers {
                steps.push(Step::ReadAssignments);
            }
            return;
        };
        // One request at a time in an account: another one is refused with a conflict, and tried again.
        let busy = self.map.accounts_of(state.granting | state.revoking);
        let may_start = |place: &usize| !has(busy, self.map.account_of(*place));
        let grants_have_ended = plan.grant | (plan.asked & state.granting) == 0;
        let may_revoke = grants_have_ended || self.design == Design::RevokesFirst;
        let next = if may_revoke && plan.revoke != 0 { plan.revoke } else { plan.grant };
        steps.extend(members(next).filter(may_start).map(Step::Ask));
        if plan.grant | plan.revoke | plan.asked == 0 {
            steps.push(Step::Acknowledge);
        }
    }

    /// The next state; and what is wrong about the way there.
    fn next(&self, before: &State, step: &Step) -> (State, Option<Wrong>) {
        let mut state = before.clone();
        let mut wrong = None;
        match *step {
            Step::Tag(account) => {
                state.left.tags -= 1;
                state.tagged ^= with(0, usize::from(account));
                let tagged = has(state.tagged, usize::from(account));
                send(&mut state, Event::Tag { account, tagged });
            }
            Step::Edit(place) => {
                state.left.edits -= 1;
                if has(state.there, place) {
                    state.revoking = with(state.revoking, place);
                } else {
                    state.granting = with(state.granting, place);
                }
                let account = self.map.account_of(place) as u8;
                send(&mut state, Event::Edit { account });
            }
            Step::WriteRules => {
                state.left.rules -= 1;
                state.rules ^= 1;
                state.lane.insert(Message::Rules);
            }
            Step::Sweep => {
                state.left.sweeps -= 1;
                state.lane.insert(Message::Sweep);
            }
            Step::Lose(number) => {
                state.left.lost -= 1;
                state.events.remove(number);
            }
            Step::Double(number) => {
                state.left.doubled -= 1;
                let event = state.events[number];
                send(&mut state, event);
            }
            Step::Deliver(number) => {
                let event = state.events.remove(number);
                state.lane.insert(self.scope(event));
            }
            Step::Take { unread_tags, unread_places } => {
                state.left.gaps -= u8::from(unread_tags | unread_places != 0);
                let wanted = self.wanted(&state);
                let messages = std::mem::take(&mut state.lane);
                state.run = Some(Run {
                    messages,
                    rules: state.rules,
                    unread_tags,
                    unread_places,
                    tagged: state.tagged,
                    plan: None,
                    always_wanted: wanted,
                    always_unwanted: !wanted,
                });
            }
            Step::ReadAssignments => {
                let there = state.there;
                let run = state.run.as_mut().unwrap();
                let plan = self.plan(run, there);
                run.plan = Some(plan);
            }
            Step::Ask(place) => wrong = self.ask(&mut state, place),
            Step::Finish(place) => self.finish(&mut state, place, true),
            Step::Fail(place) => {
                state.left.failures -= 1;
                self.finish(&mut state, place, false);
            }
            Step::Crash => {
                state.left.crashes -= 1;
                let run = state.run.take().unwrap();
                self.put_back(&mut state, &run, |_| true);
                state.waits = true;
            }
            Step::TimeOut => state.waits = false,
            Step::Acknowledge => {
                let run = state.run.take().unwrap();
                let is_perfect = run.unread_tags | run.unread_places == 0
                    && run.plan.is_some_and(|plan| plan.failed == 0);
                // A sweep is done in any case: the next one is sure to come.
                let is_done = |message: &Message| is_perfect || *message == Message::Sweep;
                self.put_back(&mut state, &run, |message| !is_done(message));
            }
        }
        let wanted = self.wanted(&state);
        if let Some(run) = &mut state.run {
            run.always_wanted &= wanted;
            run.always_unwanted &= !wanted;
        }
        (state, wrong)
    }

    /// Those of a run's messages come again, before all others.
    fn put_back(&self, state: &mut State, run: &Run, which: impl Fn(&Message) -> bool) {
        if self.design != Design::DoneWhenTaken {
            state.lane.extend(run.messages.iter().copied().filter(which));
        }
    }

    /// What an event function makes of an event.
    fn scope(&self, event: Event) -> Message {
        match event {
            Event::Tag { account, tagged } => {
                let says = (self.design == Design::EventCarriesTheAction).then_some(tagged);
                Message::Account { account, waits_for_others: false, says }
            }
            Event::Edit { account } => {
                Message::Account { account, waits_for_others: true, says: None }
            }
        }
    }

    fn plan(&self, run: &Run, there: Places) -> Plan {
        let mut scope = 0;
        let mut tagged = run.tagged;
        for message in &run.messages {
            match *message {
                Message::Rules | Message::Sweep => scope = self.map.everywhere(),
                Message::Account { account, says, .. } => {
                    let account = usize::from(account);
                    scope = with(scope, account);
                    match says {
                        Some(true) => tagged = with(tagged, account),
                        Some(false) => tagged &= !with(0, account),
                        None => {}
                    }
                }
            }
        }
        let Run { rules, unread_tags, unread_places, .. } = *run;
        let question = Question { rules, tagged, there, unread_tags, unread_places, scope };
        let (grant, revoke) = self.decide(question);
        Plan { grant, revoke, asked: 0, failed: 0 }
    }

    /// The reconciler asks AWS for a change.
    fn ask(&self, state: &mut State, place: usize) -> Option<Wrong> {
        let bit = with(0, place);
        let run = state.run.as_mut().unwrap();
        let plan = run.plan.as_mut().unwrap();
        let account = self.map.account_of(place);
        let in_account = self.map.in_accounts(with(0, account));
        let is_grant = plan.grant & bit != 0;
        plan.grant &= !bit;
        plan.revoke &= !bit;
        plan.asked |= bit;
        if is_grant {
            state.granting |= bit;
            return (run.always_unwanted & bit != 0).then_some(Wrong::GrantedWhatWasNot);
        }
        state.revoking |= bit;
        let grants = plan.grant | (plan.asked & state.granting);
        if has(run.unread_tags | run.unread_places, account) {
            Some(Wrong::RevokedOnAGap)
        } else if run.always_wanted & bit != 0 {
            Some(Wrong::RevokedWhatWasWanted)
        } else if (grants | plan.failed) & in_account != 0 {
            Some(Wrong::RevokedBeforeGranting)
        } else {
            None
        }
    }

    /// AWS ends a request. Who asked for it and still lives sees that.
    fn finish(&self, state: &mut State, place: usize, succeeds: bool) {
        let bit = with(0, place);
        let is_grant = state.granting & bit != 0;
        if succeeds {
            state.there = if is_grant { state.there | bit } else { state.there & !bit };
        }
        state.granting &= !bit;
        state.revoking &= !bit;
        let plan = state.run.as_mut().and_then(|run| run.plan.as_mut());
        let Some(plan) = plan.filter(|plan| plan.asked & bit != 0) else { return };
        plan.asked &= !bit;
        if !succeeds {
            plan.failed |= bit;
            if is_grant {
                // An account where a grant failed loses nothing.
                plan.revoke &= !self.map.in_accounts(with(0, self.map.account_of(place)));
            }
        }
    }

    /// What is wrong about a state in which nothing moves any more.
    fn judge_quiet(&self, state: &State, allowed: Left) -> Option<Wrong> {
        let is_right = |state: &State| state.there == self.wanted(state);
        if state.left.lost == allowed.lost && !is_right(state) {
            return Some(Wrong::NotRightWithoutASweep);
        }
        let question = Question {
            rules: state.rules,
            tagged: state.tagged,
            there: state.there,
            unread_tags: 0,
            unread_places: 0,
            scope: 0,
        };
        let (grant, revoke) = self.decide(question);
        let after = State { there: (state.there | grant) & !revoke, ..state.clone() };
        (!is_right(&after)).then_some(Wrong::NotRightAfterASweep)
    }

    /// Plays everything that can happen, and says what can go wrong, each with the shortest way there
    /// that was found; and how many states there are.
    fn search(&self, begin: State) -> (BTreeMap<Wrong, Vec<Step>>, usize) {
        let allowed = begin.left;
        let mut wrongs = BTreeMap::new();
        let mut came_from: HashMap<State, Option<(State, Step)>> = HashMap::new();
        let mut followers: HashMap<State, usize> = HashMap::new();
        came_from.insert(begin.clone(), None);
        let mut queue = VecDeque::from([begin]);
        while let Some(state) = queue.pop_front() {
            if is_quiet(&state)
                && let Some(wrong) = self.judge_quiet(&state, allowed)
            {
                wrongs.entry(wrong).or_insert_with(|| way(&came_from, &state));
            }
            for step in self.steps(&state) {
                let (next, wrong) = self.next(&state, &step);
                if let Some(wrong) = wrong {
                    wrongs.entry(wrong).or_insert_with(|| {
                        let mut way = way(&came_from, &state);
                        way.push(step.clone());
                        way
                    });
                }
                *followers.entry(next.clone()).or_default() += 1;
                if !came_from.contains_key(&next) {
                    came_from.insert(next.clone(), Some((state.clone(), step)));
                    queue.push_back(next);
                }
            }
        }
        if let Some(state) = self.state_on_a_circle(&came_from, followers) {
            wrongs.entry(Wrong::GoesRound).or_insert_with(|| way(&came_from, &state));
        }
        (wrongs, came_from.len())
    }

    /// Takes away states that no other leads to, again and again: what remains goes round.
    ///
    /// Without circles, and as every state that is not quiet leads somewhere, every way ends in a
    /// quiet state: "eventually" is what [`Model::judge_quiet`] says of all of those.
    fn state_on_a_circle(
        &self,
        states: &HashMap<State, Option<(State, Step)>>,
        mut followers: HashMap<State, usize>,
    ) -> Option<State> {
        let is_first = |state: &&State| !followers.contains_key(*state);
        let mut free: Vec<State> = states.keys().filter(is_first).cloned().collect();
        let mut left = states.len();
        while let Some(state) = free.pop() {
            left -= 1;
            let steps = self.steps(&state);
            assert!(!steps.is_empty() || is_quiet(&state), "stuck: {state:?}");
            for step in steps {
                let (next, _) = self.next(&state, &step);
                let count = followers.get_mut(&next).unwrap();
                *count -= 1;
                if *count == 0 {
                    followers.remove(&next);
                    free.push(next);
                }
            }
        }
        (left > 0).then(|| followers.into_keys().next().unwrap())
    }
}

impl State {
    fn begin(left: Left) -> Self {
        Self {
            tagged: 0,
            rules: 0,
            there: 0,
            granting: 0,
            revoking: 0,
            events: Vec::new(),
            lane: BTreeSet::new(),
            run: None,
            waits: false,
            left,
        }
    }
}

/// Whatever the order in which they were sent, they may come in any.
fn send(state: &mut State, event: Event) {
    state.events.push(event);
    state.events.sort_unstable();
}

/// Whether nothing moves any more by itself.
fn is_quiet(state: &State) -> bool {
    let is_idle = state.run.is_none() && state.lane.is_empty() && state.events.is_empty();
    is_idle && state.granting | state.revoking == 0
}

/// The steps that led to a state.
fn way(came_from: &HashMap<State, Option<(State, Step)>>, to: &State) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut at = to;
    while let Some(Some((before, step))) = came_from.get(at) {
        steps.push(step.clone());
        at = before;
    }
    steps.reverse();
    steps
}

fn has(set: u8, member: usize) -> bool {
    set >> member & 1 == 1
}

fn with(set: u8, member: usize) -> u8 {
    set | 1 << member
}

fn members(set: u8) -> impl Iterator<Item = usize> {
    (0..8).filter(move |member| has(set, *member))
}

/// Everything at once, as little of each as makes sense.
const LITTLE: Left = Left {
    tags: 1,
    edits: 1,
    rules: 1,
    sweeps: 0,
    lost: 0,
    doubled: 0,
    gaps: 1,
    crashes: 1,
    failures: 1,
};

/// Its name, its map, and how much happens in it.
type World = (&'static str, fn() -> Map, Left);

/// What is played for every design: whatever goes wrong needs two or three things to meet.
fn worlds() -> Vec<World> {
    vec![
        ("a little of everything", Map::of_one_account, LITTLE),
        ("in two accounts", Map::of_two_accounts, Left { rules: 0, failures: 0, ..LITTLE }),
        (
            "events come late and twice",
            Map::of_one_account,
            Left { tags: 3, doubled: 1, ..Left::default() },
        ),
        (
            "events get lost, and a sweep comes",
            Map::of_two_accounts,
            Left { tags: 2, edits: 1, sweeps: 1, lost: 2, ..Left::default() },
        ),
        (
            "a sweep meets a human and a crash",
            Map::of_one_account,
            Left { tags: 1, edits: 2, sweeps: 1, crashes: 1, ..Left::default() },
        ),
    ]
}

/// Everything that can go wrong with a design, with the shortest way there.
#[expect(clippy::print_stderr, reason = "how much was played is worth knowing")]
fn wrongs(design: Design) -> BTreeMap<Wrong, Vec<Step>> {
    let mut all: BTreeMap<Wrong, Vec<Step>> = BTreeMap::new();
    for (name, map, left) in worlds() {
        let (wrongs, states) = Model::new(map(), design).search(State::begin(left));
        eprintln!("{design:?}, {name}: {states} states, {:?}", wrongs.keys());
        for (wrong, way) in wrongs {
            let known = all.entry(wrong).or_insert_with(|| way.clone());
            if way.len() < known.len() {
                *known = way;
            }
        }
    }
    all
}

#[test]
fn whatever_happens_in_whatever_order_it_ends_right() {
    let wrongs = wrongs(Design::Ours);
    assert!(wrongs.is_empty(), "{wrongs:#?}");
}

#[test]
fn a_design_that_takes_a_gap_for_absence_is_found_out() {
    assert!(wrongs(Design::GapIsAbsence).contains_key(&Wrong::RevokedOnAGap));
}

#[test]
fn a_design_whose_events_carry_the_action_is_found_out() {
    let wrongs = wrongs(Design::EventCarriesTheAction);
    assert!(wrongs.contains_key(&Wrong::NotRightWithoutASweep), "{wrongs:?}");
    assert!(wrongs.contains_key(&Wrong::RevokedWhatWasWanted), "{wrongs:?}");
}

#[test]
fn a_design_that_counts_messages_as_done_when_they_are_taken_is_found_out() {
    assert!(wrongs(Design::DoneWhenTaken).contains_key(&Wrong::NotRightWithoutASweep));
}

/// Why the lane's visibility timeout is longer than any write.
#[test]
fn a_design_whose_messages_come_again_too_soon_is_found_out() {
    assert!(wrongs(Design::ComesAgainTooSoon).contains_key(&Wrong::NotRightWithoutASweep));
}

/// Why the reconciler waits for what others have asked for.
#[test]
fn a_design_that_does_not_wait_for_others_is_found_out() {
    assert!(wrongs(Design::DoesNotWaitForOthers).contains_key(&Wrong::NotRightWithoutASweep));
}

#[test]
fn a_design_that_revokes_first_is_found_out() {
    assert!(wrongs(Design::RevokesFirst).contains_key(&Wrong::RevokedBeforeGranting));
}
