//! What all requests share: the settings, the state, and the work that ends later.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::{settings::Settings, state::State};

/// The settings and the state, behind one lock: no operation waits while it holds it.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) settings: Settings,
    /// By tokio's clock, as all that is waited for: a test may stop both.
    started: Instant,
    state: Mutex<State>,
}

impl World {
    pub(crate) fn new(state: State, settings: Settings) -> Self {
        Self { settings, started: Instant::now(), state: Mutex::new(state) }
    }

    /// The state, for as long as the guard is held. Nothing panics while it holds it, so a poisoned
    /// lock is as good as any.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long the server has run, in its own time.
    pub(crate) fn uptime(&self) -> Duration {
        self.settings.clock.passed(self.started.elapsed())
    }

    /// How long this much of the server's time takes in real time.
    pub(crate) fn really(&self, duration: Duration) -> Duration {
        self.settings.clock.really(duration)
    }

    /// Waits, in the server's own time.
    pub(crate) async fn wait(&self, duration: Duration) {
        if !duration.is_zero() {
            tokio::time::sleep(self.really(duration)).await;
        }
    }

    /// Ends an asynchronous operation after a while, if the server is still there then.
    pub(crate) fn later(
        self: &Arc<Self>,
        delay: Duration,
        end: impl FnOnce(&mut State) + Send + 'static,
    ) {
        let delay = self.really(delay);
        let world = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            if let Some(world) = world.upgrade() {
                end(&mut world.state());
            }
        });
    }
}
