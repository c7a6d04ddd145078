//! Each thing that `usher doctor` looks at, ailing by itself: that one and no other is told, and what to do about it. The
//! real binary, the organization on localhost, and the rest of AWS as a value.

use std::{collections::BTreeSet, fs, path::Path};

use chrono::{DateTime, TimeDelta, Utc};
use local::{Local, Settings, bobs_organization};
use serde_json::{Value, json};
use shared::{
    ids::AccountId,
    organization::{Assignment, Organization},
};
use tempfile::TempDir;

use crate::support::{
    surroundings::{HOME, LANE, NORTH_VIRGINIA, Queue, Surroundings, Trail, function_arn},
    usher::Usher,
};

const RULES: &str = "version: 1
manage: {unlisted: report}
rules:
  - {name: engineers, permission_sets: [PowerUserAccess], groups: [Engineering], accounts: {name: web-test}}
";

/// An installation, and an admin who calls the doctor.
struct Patient {
    organization: Organization,
    surroundings: Surroundings,
    /// From which account; the management account, where none is named.
    caller: Option<AccountId>,
    region: &'static str,
    /// The rules in force, and what people wrote last.
    rules: Option<&'static str>,
    written: Option<&'static str>,
    /// The last sweep, and how many hours ago it was.
    sweep: Option<(Value, i64)>,
    /// What is in the way of a file of the installation.
    unreadable: Option<&'static str>,
    /// What the admin does not say.
    unsaid: Option<&'static str>,
    more: Vec<&'static str>,
    /// Calls that fail, as in `sso-admin:ListUsers:AccessDeniedException:1`.
    faults: Vec<String>,
}

/// What the doctor told.
struct Told {
    code: i32,
    checks: Vec<Value>,
}

/// What is to be told of an ailment: the check, how it is, and some of the words, also of those that say what to do.
type Finding = (&'static str, &'static str, &'static str, &'static str);

/// What somebody does to an installation that is well, and what is told of it then.
type Ailment = (fn(&mut Patient), Finding);

fn now() -> DateTime<Utc> {
    #[expect(clippy::disallowed_methods, reason = "the binary asks the same clock")]
    std::time::SystemTime::now().into()
}

impl Patient {
    fn well() -> Self {
        Self::in_region(HOME)
    }

    fn in_region(region: &'static str) -> Self {
        let mut organization = bobs_organization();
        organization.instance.region = region.to_owned();
        Self {
            organization,
            surroundings: Surroundings::well(region),
            caller: None,
            region,
            rules: Some(RULES),
            written: Some(RULES),
            sweep: Some((sweep(0, 0), 1)),
            unreadable: None,
            unsaid: None,
            more: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Calls from an account that Identity Center is delegated to.
    fn delegated() -> Self {
        Self { caller: Some("240000000001".parse().unwrap()), ..Self::well() }
    }

    async fn told(self) -> Told {
        let settings = Settings { caller: self.caller.clone(), ..Settings::default() };
        let local = Local::start(self.organization.clone(), settings).await.unwrap();
        self.faults.iter().for_each(|fault| local.fail(fault.parse().unwrap()));
        let folder = self.folder();
        let endpoint = self.surroundings.clone().serve().await;
        let mut usher = Usher::new()
            .aws_at(endpoint)
            .with("AWS_REGION", self.region.to_owned())
            .with("USHER_CALLS_PER_SECOND", "1000".to_owned());
        for name in ["ORGANIZATIONS", "SSO_ADMIN", "IDENTITYSTORE", "STS"] {
            let name = format!("AWS_ENDPOINT_URL_{name}").leak();
            usher = usher.with(name, local.endpoint());
        }
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        for (name, value) in [
            ("USHER_RULES", path("active/rules.yaml")),
            ("USHER_RULES_WRITTEN", path("rules.yaml")),
            ("USHER_LANE", LANE.to_owned()),
        ] {
            if self.unsaid != Some(name) {
                usher = usher.with(name, value);
            }
        }
        let ended = usher.run(&[&["doctor", "--format", "json"], self.more.as_slice()].concat());
        let mut told: Value =
            serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended}"));
        let Value::Array(checks) = told["checks"].take() else { panic!("{ended}") };
        Told { code: ended.code, checks }
    }

    /// What is in the installation's bucket.
    fn folder(&self) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let file = folder.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        };
        self.rules.iter().for_each(|text| write("active/rules.yaml", text));
        self.written.iter().for_each(|text| write("rules.yaml", text));
        if let Some((sweep, hours)) = &self.sweep {
            let mut sweep = sweep.clone();
            sweep["finished_at"] = json!(now() - TimeDelta::hours(*hours));
            write("status/last-sweep.json", &sweep.to_string());
        }
        self.unreadable.iter().for_each(|name| make_unreadable(&folder.path().join(name)));
        folder
    }
}

