//! What is measured: organizations in every state that a decision meets, checked before the clock
//! runs.

use std::sync::LazyLock;

use shared::{
    decide::{Decision, decide},
    organization::Organization,
    plan::{Plan, Summary},
    rules::Rules,
    scope::Scope,
    source::SourceFile,
};

use crate::generated::{Generated, Place, Shape};

/// How large an organization.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Size {
    /// 200 accounts.
    Small,
    /// 2,000 accounts.
    Medium,
    /// 10,000 accounts, and a million assignments.
    Large,
}

impl Size {
    pub(crate) const ALL: [Self; 3] = [Self::Small, Self::Medium, Self::Large];

    fn shape(self) -> Shape {
        let (accounts, groups, permission_sets, rules, divisions) = match self {
            Self::Small => (200, 50, 20, 50, 3),
            Self::Medium => (2_000, 500, 100, 300, 10),
            Self::Large => (10_000, 2_000, 500, 1_000, 30),
        };
        Shape { accounts, groups, permission_sets, rules, divisions }
    }
}

/// An organization in every state.
pub(crate) struct Case {
    pub(crate) shape: Shape,
    /// Nothing is assigned.
    pub(crate) empty: Organization,
    /// All is as the rules say.
    pub(crate) steady: Organization,
    /// A little is not.
    pub(crate) drift: Organization,
    /// All is as the rules say in the one account that was observed.
    one_account: Organization,
    /// The scope of that account.
    scope: Scope,
    source: SourceFile,
    rules: Rules,
    /// The assignments desired, as bare numbers in no order.
    shuffled: Vec<Place>,
}

static CASES: [LazyLock<Case>; 3] = [
    LazyLock::new(|| Case::new(Size::Small)),
    LazyLock::new(|| Case::new(Size::Medium)),
    LazyLock::new(|| Case::new(Size::Large)),
];

impl Case {
    /// The case of a size, made once and kept.
    pub(crate) fn of(size: Size) -> &'static Self {
        &CASES[size as usize]
    }

    fn new(size: Size) -> Self {
        let mut generated = Generated::new(size.shape());
        let drift = generated.drifted(1);
        let shuffled = generated.shuffled();
        let busiest = generated.busiest_account();
        let source = SourceFile { name: "rules.yaml".to_owned(), text: generated.rules.clone() };
        let case = Self {
            shape: size.shape(),
            steady: generated.assigned(&generated.desired),
            one_account: generated.observed_for(busiest),
            scope: Scope::account(busiest.id.clone()),
            rules: Rules::parse(source.clone()).unwrap(),
            empty: generated.organization,
            drift: drift.organization,
            source,
            shuffled,
        };
        case.check(size, drift.missing, drift.extra);
        case
    }

    /// The decision agrees with the generator on every count, and the size is what it says.
    fn check(&self, size: Size, missing: usize, extra: usize) {
        let desired = self.desired();
        if matches!(size, Size::Large) {
            assert!((800_000..=1_200_000).contains(&desired), "{desired} assignments desired");
        }
        let counts = |plan: &Plan| {
            let Summary { create, delete, held, unchanged, .. } = plan.summary();
            (create, delete, held, unchanged)
        };
        assert_eq!(counts(&self.decide(&self.empty)), (desired, 0, 0, 0));
        assert_eq!(counts(&self.decide(&self.steady)), (0, 0, 0, desired));
        let drift = counts(&self.decide(&self.drift));
        assert_eq!(drift, (missing, extra, 0, desired - missing));
        let one_account = (0, 0, 0, self.one_account.assignments.len());
        assert_eq!(counts(&self.decide_one_account()), one_account);
        assert_eq!(counts(&self.plan_one_account(&self.prepare())), one_account);
    }

    /// How many assignments the rules want.
    pub(crate) fn desired(&self) -> usize {
        self.shuffled.len()
    }

    pub(crate) fn decide(&self, organization: &Organization) -> Plan {
        decide(&self.rules, organization, organization.observed_at, &Scope::everything())
    }

    pub(crate) fn decide_one_account(&self) -> Plan {
        decide(&self.rules, &self.one_account, self.one_account.observed_at, &self.scope)
    }

    /// Arranges all that was observed.
    pub(crate) fn prepare(&self) -> Decision<'_> {
        Decision::new(&self.rules, &self.steady, self.steady.observed_at)
    }

    /// What there is to do in the one account, once all is prepared.
    pub(crate) fn plan_one_account(&self, prepared: &Decision<'_>) -> Plan {
        prepared.plan(&self.scope)
    }

    pub(crate) fn parse_rules(&self) -> Rules {
        Rules::parse(self.source.clone()).unwrap()
    }

    /// Lists the desired assignments as numbers, and sorts them.
    pub(crate) fn sort_as_numbers(&self) -> Vec<Place> {
        let mut places: Vec<Place> = self.shuffled.clone();
        places.sort_unstable();
        places
    }
}
