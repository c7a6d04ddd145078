//! The summary: the fastest runs side by side, how far above the floor they are, and the memory at
//! the peak.
#![expect(clippy::print_stdout, reason = "it is what the bench is run for")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use shared::organization::Organization;

use crate::{
    ALLOCATOR,
    cases::{Case, Size},
};

/// What the largest size is to stay below.
const MOST_TIME: Duration = Duration::from_secs(1);

/// What the largest size is to stay below, the organization that is decided on included.
///
/// Unit: bytes.
const MOST_MEMORY: usize = 300_000_000;

/// How many times the floor the largest size is to stay below.
const MOST_FLOORS: f64 = 3.0;

/// Prints a table with a column for each size, and whether the largest is what it should be.
pub(crate) fn print() {
    let measured = Size::ALL.map(Measured::new);
    let titles = ["", "small", "medium", "large"];
    println!("\n{:<36}{:>12}{:>12}{:>12}", titles[0], titles[1], titles[2], titles[3]);
    let [small, medium, large] = measured.each_ref().map(Measured::rows);
    for (((title, small), (_, medium)), (_, large)) in small.iter().zip(medium).zip(large) {
        println!("{title:<36}{small:>12}{medium:>12}{large:>12}");
    }
    println!("\n{}", measured[2].verdict());
}

/// A size's values.
struct Measured {
    case: &'static Case,
    floor: Duration,
    from_empty: Measurement,
    steady: Measurement,
    drift: Measurement,
    prepare: Duration,
    one_account: Duration,
    one_account_prepared: Duration,
    parse_rules: Duration,
}

/// Of a decision on everything.
struct Measurement {
    time: Duration,
    /// Bytes in use at the peak, those of the organization included.
    memory: usize,
}

impl Measured {
    fn new(size: Size) -> Self {
        let case = Case::of(size);
        let everything = |organization: &Organization| Measurement {
            time: fastest(|| case.decide(organization)),
            memory: peak(|| organization.clone()) + peak(|| case.decide(organization)),
        };
        let prepared = case.prepare();
        Self {
            case,
            floor: fastest(|| case.sort_as_numbers()),
            from_empty: everything(&case.empty),
            steady: everything(&case.steady),
            drift: everything(&case.drift),
            prepare: fastest(|| case.prepare()),
            one_account: fastest(|| case.decide_one_account()),
            one_account_prepared: fastest(|| case.plan_one_account(&prepared)),
            parse_rules: fastest(|| case.parse_rules()),
        }
    }

    /// Titles and values.
    fn rows(&self) -> Vec<(&'static str, String)> {
        let shape = &self.case.shape;
        let floors = |of: &Measurement| format!("{:.1}", self.floors(of));
        vec![
            ("accounts", shape.accounts.to_string()),
            ("groups", shape.groups.to_string()),
            ("permission sets", shape.permission_sets.to_string()),
            ("rules", shape.rules.to_string()),
            ("assignments desired", self.case.desired().to_string()),
            ("from empty", readable(self.from_empty.time)),
            ("steady", readable(self.steady.time)),
            ("drift", readable(self.drift.time)),
            ("floor: sort as numbers", readable(self.floor)),
            ("from empty / floor", floors(&self.from_empty)),
            ("steady / floor", floors(&self.steady)),
            ("drift / floor", floors(&self.drift)),
            ("peak memory from empty", megabytes(self.from_empty.memory)),
            ("peak memory steady", megabytes(self.steady.memory)),
            ("peak memory drift", megabytes(self.drift.memory)),
            ("one account, from nothing", readable(self.one_account)),
            ("one account, prepared", readable(self.one_account_prepared)),
            ("prepare all", readable(self.prepare)),
            ("parse the rules", readable(self.parse_rules)),
        ]
    }

    fn floors(&self, of: &Measurement) -> f64 {
        of.time.as_secs_f64() / self.floor.as_secs_f64()
    }

    /// Whether it stays below what it is to stay below.
    fn verdict(&self) -> String {
        let all = [&self.from_empty, &self.steady, &self.drift];
        let time = all.iter().map(|of| of.time).max().unwrap();
        let memory = all.iter().map(|of| of.memory).max().unwrap();
        let floors = all.iter().map(|of| self.floors(of)).fold(0.0, f64::max);
        let verdict = |holds: bool| if holds { "yes" } else { "NO" };
        format!(
            "large: at most {} ({}), {MOST_FLOORS} floors ({}), {} ({})",
            readable(MOST_TIME),
            verdict(time <= MOST_TIME),
            verdict(floors <= MOST_FLOORS),
            megabytes(MOST_MEMORY),
            verdict(memory <= MOST_MEMORY),
        )
    }
}

/// Never more digits than a table has room for.
fn readable(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        ..0.001 => format!("{:.1} µs", seconds * 1_000_000.0),
        ..1.0 => format!("{:.2} ms", seconds * 1000.0),
        _ => format!("{seconds:.2} s"),
    }
}

fn megabytes(bytes: usize) -> String {
    format!("{:.1} MB", bytes as f64 / 1_000_000.0)
}

/// The bytes that a run has in use at its peak, beyond those that were in use before it.
fn peak<T>(run: impl FnOnce() -> T) -> usize {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let result = black_box(run());
    let peak = ALLOCATOR.peak_usage();
    drop(result);
    peak.saturating_sub(before)
}

/// The fastest of several runs; of fewer, where one takes long. Whatever else the machine is busy
/// with can only make a run slower. Dropping the result is not timed.
fn fastest<T>(mut run: impl FnMut() -> T) -> Duration {
    let begin = Instant::now();
    let mut times = Vec::new();
    while times.is_empty() || (times.len() < RUNS && begin.elapsed() < ENOUGH) {
        let start = Instant::now();
        let result = black_box(run());
        times.push(start.elapsed());
        drop(result);
    }
    times.into_iter().min().unwrap()
}

/// Runs of each case.
const RUNS: usize = 15;

/// After which time no further run of a case begins.
const ENOUGH: Duration = Duration::from_secs(10);
