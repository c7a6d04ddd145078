//! Whether a CloudTrail trail is logging: without one, EventBridge hears of no call.

use aws_sdk_cloudtrail::{Client, types::Trail};
use shared::{aws::failure::failed, failure::CallFailure};

use super::{Patient, finding::Finding};

const TRAIL: &str = "trail";
const DESCRIBE_TRAILS: &str = "cloudtrail:DescribeTrails";
const GET_TRAIL_STATUS: &str = "cloudtrail:GetTrailStatus";

pub(super) async fn check(patient: &Patient) -> Finding {
    let client = Client::new(&patient.config);
    let region = patient.config.region().map(AsRef::as_ref).unwrap_or_default();
    match logging(&client).await {
        Ok(Some(trail)) => Finding::ok(TRAIL, format!("{trail} is logging")),
        Ok(None) => Finding::failed(
            TRAIL,
            format!(
                "no trail is logging in {region}: no event will come, and all waits for the sweep"
            ),
            "create a trail that logs management events: `aws cloudtrail create-trail`, then `start-logging`",
        ),
        Err(failure) => Finding::unseen(TRAIL, &failure, &[DESCRIBE_TRAILS, GET_TRAIL_STATUS]),
    }
}

/// The first trail that is seen here and is logging.
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
