//! The end: who asks for it, and what is kept of the organization then.

use std::{
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use local::Local;

use crate::exit::Failure;

/// Ctrl-C, or whoever else wants the process to end. It is heard from the moment on in which this is made, however long
/// it takes until somebody waits for it.
pub(super) struct Stop {
    #[cfg(unix)]
    interrupted: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminated: tokio::signal::unix::Signal,
    #[cfg(windows)]
    interrupted: tokio::signal::windows::CtrlC,
}

impl Stop {
    #[cfg(unix)]
    pub(super) fn listen() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let signal = |kind| signal(kind).map_err(Failure::Signal);
        Ok(Self {
            interrupted: signal(SignalKind::interrupt())?,
            terminated: signal(SignalKind::terminate())?,
        })
    }

    #[cfg(windows)]
    pub(super) fn listen() -> Result<Self, Failure> {
        let interrupted = tokio::signal::windows::ctrl_c().map_err(Failure::Signal)?;
        Ok(Self { interrupted })
    }

    /// Waits until somebody has had enough.
    pub(super) async fn asked_for(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupted.recv() => {}
            _ = self.terminated.recv() => {}
        }
        #[cfg(windows)]
        self.interrupted.recv().await;
    }
}

/// The file that the organization is written to in the end.
pub(super) struct Dump(PathBuf);

impl Dump {
    /// Tries in the beginning whether it can be written, since in the end it would be too late. What is in it stays until
    /// then.
    pub(super) fn try_out(file: &Path) -> Result<Self, Failure> {
        OpenOptions::new().create(true).append(true).open(file).map_err(failed(file))?;
        Ok(Self(file.to_owned()))
    }

    pub(super) fn write(&self, local: &Local) -> Result<(), Failure> {
        let json = serde_json::to_vec_pretty(&local.organization());
        let mut json = json.map_err(|error| failed(&self.0)(error.into()))?;
        json.push(b'\n');
        fs::write(&self.0, json).map_err(failed(&self.0))
    }

    pub(super) fn file(&self) -> &Path {
        &self.0
    }
}

fn failed(file: &Path) -> impl FnOnce(io::Error) -> Failure {
    let file = file.to_owned();
    |source| Failure::Dump { file, source }
}
