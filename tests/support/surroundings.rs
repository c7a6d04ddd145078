//! What an installation rests on besides Identity Center and Organizations, as a value served over HTTP: trails, event
//! rules, queues and who takes from them, of which a test says how they are.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::bed::MANAGEMENT;

/// Where the installation is.
pub(crate) const HOME: &str = "eu-west-1";
/// Where Organizations sends its events.
pub(crate) const NORTH_VIRGINIA: &str = "us-east-1";

/// What an installation rests on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    pub(crate) trails: Vec<Trail>,
    pub(crate) event_rules: Vec<EventRule>,
    pub(crate) lane: Queue,
    pub(crate) dead_letters: Queue,
    /// Whether the lane has a queue for what was given up.
    pub(crate) gives_up: bool,
    /// Events that reached no function.
    pub(crate) lost_events: Queue,
    /// How it is with the mappings by which functions take from the lane.
    pub(crate) mappings: Vec<&'static str>,
    /// Operations that fail, in which Region, and how: `("DescribeTrails", HOME, "AccessDeniedException")`.
    pub(crate) failing: Vec<(&'static str, &'static str, &'static str)>,
}

/// A trail, as it is seen in one Region.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trail {
    pub(crate) name: &'static str,
    pub(crate) seen_in: &'static str,
    pub(crate) is_logging: bool,
}

/// A rule on the default bus of one Region.
#[derive(Clone, Debug)]
pub(crate) struct EventRule {
    pub(crate) name: String,
    pub(crate) region: &'static str,
    /// The ARN to which it leads.
    pub(crate) target: String,
    pub(crate) state: &'static str,
}

/// How many messages a queue holds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Queue {
    pub(crate) waiting: u32,
    pub(crate) in_work: u32,
}

/// The functions to which rules lead, of a stack of that name.
pub(crate) fn function_arn(region: &str, stack: &str, function: &str) -> String {
    format!("arn:aws:lambda:{region}:{MANAGEMENT}:function:{stack}-{function}")
}

/// The lane of the installation.
pub(crate) const LANE: &str = "https://sqs.eu-west-1.amazonaws.com/111111111111/usher-lane.fifo";
const DEAD_LETTERS: &str =
    "https://sqs.eu-west-1.amazonaws.com/111111111111/usher-dead-letters.fifo";
const LOST_EVENTS: &str =
    "https://sqs.eu-west-1.amazonaws.com/111111111111/usher-LostEvents-7Qb2cD";

/// What the rules of the template hear of, and more.
const ALL_OF_AWS: &str = r#"{"source": [{"prefix": "aws."}]}"#;

impl Surroundings {
    /// As the template makes them in that Region, with a trail that logs in all of them and a forwarder.
    pub(crate) fn well(region: &'static str) -> Self {
        let functions =
            ["account-events", "tag-events", "group-events", "assignment-events", "rules-events"];
        let rule = |name: &str, from, target| EventRule {
            name: name.to_owned(),
            region: from,
            target,
            state: "ENABLED",
        };
        let mut event_rules: Vec<EventRule> = functions
            .into_iter()
            .map(|function| rule(function, region, function_arn(region, "usher", function)))
            .collect();
        // Events of the console reach group-events by another rule, which hears what is not written down by default.
        let second = rule("console", region, function_arn(region, "usher", "group-events"));
        let state = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";
        event_rules.push(EventRule { state, ..second });
        let bus = format!("arn:aws:events:{region}:{MANAGEMENT}:event-bus/default");
        event_rules.push(rule("forwarder", NORTH_VIRGINIA, bus));
        let trail = |seen_in| Trail { name: "everything", seen_in, is_logging: true };
        Self {
            trails: vec![trail(HOME), trail(NORTH_VIRGINIA)],
            event_rules,
            gives_up: true,
            mappings: vec!["Enabled"],
            ..Self::default()
        }
    }

    /// The rules on the bus of a Region that lead to such a target.
    pub(crate) fn rules_to(&mut self, what: &str) -> impl Iterator<Item = &mut EventRule> {
        self.event_rules.iter_mut().filter(move |rule| rule.target.ends_with(what))
    }

    /// Serves until the test ends. Returns the endpoint.
    pub(crate) async fn serve(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().fallback(answer).with_state(Arc::new(Mutex::new(self)));
        tokio::spawn(async { axum::serve(listener, routes).await.unwrap() });
        endpoint
    }

