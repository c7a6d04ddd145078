//! Whether events come: rules on the bus that bring each function all that it is to hear of, and a forwarder for what AWS
//! sends in us-east-1 only.
//!
//! What there is to hear of, `shared::scope::heard` knows: it is tried against the patterns of the rules that are there.

use aws_sdk_eventbridge::{Client, config::Region, types::RuleState};
use serde_json::Value;
use shared::{
    aws::{failure::failed, store::Location},
    failure::CallFailure,
    scope::{Function, Heard, heard},
    truth::Truth,
};

use super::{ORGANIZATIONS_REGION, Patient, finding::Finding, pattern::takes};

const EVENT_RULES: &str = "event rules";
const FORWARDER: &str = "forwarder";
const LIST_BY_TARGET: &str = "events:ListRuleNamesByTarget";
const DESCRIBE_RULE: &str = "events:DescribeRule";

/// The functions that events go to, as the template names them after the stack.
const FUNCTIONS: [Function; 5] = [
    Function::AccountEvents,
    Function::TagEvents,
    Function::GroupEvents,
    Function::AssignmentEvents,
    Function::RulesEvents,
];

/// As many events of one rule are named.
const MOST_NAMED: usize = 5;

/// The rules that lead to a target.
#[derive(Default)]
struct Leading {
    /// The patterns of those that are switched on.
    enabled: Vec<Value>,
    /// The names and the patterns of those that are switched off.
    disabled: Vec<(String, Value)>,
}

/// How the rules are, function by function.
#[derive(Default)]
struct Found {
    enabled: usize,
    disabled: Vec<String>,
    /// Functions that no rule leads to.
    unreached: Vec<String>,
    /// What a function does not hear of, though it hears of something.
    unheard: Vec<String>,
    /// What it may or may not hear of.
    unclear: Vec<String>,
}

pub(super) async fn check(patient: &Patient) -> Vec<Finding> {
    vec![rules(patient).await, forwarder(patient).await]
}

async fn rules(patient: &Patient) -> Finding {
    let client = Client::new(&patient.config);
    let all = patient.heard();
    let mut found = Found::default();
    for function in FUNCTIONS {
        let target = patient.arn("lambda", &format!("function:{}-{function}", patient.stack));
        match leading_to(&client, &target).await {
            Ok(leading) => {
                found.add(function, leading, all.iter().filter(|heard| heard.function == function));
            }
            Err(failure) => return unseen(EVENT_RULES, &failure),
        }
    }
    found.told(&patient.stack)
}

impl Found {
    fn add<'a>(
        &mut self,
        function: Function,
        leading: Leading,
        wanted: impl Iterator<Item = &'a Heard>,
    ) {
        self.enabled += leading.enabled.len();
        if leading.enabled.is_empty() && leading.disabled.is_empty() {
            self.unreached.push(function.to_string());
            return;
        }
        // What a rule that is switched off would bring is missing for want of nothing but the switch.
        let off = leading.disabled.iter().map(|(_, pattern)| pattern);
        let patterns: Vec<&Value> = leading.enabled.iter().chain(off).collect();
        for heard in wanted {
            self.unheard.extend(named(heard, &patterns, Truth::No));
            self.unclear.extend(named(heard, &patterns, Truth::Unknown));
        }
        self.disabled.extend(leading.disabled.into_iter().map(|(name, _)| name));
    }

    fn told(&self, stack: &str) -> Finding {
        let mut told = Vec::new();
        let mut help = Vec::new();
        if !self.unreached.is_empty() {
            told.push(format!("no rule of the default bus leads to {}", self.unreached.join(", ")));
        }
        if !self.unheard.is_empty() {
            told.push(format!("no rule brings {}", self.unheard.join("; nor ")));
        }
        if !told.is_empty() {
            help.push(format!(
                "deploy infra/template.yaml again: until then the sweep alone finds what these would tell, and new rules do \
                 not take force; if the stack is not called `{stack}`, say --stack NAME"
            ));
        }
        if !self.disabled.is_empty() {
            told.push(format!("switched off: {}", self.disabled.join(", ")));
            help.push("switch on what is off: `aws events enable-rule --name NAME`".to_owned());
        }
        if !told.is_empty() {
            return Finding::failed(EVENT_RULES, told.join("; "), help.join("; "));
        }
        if !self.unclear.is_empty() {
            return unclear(EVENT_RULES, &self.unclear);
        }
        let functions = FUNCTIONS.len();
        let told = format!(
            "{} rules are enabled and bring {functions} functions all that they are for",
            self.enabled
        );
        Finding::ok(EVENT_RULES, told)
    }
}

