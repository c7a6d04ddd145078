//! The command line, run as a user runs it.

use std::{
    path::PathBuf,
    process::{Command, Output},
    time::Duration,
};

use tokio::{runtime, time::timeout};

use super::{root, validate::python};

/// `usher` with these arguments, in a folder with these files; without colour and without anybody's AWS configuration.
pub(crate) struct Usher {
    folder: tempfile::TempDir,
    environment: Vec<(&'static str, String)>,
}

/// How a command ended: for a snapshot of all three together.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// What a command may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) seconds: u64,
    /// Of address space, which is more than what is used of it.
    pub(crate) megabytes: u64,
}

impl Usher {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), environment: Vec::new() }
    }

    pub(crate) fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.folder.path().join(name), text).unwrap();
        self
    }

    /// What is in one of the files.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    /// With a variable of the user's environment.
    pub(crate) fn with(mut self, name: &'static str, value: String) -> Self {
        self.environment.push((name, value));
        self
    }

    /// Commands read AWS here.
    pub(crate) fn aws_at(mut self, endpoint: String) -> Self {
        for (name, value) in [
            ("AWS_ENDPOINT_URL", endpoint),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_REGION", "eu-central-1".to_owned()),
        ] {
            self.environment.push((name, value));
        }
        self
    }

    /// The exit code when nobody reads what it prints.
    pub(crate) fn run_unheard(&self, arguments: &[&str]) -> i32 {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        self.command(arguments).stdout(writer).status().unwrap().code().unwrap()
    }

    /// The command, not begun yet.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary("usher"));
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command.env("AWS_EC2_METADATA_DISABLED", "true").envs(self.environment.iter().cloned());
        command
    }

    /// Stops the test when the command takes more than it may.
    #[track_caller]
    pub(crate) fn run_within(&self, limits: Limits, arguments: &[&str]) -> Ended {
        let mut limited = Command::new("/bin/sh");
        limited.args(["-c", "ulimit -v \"$0\" && exec \"$@\""]);
        limited.arg((limits.megabytes * 1024).to_string()).arg(binary("usher")).args(arguments);
        limited.current_dir(self.folder.path()).env_clear();
        let mut limited = tokio::process::Command::from(limited);
        let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let output = runtime.block_on(async {
            let ending = limited.kill_on_drop(true).output();
            timeout(Duration::from_secs(limits.seconds), ending).await
        });
        let output = output.unwrap_or_else(|_| panic!("{arguments:?} takes more than {limits:?}"));
        let Output { status, stdout, stderr } = output.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (stdout, stderr) = (text(stdout), text(stderr));
        let code = status.code().unwrap_or_else(|| panic!("{arguments:?}: {status}\n{stderr}"));
        Ended { code, stdout, stderr }
    }

    /// How the command ends, and what is on the screen, when somebody at a terminal answers a question of it.
    pub(crate) fn at_a_terminal(&self, arguments: &[&str], answer: &str) -> (Option<i32>, String) {
        let command = self.command(arguments);
        let mut terminal = Command::new(python());
        terminal.arg(root().join("tests/terminal.py")).args(["is taken:", answer]);
        terminal.arg(binary("usher")).args(command.get_args());
        terminal.current_dir(self.folder.path()).env_clear();
        terminal.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = terminal.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended { code: status.code().unwrap(), stdout: text(stdout), stderr: text(stderr) }
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { code, stdout, stderr } = self;
        write!(f, "exit code: {code}\n----- stdout -----\n{stdout}\n----- stderr -----\n{stderr}")
    }
}

/// A binary of the workspace, beside this test's own. Cargo does not build another package's binaries for a test.
pub(crate) fn binary(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let binary = own.parent().unwrap().parent().unwrap().join(name);
    assert!(
        binary.is_file(),
        "{} is not there: run `cargo build --workspace` first",
        binary.display()
    );
    binary
}
