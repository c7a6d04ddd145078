//! How long a page takes, and how much memory a large organization: `just bench-local`.
//!
//! The server and an ordinary SDK client share this process, so times are those of a whole call over
//! HTTP, and the memory is that of both. A mere test run takes a small organization.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench may stop at a surprise, as a test may, and its output is what it is run for"
)]

mod pages;

use std::{env, fs, time::Instant};

use local::{
    Local, Settings,
    generate::{Shape, generate},
};

use crate::pages::Pages;

/// As large as an organization gets.
const LARGE: &str = "accounts=10000,groups=5000,users=50000,permission_sets=200,assignments=500000";
const SMALL: &str = "accounts=100,groups=50,users=500,permission_sets=20,assignments=5000";

fn main() {
    let is_bench = env::args().any(|argument| argument == "--bench");
    let shape = if is_bench { LARGE } else { SMALL };
    tokio::runtime::Runtime::new().unwrap().block_on(measure(shape));
}

async fn measure(shape: &str) {
    let organization = generate(&shape.parse::<Shape>().unwrap());
    println!(
        "{} accounts, {} groups, {} users, {} assignments",
        organization.accounts.len(),
        organization.groups.len(),
        organization.users.len(),
        organization.assignments.len()
    );
    let start = Instant::now();
    let local = Local::start(organization, Settings::default()).await.unwrap();
    println!("started in {:.2} s", start.elapsed().as_secs_f64());
    println!("{}", memory("VmRSS").unwrap_or_default());
    println!("\n{:<42}{:>8}{:>12}{:>12}", "", "pages", "median", "slowest");
    Pages::new(&local).print().await;
    println!("\n{}\n{}", memory("VmRSS").unwrap_or_default(), memory("VmHWM").unwrap_or_default());
}

/// This process's own memory, where the system tells it as Linux does.
fn memory(field: &str) -> Option<String> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    let what = if field == "VmHWM" { "memory at its peak" } else { "memory" };
    Some(format!("{what}: {} MiB", kilobytes / 1024))
}
