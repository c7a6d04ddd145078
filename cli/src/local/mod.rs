//! `usher local`: the organization on localhost, to play with from another terminal, with any SDK or the AWS CLI.
//!
//! It runs in the foreground until Ctrl-C. What a shell needs to reach it goes to stdout, what happens in it to stderr,
//! as it happens.

mod ending;
mod exports;
mod lane;
mod memory;
mod screen;
mod served;
mod sink;
mod view;
mod work;

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use local::{
    Buses, Chaos, Clock, Fault, IdentitySource, Local, Quotas, bobs_organization,
    generate::{Shape, generate},
    parse_duration,
};
use serde_json::Value;
use shared::{ids::AccountId, organization::Organization};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{MissedTickBehavior, interval},
};

use crate::{
    exit::{Exit, Failure},
    files,
    functions::USHER_ACCESS_KEY_ID,
    output::{self, YELLOW, painted},
    rules_file::RulesFile,
    stop::Stop,
};

use ending::Dump;
use exports::{Shell, exports};
use screen::Screen;
use served::served;
use sink::Sinks;
use view::View;
use work::Work;

/// How often it is looked at what AWS has accepted and not yet done, for the view.
const RESULTS_EVERY: Duration = Duration::from_millis(100);

/// How quickly time may pass: a day takes a tenth of a second. The calendar of whoever leaves it running has to last.
const FASTEST: f64 = 1_000_000.0;

