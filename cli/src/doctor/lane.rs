//! Whether the lane is empty, or what waits on it, and whether somebody takes from it; what Usher has given up on, and what
//! did not even reach the lane.

use std::time::Duration;

use aws_sdk_lambda::types::EventSourceMappingConfiguration;
use aws_sdk_sqs::{
    Client,
    types::QueueAttributeName::{
        ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible, QueueArn, RedrivePolicy,
    },
};
use serde_json::Value;
use shared::{aws::failure::failed, failure::CallFailure};
use tokio::time::sleep;

use super::{Patient, finding::Finding};

const LANE: &str = "lane";
const TAKEN_UP: &str = "taken up";
const DEAD_LETTERS: &str = "dead letters";
const LOST_EVENTS: &str = "lost events";
const GET_QUEUE_ATTRIBUTES: &str = "sqs:GetQueueAttributes";
const GET_QUEUE_URL: &str = "sqs:GetQueueUrl";
const LIST_QUEUES: &str = "sqs:ListQueues";
const LIST_MAPPINGS: &str = "lambda:ListEventSourceMappings";

/// More of them waiting than one run takes, and somebody should look.
const MANY: u64 = 100;

/// How often a lane is looked at where messages wait and none is worked on, and how long between two looks: Lambda asks for
/// messages all the time, so that is over in a moment.
const LOOKS: u32 = 8;
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// What a queue holds.
struct Queue {
    arn: String,
    waiting: u64,
    in_work: u64,
    /// The ARN of the queue for what was given up.
    dead_letters: Option<String>,
}

impl Queue {
    /// All that it holds.
    fn number(&self) -> u64 {
        self.waiting.saturating_add(self.in_work)
    }

    fn is_left_alone(&self) -> bool {
        self.waiting > 0 && self.in_work == 0
    }
}

pub(super) async fn check(patient: &Patient) -> Vec<Finding> {
    let client = Client::new(&patient.config);
    let mut findings = lane(patient, &client).await;
    findings.push(match lost_events(&client, &patient.stack).await {
        Ok(finding) => finding,
        Err(failure) => {
            Finding::unseen(LOST_EVENTS, &failure, &[LIST_QUEUES, GET_QUEUE_ATTRIBUTES])
        }
    });
    findings
}

async fn lane(patient: &Patient, client: &Client) -> Vec<Finding> {
    let Some(url) = patient.world.settings().lane.as_deref() else {
        let help = "say where it is: --lane URL, or USHER_LANE (`LaneUrl` of the stack's outputs)";
        return vec![Finding::warning(LANE, "not looked at: nobody said where it is", help)];
    };
    let queue = match settled(client, url).await {
        Ok(queue) => queue,
        Err(failure) => return vec![unseen(LANE, &failure)],
    };
    let taken_up = match mappings(patient, &queue.arn).await {
        Ok(mappings) => taken_up(&mappings),
        Err(failure) => Finding::unseen(TAKEN_UP, &failure, &[LIST_MAPPINGS]),
    };
    let dead = match &queue.dead_letters {
        None => Finding::failed(
            DEAD_LETTERS,
            "the lane has no dead-letter queue: one message that fails holds up all others",
            "deploy infra/template.yaml again",
        ),
        Some(arn) => match dead_letters(client, arn).await {
            Ok(finding) => finding,
            Err(failure) => unseen(DEAD_LETTERS, &failure),
        },
    };
    vec![waiting(&queue), taken_up, dead]
}

/// The lane, after a moment where nothing is done with what waits there.
async fn settled(client: &Client, url: &str) -> Result<Queue, CallFailure> {
    let mut lane = queue(client, url).await?;
    for _ in 1..LOOKS {
        if !lane.is_left_alone() {
            break;
        }
        sleep(BETWEEN_LOOKS).await;
        lane = queue(client, url).await?;
    }
    Ok(lane)
}

