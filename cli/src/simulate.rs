//! `usher simulate`: what events would do.

use std::{
    fmt::{self, Display, Formatter},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use clap::Args;
use serde::Serialize;
use serde_json::Value;
use shared::{
    decide::{Decision, what_is_due},
    diagnostic::Diagnostic,
    lane::LaneMessage,
    organization::Organization,
    plan::{Plan, PlanJson, PlanText},
    relevance::relevant,
    rules::Rules,
    scope::{self, About, Function, Lead, Route, Scope, event::Event},
    shown::Shown,
};

use crate::{
    clock,
    exit::{Exit, Failure},
    files,
    output::{self, BOLD, DIM, Format, painted},
};

/// Say what events would do: where each leads, and the plan for that place
///
/// With `--format json`, one JSON object a line for each event; where a file has several, `number` says which it was.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The rules file
    #[arg(long, value_name = "FILE")]
    rules: PathBuf,
    /// An organization snapshot to plan for
    #[arg(long, value_name = "ORG")]
    org: PathBuf,
    /// Events as EventBridge delivers them, or messages of the lane: one in a file, a JSON list of them, or JSON lines, as
    /// `usher local --events` writes them
    #[arg(required = true, value_name = "EVENT")]
    events: Vec<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let rules = files::rules(&arguments.rules)?;
    let organization = files::organization(&arguments.org)?;
    let events: Vec<(Origin<'_>, Value)> = read(&arguments.events)?;
    let now = clock::now();
    let decision = Decision::new(&rules, &organization, now);
    let warnings = decision.plan(&Scope::everything()).warnings;
    let stage = Stage { rules: &rules, organization: &organization, decision, warnings, now };
    // Of the rules, something is to be said where they come in.
    if arguments.format == Format::Text && events.iter().any(|(_, event)| stage.plans(event)) {
        output::warnings(&stage.warnings, &rules.source);
    }
    for (origin, event) in &events {
        match arguments.format {
            Format::Text => stage.print(*origin, event)?,
            Format::Json => stage.print_json(*origin, event)?,
        }
    }
    Ok(Exit::Done)
}

/// Where an event was read.
#[derive(Clone, Copy)]
struct Origin<'a> {
    path: &'a Path,
    /// Which one it was, where the file has several, counted from one.
    number: Option<usize>,
}

impl Display for Origin<'_> {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        write!(to, "{}", self.path.display())?;
        self.number.map_or(Ok(()), |number| write!(to, ", event {number}"))
    }
}

/// All events of all files, so that a file that is wrong is known before anything is said.
fn read(paths: &[PathBuf]) -> Result<Vec<(Origin<'_>, Value)>, Failure> {
    let mut read = Vec::new();
    for path in paths {
        let events = files::json_values(path)?;
        let are_several = events.len() > 1;
        let numbered = (1..)
            .zip(events)
            .map(|(number, event)| (Origin { path, number: are_several.then_some(number) }, event));
        read.extend(numbered);
    }
    Ok(read)
}

/// What all events of a run have in common.
struct Stage<'a> {
    rules: &'a Rules,
    organization: &'a Organization,
    decision: Decision<'a>,
    /// What is odd about the rules, wherever an event leads: all of it is known here.
    warnings: Vec<Diagnostic>,
    now: DateTime<Utc>,
}

/// Where an event leads; or a message of the lane, such as those that the schedules send.
fn route(event: &Value) -> Route {
    match LaneMessage::parse(&event.to_string()) {
        Ok(LaneMessage { scope, .. }) if event.get("scope").is_some() => Route {
            function: Some(Function::Reconciler),
            lead: Lead::Look { scope, about: About::Anything },
        },
        _ => scope::route(event),
    }
}

#[derive(Serialize)]
struct SimulationJson<'a> {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<usize>,
    event: EventJson<'a>,
    function: Option<Function>,
    scope: &'a Scope,
    ignored: Option<&'a str>,
    plan: Option<PlanJson<'a>>,
}

