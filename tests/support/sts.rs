//! A Security Token Service that knows one role, and whom it gives it to.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use tokio::net::TcpListener;

/// The role, what its trust policy asks for, and the account that it is in.
pub(crate) struct Role {
    pub(crate) arn: String,
    pub(crate) external_id: String,
    pub(crate) account: String,
}

/// Serves until the test ends. Returns the endpoint.
///
/// The access key of a session is the account's id: so the organization on localhost knows who calls.
pub(crate) async fn serve(role: Role) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let routes = Router::new().fallback(answer).with_state(Arc::new(role));
    tokio::spawn(async { axum::serve(listener, routes).await.unwrap() });
    endpoint
}

async fn answer(State(role): State<Arc<Role>>, body: String) -> Response {
    let fields: Vec<&str> = body.split('&').collect();
    let asks = |field: &str, value: &str| fields.contains(&format!("{field}={value}").as_str());
    let arn = role.arn.replace(':', "%3A").replace('/', "%2F");
    if asks("Action", "AssumeRole")
        && asks("RoleArn", &arn)
        && asks("ExternalId", &role.external_id)
        && asks("RoleSessionName", "usher-reconciler")
    {
        given(&role).into_response()
    } else {
        (StatusCode::FORBIDDEN, REFUSED).into_response()
    }
}

fn given(Role { arn, account, .. }: &Role) -> String {
    format!(
        r#"<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><Arn>{arn}/usher-reconciler</Arn><AssumedRoleId>AROA:usher-reconciler</AssumedRoleId></AssumedRoleUser>
<Credentials><AccessKeyId>{account}</AccessKeyId><SecretAccessKey>none</SecretAccessKey><SessionToken>none</SessionToken><Expiration>2126-01-01T00:00:00Z</Expiration></Credentials>
</AssumeRoleResult></AssumeRoleResponse>"#
    )
}

const REFUSED: &str = r#"<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code>
<Message>User is not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>"#;
