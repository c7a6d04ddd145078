//! What a shell needs, so that the AWS CLI and every SDK reach localhost and nothing else.

use shared::organization::Organization;

/// The services that are served, as the variables of the SDKs spell them.
///
/// Source: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
const SERVICES: [&str; 5] = ["ORGANIZATIONS", "SSO_ADMIN", "IDENTITYSTORE", "EVENTBRIDGE", "SQS"];

/// Lines for a shell. The credentials are good for nothing: should a call go to AWS itself after all, it is refused
/// there. The access key id says who calls: the management account.
pub(super) fn exports(endpoint: &str, organization: &Organization) -> String {
    let endpoints = SERVICES.map(|service| format!("export AWS_ENDPOINT_URL_{service}={endpoint}"));
    let (caller, region) =
        (&organization.organization.management_account_id, &organization.instance.region);
    let mut lines = endpoints.to_vec();
    lines.push(format!("export AWS_ACCESS_KEY_ID={caller} AWS_SECRET_ACCESS_KEY=not-a-secret"));
    lines.push(format!("export AWS_REGION={region} AWS_DEFAULT_REGION={region}"));
    // Of the proxy of a company's laptop, localhost is not to be asked.
    lines.push("export NO_PROXY=127.0.0.1${NO_PROXY:+,$NO_PROXY}".to_owned());
    lines.push("unset AWS_PROFILE AWS_SESSION_TOKEN".to_owned());
    lines.join("\n")
}
