//! The rules say whether an event can matter, before anything is read.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use aws_config::{BehaviorVersion, Region};
use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use shared::{
    relevance::relevant,
    runtime::{self, Outcome, RulesOutcome, Settings, World},
    scope::{About, Attributes, Function, Scope},
};
use tokio::net::TcpListener;

use crate::support::{events::api_call, rules};

const GROUP: &str = "9a67bc0d1e-4b7c6a58-90d1-4e2f-8a3b-5c4d6e7f8091";
const USER: &str = "9a67bc0d1e-1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0ff";

fn account() -> Scope {
    Scope::account("320000000007".parse().unwrap())
}

fn unit() -> Scope {
    Scope::organizational_unit("ou-u5h3-work0001".parse().unwrap())
}

fn group() -> Scope {
    Scope::group(GROUP.parse().unwrap())
}

fn user() -> Scope {
    Scope::user(USER.parse().unwrap())
}

/// A file that grants one permission set to one group where that selector holds, and whatever else.
fn file(manage: &str, principals: &str, accounts: &str, rest: &str) -> String {
    format!(
        "version: 1
manage: {{unlisted: revoke{manage}}}
rules:
  - name: one
    permission_sets: [ViewOnlyAccess]
    {principals}
    accounts: {accounts}
{rest}"
    )
}

fn plain(accounts: &str) -> String {
    file("", "groups: [Engineering]", accounts, "")
}

#[track_caller]
fn keeps(text: &str, scope: Scope, about: &About, expected: Scope) {
    assert_eq!(relevant(&rules(text), scope, about, None), Ok(expected), "{about:?} of {text}");
}

#[track_caller]
fn drops(text: &str, scope: Scope, about: &About, why: &str) {
    assert_eq!(
        relevant(&rules(text), scope, about, None),
        Err(why.to_owned()),
        "{about:?} of {text}"
    );
}