/// What of these the patterns bring with that certainty: by the rule's name when it is all of them, by their own when it is
/// not.
fn named(heard: &Heard, patterns: &[&Value], certainty: Truth) -> Option<String> {
    let is_brought =
        |event: &Value| Truth::any(patterns.iter().map(|pattern| takes(pattern, event)));
    let events = heard.events.iter().filter(|(_, event)| is_brought(event) == certainty);
    let names: Vec<&str> = events.map(|(name, _)| name.as_str()).collect();
    let Heard { function, rule, about, .. } = heard;
    let which = match names.len() {
        0 => return None,
        number if number == heard.events.len() => String::new(),
        number if number > MOST_NAMED => {
            let some: Vec<&str> = names.into_iter().take(MOST_NAMED).collect();
            format!(": {} and {} more", some.join(", "), number - MOST_NAMED)
        }
        _ => format!(": {}", names.join(", ")),
    };
    Some(format!("{function} {about} (rule {rule}{which})"))
}

/// Somebody else's pattern may well do; who wrote it knows.
fn unclear(check: &'static str, unclear: &[String]) -> Finding {
    Finding::warning(
        check,
        format!("it cannot be told whether a rule brings {}", unclear.join("; or ")),
        "a pattern has conditions that are not those of infra/template.yaml: ask `aws events test-event-pattern`, or deploy \
         that template again",
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
        "forward the events of Organizations: deploy infra/organization-events.yaml in {ORGANIZATIONS_REGION} of the management \
         account, where a trail has to be logging (the stack's output `OrganizationsEvents` has the command); until then, new \
         and moved accounts wait for the sweep"
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
        Ok(leading) => forwarded(&leading, &patient.heard(), help),
        Err(failure) => unseen(FORWARDER, &failure),
    }
}

/// Whether the rules there bring all that an organization has but once. What Identity Center tells it tells in its own
/// Region.
fn forwarded(leading: &Leading, all: &[Heard], help: String) -> Finding {
    let patterns: Vec<&Value> = leading.enabled.iter().collect();
    if patterns.is_empty() {
        let told =
            format!("no rule in {ORGANIZATIONS_REGION} leads here, or none that is switched on");
        return Finding::warning(FORWARDER, told, help);
    }
    let wanted = || all.iter().filter(|heard| heard.is_of_the_organization());
    let missing: Vec<String> =
        wanted().filter_map(|heard| named(heard, &patterns, Truth::No)).collect();
    if !missing.is_empty() {
        let told = format!("no rule in {ORGANIZATIONS_REGION} brings {}", missing.join("; nor "));
        return Finding::warning(FORWARDER, told, help);
    }
    let doubtful: Vec<String> =
        wanted().filter_map(|heard| named(heard, &patterns, Truth::Unknown)).collect();
    if !doubtful.is_empty() {
        return unclear(FORWARDER, &doubtful);
    }
    let told = format!("{} rules in {ORGANIZATIONS_REGION} lead here", patterns.len());
    Finding::ok(FORWARDER, told)
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
            // A schedule has none, and takes no event.
            let Some(pattern) = rule.event_pattern() else { continue };
            let pattern = serde_json::from_str(pattern).unwrap_or_default();
            match rule.state() {
                Some(RuleState::Disabled) | None => leading.disabled.push((name.clone(), pattern)),
                Some(_) => leading.enabled.push(pattern),
            }
        }
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(leading);
        }
    }
}

impl Patient {
    /// What the functions are to hear of here. Where nobody said which bucket the rules are in, any will do.
    fn heard(&self) -> Vec<Heard> {
        let settings = self.world.settings();
        match settings.rules_written.as_ref().or(settings.rules.as_ref()) {
            Some(Location::S3 { bucket, .. }) => heard(bucket),
            _ => heard("")
                .into_iter()
                .filter(|heard| heard.function != Function::RulesEvents)
                .collect(),
        }
    }

