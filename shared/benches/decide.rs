//! How long a decision takes, and how much memory: `just bench`.
//!
//! Divan times each case in each size. At the end comes a summary: the fastest runs, how many times the floor
//! they are, and how much memory is in use at the peak. The floor is what no decision can go below by
//! much: to sort that many assignments as bare numbers.
//!
//! Times are of making a plan, not of dropping it. To run one case: `just bench steady`.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a bench may stop at a surprise, as a test may"
)]

mod cases;
mod generated;
mod summary;

use divan::Bencher;
use peak_alloc::PeakAlloc;

use cases::{Case, Size};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

fn main() {
    divan::main();
    if is_measuring() {
        summary::print();
    }
}

/// Whether this is `cargo bench`, of all cases: not a test run, a listing or a filter.
fn is_measuring() -> bool {
    std::env::args().skip(1).eq(["--bench"])
}

/// Every size; a mere test run does without the large ones.
fn sizes() -> Vec<Size> {
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    if is_bench { Size::ALL.to_vec() } else { vec![Size::Small] }
}

/// The floor.
#[divan::bench(args = sizes(), sample_count = 9, sample_size = 1, max_time = 10)]
fn sort_as_numbers(bencher: Bencher<'_, '_>, size: Size) {
    let case = Case::of(size);
    bencher.bench(|| case.sort_as_numbers());
}

/// Nothing is assigned yet: all are creates.
#[divan::bench(args = sizes(), sample_count = 9, sample_size = 1, max_time = 10)]
fn from_empty(bencher: Bencher<'_, '_>, size: Size) {
    let case = Case::of(size);
    bencher.bench(|| case.decide(&case.empty));
}

/// All is in place: nothing to do.
#[divan::bench(args = sizes(), sample_count = 9, sample_size = 1, max_time = 10)]
fn steady(bencher: Bencher<'_, '_>, size: Size) {
    let case = Case::of(size);
    bencher.bench(|| case.decide(&case.steady));
}

/// One per cent is missing, and one per cent should not be there.
#[divan::bench(args = sizes(), sample_count = 9, sample_size = 1, max_time = 10)]
fn drift(bencher: Bencher<'_, '_>, size: Size) {
    let case = Case::of(size);
    bencher.bench(|| case.decide(&case.drift));
}

/// A scope of the account with most assignments, all in place, and nothing else was read but groups
/// and permission sets.
#[divan::bench(args = sizes(), sample_count = 99, sample_size = 1, max_time = 10)]
fn one_account(bencher: Bencher<'_, '_>, size: Size) {
    let case = Case::of(size);
    bencher.bench(|| case.decide_one_account());
}

/// What is done once for any number of plans.
#[divan::bench(args = sizes(), sample_count = 9, sample_size = 1, max_time = 10)]
fn prepare(bencher: Bencher<'_, '_>, size: Size) {
    let case = Case::of(size);
    bencher.bench(|| case.prepare());
}

/// The same scope again, when all of the organization was observed and is prepared.
#[divan::bench(args = sizes(), sample_count = 999, sample_size = 1, max_time = 10)]
fn one_account_prepared(bencher: Bencher<'_, '_>, size: Size) {
    let case = Case::of(size);
    let prepared = case.prepare();
    bencher.bench_local(|| case.plan_one_account(&prepared));
}

/// Text to rules.
#[divan::bench(args = sizes(), sample_count = 9, sample_size = 1, max_time = 10)]
fn parse_rules(bencher: Bencher<'_, '_>, size: Size) {
    let case = Case::of(size);
    bencher.bench(|| case.parse_rules());
}
