//! Usher's rules, decision and AWS adapters.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::panic,
        reason = "a test may stop at a surprise"
    )
)]
pub mod announcement;
pub mod approval;
pub mod decide;
pub mod diagnostic;
pub mod drift;
pub mod explain;
pub mod failure;
pub mod ids;
pub mod lane;
pub mod lint;
pub mod looked_at;
pub mod organization;
pub mod plan;
pub mod promotion;
pub mod relevance;
pub mod rules;
pub mod scope;
pub mod shown;
pub mod snapshot;
pub mod source;
pub mod trial;
pub mod truth;

#[cfg(feature = "aws")]
pub mod act;
#[cfg(feature = "aws")]
pub mod observe;
#[cfg(feature = "aws")]
pub mod reconcile;

#[cfg(feature = "aws")]
pub mod aws;
#[cfg(feature = "aws")]
pub mod runtime;
