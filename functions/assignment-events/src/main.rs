//! Turns events about assignments that others changed into scopes on the lane.

use shared::{
    runtime::{self, World},
    scope::Function,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    runtime::init_logging();
    let world = World::from_env().await?;
    runtime::run_function(|event| runtime::event(&world, Function::AssignmentEvents, event)).await
}
