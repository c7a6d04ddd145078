//! Checks a rules file that was written, and puts it in force or rejects it.

use shared::runtime::{self, World};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    runtime::init_logging();
    let world = World::from_env().await?;
    runtime::run_function(|event| runtime::rules_event(&world, event)).await
}
