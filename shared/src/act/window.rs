//! How many requests may be in flight: the limit, or fewer for a while after AWS has refused one
//! because there were too many.

/// Room for requests in flight: halved by a throttle, and one more again after each window of
/// successes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    limit: f64,
    size: f64,
    /// How many requests have been answered since the window was halved. Those that were sent before
    /// that say nothing new.
    answered: usize,
}

impl Window {
    pub(super) fn new(limit: usize) -> Self {
        let limit = limit.max(1) as f64;
        Self { limit, size: limit, answered: usize::MAX }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between one and the limit, which was a usize"
    )]
    pub(super) fn size(&self) -> usize {
        self.size as usize
    }

    /// AWS took a request.
    pub(super) fn accepted(&mut self) {
        self.answered = self.answered.saturating_add(1);
        self.size = (self.size + 1.0 / self.size).min(self.limit);
    }

    /// AWS refused a request because there were too many.
    pub(super) fn throttled(&mut self) {
        self.answered = self.answered.saturating_add(1);
        if self.answered > self.size() {
            self.size = (self.size / 2.0).max(1.0);
            self.answered = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_throttle_halves_the_window_once_and_successes_open_it_again() {
        let mut window = Window::new(10);
        assert_eq!(window.size(), 10);
        for _ in 0..5 {
            window.throttled();
        }
        assert_eq!(window.size(), 5, "those that were under way together count as one");
        (0..6).for_each(|_| window.accepted());
        assert_eq!(window.size(), 6);
        (0..100).for_each(|_| window.accepted());
        assert_eq!(window.size(), 10);
    }

    #[test]
    fn the_window_never_closes() {
        let mut window = Window::new(0);
        assert_eq!(window.size(), 1);
        (0..100).for_each(|_| window.throttled());
        assert_eq!(window.size(), 1);
    }
}
