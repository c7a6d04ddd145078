//! Whether events come: rules on the bus that lead to the functions, and a forwarder for what AWS sends in us-east-1 only.

use aws_sdk_eventbridge::{Client, config::Region, types::RuleState};
use shared::{aws::failure::failed, failure::CallFailure};

use super::{ORGANIZATIONS_REGION, Patient, finding::Finding};

const EVENT_RULES: &str = "event rules";
const FORWARDER: &str = "forwarder";
const LIST_BY_TARGET: &str = "events:ListRuleNamesByTarget";
const DESCRIBE_RULE: &str = "events:DescribeRule";

/// The functions that events go to, as the template names them after the stack.
const FUNCTIONS: [&str; 5] =
    ["account-events", "tag-events", "group-events", "assignment-events", "rules-events"];

/// The rules that lead to a target.
#[derive(Default)]
struct Leading {
    enabled: usize,
    /// Names of those that are switched off.
    disabled: Vec<String>,
}

pub(super) async fn check(patient: &Patient) -> Vec<Finding> {
    vec![rules(patient).await, forwarder(patient).await]
}

async fn rules(patient: &Patient) -> Finding {
    let client = Client::new(&patient.config);
    let mut enabled = 0;
    let (mut missing, mut disabled) = (Vec::new(), Vec::new());
    for function in FUNCTIONS {
        let target = patient.arn("lambda", &format!("function:{}-{function}", patient.stack));
        match leading_to(&client, &target).await {
            Ok(leading) if leading.enabled == 0 && leading.disabled.is_empty() => {
                missing.push(function);
            }
            Ok(leading) => {
                enabled += leading.enabled;
                disabled.extend(leading.disabled);
            }
            Err(failure) => return unseen(EVENT_RULES, &failure),
        }
    }
    if !missing.is_empty() {
        let told = format!("no rule of the default bus leads to {}", missing.join(", "));
        let help = format!(
            "deploy infra/template.yaml again; if the stack is not called `{}`, say --stack NAME",
            patient.stack
        );
        return Finding::failed(EVENT_RULES, told, help);
    }
    if !disabled.is_empty() {
        let told = format!("switched off: {}", disabled.join(", "));
        return Finding::failed(
            EVENT_RULES,
            told,
            "switch them on: `aws events enable-rule --name NAME`",
        );
    }
    Finding::ok(
        EVENT_RULES,
        format!("{enabled} rules are enabled and lead to {} functions", FUNCTIONS.len()),
    )
}

/// Events of Organizations come by themselves in one Region of the management account; anywhere else somebody has to
/// bring them.
async fn forwarder(patient: &Patient) -> Finding {
    let organization = &patient.facts.organization;
    if patient.is_management() && patient.region() == ORGANIZATIONS_REGION {
        return Finding::ok(FORWARDER, "not needed: Organizations sends its events here");
    }
    let help = format!(
        "forward the events of Organizations from {ORGANIZATIONS_REGION} of the management account, where a trail has to be \
         logging, to the default bus here; until then, new and moved accounts wait for the sweep"
    );
    if !patient.is_management() {
        let told = format!(
            "cannot be seen from here: it is in account {}",
            organization.management_account_id
        );
        return Finding::warning(FORWARDER, told, help);
    }
    let there = aws_sdk_eventbridge::config::Builder::from(&patient.config);
    let there = Client::from_conf(there.region(Region::from_static(ORGANIZATIONS_REGION)).build());
    match leading_to(&there, &patient.arn("events", "event-bus/default")).await {
        Ok(leading) if leading.enabled > 0 => Finding::ok(
            FORWARDER,
            format!("{} rules in {ORGANIZATIONS_REGION} lead here", leading.enabled),
        ),
        Ok(_) => Finding::warning(
            FORWARDER,
            format!("no rule in {ORGANIZATIONS_REGION} leads here"),
            help,
        ),
        Err(failure) => unseen(FORWARDER, &failure),
    }
}

fn unseen(check: &'static str, failure: &CallFailure) -> Finding {
    Finding::unseen(check, failure, &[LIST_BY_TARGET, DESCRIBE_RULE])
}

async fn leading_to(client: &Client, target: &str) -> Result<Leading, CallFailure> {
    let mut leading = Leading::default();
    let mut token = None;
    loop {
        let ask = client.list_rule_names_by_target().target_arn(target).set_next_token(token);
        let page = ask.send().await.map_err(failed(LIST_BY_TARGET))?;
        for name in page.rule_names() {
            let rule =
                client.describe_rule().name(name).send().await.map_err(failed(DESCRIBE_RULE))?;
            match rule.state() {
                Some(RuleState::Disabled) | None => leading.disabled.push(name.clone()),
                Some(_) => leading.enabled += 1,
            }
        }
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(leading);
        }
    }
}

impl Patient {
    /// The ARN of something here, in the partition of whoever calls.
    fn arn(&self, service: &str, resource: &str) -> String {
        let partition = self.caller.arn.split(':').nth(1).unwrap_or("aws");
        let (region, account) = (self.region(), &self.caller.account_id);
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}