    fn answer(&self, operation: &str, region: &str, asked: &Value) -> Result<Value, String> {
        let mut failing = self.failing.iter();
        if let Some((_, _, code)) = failing.find(|one| (one.0, one.1) == (operation, region)) {
            return Err((*code).to_owned());
        }
        let text = |field: &str| asked[field].as_str().unwrap_or_default();
        match operation {
            "DescribeTrails" => {
                let seen = self.trails.iter().filter(|trail| trail.seen_in == region);
                let seen = seen.map(|trail| json!({"Name": trail.name, "TrailARN": trail.arn()}));
                Ok(json!({ "trailList": seen.collect::<Vec<_>>() }))
            }
            // A trail of another Region is not known by its bare name.
            "GetTrailStatus" => {
                let mut trails = self.trails.iter().filter(|trail| trail.seen_in == region);
                let found = trails.find(|trail| trail.arn() == text("Name"));
                let found = found.ok_or("TrailNotFoundException")?;
                Ok(json!({"IsLogging": found.is_logging}))
            }
            "ListRuleNamesByTarget" => Ok(self.page(region, asked)),
            "DescribeRule" => {
                let mut rules = self.event_rules.iter().filter(|rule| rule.region == region);
                let rule = rules.find(|rule| rule.name == text("Name"));
                let rule = rule.ok_or("ResourceNotFoundException")?;
                Ok(json!({"Name": rule.name, "State": rule.state, "EventPattern": ALL_OF_AWS}))
            }
            "GetQueueUrl" if self.gives_up && DEAD_LETTERS.ends_with(text("QueueName")) => {
                Ok(json!({"QueueUrl": DEAD_LETTERS}))
            }
            "GetQueueAttributes" if text("QueueUrl") == LANE => {
                let mut attributes = self.lane.attributes();
                attributes["QueueArn"] = json!(lane_arn());
                if self.gives_up {
                    let arn = format!("arn:aws:sqs:{HOME}:{MANAGEMENT}:usher-dead-letters.fifo");
                    let policy = json!({"deadLetterTargetArn": arn, "maxReceiveCount": 5});
                    attributes["RedrivePolicy"] = json!(policy.to_string());
                }
                Ok(json!({ "Attributes": attributes }))
            }
            "GetQueueAttributes" if text("QueueUrl") == DEAD_LETTERS => {
                Ok(json!({"Attributes": self.dead_letters.attributes()}))
            }
            "ListQueues" => {
                let is_asked_for = LOST_EVENTS.contains(&format!("/{}", text("QueueNamePrefix")));
                let urls: &[&str] = if is_asked_for { &[LOST_EVENTS] } else { &[] };
                Ok(json!({ "QueueUrls": urls }))
            }
            "GetQueueAttributes" if text("QueueUrl") == LOST_EVENTS => {
                Ok(json!({"Attributes": self.lost_events.attributes()}))
            }
            "ListEventSourceMappings" if text("EventSourceArn") == lane_arn() => {
                let mapping = |(number, state): (usize, &&str)| {
                    let function = function_arn(region, "usher", "reconciler");
                    json!({"UUID": format!("mapping-{number}"), "FunctionArn": function, "State": state})
                };
                let mappings: Vec<Value> = self.mappings.iter().enumerate().map(mapping).collect();
                Ok(json!({ "EventSourceMappings": mappings }))
            }
            _ => Err("UnknownOperationException".to_owned()),
        }
    }

    /// One name a page, and an empty page before them.
    fn page(&self, region: &str, asked: &Value) -> Value {
        let to = asked["TargetArn"].as_str().unwrap();
        let rules = self.event_rules.iter().filter(|rule| rule.region == region);
        let names: Vec<&str> =
            rules.filter(|rule| rule.target == to).map(|rule| rule.name.as_str()).collect();
        let number = asked["NextToken"].as_str().map_or(0, |token| token.parse().unwrap());
        let on_it = if number == 0 { &[] } else { &names[number - 1..number] };
        let next = (number < names.len()).then(|| (number + 1).to_string());
        json!({"RuleNames": on_it, "NextToken": next})
    }
}

impl Trail {
    fn arn(&self) -> String {
        format!("arn:aws:cloudtrail:eu-central-1:{MANAGEMENT}:trail/{}", self.name)
    }
}

impl Queue {
    fn attributes(self) -> Value {
        json!({
            "ApproximateNumberOfMessages": self.waiting.to_string(),
            "ApproximateNumberOfMessagesNotVisible": self.in_work.to_string(),
        })
    }
}

fn lane_arn() -> String {
    format!("arn:aws:sqs:{HOME}:{MANAGEMENT}:usher-lane.fifo")
}

async fn answer(
    State(surroundings): State<Arc<Mutex<Surroundings>>>,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> Response {
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap());
    // AWS Lambda has paths and queries where the others have a header and a body; one question is asked.
    let (operation, asked) = match header("x-amz-target") {
        Some(target) => (target.rsplit('.').next().unwrap(), serde_json::from_str(&body).unwrap()),
        None => {
            let of = uri.query().unwrap_or_default().replace("%3A", ":");
            let of = of.split('&').find_map(|part| part.strip_prefix("EventSourceArn="));
            ("ListEventSourceMappings", json!({ "EventSourceArn": of }))
        }
    };
    // `Credential=KEY/DATE/REGION/SERVICE/aws4_request`
    let region = header("authorization").unwrap().split('/').nth(2).unwrap();
    match surroundings.lock().unwrap().answer(operation, region, &asked) {
        Ok(answer) => answer.to_string().into_response(),
        Err(code) => {
            let error = json!({"__type": code, "message": "as the test says"});
            (StatusCode::BAD_REQUEST, error.to_string()).into_response()
        }
    }
}