fn waiting(queue: &Queue) -> Finding {
    let told = match (queue.waiting, queue.in_work) {
        (0, 0) => "empty".to_owned(),
        (1, 0) => "1 message waits, and is not worked on".to_owned(),
        (waiting, 0) => format!("{waiting} messages wait, and none is worked on"),
        (waiting, in_work) => format!("{waiting} messages wait, {in_work} are worked on"),
    };
    if queue.is_left_alone() {
        return Finding::warning(
            LANE,
            told,
            "see below whether it is taken up; if it is, Lambda has no room for the reconciler: look at its throttles, and at \
             the account's concurrency",
        );
    }
    if queue.waiting <= MANY {
        return Finding::ok(LANE, told);
    }
    Finding::warning(
        LANE,
        told,
        "look again in some minutes: if it does not get less, the reconciler's log says why",
    )
}

async fn mappings(
    patient: &Patient,
    lane: &str,
) -> Result<Vec<EventSourceMappingConfiguration>, CallFailure> {
    let client = aws_sdk_lambda::Client::new(&patient.config);
    let pages = client.list_event_source_mappings().event_source_arn(lane);
    let all = pages.into_paginator().items().send().collect::<Result<_, _>>().await;
    all.map_err(failed(LIST_MAPPINGS))
}

/// Whether a function takes what comes on the lane.
fn taken_up(mappings: &[EventSourceMappingConfiguration]) -> Finding {
    let state = |mapping: &EventSourceMappingConfiguration| {
        mapping.state().unwrap_or_default().to_lowercase()
    };
    let function = |mapping: &EventSourceMappingConfiguration| {
        let arn = mapping.function_arn().unwrap_or_default();
        arn.rsplit(':').next().unwrap_or_default().to_owned()
    };
    let is_off = |mapping: &&EventSourceMappingConfiguration| {
        ["disabled", "disabling", "deleting"].contains(&state(mapping).as_str())
    };
    if let Some(mapping) = mappings.iter().find(|mapping| !is_off(mapping)) {
        return Finding::ok(TAKEN_UP, format!("{} takes from the lane", function(mapping)));
    }
    let Some(mapping) = mappings.first() else {
        return Finding::failed(
            TAKEN_UP,
            "no function takes from the lane: what comes is kept for four days, and then gone",
            "deploy infra/template.yaml again",
        );
    };
    let told = format!(
        "stopped: {} does not take from the lane (its event source mapping is {}); what comes is kept for four days",
        function(mapping),
        state(mapping),
    );
    let help = format!(
        "let it go on: `aws lambda update-event-source-mapping --uuid {} --enabled`",
        mapping.uuid().unwrap_or("UUID")
    );
    Finding::failed(TAKEN_UP, told, help)
}

async fn dead_letters(client: &Client, arn: &str) -> Result<Finding, CallFailure> {
    let name = arn.rsplit(':').next().unwrap_or_default();
    let url =
        client.get_queue_url().queue_name(name).send().await.map_err(failed(GET_QUEUE_URL))?;
    let number = queue(client, url.queue_url().unwrap_or_default()).await?.number();
    if number == 0 {
        return Ok(Finding::ok(DEAD_LETTERS, "none"));
    }
    Ok(Finding::failed(
        DEAD_LETTERS,
        format!("Usher gave up on {}: assignments may be wrong there", counted(number, "message")),
        format!(
            "the reconciler's log says why; when the cause is mended, let them go back from {name} to the lane (SQS console, \"Start DLQ redrive\")"
        ),
    ))
}

/// What did not reach the lane, in the queue that CloudFormation names after the stack and the template's `LostEvents`.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html>
async fn lost_events(client: &Client, stack: &str) -> Result<Finding, CallFailure> {
    let prefix = format!("{stack}-LostEvents");
    let pages = client.list_queues().queue_name_prefix(&prefix).max_results(100);
    let urls: Result<Vec<String>, _> = pages.into_paginator().items().send().collect().await;
    let urls = urls.map_err(failed(LIST_QUEUES))?;
    if urls.is_empty() {
        return Ok(Finding::warning(
            LOST_EVENTS,
            format!("not looked at: no queue is called {prefix}-…"),
            format!(
                "if the stack is not called `{stack}`, say --stack NAME; else deploy infra/template.yaml again"
            ),
        ));
    }
    let mut held = Vec::new();
    let mut number = 0_u64;
    for url in urls {
        let lost = queue(client, &url).await?.number();
        number = lost.saturating_add(number);
        if lost > 0 {
            held.push(url);
        }
    }
    if held.is_empty() {
        return Ok(Finding::ok(LOST_EVENTS, "none"));
    }
    let queues = held.join(" and ");
    Ok(Finding::warning(
        LOST_EVENTS,
        format!(
            "{} did not reach the lane: what there was to tell waits for the sweep",
            counted(number, "event")
        ),
        format!(
            "{queues} has each of them, and what was wrong; when that is mended and a sweep is over, empty it: `aws sqs \
             purge-queue --queue-url URL`"
        ),
    ))
}