fn keys(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn a_tag_matters_when_a_rule_leans_on_it() {
    let team = About::AccountTags(keys(&["team"]));
    let why = "no rule asks for tag `team` of an account";
    drops(&plain("{all: true}"), account(), &team, why);
    drops(&plain("{tags: {environment: test}}"), account(), &team, why);
    drops(&plain("{tags: {Team: pay}}"), account(), &team, why);
    drops(&plain("{organizational_unit_tags: {team: pay}}"), account(), &team, why);
    drops(
        &plain("{all: true}"),
        account(),
        &About::AccountTags(keys(&["a", "b"])),
        "no rule asks for tags `a`, `b` of an account",
    );
    let leaning = [
        plain("{tags: {team: pay}}"),
        plain("{not: {tags: {team: false}}}"),
        plain("[{name: a}, {tags: {team: true}}]"),
        file(", accounts: {tags: {team: pay}}", "groups: [E]", "{all: true}", ""),
        file("", "groups: [E]", "{all: true}", "protect: [{accounts: {tags: {team: pay}}}]\n"),
        file(
            "",
            "groups: [E]",
            "{all: true}",
            "never: [{name: n, accounts: {tags: {team: pay}}}]\n",
        ),
        file("", "group_name: \"aws-{tag.team}\"", "{all: true}", ""),
        file("", "account_tag: \"t{group}m\"\n    groups: [\"*\"]", "{all: true}", ""),
    ];
    for text in leaning {
        keeps(&text, account(), &team, account());
        // Which tags have changed is not known.
        keeps(&text, account(), &About::AccountTags(keys(&[])), account());
    }
}

#[test]
fn tags_and_names_of_units_are_asked_for_apart() {
    let team = About::UnitTags(keys(&["team"]));
    keeps(&plain("{organizational_unit_tags: {team: pay}}"), unit(), &team, unit());
    let why = "no rule asks for tag `team` of an organizational unit";
    drops(&plain("{tags: {team: pay}}"), unit(), &team, why);

    let why = "no rule asks for an organizational unit's name";
    keeps(&plain("{organizational_unit: /Work}"), unit(), &About::UnitName, unit());
    keeps(&plain("{not: {directly_in: \"/*\"}}"), unit(), &About::UnitName, unit());
    for accounts in ["{all: true}", "{organizational_unit: /}", "{directly_in: ou-u5h3-work0001}"] {
        drops(&plain(accounts), unit(), &About::UnitName, why);
    }
}

#[test]
fn an_accounts_name_matters_when_a_rule_asks_for_it() {
    keeps(&plain("{name: \"pay-*\"}"), account(), &About::AccountName, account());
    let by_template = file("", "group_name: \"aws-{account}\"", "{all: true}", "");
    keeps(&by_template, account(), &About::AccountName, account());
    let why = "no rule asks for an account's name";
    drops(&plain("{email: \"*\"}"), account(), &About::AccountName, why);
    let by_id = file("", "group_name: \"aws-{account_id}\"", "{all: true}", "");
    drops(&by_id, account(), &About::AccountName, why);
}

const USERS: &str = ", users: true";

#[test]
fn a_membership_matters_when_members_are_counted_or_meant() {
    let both = group().merge(user());
    let why = "no rule asks who is in a group";
    drops(&plain("{all: true}"), both.clone(), &About::Members, why);
    // Users are left alone, so nobody gets anything by a membership.
    let unmanaged = file("", "users: [{in_group: E}]", "{all: true}", "");
    drops(&unmanaged, both.clone(), &About::Members, why);

    let counted = file("", "groups: [E]\n    members: {at_least: 1}", "{all: true}", "");
    keeps(&counted, both.clone(), &About::Members, group());
    let meant = file(USERS, "users: [{in_group: E}]", "{all: true}", "");
    keeps(&meant, both.clone(), &About::Members, user());
    let protected = "protect: [{users: [{in_group: E}]}]\n";
    keeps(
        &file(USERS, "groups: [E]", "{all: true}", protected),
        both.clone(),
        &About::Members,
        user(),
    );
    let all = file(
        USERS,
        "groups: [E]\n    users: [{in_group: E}]\n    members: {at_least: 1}",
        "{all: true}",
        "",
    );
    keeps(&all, both.clone(), &About::Members, both);

    // Who it is about is hidden: whoever looks finds out whether a rule asks for a group of that name.
    let members = Scope::members_of(GROUP.parse().unwrap());
    keeps(&meant, group(), &About::Members, members.clone());
    keeps(&all, group(), &About::Members, group().merge(members));
    keeps(&meant, Scope::everything(), &About::Members, Scope::everything());
    keeps(&counted, group(), &About::Members, group());
    drops(&plain("{all: true}"), Scope::everything(), &About::Members, why);
    keeps(&counted, Scope::everything(), &About::Members, Scope::everything());
}

#[test]
fn a_group_always_matters_and_takes_its_members_with_it() {
    keeps(&plain("{all: true}"), group(), &About::Group, group());
    let meant = file(USERS, "users: [{in_group: E}]", "{all: true}", "");
    keeps(&meant, group(), &About::Group, group().merge(Scope::members_of(GROUP.parse().unwrap())));
    keeps(&meant, Scope::everything(), &About::Group, Scope::everything());
}

#[test]
fn a_user_matters_where_users_are_managed() {
    let any = About::User(Attributes::Any);
    let why = "the rules leave users alone";
    for about in [&any, &About::UserGone] {
        drops(&plain("{all: true}"), user(), about, why);
        // Somebody may have given them something directly, which no rule grants.
        keeps(&file(USERS, "groups: [E]", "{all: true}", ""), user(), about, user());
    }
    // With a user their memberships go, and nobody says which.
    let counted = file("", "groups: [E]\n    members: {at_least: 1}", "{all: true}", "");
    keeps(&counted, user(), &About::UserGone, user().merge(Scope::everything()));
    drops(&counted, user(), &any, why);
}

#[test]
fn an_attribute_matters_when_a_rule_asks_for_it() {
    let about = |names: &[&str]| About::User(Attributes::These(keys(names)));
    let by_department =
        file(USERS, "users: [{attributes: {department: Finance}}]", "{all: true}", "");
    keeps(&by_department, user(), &about(&["department"]), user());
    keeps(&by_department, user(), &about(&["title", "department"]), user());
    for always in ["user_name", "active"] {
        keeps(&by_department, user(), &about(&[always]), user());
    }
    drops(&by_department, user(), &about(&["title"]), "no rule asks for a user's title");
}

#[test]
fn what_usher_does_itself_is_no_news() {
    let rules = rules(&plain("{all: true}"));
    let own = "arn:aws:iam::310000000001:role/usher-reconciler";
    let by = |role: Option<&str>| About::Assignments { by_role: role.map(str::to_owned) };
    let relevant = |about: &About, own| relevant(&rules, account(), about, own);
    assert_eq!(
        relevant(&by(Some(own)), Some(own)),
        Err("it was changed by Usher itself".to_owned())
    );
    let other = "arn:aws:iam::310000000001:role/Organizer";
    for (role, own) in
        [(Some(other), Some(own)), (None, Some(own)), (None, None), (Some(own), None)]
    {
        assert_eq!(relevant(&by(role), own), Ok(account()));
    }
}

#[test]
fn what_is_not_about_a_detail_always_matters() {
    let text = plain("{all: true}");
    for about in [About::Accounts, About::PermissionSets, About::Rules, About::Anything] {
        keeps(&text, account(), &about, account());
    }
}

/// S3 with one rules file in it, and nothing else of AWS: what is asked of it, and what it answers.
#[derive(Clone, Default)]
struct OnlyRules(Arc<Mutex<Vec<String>>>);

impl OnlyRules {
    const ETAG: &str = "\"5d41402abc4b2a76b9719d911017c592\"";

    async fn world(&self, settings: Settings) -> World {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let server = Router::new().fallback(Self::answer).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, server).await });
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .endpoint_url(endpoint)
            .test_credentials()
            .load()
            .await;
        World::new(settings, config)
    }

    async fn answer(State(this): State<Self>, request: Request) -> Response {
        let is_known = request.headers().get(header::IF_NONE_MATCH).is_some();
        let path = request.uri().path();
        let is_rules = path == "/usher-rules/active/rules.yaml";
        let status = match (is_rules, is_known) {
            (true, false) => StatusCode::OK,
            (true, true) => StatusCode::NOT_MODIFIED,
            (false, _) => StatusCode::NOT_IMPLEMENTED,
        };
        this.0.lock().unwrap().push(format!("{} {path} {status}", request.method()));
        let body = if status == StatusCode::OK { plain("{all: true}") } else { String::new() };
        (status, [(header::ETAG, Self::ETAG)], body).into_response()
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

const OWN_ROLE: &str = "arn:aws:iam::310000000001:role/Organizer";

fn settings() -> Settings {
    Settings {
        rules: Some("s3://usher-rules/active/rules.yaml".parse().unwrap()),
        rules_written: Some("s3://usher-rules/rules.yaml".parse().unwrap()),
        lane: Some("https://sqs.eu-central-1.amazonaws.com/310000000001/usher.fifo".to_owned()),
        own_role: Some(OWN_ROLE.to_owned()),
        ..Settings::default()
    }
}

/// An event for each function that the rules have no use for.
fn irrelevant() -> [(Function, Value, &'static str); 4] {
    let account = "320000000007";
    let named = json!({"accountId": account, "accountName": "HIDDEN_DUE_TO_SECURITY_REASONS"});
    let tagged = json!({"resourceId": account, "tags": [{"key": "team", "value": "pay"}]});
    let member =
        json!({"groupId": GROUP, "memberId": {"userId": USER}, "identityStoreId": "d-9a67123456"});
    let assigned = json!({
        "targetId": account, "targetType": "AWS_ACCOUNT", "principalId": GROUP, "principalType": "GROUP",
        "permissionSetArn": "arn:aws:sso:::permissionSet/ssoins-6804aabbccddeeff/ps-1111222233334444",
    });
    [
        (
            Function::AccountEvents,
            api_call("account", "PutAccountName", &named),
            "no rule asks for an account's name",
        ),
        (
            Function::TagEvents,
            api_call("organizations", "TagResource", &tagged),
            "no rule asks for tag `team` of an account",
        ),
        (
            Function::GroupEvents,
            api_call("identitystore", "CreateGroupMembership", &member),
            "no rule asks who is in a group",
        ),
        (
            Function::AssignmentEvents,
            api_call("sso", "CreateAccountAssignment", &assigned),
            "it was changed by Usher itself",
        ),
    ]
}

/// What the rules have no use for costs one conditional read of the rules, and nothing else.
#[tokio::test]
async fn what_does_not_matter_costs_a_look_at_the_rules() {
    for (function, event, why) in irrelevant() {
        let aws = OnlyRules::default();
        let world = aws.world(settings()).await;
        for answer in ["200 OK", "304 Not Modified"] {
            let outcome = runtime::event(&world, function, event.clone()).await.unwrap();
            assert_eq!(outcome, Outcome::Ignored(why.to_owned()), "{function}");
            assert_eq!(aws.asked(), [format!("GET /usher-rules/active/rules.yaml {answer}")]);
        }
    }
}

/// What leads nowhere by itself, and another file than the rules, costs nothing at all.
#[tokio::test]
async fn what_leads_nowhere_costs_nothing() {
    let aws = OnlyRules::default();
    let world = aws.world(settings()).await;
    for (function, mut event, _) in irrelevant() {
        event["detail"]["errorCode"] = json!("ConflictException");
        let outcome = runtime::event(&world, function, event).await.unwrap();
        assert_eq!(outcome, Outcome::Ignored("the call failed: ConflictException".to_owned()));
    }
    let other_file = json!({"source": "aws.s3", "detail-type": "Object Created", "detail": {
        "bucket": {"name": "usher-rules"},
        "object": {"key": "notes.txt", "version-id": "v1", "sequencer": "0055AED6DCD90281E5"}}});
    let outcome = runtime::rules_event(&world, other_file).await.unwrap();
    assert!(matches!(outcome, RulesOutcome::Ignored(_)), "{outcome:?}");
    assert_eq!(aws.asked(), [] as [String; 0]);
}
