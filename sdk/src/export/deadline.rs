//! The point in time by which something has to be over.

use std::future::{Future, pending};
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

/// A point in `tokio` time, or none. It is passed down by value, so that every layer keeps the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(Option<Instant>);

/// The deadline passed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the deadline passed")]
pub struct DeadlinePassed;

impl Deadline {
    /// No limit.
    pub const fn none() -> Self {
        Self(None)
    }

    /// `limit` from now. A limit too large for the clock is none.
    pub fn within(limit: Duration) -> Self {
        Self(Instant::now().checked_add(limit))
    }

    /// At `instant`.
    pub const fn at(instant: Instant) -> Self {
        Self(Some(instant))
    }

    /// The point in time, if there is one.
    pub const fn instant(self) -> Option<Instant> {
        self.0
    }

    /// The earlier of the two.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        match (self.0, other.0) {
            (Some(one), Some(two)) => Self(Some(one.min(two))),
            (one, two) => Self(one.or(two)),
        }
    }

    /// What is left; zero once it has passed, `None` where there is no limit.
    pub fn remaining(self) -> Option<Duration> {
        self.0
            .map(|instant| instant.saturating_duration_since(Instant::now()))
    }

    /// The middle of what is left.
    #[must_use]
    pub fn first_half(self) -> Self {
        self.remaining()
            .map_or(Self::none(), |rest| Self::within(rest / 2))
    }

    /// Whether it has been reached.
    pub fn has_passed(self) -> bool {
        self.0.is_some_and(|instant| instant <= Instant::now())
    }

    /// Whether something that starts now and takes `wait` ends before the deadline.
    pub fn allows(self, wait: Duration) -> bool {
        self.remaining().is_none_or(|remaining| wait < remaining)
    }

    /// Waits until it has passed: for ever, where there is no limit.
    pub async fn passed(self) {
        match self.0 {
            Some(instant) => sleep_until(instant).await,
            None => pending().await,
        }
    }

    /// Runs `work` until the deadline, and drops it there.
    ///
    /// # Errors
    ///
    /// [`DeadlinePassed`] where `work` was not ready by then.
    pub async fn bound<W: Future>(self, work: W) -> Result<W::Output, DeadlinePassed> {
        match self.0 {
            Some(instant) => timeout_at(instant, work).await.map_err(|_| DeadlinePassed),
            None => Ok(work.await),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn the_earlier_one_counts() {
        let (near, far) = (Deadline::within(SECOND), Deadline::within(SECOND * 9));
        assert_eq!(near.min(far), near);
        assert_eq!(far.min(near), near);
        assert_eq!(near.min(Deadline::none()), near);
        assert_eq!(Deadline::none().min(near), near);
        assert_eq!(Deadline::none().min(Deadline::none()), Deadline::none());
    }

    #[tokio::test(start_paused = true)]
    async fn work_is_dropped_at_the_deadline() {
        let started = Instant::now();
        let deadline = Deadline::within(SECOND);
        assert_eq!(deadline.bound(pending::<()>()).await, Err(DeadlinePassed));
        assert_eq!(started.elapsed(), SECOND);
        assert!(deadline.has_passed());
        assert_eq!(deadline.remaining(), Some(Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_ends_at_the_deadline_is_too_long() {
        let deadline = Deadline::within(SECOND);
        assert!(deadline.allows(SECOND / 2));
        assert!(!deadline.allows(SECOND));
        assert!(Deadline::none().allows(Duration::MAX));
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_beyond_the_clock_is_none() {
        assert_eq!(Deadline::within(Duration::MAX), Deadline::none());
    }
}