fn counted(number: u64, what: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {what}{ending}")
}

fn unseen(check: &'static str, failure: &CallFailure) -> Finding {
    Finding::unseen(check, failure, &[GET_QUEUE_ATTRIBUTES, GET_QUEUE_URL])
}

async fn queue(client: &Client, url: &str) -> Result<Queue, CallFailure> {
    let wanted = [
        ApproximateNumberOfMessages,
        ApproximateNumberOfMessagesNotVisible,
        QueueArn,
        RedrivePolicy,
    ];
    let ask =
        client.get_queue_attributes().queue_url(url).set_attribute_names(Some(wanted.to_vec()));
    let answer = ask.send().await.map_err(failed(GET_QUEUE_ATTRIBUTES))?;
    let attributes = answer.attributes.unwrap_or_default();
    let number =
        |name| attributes.get(&name).and_then(|text| text.parse().ok()).unwrap_or_default();
    let policy = attributes.get(&RedrivePolicy);
    let policy: Option<Value> = policy.and_then(|policy| serde_json::from_str(policy).ok());
    let dead_letters =
        policy.and_then(|policy| Some(policy.get("deadLetterTargetArn")?.as_str()?.to_owned()));
    Ok(Queue {
        arn: attributes.get(&QueueArn).cloned().unwrap_or_default(),
        waiting: number(ApproximateNumberOfMessages),
        in_work: number(ApproximateNumberOfMessagesNotVisible),
        dead_letters,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::State;

    #[test]
    fn what_nobody_works_on_and_more_than_one_run_takes_are_worth_a_look() {
        let found = |waiting_now, in_work| {
            let arn = String::new();
            waiting(&Queue { arn, waiting: waiting_now, in_work, dead_letters: None })
        };
        assert_eq!((found(0, 0).state, found(0, 0).told.as_str()), (State::Ok, "empty"));
        assert_eq!(found(0, 1).state, State::Ok);
        assert_eq!(found(MANY, 10).state, State::Ok);
        let many = found(MANY + 1, 10);
        assert_eq!(
            (many.state, many.told.as_str()),
            (State::Warning, "101 messages wait, 10 are worked on")
        );
        let alone = found(3, 0);
        assert_eq!(
            (alone.state, alone.told.as_str()),
            (State::Warning, "3 messages wait, and none is worked on")
        );
    }

    fn mapping(state: &str) -> EventSourceMappingConfiguration {
        EventSourceMappingConfiguration::builder()
            .uuid("1-2-3")
            .function_arn("arn:aws:lambda:eu-west-1:111122223333:function:usher-reconciler")
            .state(state)
            .build()
    }

    #[test]
    fn one_function_that_takes_from_the_lane_is_enough() {
        for state in ["Enabled", "Enabling", "Creating", "Updating"] {
            let found = taken_up(&[mapping("Disabled"), mapping(state)]);
            assert_eq!(
                (found.state, found.told.as_str()),
                (State::Ok, "usher-reconciler takes from the lane"),
                "{state}"
            );
        }
        for state in ["Disabled", "Disabling", "Deleting"] {
            let found = taken_up(&[mapping(state)]);
            assert_eq!(found.state, State::Failed, "{state}");
            assert!(found.told.starts_with("stopped: usher-reconciler does not take"), "{found:?}");
            assert!(found.help.unwrap().contains("--uuid 1-2-3 --enabled"));
        }
        let nobody = taken_up(&[]);
        assert_eq!(nobody.state, State::Failed);
        assert!(nobody.told.starts_with("no function takes from the lane"), "{nobody:?}");
    }
}
