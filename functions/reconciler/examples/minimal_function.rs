//! The function to compare cold starts with, see `infra/package.py`: it makes every client that Usher has, as the SDK proposes it,
//! and answers each event with nothing. It is not shipped.

use aws_config::BehaviorVersion;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let clients = (
        aws_sdk_eventbridge::Client::new(&config),
        aws_sdk_identitystore::Client::new(&config),
        aws_sdk_organizations::Client::new(&config),
        aws_sdk_s3::Client::new(&config),
        aws_sdk_sqs::Client::new(&config),
        aws_sdk_ssoadmin::Client::new(&config),
    );
    let answered = run(service_fn(async |_: LambdaEvent<Value>| Ok::<(), Error>(()))).await;
    drop(clients);
    answered
}
