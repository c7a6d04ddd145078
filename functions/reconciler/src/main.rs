//! Takes scopes from the lane: observes, decides, acts, announces.

use shared::runtime::{self, World};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    runtime::init_logging();
    let world = World::from_env().await?;
    runtime::run_function(|event| async { Ok(runtime::lane_batch(&world, event).await?.response) })
        .await
}
