//! Bob's day.

use crate::exit::Failure;

use super::{
    RULES,
    stage::{Stage, write_rules},
    tell::scene,
};

/// Whoever is on call.
const MARY: &str = "mary.adams@example.com";
const ON_CALL: &str = "On-call";

/// What Bob adds to his rules in the afternoon.
const RULE_FOR_ON_CALL: &str = "
  - name: on-call-repairs-production
    description: Whoever is on call may repair production
    permission_sets: [PowerUserAccess]
    groups: [On-call]
    members: {at_least: 1}      # as long as somebody is
    accounts:
      tags: {environment: production}
";

/// Plays Bob's day, from his rules to the account he closes.
pub(super) async fn play(stage: &mut Stage) -> Result<(), Failure> {
    accounts(stage).await?;
    people(stage).await?;
    mistakes(stage).await?;
    scene(
        "Bob closes data-test",
        "Nothing is changed any more in an account that is closed: AWS takes its access away.",
    )?;
    stage.bob.close_account(&stage.organization(), "data-test").await?;
    stage.what_follows("CloseAccountResult").await
}

/// The morning: accounts come, move, and lose a tag.
async fn accounts(stage: &mut Stage) -> Result<(), Failure> {
    scene(
        "Bob puts his rules into force",
        "What they grant is created. What somebody once made by hand goes, but for the way in for emergencies.",
    )?;
    stage.rules_were_written().await?;

    scene(
        "Bob creates an account to try Lambda and DynamoDB in",
        "It is tagged as a test account, so the engineers build in it some seconds later.",
    )?;
    let tags = |environment| [("team", "serverless"), ("environment", environment)];
    stage.bob.create_account("lambda-dynamodb-test", &tags("test")).await?;
    stage.what_follows("CreateAccountResult").await?;

    scene("Bob creates its production account", "There the engineers may look, and no more.")?;
    stage.bob.create_account("lambda-dynamodb-prod", &tags("production")).await?;
    stage.what_follows("CreateAccountResult").await?;

    scene(
        "Bob moves the production account to where the auditors look",
        "A rule about /Workloads holds for what comes there.",
    )?;
    let organization = stage.organization();
    stage.bob.move_account(&organization, "lambda-dynamodb-prod", "/Workloads/Prod").await?;
    stage.what_follows("MoveAccount").await?;

    scene(
        "Bob moves web-test out of the workloads, into the sandbox",
        "What the place gave goes; what the tags give stays.",
    )?;
    stage.bob.move_account(&stage.organization(), "web-test", "/Sandbox").await?;
    stage.what_follows("MoveAccount").await?;

    scene(
        "A tag goes: payments-test is no test account any more",
        "What the tag gave goes with it; what the place gives stays.",
    )?;
    stage.bob.untag_account(&stage.organization(), "payments-test", "environment").await?;
    stage.what_follows("UntagResource").await
}

/// The afternoon: Mary comes and goes.
async fn people(stage: &mut Stage) -> Result<(), Failure> {
    scene(
        "Bob makes a group for whoever is on call, and a rule for it",
        "Nobody is on call yet, so the rule grants nothing yet.",
    )?;
    stage.bob.create_group(&stage.organization(), ON_CALL).await?;
    stage.what_follows("CreateGroup").await?;
    write_rules(&format!("{RULES}{RULE_FOR_ON_CALL}"))?;
    stage.rules_were_written().await?;

    scene("Mary goes on call", "With somebody in it, the group gets what the rule grants.")?;
    stage.bob.join(&stage.organization(), MARY, ON_CALL).await?;
    stage.what_follows("CreateGroupMembership").await?;

    scene(
        "Mary's week is over",
        "She leaves the group, and nobody may repair production any more.",
    )?;
    stage.bob.leave(&stage.organization(), MARY, ON_CALL).await?;
    stage.what_follows("DeleteGroupMembership").await
}

/// The evening: what should not be.
async fn mistakes(stage: &mut Stage) -> Result<(), Failure> {
    scene(
        "Somebody makes all engineers administrators of web-prod, by hand",
        "No rule grants it: that is drift. It is found when AWS tells of it, and taken back.",
    )?;
    let organization = stage.organization();
    stage.bob.grant(&organization, "AdministratorAccess", "Engineering", "web-prod").await?;
    stage.what_follows("CreateAccountAssignment").await?;

    scene(
        "Bob makes a mistake in his rules",
        "The file is refused with the line and what was meant. The rules in force stay, and nobody loses anything.",
    )?;
    let right = format!("{RULES}{RULE_FOR_ON_CALL}");
    write_rules(&right.replacen("groups: [Engineering]", "group: [Engineering]", 1))?;
    stage.rules_were_written().await?;
    write_rules(&right)
}
