//! Serves the organization on localhost for the tests that call it through boto3, until it is
//! killed: `serve [--port N] [--seed ORG.json] [--caller ACCOUNT] [--quotas strict|off] [--speed N]
//! [--assignment-time MILLISECONDS] [--page-size N] [--fail SERVICE:OPERATION:ERROR:PROBABILITY]…`.
//!
//! Without a seed it is Bob's organization. The first line says where it is.
#![expect(
    clippy::print_stdout,
    reason = "the line that says where the server is, is what this is for"
)]

use std::{env, error::Error, fs, num::ParseIntError, time::Duration};

use local::{Fault, Local, Quotas, Settings, bobs_organization};
use shared::organization::Organization;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut settings = Settings::default();
    let mut organization = bobs_organization();
    let mut faults: Vec<Fault> = Vec::new();
    let mut arguments = env::args().skip(1);
    while let Some(flag) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{flag} needs a value"))?;
        match flag.as_str() {
            "--port" => settings.port = value.parse()?,
            "--seed" => organization = read(&value)?,
            "--caller" => settings.caller = Some(value.parse()?),
            "--quotas" => settings.quotas = quotas(&value)?,
            "--speed" => settings.speed = value.parse()?,
            "--assignment-time" => settings.assignment_time = milliseconds(&value)?,
            "--page-size" => settings.page_size = Some(value.parse()?),
            "--fail" => faults.push(value.parse()?),
            _ => return Err(format!("unknown flag {flag}").into()),
        }
    }
    let local = Local::start(organization, settings).await?;
    for fault in faults {
        local.fail(fault);
    }
    println!("export AWS_ENDPOINT_URL={}", local.endpoint());
    std::future::pending().await
}

fn read(path: &str) -> Result<Organization, Box<dyn Error>> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

fn milliseconds(value: &str) -> Result<Duration, ParseIntError> {
    value.trim_end_matches("ms").parse().map(Duration::from_millis)
}

fn quotas(value: &str) -> Result<Quotas, Box<dyn Error>> {
    match value {
        "strict" => Ok(Quotas::Strict),
        "off" => Ok(Quotas::Off),
        _ => Err(format!("--quotas is strict or off, not {value}").into()),
    }
}
