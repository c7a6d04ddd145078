//! A running installation, as a command is told of it: by flags, or by the variables that its own functions have.

use aws_config::SdkConfig;
use clap::Args;
use shared::{
    aws::store::Location,
    runtime::{Settings, World},
};

use crate::{exit::Failure, live};

/// Where a running installation is. The stack's outputs name the bucket and the lane.
#[derive(Args, Debug)]
pub(crate) struct Installation {
    /// The bucket with the rules; else the variable USHER_RULES says where the rules in force are
    #[arg(long, value_name = "BUCKET")]
    bucket: Option<String>,
    /// The URL of the lane's queue; else the variable USHER_LANE
    #[arg(long, value_name = "URL")]
    lane: Option<String>,
    /// The rules in force, where they are in no bucket of an installation: s3://bucket/key or a file
    #[arg(long, value_name = "LOCATION", conflicts_with = "bucket")]
    rules: Option<Location>,
}

impl Installation {
    /// The means to reach it.
    ///
    /// # Errors
    /// Something in the environment is not what it should be.
    pub(crate) async fn world(&self) -> Result<World, Failure> {
        self.world_with(live::config().await)
    }

    /// The same, with a configuration of the SDK that is there already.
    pub(crate) fn world_with(&self, config: SdkConfig) -> Result<World, Failure> {
        let settings = Settings::from_env()?;
        let in_bucket = |key: &str| {
            let key = key.to_owned();
            self.bucket.as_ref().map(|bucket| Location::S3 { bucket: bucket.clone(), key })
        };
        let settings = Settings {
            rules: self.rules.clone().or_else(|| in_bucket("active/rules.yaml")).or(settings.rules),
            rules_written: in_bucket("rules.yaml").or(settings.rules_written),
            lane: self.lane.clone().or(settings.lane),
            cache: None,
            ..settings
        };
        Ok(World::new(settings, config))
    }
}
