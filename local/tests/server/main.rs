//! The server as the real SDKs see it.
#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at a surprise"
)]

mod accounts;
mod assignments;
mod callers;
mod events;
mod faults;
mod identity_store;
mod operations;
mod pages;
mod relays;
mod role_updates;
mod support;
mod told;
