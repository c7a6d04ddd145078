//! Whether a CloudTrail trail is logging: without one, EventBridge hears of no call.

use aws_sdk_cloudtrail::{
    Client,
    config::{Builder, Region},
    types::Trail,
};
use shared::{aws::failure::failed, failure::CallFailure};

use super::{ORGANIZATIONS_REGION, Patient, finding::Finding};

const TRAIL: &str = "trail";
const TRAIL_THERE: &str = "trail there";
const DESCRIBE_TRAILS: &str = "cloudtrail:DescribeTrails";
const GET_TRAIL_STATUS: &str = "cloudtrail:GetTrailStatus";

const HELP: &str = "create a trail that logs management events in all Regions: `aws cloudtrail create-trail \
                    --is-multi-region-trail`, then `start-logging`";

/// Here, and where Organizations sends its events. Of another account's trail nothing can be seen.
pub(super) async fn check(patient: &Patient) -> Vec<Finding> {
    let mut findings = vec![here(patient).await];
    if patient.is_management() && patient.region() != ORGANIZATIONS_REGION {
        findings.push(there(patient).await);
    }
    findings
}

async fn here(patient: &Patient) -> Finding {
    match logging(&Client::new(&patient.config)).await {
        Ok(Some(trail)) => Finding::ok(TRAIL, format!("{trail} is logging")),
        Ok(None) => {
            let region = patient.region();
            let told = format!(
                "no trail is logging in {region}: no event will come, and all waits for the sweep"
            );
            Finding::failed(TRAIL, told, HELP)
        }
        Err(failure) => unseen(TRAIL, &failure),
    }
}

/// The forwarder has nothing to forward without it.
async fn there(patient: &Patient) -> Finding {
    let config = Builder::from(&patient.config).region(Region::from_static(ORGANIZATIONS_REGION));
    match logging(&Client::from_conf(config.build())).await {
        Ok(Some(trail)) => {
            Finding::ok(TRAIL_THERE, format!("{trail} is logging in {ORGANIZATIONS_REGION}"))
        }
        Ok(None) => {
            let told = format!(
                "no trail is logging in {ORGANIZATIONS_REGION}: no event of Organizations will come, and new and moved accounts \
                 wait for the sweep"
            );
            Finding::warning(TRAIL_THERE, told, HELP)
        }
        Err(failure) => unseen(TRAIL_THERE, &failure),
    }
}

fn unseen(check: &'static str, failure: &CallFailure) -> Finding {
    Finding::unseen(check, failure, &[DESCRIBE_TRAILS, GET_TRAIL_STATUS])
}

/// The first trail that is seen and is logging.
async fn logging(client: &Client) -> Result<Option<String>, CallFailure> {
    let described = client.describe_trails().send().await.map_err(failed(DESCRIBE_TRAILS))?;
    for trail in described.trail_list() {
        let Some(name) = name(trail) else { continue };
        let status = client.get_trail_status().name(name).send().await;
        if status.map_err(failed(GET_TRAIL_STATUS))?.is_logging() == Some(true) {
            return Ok(Some(trail.name().unwrap_or(name).to_owned()));
        }
    }
    Ok(None)
}

/// By its ARN: the trail may be of another Region, or of the organization.
fn name(trail: &Trail) -> Option<&str> {
    trail.trail_arn().or_else(|| trail.name())
}
