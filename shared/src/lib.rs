//! Usher's rules, decision and AWS adapters.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise"))]
pub mod ids;
pub mod organization;