/// Serve an organization on localhost: Organizations, Identity Center and the Identity Store
///
/// From another terminal: eval "$(usher local --exports)", and then for example
/// aws organizations create-account --account-name shop-test --email shop-test@example.com
/// (With a --port of your own, both times with that.)
///
/// GET /organization on the same port answers the organization as it is now, as --dump writes it in the end.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The port on 127.0.0.1; 0 takes any that is free
    #[arg(long, default_value_t = 4570, value_parser = port)]
    port: u16,
    /// An organization snapshot to begin with [default: Bob's organization]
    #[arg(long, value_name = "ORG.json", conflicts_with = "generate")]
    seed: Option<PathBuf>,
    /// A made-up organization to begin with: accounts=1000,groups=200,users=2000,permission_sets=20,assignments=10000,seed=7
    #[arg(long, value_name = "SHAPE")]
    generate: Option<Shape>,
    /// How long every answer takes
    #[arg(long, value_name = "TIME", default_value = "0ms", value_parser = parse_duration)]
    latency: Duration,
    /// How long an assignment stays IN_PROGRESS
    #[arg(long, value_name = "TIME", default_value = "300ms", value_parser = parse_duration)]
    assignment_time: Duration,
    /// How long an account stays IN_PROGRESS while it is created, or PENDING_CLOSURE while it is closed
    #[arg(long, value_name = "TIME", default_value = "200ms", value_parser = parse_duration)]
    account_time: Duration,
    /// Whether the quotas of the real services apply
    #[arg(long, value_enum, default_value_t = QuotasArgument::Off)]
    quotas: QuotasArgument,
    /// The most items of a page, where that is less than the service's own
    #[arg(long, value_name = "ITEMS", value_parser = clap::value_parser!(u16).range(1..))]
    page_size: Option<u16>,
    /// Every list begins with an empty page, as AWS reserves the right to
    #[arg(long)]
    empty_pages: bool,
    /// Any page of any list may be empty or short and go on, and the last may be empty, as the seed says
    #[arg(long, value_name = "SEED")]
    uneven_pages: Option<u64>,
    /// How much faster than real time passes: delays, quotas, periods of days, the schedule
    /// and the calendar, by which rules begin and end
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// The account that Usher calls from, and with --exports the shell: a delegated administrator may do less [default:
    /// the management account]
    #[arg(long, value_name = "ACCOUNT")]
    caller: Option<AccountId>,
    /// What fails, and how often: sso-admin:CreateAccountAssignment:ConflictException:0.1; more than once
    ///
    /// FAILED lets what is asynchronous be accepted and fail later, with AWS's commonest reason or with one of your own:
    /// organizations:CreateAccount:FAILED=EMAIL_ALREADY_EXISTS:0.5. So can assignments, ProvisionPermissionSet,
    /// CreateAccount and CloseAccount.
    #[arg(long, value_name = "SERVICE:OPERATION:ERROR:PROBABILITY")]
    fail: Vec<Fault>,
    /// Who changes groups, users and memberships, as CloudTrail's events tell it
    #[arg(long, value_enum, default_value_t = SourceArgument::Api)]
    identity_source: SourceArgument,
    /// The Identity Store notifies of the same changes by itself too, besides CloudTrail: both events come
    #[arg(long)]
    notifications: bool,
    /// On which accounts' event buses the events are heard: a call is recorded in the account that makes it
    #[arg(long, value_enum, default_value_t = BusesArgument::Home)]
    buses: BusesArgument,
    /// Control Tower makes the accounts, and tells of it
    #[arg(long)]
    control_tower: bool,
    /// Where the events go: a file, one JSON line each, or http://…, one POST each; more than once
    #[arg(long, value_name = "FILE|URL")]
    events: Vec<String>,
    /// Events come twice, late and in another order, as the seed says; more is said like this: 7,lost=0.1,delay=5s
    #[arg(long, value_name = "SEED")]
    chaos: Option<Chaos>,
    /// Run Usher's functions on the events
    #[arg(long, requires = "rules")]
    functions: bool,
    /// The rules that the functions follow; edit the file, and they follow that
    #[arg(long, value_name = "RULES", requires = "functions")]
    rules: Option<PathBuf>,
    /// Write the organization to this file in the end, in the format that --seed reads
    #[arg(long, value_name = "FILE")]
    dump: Option<PathBuf>,
    /// Only print what a shell needs to reach what is served on that port, as the management account or --caller, and end
    #[arg(long, value_enum, value_name = "SHELL", num_args = 0..=1, default_missing_value = "sh")]
    exports: Option<Shell>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum QuotasArgument {
    Strict,
    Off,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SourceArgument {
    /// The Identity Store's API: identitystore.amazonaws.com
    Api,
    /// The console of Identity Center: sso-directory.amazonaws.com, with names of its own
    Console,
    /// An identity provider that synchronizes: identitystore-scim.amazonaws.com
    Scim,
    /// The same as api with --notifications
    Native,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum BusesArgument {
    /// The management account's, and that of --caller
    Home,
    /// Every account's, such as of one that accepts an invitation
    All,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let mut stop = Stop::listen()?;
    if let Some(shell) = arguments.exports {
        return arguments.exports(shell).await;
    }
    let organization = arguments.organization()?;
    let dump = arguments.dump.as_deref().map(Dump::try_out).transpose()?;
    let clock = Clock::times_as_fast(arguments.speed);
    let screen = Screen::new(clock);
    let rules = arguments.rules.as_deref().map(|file| RulesFile::open(file, clock));
    let rules = rules.transpose()?;
    let mut sinks = Sinks::open(&arguments.events, screen)?;
    let mut local = Local::start(organization.clone(), arguments.settings(clock)).await?;
    let events = local.take_events().ok_or(Failure::NoEvent("any event"))?;
    for fault in &arguments.fail {
        local.fail(fault.clone());
    }
    // Whoever changes the organization from a shell does it as the management account, wherever Usher calls from.
    output::data(&exports(Shell::Sh, &local.endpoint(), &organization, None)?)?;
    screen::opening(&local.endpoint(), &organization, arguments.caller.as_ref());
    let view = View::new(&local, &organization, screen);
    let events = match &arguments.chaos {
        Some(chaos) => scaled(chaos, clock).disturb(events),
        None => events,
    };
    tokio::select! {
        served = serve(&local, &view, screen, events, &mut sinks, rules) => served?,
        () = stop.asked_for() => {}
    }
    sinks.close().await;
    if let Some(dump) = dump {
        dump.write(&local)?;
        screen.line("dump", &format!("the organization is in {}", dump.file().display()));
    }
    Ok(Exit::Done)
}

/// Its delay is in the server's time, as all others are.
fn scaled(chaos: &Chaos, clock: Clock) -> Chaos {
    let mut scaled = chaos.clone();
    scaled.delay = clock.really(chaos.delay);
    scaled
}

/// Hands the events on until somebody has had enough.
async fn serve(
    local: &Local,
    view: &View<'_>,
    screen: Screen,
    events: UnboundedReceiver<Value>,
    sinks: &mut Sinks,
    rules: Option<RulesFile>,
) -> Result<(), Failure> {
    let (tell, told) = unbounded_channel();
    let (to_functions, for_functions) = unbounded_channel();
    // Without functions nobody would ever take what is put into the channel.
    let to_functions = rules.is_some().then_some(to_functions);
    let functions = async {
        match rules {
            Some(rules) => Work::new(local, view, screen, rules, tell)?.run(for_functions).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = pass_on(events, told, view, sinks, to_functions.as_ref()) => Ok(()),
        failed = functions => failed,
    }
}

/// Shows the events of the organization and hands them to the sinks and to the functions; and those that the functions have
/// already heard of, to all others.
async fn pass_on(
    mut events: UnboundedReceiver<Value>,
    mut heard: UnboundedReceiver<Value>,
    view: &View<'_>,
    sinks: &mut Sinks,
    to_functions: Option<&UnboundedSender<Value>>,
) {
    let mut results = interval(RESULTS_EVERY);
    results.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Some(event) => {
                    view.event(&event);
                    sinks.send(&event);
                    if let Some(functions) = to_functions {
                        functions.send(event).ok();
                    }
                }
                None => return,
            },
            Some(event) = heard.recv() => {
                view.event(&event);
                sinks.send(&event);
            }
            _ = results.tick() => view.results(),
        }
    }
}

