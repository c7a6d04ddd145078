//! AWS, read through the ordinary configuration of the SDK: profile, region, `AWS_ENDPOINT_URL` and so on.

use aws_config::BehaviorVersion;
use shared::{
    ids::InstanceArn,
    runtime::{Settings, World},
};

/// The clients of a command.
pub(crate) async fn world(instance_arn: Option<InstanceArn>) -> World {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    World::new(Settings { instance_arn, ..Settings::default() }, config)
}

/// How far reading has come.
pub(crate) fn progress(world: &World) -> String {
    format!("reading AWS: {} calls", world.calls().total())
}
