# Lists these recipes.
default:
    @just --list

# The guided first run: an organization on localhost, no AWS account needed.
demo:
    cargo run --package cli -- demo

# The organization on localhost, with Usher's functions on its events: `just local --speed 10`.
local *arguments:
    cargo run --package cli -- local --functions --rules cli/src/demo/rules.yaml {{arguments}}

# Every check and every test. CI runs this, and nothing else.
test:
    ./tests/run

# The fast loop while editing: format and lints.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings

# The core alone: rules, model and decision, without the AWS SDK, a clock or the environment.
core:
    cargo check --package shared --no-default-features --locked

# How long a decision takes and how much memory, in organizations of up to 10,000 accounts. `just bench steady` runs one case.
bench *arguments:
    cargo bench --package shared --no-default-features --bench decide --locked -- {{arguments}}

# How near the writes come to what AWS's quotas allow, against the organization on localhost: a quarter of an hour, most of it waiting. The machine has to be idle, or its scheduler has to prefer the bench: `sudo chrt -f 50 just bench-act`.
bench-act *arguments:
    cargo bench --package shared --bench act --profile dev --locked -- {{arguments}}

# How long a page of the organization on localhost takes and how much memory, with 10,000 accounts and 500,000 assignments.
bench-local:
    cargo bench --package local --bench pages --locked

# Random histories of an organization, so many for each of the four tests: hours of events, crashes and faults, on a clock that jumps.
converge cases="2000":
    USHER_CONVERGENCE_CASES={{cases}} cargo nextest run --package tests --no-capture convergence

# An hour, as in every test run, or less in a company of two thousand accounts: prints what it cost, in calls, time and memory.
soak seconds="3600":
    USHER_SOAK_SECONDS={{seconds}} cargo nextest run --package tests --no-capture soak

# Bob's day on the real binaries: from each event to the assignment, in seconds. Needs `just test` once.
bobs-day:
    cargo build --workspace
    .venv/bin/python -m pytest --quiet -p no:cacheprovider tests/boto3/test_bobs_day.py

# The same on the functions that would be deployed: after `sam build --template infra/template.yaml`, for this machine's processor.
bobs-day-as-built:
    cargo build --package cli
    USHER_BUILT_BY_SAM="$PWD/.aws-sam/build" .venv/bin/python -m pytest --quiet -p no:cacheprovider tests/boto3/test_bobs_day.py

# Goes through the snapshots that a change to the code has changed. Needs cargo-insta.
snapshots:
    cargo insta test --workspace --review

# The templates, as AWS CloudFormation will take them. Needs the test bed: `just test` once.
template:
    PATH="$PWD/.venv/bin:$PATH" python tests/lint_template.py infra/template.yaml
    .venv/bin/cfn-lint infra/organization-events.yaml
    .venv-infra/bin/python tests/infra/check_permissions.py
    .venv/bin/python -m pytest --quiet -p no:cacheprovider tests/infra

# The functions as AWS Lambda takes them, with their sizes and cold starts: `just package --architecture arm64`.
package *arguments:
    python3 infra/package.py {{arguments}}

# Asks what only you can know, builds and deploys: `just deploy --dry-run`. Needs the AWS CLI, the AWS SAM CLI and cargo-lambda.
deploy *arguments:
    python3 infra/deploy.py {{arguments}}
