//! The summary: medians side by side, and how far above the floor they are.
#![expect(clippy::print_stdout, reason = "it is what the bench is run for")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use crate::cases::{Case, Size};

/// Prints a table with a column for each size.
pub(crate) fn print() {
    let columns = Size::ALL.map(column);
    let titles = ["", "small", "medium", "large"];
    println!("\n{:<28}{:>12}{:>12}{:>12}", titles[0], titles[1], titles[2], titles[3]);
    let [small, medium, large] = &columns;
    for (((title, small), (_, medium)), (_, large)) in small.iter().zip(medium).zip(large) {
        println!("{title:<28}{small:>12}{medium:>12}{large:>12}");
    }
}

/// Titles, and a size's values.
fn column(size: Size) -> Vec<(&'static str, String)> {
    let case = Case::of(size);
    let floor = median(|| case.sort_as_numbers());
    let from_empty = median(|| case.decide(&case.empty));
    let steady = median(|| case.decide(&case.steady));
    let ratio = |time: Duration| format!("{:.1}", time.as_secs_f64() / floor.as_secs_f64());
    vec![
        ("accounts", case.shape.accounts.to_string()),
        ("groups", case.shape.groups.to_string()),
        ("permission sets", case.shape.permission_sets.to_string()),
        ("rules", case.shape.rules.to_string()),
        ("assignments desired", case.desired().to_string()),
        ("from empty", readable(from_empty)),
        ("steady", readable(steady)),
        ("drift", readable(median(|| case.decide(&case.drift)))),
        ("one account", readable(median(|| case.decide_one_account()))),
        ("parse the rules", readable(median(|| case.parse_rules()))),
        ("floor: sort as numbers", readable(floor)),
        ("from empty / floor", ratio(from_empty)),
        ("steady / floor", ratio(steady)),
    ]
}

/// Never more digits than a table has room for.
fn readable(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 1.0 { format!("{:.2} ms", seconds * 1000.0) } else { format!("{seconds:.2} s") }
}

/// The median time of several runs; of fewer, where one takes long. Dropping the result is not
/// timed.
fn median<T>(mut run: impl FnMut() -> T) -> Duration {
    let begin = Instant::now();
    let mut times = Vec::new();
    while times.is_empty() || (times.len() < RUNS && begin.elapsed() < ENOUGH) {
        let start = Instant::now();
        let result = black_box(run());
        times.push(start.elapsed());
        drop(result);
    }
    times.sort_unstable();
    times[times.len() / 2]
}

/// Runs of each case.
const RUNS: usize = 9;

/// After which time no further run of a case begins.
const ENOUGH: Duration = Duration::from_secs(10);
