//! AWS, read through the ordinary configuration of the SDK: profile, region, `AWS_ENDPOINT_URL` and so on.

use aws_config::{BehaviorVersion, SdkConfig};
use shared::{
    ids::InstanceArn,
    runtime::{Settings, World},
};

use crate::exit::Failure;

/// The clients of a command, as fast as the environment says (`USHER_CALLS_PER_SECOND` and the like). What the functions
/// remember is theirs.
pub(crate) async fn world(instance_arn: Option<InstanceArn>) -> Result<World, Failure> {
    let from_environment = Settings::from_env()?;
    let instance_arn = instance_arn.or_else(|| from_environment.instance_arn.clone());
    Ok(World::new(Settings { instance_arn, cache: None, ..from_environment }, config().await))
}

/// The ordinary configuration of the SDK.
pub(crate) async fn config() -> SdkConfig {
    // Boxed, because rustc gives up on futures that are nested as deep as this one and its callers.
    Box::pin(aws_config::load_defaults(BehaviorVersion::latest())).await
}

/// How far reading has come.
pub(crate) fn progress(world: &World) -> String {
    format!("reading AWS: {} calls", world.calls().total())
}
