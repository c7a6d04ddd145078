//! Whether the lane is empty, or what waits on it; and what Usher has given up on.

use aws_sdk_sqs::{
    Client,
    types::QueueAttributeName::{
        ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible, RedrivePolicy,
    },
};
use serde_json::Value;
use shared::{aws::failure::failed, failure::CallFailure};

use super::{Patient, finding::Finding};

const LANE: &str = "lane";
const DEAD_LETTERS: &str = "dead letters";
const GET_QUEUE_ATTRIBUTES: &str = "sqs:GetQueueAttributes";
const GET_QUEUE_URL: &str = "sqs:GetQueueUrl";

/// More of them waiting than one run takes, and somebody should look.
const MANY: u64 = 100;

/// What a queue holds.
struct Queue {
    waiting: u64,
    in_work: u64,
    /// The ARN of the queue for what was given up.
    dead_letters: Option<String>,
}

pub(super) async fn check(patient: &Patient) -> Vec<Finding> {
    let Some(url) = patient.world.settings().lane.as_deref() else {
        let help = "say where it is: --lane URL, or USHER_LANE (`LaneUrl` of the stack's outputs)";
        return vec![Finding::warning(LANE, "not looked at: nobody said where it is", help)];
    };
    let client = Client::new(&patient.config);
    let queue = match queue(&client, url).await {
        Ok(queue) => queue,
        Err(failure) => return vec![unseen(LANE, &failure)],
    };
    let dead = match &queue.dead_letters {
        None => Finding::failed(
            DEAD_LETTERS,
            "the lane has no dead-letter queue: one message that fails holds up all others",
            "deploy infra/template.yaml again",
        ),
        Some(arn) => match dead_letters(&client, arn).await {
            Ok(finding) => finding,
            Err(failure) => unseen(DEAD_LETTERS, &failure),
        },
    };
    vec![waiting(&queue), dead]
}

fn waiting(queue: &Queue) -> Finding {
    let told = match (queue.waiting, queue.in_work) {
        (0, 0) => "empty".to_owned(),
        (waiting, in_work) => format!("{waiting} messages wait, {in_work} are worked on"),
    };
    if queue.waiting <= MANY {
        return Finding::ok(LANE, told);
    }
    Finding::warning(
        LANE,
        told,
        "look again in some minutes: if it does not get less, the reconciler's log says why",
    )
}

async fn dead_letters(client: &Client, arn: &str) -> Result<Finding, CallFailure> {
    let name = arn.rsplit(':').next().unwrap_or_default();
    let url =
        client.get_queue_url().queue_name(name).send().await.map_err(failed(GET_QUEUE_URL))?;
    let dead = queue(client, url.queue_url().unwrap_or_default()).await?;
    let number = dead.waiting + dead.in_work;
    if number == 0 {
        return Ok(Finding::ok(DEAD_LETTERS, "none"));
    }
    Ok(Finding::failed(
        DEAD_LETTERS,
        format!("Usher gave up on {number} messages: assignments may be wrong there"),
        format!(
            "the reconciler's log says why; when the cause is mended, let them go back from {name} to the lane (SQS console, \"Start DLQ redrive\")"
        ),
    ))
}

fn unseen(check: &'static str, failure: &CallFailure) -> Finding {
    Finding::unseen(check, failure, &[GET_QUEUE_ATTRIBUTES, GET_QUEUE_URL])
}

async fn queue(client: &Client, url: &str) -> Result<Queue, CallFailure> {
    let wanted =
        [ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible, RedrivePolicy];
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
    fn more_than_one_run_takes_is_worth_a_look() {
        let found = |waiting_now, in_work| {
            waiting(&Queue { waiting: waiting_now, in_work, dead_letters: None })
        };
        assert_eq!((found(0, 0).state, found(0, 0).told.as_str()), (State::Ok, "empty"));
        assert_eq!(found(MANY, 10).state, State::Ok);
        let many = found(MANY + 1, 10);
        assert_eq!(
            (many.state, many.told.as_str()),
            (State::Warning, "101 messages wait, 10 are worked on")
        );
    }
}
