//! Every operation that is served, called through AWS's own SDK: once so that it succeeds, and the answer holds what the SDK
//! knows of it, and once so that it is refused with an error that the SDK has a name for.
//!
//! `operations.txt` names all of them. That nothing else is served, a test says that knows all the names that AWS has: it is
//! the one with boto3.

mod identity_store;
mod organizations;
mod relays;
mod sso_admin;

use std::{collections::BTreeSet, fmt::Debug};

use local::{Fault, FaultKind, Probability};

use crate::support::Server;

const SERVED: &str = include_str!("../../operations.txt");

/// A row of the table: a call that is answered, and one of the same operation that is refused. The answer is for the rows
/// that follow.
macro_rules! row {
    ($table:ident, $operation:literal, $call:expr, $refused:expr $(,)?) => {{
        let answer = $call.send().await;
        let answer = answer.unwrap_or_else(|error| panic!("{}: {error:?}", $operation));
        let refused = $refused.send().await.expect_err($operation).into_service_error();
        $table.row($operation, &answer, &refused);
        answer
    }};
}
pub(crate) use row;

/// What the rows have told, one line each.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<String>);

impl Table {
    fn row(&mut self, operation: &str, answer: &impl Debug, refused: &impl Debug) {
        let refused = format!("{refused:?}");
        let (error, _) = refused.split_once('(').unwrap_or((&refused, ""));
        assert_ne!(
            error, "Unhandled",
            "{operation} is refused with what the SDK has no name for: {refused}"
        );
        let absent = absent(&format!("{answer:?}")).join(", ");
        self.0.push(
            format!("{operation}\n    refused: {error}\n    absent: {absent}")
                .trim_end()
                .to_owned(),
        );
    }
}

/// The fields that an answer could have and has not, or that are empty. The SDK does not show what is sensitive.
fn absent(answer: &str) -> Vec<String> {
    let mut absent = BTreeSet::new();
    for empty in [": None", ": []", ": Some([])", ": Some({})", ": Some(\"\")", ": \"\""] {
        // What stands before each of them ends with the field's name.
        let mut parts: Vec<&str> = answer.split(empty).collect();
        parts.pop();
        let name = |part: &&str| part.rsplit([' ', '{', '(']).next().map(str::to_owned);
        absent.extend(parts.iter().filter_map(name));
    }
    absent.into_iter().collect()
}

/// Makes an operation fail once that has no reason to.
pub(crate) fn fail_once(server: &Server, operation: &str, code: &str) {
    server.local.fail(Fault {
        operation: operation.to_owned(),
        error: FaultKind::Error { code: code.to_owned(), message: "No.".to_owned(), status: 400 },
        account_id: None,
        times: Some(1),
        probability: Probability::ALWAYS,
    });
}

#[tokio::test]
async fn every_operation_is_understood_by_the_sdk() {
    let mut server = Server::start().await;
    let mut table = Table::default();
    organizations::rows(&mut server, &mut table).await;
    sso_admin::rows(&server, &mut table).await;
    identity_store::rows(&server, &mut table).await;
    relays::rows(&server, &mut table).await;

    table.0.sort();
    insta::assert_snapshot!(table.0.join("\n"));
    let served: Vec<&str> = SERVED.lines().collect();
    let told: Vec<&str> = table.0.iter().filter_map(|row| row.lines().next()).collect();
    assert_eq!(told, served, "the table and operations.txt");
    // A row may name one operation and call another.
    let calls = server.local.calls();
    let called: Vec<&str> = calls.keys().map(String::as_str).collect();
    assert_eq!(called, served, "what was called, and operations.txt");
}
