//! What a shell needs, so that the AWS CLI and every SDK reach localhost and nothing else.

use clap::ValueEnum;
use local::StartError;
use shared::{ids::AccountId, organization::Organization};

/// The services that are served, as the variables of the SDKs spell them.
///
/// Source: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
const SERVICES: [&str; 6] =
    ["ORGANIZATIONS", "SSO_ADMIN", "IDENTITYSTORE", "EVENTBRIDGE", "SQS", "STS"];

/// What would lead elsewhere.
const UNSET: [&str; 2] = ["AWS_PROFILE", "AWS_SESSION_TOKEN"];

/// The shells whose language is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Shell {
    /// eval "$(usher local --exports)", in bash, zsh and all their kin
    Sh,
    /// usher local --exports fish | source
    Fish,
    /// usher local --exports powershell | Out-String | Invoke-Expression
    #[value(name = "powershell", alias = "pwsh")]
    Pwsh,
}

/// Lines for a shell. The credentials are good for nothing: should a call go to AWS itself after all, it is refused
/// there. The access key id says who calls: the management account, unless another is asked for.
///
/// # Errors
/// The account is not in the organization, so that nobody could call from there.
pub(super) fn exports(
    shell: Shell,
    endpoint: &str,
    organization: &Organization,
    caller: Option<&AccountId>,
) -> Result<String, StartError> {
    let is_member = |id: &&AccountId| organization.accounts.iter().any(|one| one.id == **id);
    if let Some(stranger) = caller.filter(|caller| !is_member(caller)) {
        return Err(StartError::UnknownCaller(stranger.clone()));
    }
    let caller = caller.unwrap_or(&organization.organization.management_account_id);
    let (caller, region) = (caller.as_str(), &organization.instance.region);
    let mut lines: Vec<String> = SERVICES
        .iter()
        .map(|service| shell.set(&format!("AWS_ENDPOINT_URL_{service}"), endpoint))
        .collect();
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", caller),
        ("AWS_SECRET_ACCESS_KEY", "not-a-secret"),
        ("AWS_REGION", region),
        ("AWS_DEFAULT_REGION", region),
    ] {
        lines.push(shell.set(name, value));
    }
    lines.extend(shell.no_proxy().map(str::to_owned));
    lines.push(shell.unset(&UNSET));
    Ok(lines.join("\n"))
}

impl Shell {
    fn set(self, name: &str, value: &str) -> String {
        match self {
            Self::Sh => format!("export {name}={value}"),
            Self::Fish => format!("set -gx {name} {value}"),
            Self::Pwsh => format!("$Env:{name} = '{value}'"),
        }
    }

    fn unset(self, names: &[&str]) -> String {
        match self {
            Self::Sh => format!("unset {}", names.join(" ")),
            Self::Fish => format!("set -e {}", names.join(" ")),
            Self::Pwsh => {
                let names = names.iter().map(|name| format!("Env:{name}")).collect::<Vec<_>>();
                format!("Remove-Item {} -ErrorAction SilentlyContinue", names.join(", "))
            }
        }
    }

    /// Of the proxy of a company's laptop, localhost is not to be asked. Some tools read one of the two variables, some the
    /// other, and what either held before goes on to hold for both.
    fn no_proxy(self) -> [&'static str; 2] {
        match self {
            Self::Sh => [
                "export NO_PROXY=\"127.0.0.1${NO_PROXY:+,$NO_PROXY}${no_proxy:+,$no_proxy}\"",
                "export no_proxy=\"$NO_PROXY\"",
            ],
            Self::Fish => [
                "set -gx NO_PROXY (string join -n , -- 127.0.0.1 \"$NO_PROXY\" \"$no_proxy\")",
                "set -gx no_proxy \"$NO_PROXY\"",
            ],
            Self::Pwsh => [
                "$Env:NO_PROXY = (@('127.0.0.1', $Env:NO_PROXY, $Env:no_proxy) | Where-Object { $_ }) -join ','",
                "$Env:no_proxy = $Env:NO_PROXY",
            ],
        }
    }
}
