//! The assignments in place, arranged by account.

use std::ops::Range;

use crate::organization::Assignment;

use super::observed::Pair;

/// The assignments in place: each account's as a sorted run of integers.
pub(super) struct Assignments<'a> {
    pairs: Vec<Pair>,
    /// Where each account's run is.
    ranges: Vec<Range<usize>>,
    /// Those in accounts that the organization does not list.
    pub(super) elsewhere: Vec<&'a Assignment>,
}

/// An assignment in an account of the table.
pub(super) struct Placed {
    pub(super) account: u32,
    pub(super) pair: Pair,
}

impl<'a> Assignments<'a> {
    /// Counts each account's assignments, then puts each where its account's begin.
    pub(super) fn new(placed: &[Placed], accounts: usize, elsewhere: Vec<&'a Assignment>) -> Self {
        let mut ranges = vec![0..0; accounts];
        for Placed { account, .. } in placed {
            if let Some(range) = ranges.get_mut(*account as usize) {
                range.end += 1;
            }
        }
        one_after_another(&mut ranges);
        let mut pairs = vec![Pair::new(0, 0); placed.len()];
        for Placed { account, pair } in placed {
            let Some(range) = ranges.get_mut(*account as usize) else { continue };
            if let Some(slot) = pairs.get_mut(range.end) {
                *slot = *pair;
                range.end += 1;
            }
        }
        for range in &mut ranges {
            if let Some(run) = pairs.get_mut(range.clone()) {
                range.end = range.start + sort_each_once(run);
            }
        }
        Self { pairs, ranges, elsewhere }
    }

    /// The assignments in place in an account, in the order of a plan, each once.
    pub(super) fn of(&self, account: usize) -> &[Pair] {
        let range = self.ranges.get(account).cloned().unwrap_or_default();
        self.pairs.get(range).unwrap_or_default()
    }
}

/// Turns ranges that only have lengths into empty ones at the places where each is to begin.
fn one_after_another(ranges: &mut [Range<usize>]) {
    let mut start = 0;
    for range in ranges {
        let length = range.end;
        *range = start..start;
        start += length;
    }
}

/// Sorts a run, moves each of its values to the front once, and says how many there are.
fn sort_each_once(run: &mut [Pair]) -> usize {
    run.sort_unstable();
    if run.is_sorted_by(|a, b| a < b) {
        return run.len();
    }
    let mut kept: usize = 0;
    for place in 0..run.len() {
        let last = kept.checked_sub(1).and_then(|last| run.get(last));
        if run.get(place) != last {
            run.swap(kept, place);
            kept += 1;
        }
    }
    kept
}
