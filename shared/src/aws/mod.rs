//! AWS, behind the traits of the core: how to ask, how fast, and what an answer means. Nothing is
//! decided here.
//!
//! - [`clients`]: one SDK client a service, made when first needed;
//! - [`pace`], [`organizations_pace`]: the quotas, kept from this side;
//! - [`calls`]: every request counted, so that a budget of calls can be tested;
//! - [`failure`]: what went wrong, and whether it will pass;
//! - [`pages`]: listings, read to their end;
//! - [`facts`]: the instance and the organization, asked for once;
//! - [`management_role`]: a role for the one call that only the management account may make;
//! - [`memory`]: the picture of the organization, kept between runs;
//! - [`names`]: permission sets' names, learned once, ever;
//! - [`observe`], [`act`], [`announce`], [`lane`]: the four things that Usher does with AWS;
//! - [`store`] and [`rules`]: a file in S3 or on disk, and the rules in it;
//! - [`rules_bucket`]: what people write, and what takes force of it;
//! - [`approvals`]: revocations that wait for somebody, and approvals of them;
//! - [`last_sweep`]: when everything was looked at last;
//! - [`caller`]: who calls.
//!
//! **Guarantees.** A listing is whole or it is a failure. An answer that cannot be read is a
//! failure, never a missing row: what is missing may be revoked.

pub mod act;
pub mod announce;
pub mod approvals;
pub mod caller;
pub mod calls;
pub mod clients;
pub mod facts;
pub mod failure;
pub mod lane;
pub mod last_sweep;
pub mod management_role;
pub mod memory;
pub mod names;
pub mod observe;
pub mod organizations_pace;
pub mod pace;
pub mod pages;
mod read;
pub mod rules;
pub mod rules_bucket;
pub mod store;
mod users;