/// A folder where a file should be, which nobody can read as one.
fn make_unreadable(file: &Path) {
    let _ = fs::remove_file(file);
    fs::create_dir_all(file).unwrap();
}

fn sweep(failed: u64, gaps: u64) -> Value {
    let summary = json!({
        "create": 3, "delete": 2, "held": 0, "unchanged": 40, "unlisted": 0, "impossible": 0, "not_ours": 0,
    });
    json!({ "summary": summary, "failed": failed, "gaps": gaps })
}

impl Told {
    /// What is not as it should be.
    fn ailing(&self) -> Vec<&Value> {
        self.checks.iter().filter(|check| check["state"] != "ok").collect()
    }

    #[track_caller]
    fn is(&self, what: &str, (check, state, told, help): Finding) {
        let [found] = self.ailing()[..] else { panic!("{what}: {:#?}", self.ailing()) };
        assert_eq!((&found["check"], &found["state"]), (&json!(check), &json!(state)), "{what}");
        let says = |field: &str, words| found[field].as_str().unwrap().contains(words);
        assert!(says("told", told) && says("help", help), "{what}: {found:#}");
        assert_eq!(self.code, i32::from(state == "failed"), "{what}");
    }
}

/// Each ailment by itself, in an installation that is well otherwise.
async fn each(ailments: &[Ailment]) {
    for (number, (ail, finding)) in ailments.iter().enumerate() {
        let mut patient = Patient::well();
        ail(&mut patient);
        patient.told().await.is(&format!("ailment {number}"), *finding);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_installation_that_is_well_nothing_else_is_told() {
    let told = Patient::well().told().await;
    assert_eq!((told.ailing(), told.code), (Vec::<&Value>::new(), 0));
    let checks: Vec<&str> =
        told.checks.iter().map(|check| check["check"].as_str().unwrap()).collect();
    let all = "credentials, instance, region, place, permissions, trail, trail there, event rules, forwarder, rules, \
               uploaded, lane, taken up, dead letters, lost events, last sweep";
    assert_eq!(checks.join(", "), all);
    assert!(told.checks.iter().all(|check| check["help"].is_null()));
    // Where Organizations sends its events nobody has to forward them, and the trail that is there is the one here.
    let told = Patient::in_region(NORTH_VIRGINIA).told().await;
    assert_eq!((told.ailing(), told.code), (Vec::<&Value>::new(), 0));
    let of = |check: &str| told.checks.iter().find(|one| one["check"] == check);
    assert_eq!(of("trail there"), None);
    assert!(of("forwarder").unwrap()["told"].as_str().unwrap().starts_with("not needed"));
}

const A_TRAIL: &str = "aws cloudtrail create-trail";
const OF_TRAILS: &str = "allow cloudtrail:DescribeTrails and cloudtrail:GetTrailStatus to whoever";
const OF_EVENTS: &str = "allow events:ListRuleNamesByTarget and events:DescribeRule to whoever";
const REFUSED: &str = "AccessDeniedException";

#[tokio::test(flavor = "multi_thread")]
async fn events_that_do_not_come_are_told() {
    each(&[
        (
            |patient| patient.surroundings.trails.retain(|trail| trail.seen_in != HOME),
            ("trail", "failed", "no trail is logging in eu-west-1", A_TRAIL),
        ),
        (
            |patient| patient.surroundings.trails[0].is_logging = false,
            ("trail", "failed", "no trail is logging in eu-west-1", A_TRAIL),
        ),
        (
            |patient| patient.surroundings.trails[1].is_logging = false,
            ("trail there", "warning", "no trail is logging in us-east-1", A_TRAIL),
        ),
        (
            |patient| patient.surroundings.failing.push(("DescribeTrails", HOME, REFUSED)),
            ("trail", "warning", "cloudtrail:DescribeTrails failed", OF_TRAILS),
        ),
        (
            |patient| {
                patient.surroundings.failing.push(("GetTrailStatus", NORTH_VIRGINIA, REFUSED));
            },
            ("trail there", "warning", "cloudtrail:GetTrailStatus failed", OF_TRAILS),
        ),
        (
            |patient| {
                let failing = ("GetTrailStatus", HOME, "InvalidTrailNameException");
                patient.surroundings.failing.push(failing);
            },
            ("trail", "warning", "InvalidTrailNameException", "try again"),
        ),
        (
            |patient| {
                let of_tags = function_arn(HOME, "usher", "tag-events");
                patient.surroundings.event_rules.retain(|rule| rule.target != of_tags);
            },
            ("event rules", "failed", "leads to tag-events", "deploy infra/template.yaml again"),
        ),
        // One of two that lead to the same function, and the second of them.
        (
            |patient| {
                let mut to_groups = patient.surroundings.rules_to("group-events");
                to_groups.nth(1).unwrap().state = "DISABLED";
            },
            ("event rules", "failed", "switched off: console", "aws events enable-rule"),
        ),
        (
            |patient| patient.surroundings.failing.push(("ListRuleNamesByTarget", HOME, REFUSED)),
            ("event rules", "warning", "events:ListRuleNamesByTarget failed", OF_EVENTS),
        ),
        (
            |patient| {
                patient.surroundings.failing.push(("DescribeRule", HOME, "InternalException"));
            },
            ("event rules", "warning", "events:DescribeRule failed", "try again"),
        ),
        (
            |patient| patient.surroundings.event_rules.retain(|rule| rule.name != "forwarder"),
            ("forwarder", "warning", "no rule in us-east-1 leads here", "forward the events"),
        ),
        (
            |patient| {
                patient.surroundings.rules_to("event-bus/default").next().unwrap().state =
                    "DISABLED";
            },
            ("forwarder", "warning", "no rule in us-east-1 leads here", "forward the events"),
        ),
        (
            |patient| patient.surroundings.failing.push(("DescribeRule", NORTH_VIRGINIA, REFUSED)),
            ("forwarder", "warning", "events:DescribeRule failed", OF_EVENTS),
        ),
    ])
    .await;
    // Two checks go by the stack's name.
    let told = Patient { more: vec!["--stack", "other"], ..Patient::well() }.told().await;
    let [rules, lost] = told.ailing()[..] else { panic!("{:#?}", told.ailing()) };
    let says = |check: &Value, words: &str| check.to_string().contains(words);
    assert!(says(
        rules,
        "leads to account-events, tag-events, group-events, assignment-events, rules-events"
    ));
    assert!(says(rules, "not called `other`, say --stack"));
    assert!(says(lost, "no queue is called other-LostEvents") && says(lost, "say --stack NAME"));
    // A trail that is there and does not log does not hide another that does.
    let mut patient = Patient::well();
    patient.surroundings.trails.insert(0, Trail { name: "old", seen_in: HOME, is_logging: false });
    assert!(patient.told().await.ailing().is_empty());
}

const OF_QUEUES: &str = "allow sqs:GetQueueAttributes and sqs:GetQueueUrl to whoever";

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_that_does_not_move_is_told() {
    each(&[
        (
            |patient| patient.unsaid = Some("USHER_LANE"),
            ("lane", "warning", "nobody said where it is", "--lane URL, or USHER_LANE"),
        ),
        (
            |patient| patient.surroundings.lane = Queue { waiting: 101, in_work: 10 },
            ("lane", "warning", "101 messages wait, 10 are worked on", "the reconciler's log"),
        ),
        (
            |patient| patient.surroundings.gives_up = false,
            (
                "dead letters",
                "failed",
                "no dead-letter queue: one message that fails holds up all others",
                "deploy infra/template.yaml again",
            ),
        ),
        (
            |patient| patient.surroundings.dead_letters = Queue { waiting: 2, in_work: 0 },
            (
                "dead letters",
                "failed",
                "gave up on 2 messages",
                "go back from usher-dead-letters.fifo to the lane",
            ),
        ),
        // Somebody is looking at it just now: it is there all the same.
        (
            |patient| patient.surroundings.dead_letters = Queue { waiting: 0, in_work: 1 },
            ("dead letters", "failed", "gave up on 1 message:", "Start DLQ redrive"),
        ),
        (
            |patient| patient.surroundings.failing.push(("GetQueueUrl", HOME, REFUSED)),
            ("dead letters", "warning", "sqs:GetQueueUrl failed", OF_QUEUES),
        ),
        (
            |patient| patient.surroundings.lane = Queue { waiting: 3, in_work: 0 },
            (
                "lane",
                "warning",
                "3 messages wait, and none is worked on",
                "no room for the reconciler",
            ),
        ),
        (
            |patient| patient.surroundings.mappings = vec!["Disabled"],
            (
                "taken up",
                "failed",
                "stopped: usher-reconciler does not take from the lane",
                "update-event-source-mapping --uuid mapping-0 --enabled",
            ),
        ),
        (
            |patient| patient.surroundings.mappings.clear(),
            (
                "taken up",
                "failed",
                "no function takes from the lane",
                "deploy infra/template.yaml again",
            ),
        ),
        (
            |patient| patient.surroundings.failing.push(("ListEventSourceMappings", HOME, REFUSED)),
            (
                "taken up",
                "warning",
                "lambda:ListEventSourceMappings failed",
                "allow lambda:ListEventSourceMappings",
            ),
        ),
        (
            |patient| patient.surroundings.lost_events = Queue { waiting: 2, in_work: 1 },
            (
                "lost events",
                "warning",
                "3 events did not reach the lane",
                "usher-LostEvents-7Qb2cD",
            ),
        ),
        (
            |patient| patient.surroundings.failing.push(("ListQueues", HOME, REFUSED)),
            ("lost events", "warning", "sqs:ListQueues failed", "allow sqs:ListQueues"),
        ),
    ])
    .await;
    // Two queues are asked for what they hold.
    let mut patient = Patient::well();
    patient.surroundings.failing.push(("GetQueueAttributes", HOME, REFUSED));
    let told = patient.told().await;
    let [lane, lost] = told.ailing()[..] else { panic!("{:#?}", told.ailing()) };
    let says = |check: &Value, words: &str| check.to_string().contains(words);
    assert!(says(lane, "sqs:GetQueueAttributes failed") && says(lane, OF_QUEUES), "{lane:#}");
    assert!(says(lost, "allow sqs:ListQueues and sqs:GetQueueAttributes to whoever"), "{lost:#}");
    let mut patient = Patient::well();
    patient.surroundings.lane = Queue { waiting: 100, in_work: 10 };
    assert!(patient.told().await.ailing().is_empty(), "as much as a few runs take");
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_are_not_in_force_are_told() {
    const OTHER: &str = "version: 1\nmanage: {unlisted: report}\nrules: []\n";
    each(&[
        (
            |patient| patient.rules = Some("version: 2\n"),
            ("rules", "failed", "rules.yaml", "upload a rules file that `usher check` finds right"),
        ),
        (
            |patient| patient.rules = None,
            ("rules", "failed", "active/rules.yaml", "upload a rules file"),
        ),
        (
            |patient| patient.unreadable = Some("active/rules.yaml"),
            ("rules", "failed", "active/rules.yaml", "let whoever calls `usher doctor` read it"),
        ),
        (
            |patient| patient.written = Some(OTHER),
            ("uploaded", "failed", "is not what is in force", "upload it again"),
        ),
        (
            |patient| patient.written = None,
            ("uploaded", "warning", "rules.yaml is not there", "upload the file"),
        ),
        (
            |patient| patient.unsaid = Some("USHER_RULES_WRITTEN"),
            ("uploaded", "warning", "nobody said where people write", "say --bucket BUCKET"),
        ),
        (
            |patient| patient.unreadable = Some("rules.yaml"),
            ("uploaded", "warning", "rules.yaml", "let whoever calls `usher doctor` read it"),
        ),
    ])
    .await;
    // Nobody said where anything is: two checks know no more than that.
    let told = Patient { unsaid: Some("USHER_RULES"), ..Patient::well() }.told().await;
    let ailing: Vec<(&Value, &Value)> =
        told.ailing().into_iter().map(|check| (&check["check"], &check["state"])).collect();
    let warning = json!("warning");
    assert_eq!(ailing, [(&json!("rules"), &warning), (&json!("last sweep"), &warning)]);
    assert!(
        told.ailing()
            .iter()
            .all(|check| check["told"].as_str().unwrap().starts_with("not looked at"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_did_not_do_all_is_told() {
    const WHY: &str = "the schedule, the lane and the reconciler's log say why";
    const FOUND: &str = "3 to create, 2 to delete, 0 held, 40 unchanged";
    each(&[
        (|patient| patient.sweep = None, ("last sweep", "warning", "there was none yet", WHY)),
        (
            |patient| patient.sweep = Some((json!({"of": "another version"}), 1)),
            ("last sweep", "warning", "there was none yet", WHY),
        ),
        (
            |patient| patient.unreadable = Some("status/last-sweep.json"),
            (
                "last sweep",
                "warning",
                "last-sweep.json",
                "let whoever calls `usher doctor` read it",
            ),
        ),
        // Every six hours, with an hour to sweep in.
        (|patient| patient.sweep = Some((sweep(0, 0), 14)), ("last sweep", "warning", FOUND, WHY)),
        (|patient| patient.sweep = Some((sweep(0, 0), 26)), ("last sweep", "failed", FOUND, WHY)),
        (
            |patient| {
                patient.sweep = Some((sweep(0, 0), 4));
                patient.more = vec!["--every", "1"];
            },
            ("last sweep", "warning", FOUND, WHY),
        ),
        (
            |patient| patient.sweep = Some((sweep(7, 0), 1)),
            ("last sweep", "warning", "7 failed, 0 things not read", "`Change Failed`"),
        ),
        (
            |patient| patient.sweep = Some((sweep(0, 8), 1)),
            ("last sweep", "warning", "0 failed, 8 things not read", "`Change Failed`"),
        ),
    ])
    .await;
    let young = Patient { sweep: Some((sweep(0, 0), 12)), ..Patient::well() };
    assert!(young.told().await.ailing().is_empty());
}

/// What an admin cannot do without, refused: whatever Usher calls, it is named, and so is nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn each_permission_that_is_missing_is_named() {
    // What is asked further depends on the answers to these.
    let listings = [
        "organizations:ListOrganizationalUnitsForParent",
        "identitystore:ListGroups",
        "identitystore:ListUsers",
        "sso-admin:ListPermissionSets",
    ];
    let singly = [
        "organizations:ListAccounts",
        "organizations:DescribeAccount",
        "organizations:ListTagsForResource",
        "organizations:DescribeOrganizationalUnit",
        "identitystore:DescribeGroup",
        "identitystore:GetGroupId",
        "identitystore:ListGroupMemberships",
        "identitystore:DescribeUser",
        "identitystore:ListGroupMembershipsForMember",
        "sso-admin:ListAccountAssignmentsForPrincipal",
        "sso-admin:ListPermissionSetsProvisionedToAccount",
        "sso-admin:DescribePermissionSet",
        "sso-admin:ListAccountsForProvisionedPermissionSet",
        "sso-admin:ListAccountAssignments",
        "sso-admin:ListAccountAssignmentCreationStatus",
        "sso-admin:ListAccountAssignmentDeletionStatus",
        "sso-admin:DescribeAccountAssignmentCreationStatus",
        "sso-admin:DescribeAccountAssignmentDeletionStatus",
    ];
    for refused in [&listings[..], &singly[..]] {
        let mut patient = Patient::well();
        patient.faults = refused.iter().map(|one| format!("{one}:{REFUSED}:1")).collect();
        let told = patient.told().await;
        let ailing = told.ailing();
        let named = |check: &&Value| {
            assert_eq!(
                (&check["check"], &check["state"]),
                (&json!("permissions"), &json!("failed"))
            );
            let help = check["help"].as_str().unwrap();
            let (action, _) = help.strip_prefix("allow ").unwrap().split_once(' ').unwrap();
            action.replace("sso:", "sso-admin:")
        };
        let named: BTreeSet<String> = ailing.iter().map(named).collect();
        let all: BTreeSet<String> = refused.iter().map(|&one| one.to_owned()).collect();
        assert_eq!((named, told.code), (all, 1));
    }
    each(&[(
        |patient| {
            let fault = "sso-admin:ListAccountAssignments:ValidationException:1".to_owned();
            patient.faults.push(fault);
        },
        ("permissions", "failed", "ValidationException", "not refused: try again"),
    )])
    .await;
}

/// Without these there is nothing to look at, and nothing further is asked.
#[tokio::test(flavor = "multi_thread")]
async fn without_an_instance_nothing_further_is_looked_at() {
    for operation in ["sso-admin:ListInstances", "organizations:DescribeOrganization"] {
        let mut patient = Patient::well();
        patient.faults.push(format!("{operation}:{REFUSED}:1"));
        let told = patient.told().await;
        assert_eq!(told.checks.len(), 2, "{operation}");
        told.is(operation, ("instance", "failed", REFUSED, "call from the management account"));
    }
    let mut patient = Patient::well();
    patient.organization.instance.region = NORTH_VIRGINIA.to_owned();
    let finding = (
        "region",
        "failed",
        "Identity Center is in us-east-1, and not in eu-west-1",
        "deploy Usher, and call, in us-east-1",
    );
    patient.told().await.is("another Region", finding);
}

/// A delegated administrator is told what it cannot see, and what it may not change.
#[tokio::test(flavor = "multi_thread")]
async fn a_delegated_administrator_is_told_what_is_out_of_its_reach() {
    let forwarder: Finding = (
        "forwarder",
        "warning",
        "cannot be seen from here: it is in account 111111111111",
        "forward the events",
    );
    let mut well = Patient::delegated();
    // The functions are in its own account.
    let account = well.caller.clone().unwrap();
    let move_rules = |patient: &mut Patient| {
        for rule in &mut patient.surroundings.event_rules {
            rule.target = rule.target.replace("111111111111", account.as_str());
        }
    };
    move_rules(&mut well);
    let told = well.told().await;
    told.is("delegated", forwarder);
    let place = told.checks.iter().find(|check| check["check"] == "place").unwrap();
    assert!(
        place["told"]
            .as_str()
            .unwrap()
            .ends_with("changes nothing in management account 111111111111")
    );
    assert!(!told.checks.iter().any(|check| check["check"] == "trail there"));

    // Also in the Region to which Organizations sends its events, to the management account alone.
    let mut in_virginia =
        Patient { caller: Some(account.clone()), ..Patient::in_region(NORTH_VIRGINIA) };
    move_rules(&mut in_virginia);
    in_virginia.told().await.is("delegated, in us-east-1", forwarder);

    // A permission set that is used in the management account, by its name or, where that cannot be read, by its ARN.
    for (fault, words) in [
        (None, "used there: "),
        (Some("sso-admin:DescribePermissionSet"), "used there: arn:aws:sso:::permissionSet/"),
    ] {
        let mut patient = Patient::delegated();
        move_rules(&mut patient);
        let management = patient.organization.organization.management_account_id.clone();
        let there =
            Assignment { account_id: management, ..patient.organization.assignments[0].clone() };
        patient.organization.assignments.push(there);
        patient.faults.extend(fault.map(|fault| format!("{fault}:{REFUSED}:1")));
        let told = patient.told().await;
        let place = told.ailing().into_iter().find(|check| check["check"] == "place").unwrap();
        let (told, help) = (place["told"].as_str().unwrap(), place["help"].as_str().unwrap());
        assert_eq!(place["state"], "warning");
        assert!(
            told.contains(words) && help.starts_with("have permission sets for the management"),
            "{place:#}"
        );
        assert_eq!(told.contains("arn:aws:sso:::permissionSet/"), fault.is_some(), "{place:#}");
    }
    let mut blind = Patient::delegated();
    move_rules(&mut blind);
    blind.faults.push(format!("sso-admin:ListPermissionSetsProvisionedToAccount:{REFUSED}:1"));
    let told = blind.told().await;
    let place = told.ailing().into_iter().find(|check| check["check"] == "place").unwrap();
    assert!(place["help"].as_str().unwrap().contains("or allow it that call"), "{place:#}");
}