#[derive(Serialize)]
struct EventJson<'a> {
    source: Option<&'a str>,
    name: Option<&'a str>,
    id: Option<&'a str>,
}

impl<'a> EventJson<'a> {
    fn of(envelope: &'a Value) -> Self {
        if envelope.get("scope").is_some() {
            let cause = |field| envelope.pointer(field).and_then(Value::as_str);
            return Self {
                source: Some("lane"),
                name: cause("/cause/event"),
                id: cause("/cause/id"),
            };
        }
        let event = Event::new(envelope).ok();
        let service = |event: &Event<'a>| match event.key().source {
            "" => event.source(),
            service => service,
        };
        Self {
            source: event.as_ref().map(service),
            name: event.as_ref().map(Event::name),
            id: event.as_ref().and_then(Event::id),
        }
    }
}

impl Stage<'_> {
    fn print_json(&self, origin: Origin<'_>, event: &Value) -> Result<(), Failure> {
        let Route { function, lead } = route(event);
        let nowhere = Scope::default();
        let (scope, ignored, plan) = match &lead {
            Lead::Ignore(why) => (&nowhere, Some(why.as_str()), None),
            Lead::Look { scope, about } => {
                // Of what the rules have no use for, nothing comes.
                let relevant = self.relevant(scope, about).unwrap_or_default();
                (scope, None, Some(self.plan(&relevant)))
            }
        };
        output::json_line(&SimulationJson {
            file: origin.path.display().to_string(),
            number: origin.number,
            event: EventJson::of(event),
            function,
            scope,
            ignored,
            plan: plan.as_ref().map(|plan| plan.to_json(&self.rules.source)),
        })
    }

    fn print(&self, origin: Origin<'_>, event: &Value) -> Result<(), Failure> {
        let told = EventJson::of(event);
        let (name, source) = (told.name.unwrap_or("no event"), told.source.unwrap_or("no source"));
        let (name, source) = (Shown(name), Shown(source));
        let title = format!("{origin}: {name} ({source})");
        output::data(&painted(BOLD, title))?;
        let Route { function, lead } = route(event);
        match (function, lead) {
            (Some(function), Lead::Look { scope, about }) => {
                output::data(&format!("{function}: look at {scope}"))?;
                match self.relevant(&scope, &about) {
                    Ok(relevant) => self.print_plan(&self.plan(&relevant)),
                    Err(why) => {
                        output::data(&format!("{}\n", painted(DIM, format!("dropped: {why}"))))
                    }
                }
            }
            (_, Lead::Ignore(why)) => {
                output::data(&format!("{}\n", painted(DIM, format!("ignored: {}", Shown(&why)))))
            }
            (None, Lead::Look { scope, .. }) => output::data(&format!("look at {scope}\n")),
        }
    }

    /// Whether an event leads to a plan.
    fn plans(&self, event: &Value) -> bool {
        match route(event) {
            Route { function: Some(_), lead: Lead::Look { scope, about } } => {
                self.relevant(&scope, &about).is_ok()
            }
            _ => false,
        }
    }

    /// What the rules leave of a scope. Nobody's changes are Usher's own here.
    fn relevant(&self, scope: &Scope, about: &About) -> Result<Scope, String> {
        relevant(self.rules, scope.clone(), about, None)
    }

    fn plan(&self, scope: &Scope) -> Plan {
        // When the last tick was, nobody knows here: an hour ago, as it should.
        let scope = what_is_due(self.rules, self.organization, scope, (None, self.now));
        Plan { warnings: self.warnings.clone(), ..self.decision.plan(&scope) }
    }

    fn print_plan(&self, plan: &Plan) -> Result<(), Failure> {
        let text = PlanText { plan, rules: self.rules, organization: self.organization };
        output::data(&format!("{}\n", output::painted_plan(text.to_string().trim_end())))
    }
}
