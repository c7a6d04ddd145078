//! One test crate: each module is about one boundary, and uses the least powerful test that proves
//! it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at a surprise"
)]

use peak_alloc::PeakAlloc;

mod acting;
mod announcements;
mod apply;
mod approvals;
mod aws;
mod budget;
mod bursts;
mod checkup;
mod cli;
mod convergence;
mod delegated;
mod deployment;
mod docs;
mod doctor;
mod end_to_end;
mod events;
mod explain;
mod gaps;
mod handed_on;
mod hostile;
mod laws;
mod members;
mod metrics;
mod mistakes;
mod model;
mod parts;
mod patterns;
mod permissions;
mod push;
mod queues;
mod quotas;
mod reconcile;
mod reference;
mod relevance;
mod robustness;
mod rules;
mod sarif;
mod scenarios;
mod schema;
mod support;
mod tick;
mod usher_local;
mod warnings;

/// Counts the memory in use, for those who want to know.
#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;
