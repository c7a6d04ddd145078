//! Whether there are rules in force, and whether they are what was uploaded last.

use shared::{
    aws::{failure::chain, rules::RulesFailure, store::Read},
    runtime::World,
};

use super::finding::{Finding, unread};

const RULES: &str = "rules";
const UPLOADED: &str = "uploaded";

pub(super) async fn check(world: &World) -> Vec<Finding> {
    let Ok(source) = world.rules() else {
        let help = "say where they are: --bucket BUCKET, or USHER_RULES (`RulesBucketName` of the stack's outputs)";
        return vec![Finding::warning(RULES, "not looked at: nobody said where they are", help)];
    };
    match source.read().await {
        Ok(rules) => {
            let told = format!("{} is in force; rules: {}", rules.source.name, rules.rules.len());
            vec![Finding::ok(RULES, told), uploaded(world, rules.source.text.as_bytes()).await]
        }
        Err(failure) => {
            let help = match &failure {
                RulesFailure::Unreadable(failure) => unread(failure),
                RulesFailure::Absent(_) | RulesFailure::Invalid(_) => {
                    "upload a rules file that `usher check` finds right: `usher push rules.yaml --bucket BUCKET`"
                }
            };
            vec![Finding::failed(RULES, chain(&failure), help)]
        }
    }
}

/// Whether what people wrote last is what is in force.
async fn uploaded(world: &World, in_force: &[u8]) -> Finding {
    let Some(location) = world.settings().rules_written.clone() else {
        let help = "say --bucket BUCKET";
        return Finding::warning(
            UPLOADED,
            "not looked at: nobody said where people write the rules",
            help,
        );
    };
    let file = world.file(location.clone());
    match file.read_if_changed(None).await {
        Ok(Read::Found { bytes, .. }) if bytes == in_force => {
            Finding::ok(UPLOADED, format!("{location} is what is in force"))
        }
        Ok(Read::Found { .. }) => Finding::failed(
            UPLOADED,
            format!(
                "{location} is not what is in force: it was rejected, or its event did not arrive"
            ),
            "`usher check` it, and upload it again; `Rules Rejected` and the log of rules-events say why",
        ),
        Ok(Read::Absent | Read::NotModified) => Finding::warning(
            UPLOADED,
            format!("{location} is not there: the rules in force stay as they are"),
            "upload the file, so that the next admin edits what is in force",
        ),
        Err(failure) => Finding::warning(UPLOADED, chain(&failure), unread(&failure)),
    }
}
