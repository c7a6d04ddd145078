//! Bob's day.

use crate::exit::Failure;

use super::{stage::Stage, tell};

/// Plays Bob's day, from his rules to the account he closes.
pub(super) async fn play(stage: &mut Stage) -> Result<(), Failure> {
    tell::scene("Bob puts his rules into force")?;
    stage.sweep().await?;

    tell::scene("Bob creates an account to try Lambda and DynamoDB in")?;
    stage
        .create_account("lambda-dynamodb-test", &[("team", "serverless"), ("environment", "test")])
        .await?;

    tell::scene("Bob creates its production account")?;
    stage
        .create_account(
            "lambda-dynamodb-prod",
            &[("team", "serverless"), ("environment", "production")],
        )
        .await?;

    tell::scene("Bob moves the production account to where the auditors look")?;
    stage.move_account("lambda-dynamodb-prod", "/Workloads/Prod").await?;

    tell::scene("Bob moves web-test out of the workloads, into the sandbox")?;
    stage.move_account("web-test", "/Sandbox").await?;

    tell::scene("Bob closes data-test")?;
    stage.close_account("data-test").await
}
