//! What happens in one case: who does what when, what becomes of the events, when functions die.

use std::{fmt, num::NonZeroU32, time::Duration};

use local::{Chaos, IdentitySource, bobs_organization};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{
    people::{BOBS_WORDS, Deed, Manners},
    rules::{BITS, rules_file},
    stage::Scene,
    witness::{Life, Watch},
};

/// Where Usher runs when it does not run in the management account.
const HOME: &str = "240000000001";

/// One case.
#[derive(Clone)]
pub(super) struct History {
    /// The rules in force at the beginning: see [`super::rules::rules_file`].
    pub(super) rules: u32,
    pub(super) steps: Vec<Step>,
    pub(super) setting: Setting,
    /// Of each run of the reconciler, over and over.
    pub(super) lives: Vec<Option<Life>>,
    /// Of each process of an event function.
    pub(super) event_lives: Vec<Option<Life>>,
    /// Whether each run of the reconciler begins cold.
    pub(super) cold_starts: Vec<bool>,
}

/// What stays the same during a case.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    /// How people change groups and users.
    pub(super) identity_source: IdentitySource,
    /// Whether the Identity Store tells of it, too.
    pub(super) native: bool,
    pub(super) control_tower: bool,
    /// Whether Usher runs in a member account that administrates Identity Center.
    pub(super) is_delegated: bool,
    /// What [`local::Chaos`] makes of the events.
    pub(super) seed: u64,
    /// How late events are.
    pub(super) delay: Duration,
    /// How many are lost.
    pub(super) lost: f64,
}

/// Somebody does something.
#[derive(Clone)]
pub(super) struct Step {
    /// After a while.
    pub(super) pause: Duration,
    pub(super) deed: Deed,
    /// To what: each picks one of those that are there.
    pub(super) picks: [u32; 3],
}

impl History {
    /// Bob's organization, and what goes wrong in it.
    pub(super) fn scene(&self) -> Scene {
        let setting = &self.setting;
        let mut chaos = Chaos::new(setting.seed);
        (chaos.delay, chaos.lost) = (setting.delay, setting.lost);
        Scene {
            organization: bobs_organization(),
            aws: local::Settings {
                latency: Duration::from_millis(80),
                assignment_time: Duration::from_millis(2_500),
                account_time: Duration::from_secs(40),
                caller: setting.is_delegated.then(|| HOME.parse().unwrap()),
                page_size: Some(7),
                empty_pages: true,
                identity_source: setting.identity_source,
                native_notifications: setting.native,
                control_tower: setting.control_tower,
                ..local::Settings::default()
            },
            chaos,
            rules: self.rules,
            rules_file,
            manners: Manners { words: &BOBS_WORDS, look_after: 1 },
            calls_per_second: NonZeroU32::new(1_000).unwrap(),
            run_time: None,
            lives: self.lives.clone(),
            event_lives: self.event_lives.clone(),
            cold_starts: self.cold_starts.clone(),
            watch: Watch::EveryMoment,
            diary_lines: usize::MAX,
        }
    }

    /// Whether the rules change on the way. What principals left that are gone may have been for report
    /// only until then, and no listing by principal shows it.
    pub(super) fn changes_rules(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.deed, Deed::WriteRules))
    }
}

/// Cases of so many steps, with so many of the events lost.
pub(super) fn histories(steps: usize, lost: f64) -> impl Strategy<Value = History> {
    (
        0..1_u32 << BITS,
        vec(step(), 1..=steps),
        setting(lost),
        vec(option::weighted(0.2, life(80)), 16),
        vec(option::weighted(0.1, life(1)), 8),
        vec(proptest::bool::weighted(0.2), 8),
    )
        .prop_map(|(rules, steps, setting, lives, event_lives, cold_starts)| History {
            rules,
            steps,
            setting,
            lives,
            event_lives,
            cold_starts,
        })
}

fn setting(lost: f64) -> impl Strategy<Value = Setting> {
    use IdentitySource::{Api, Console, Scim};
    let sources = select(vec![Api, Console, Scim]);
    let delays = select(vec![0, 2, 60, 600]).prop_map(Duration::from_secs);
    let delegated = proptest::bool::weighted(0.25);
    (sources, any::<bool>(), any::<bool>(), delegated, any::<u64>(), delays).prop_map(
        move |(identity_source, native, control_tower, is_delegated, seed, delay)| Setting {
            identity_source,
            native,
            control_tower,
            is_delegated,
            seed,
            delay,
            lost,
        },
    )
}

fn life(most: u32) -> impl Strategy<Value = Life> {
    (0..=most, any::<bool>())
        .prop_map(|(requests, last_one_arrives)| Life { requests, last_one_arrives })
}

fn step() -> impl Strategy<Value = Step> {
    let pauses = select(vec![0, 0, 1, 3, 10, 60, 1_200]).prop_map(Duration::from_secs);
    (pauses, select(Deed::all()), any::<[u8; 3]>()).prop_map(|(pause, deed, picks)| Step {
        pause,
        deed,
        picks: picks.map(u32::from),
    })
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after {:?}: {:?} {:?}", self.pause, self.deed, self.picks)
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rules, steps, setting, lives, event_lives, cold_starts } = self;
        writeln!(f, "rules: {:#}", super::rules::rules_file(*rules))?;
        writeln!(f, "{setting:?}")?;
        writeln!(f, "lives: {lives:?}\nof event functions: {event_lives:?}")?;
        writeln!(f, "cold starts: {cold_starts:?}")?;
        steps.iter().try_for_each(|step| writeln!(f, "  {step:?}"))
    }
}