fn port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| format!("`{text}` is not a number from 0 to {}", u16::MAX))
}

fn speed(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| *number > 0.0 && *number <= FASTEST);
    number.ok_or_else(|| format!("`{text}` is not a number above zero, up to {FASTEST}"))
}

impl Arguments {
    /// Prints what a shell needs. Which organization is served and from which Region, the server knows.
    async fn exports(&self, shell: Shell) -> Result<Exit, Failure> {
        let endpoint = format!("http://127.0.0.1:{}", self.port);
        let organization = match served(&endpoint).await? {
            Some(organization) => organization,
            None => {
                let is_bobs = self.seed.is_none() && self.generate.is_none();
                let whose = if is_bobs { "Bob's organization" } else { "that organization" };
                let told = format!(
                    "nobody serves anything on {endpoint} yet: these lines are for {whose}"
                );
                output::error(&painted(YELLOW, told));
                self.organization()?
            }
        };
        output::data(&exports(shell, &endpoint, &organization, self.caller.as_ref())?)?;
        Ok(Exit::Done)
    }

    fn organization(&self) -> Result<Organization, Failure> {
        match (&self.seed, &self.generate) {
            (Some(file), _) => files::organization(file),
            (None, Some(shape)) => Ok(generate(shape)),
            (None, None) => Ok(bobs_organization()),
        }
    }

    fn settings(&self, clock: Clock) -> local::Settings {
        local::Settings {
            port: self.port,
            latency: self.latency,
            assignment_time: self.assignment_time,
            account_time: self.account_time,
            caller: self.caller.clone(),
            quotas: match self.quotas {
                QuotasArgument::Strict => Quotas::Strict,
                QuotasArgument::Off => Quotas::Off,
            },
            page_size: self.page_size.map(usize::from),
            empty_pages: self.empty_pages,
            uneven_pages: self.uneven_pages,
            usher_access_key_id: Some(USHER_ACCESS_KEY_ID.to_owned()),
            clock,
            identity_source: match self.identity_source {
                SourceArgument::Api | SourceArgument::Native => IdentitySource::Api,
                SourceArgument::Console => IdentitySource::Console,
                SourceArgument::Scim => IdentitySource::Scim,
            },
            native_notifications: self.notifications
                || matches!(self.identity_source, SourceArgument::Native),
            buses: match self.buses {
                BusesArgument::Home => Buses::Home,
                BusesArgument::All => Buses::All,
            },
            control_tower: self.control_tower,
        }
    }
}
