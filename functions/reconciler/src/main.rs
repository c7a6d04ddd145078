//! Takes scopes from the lane: observes, decides, acts, announces.

use shared::runtime::{self, World};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    runtime::init_logging();
    let world = World::from_env().await?;
    let world = &world;
    runtime::run_function_until(|event, deadline| async move {
        Ok(runtime::lane_batch_until(world, event, Some(deadline)).await?.response)
    })
    .await
}
