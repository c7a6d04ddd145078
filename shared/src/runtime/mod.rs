//! What a function needs around its one decision: settings, logging, clients, the Lambda runtime.
//!
//! **Guarantees.** No payload makes a function fail: what is not an event is ignored with a line in
//! the log. What fails is reported with everything behind it, and with whether another attempt may
//! help. The environment is read in [`settings`] alone.

mod allotment;
mod approvals;
pub mod batch;
mod clock;
pub mod events;
pub mod failure;
pub mod invocation;
pub mod metrics;
pub mod reconciler;
pub mod rules_events;
pub mod settings;
mod trace;
pub mod world;

pub use clock::Clock;
pub use events::{Outcome, event};
pub use failure::Failure;
pub use invocation::{init_logging, run_function, run_function_until};
pub use reconciler::{Batch, lane_batch, lane_batch_until};
pub use rules_events::{RulesOutcome, rules_event};
pub use settings::{InvalidSetting, Metrics, Settings};
pub use world::World;