    /// The ARN of something here, in the partition of whoever calls.
    fn arn(&self, service: &str, resource: &str) -> String {
        let partition = self.caller.arn.split(':').nth(1).unwrap_or("aws");
        let (region, account) = (self.region(), &self.caller.account_id);
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::doctor::finding::State;

    const BUCKET: &str = "rules";

    /// A pattern that takes that very event.
    fn exactly(event: &Value) -> Value {
        let Value::Object(fields) = event else { return json!([event]) };
        let fields = fields.iter().filter_map(|(field, value)| match value {
            Value::Array(values) if values.iter().any(Value::is_string) => {
                Some((field.clone(), value.clone()))
            }
            Value::Array(_) => None,
            value => Some((field.clone(), exactly(value))),
        });
        Value::Object(fields.collect())
    }

    /// Rules for all that a function is to hear of, but for these.
    fn patterns(of: Function, without: &[&str]) -> Leading {
        let wanted = heard(BUCKET).into_iter().filter(|heard| heard.function == of);
        let events = wanted.flat_map(|heard| heard.events);
        let events = events.filter(|(name, _)| !without.contains(&name.as_str()));
        Leading {
            enabled: events.map(|(_, event)| exactly(&event)).collect(),
            disabled: Vec::new(),
        }
    }

    fn found(change: impl Fn(Function) -> Leading) -> Finding {
        let all = heard(BUCKET);
        let mut found = Found::default();
        for function in FUNCTIONS {
            let wanted = all.iter().filter(|heard| heard.function == function);
            found.add(function, change(function), wanted);
        }
        found.told("usher")
    }

    #[test]
    fn each_event_that_no_rule_brings_is_missed() {
        let whole = found(|function| patterns(function, &[]));
        assert_eq!(whole.state, State::Ok, "{whole:?}");
        for heard in heard(BUCKET) {
            for (name, _) in &heard.events {
                let mut without = Found::default();
                without.add(
                    heard.function,
                    patterns(heard.function, &[name]),
                    [&heard].into_iter(),
                );
                let told = without.told("usher");
                assert_eq!(told.state, State::Failed, "{name}: {told:?}");
                // Whose only rule is gone is named itself.
                let function = heard.function.to_string();
                assert!(told.told.contains(&function), "{name}: {told:?}");
                let is_named = told.told.contains(&format!("(rule {}", heard.rule));
                assert!(is_named || heard.function == Function::RulesEvents, "{name}: {told:?}");
            }
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let without = |names: &'static [&str]| found(move |function| patterns(function, names));
        let some = without(&["CreateAccountResult", "AccountJoinedOrganization"]);
        assert_eq!(
            some.told,
            "no rule brings account-events accounts that are new, or gone (rule OrganizationsResults: \
             AccountJoinedOrganization, CreateAccountResult)"
        );
        let all = found(|function| match function {
            Function::RulesEvents => {
                let another =
                    json!({"source": ["aws.s3"], "detail": {"bucket": {"name": ["another"]}}});
                Leading { enabled: vec![another], disabled: Vec::new() }
            }
            function => patterns(function, &[]),
        });
        assert_eq!(all.told, "no rule brings rules-events new rules (rule RulesWritten)");
        assert!(all.help.unwrap().starts_with("deploy infra/template.yaml again"));
        let many = found(|function| match function {
            Function::GroupEvents => {
                let groups = json!({"source": ["aws.identitystore"], "detail": {"eventName": [{"exists": false}]}});
                let console = json!({"detail": {"eventSource": ["sso-directory.amazonaws.com"]}});
                Leading { enabled: vec![groups, console], disabled: Vec::new() }
            }
            function => patterns(function, &[]),
        });
        assert!(many.told.contains("and 31 more)"), "{}", many.told);
    }

    #[test]
    fn what_is_switched_off_is_missing_for_want_of_the_switch_alone() {
        let off = found(|function| {
            let Leading { mut enabled, .. } = patterns(function, &[]);
            match function {
                Function::AssignmentEvents => {
                    let disabled =
                        enabled.drain(..).map(|pattern| ("one".to_owned(), pattern)).collect();
                    Leading { enabled, disabled }
                }
                _ => Leading { enabled, disabled: Vec::new() },
            }
        });
        assert_eq!(off.state, State::Failed);
        assert!(off.told.starts_with("switched off: one"), "{}", off.told);
        assert!(!off.help.unwrap().contains("deploy"));
    }

    #[test]
    fn a_pattern_that_cannot_be_read_is_no_reason_to_deploy_again() {
        let odd = found(|function| match function {
            Function::AccountEvents => {
                let odd = json!({"detail": {"eventVersion": [{"numeric": [">", 1]}]}});
                Leading { enabled: vec![odd], disabled: Vec::new() }
            }
            function => patterns(function, &[]),
        });
        assert_eq!(odd.state, State::Warning, "{odd:?}");
        assert!(
            odd.told.starts_with("it cannot be told whether a rule brings account-events"),
            "{odd:?}"
        );
    }

    #[test]
    fn what_the_organization_tells_has_to_be_forwarded_and_no_more() {
        let all = heard(BUCKET);
        let leading = |without: &[&str]| {
            let [mut accounts, tags] =
                [Function::AccountEvents, Function::TagEvents].map(|of| patterns(of, without));
            accounts.enabled.extend(tags.enabled);
            accounts
        };
        let state = |leading: &Leading| forwarded(leading, &all, String::new());
        assert_eq!(state(&leading(&[])).state, State::Ok);
        let without = state(&leading(&["MoveAccount"]));
        assert_eq!(
            (without.state, without.told.as_str()),
            (
                State::Warning,
                "no rule in us-east-1 brings account-events accounts that move, close or leave (rule OrganizationsCalls: \
                 MoveAccount)"
            )
        );
        assert_eq!(state(&Leading::default()).state, State::Warning);
    }
}
