//! The wall clock, injected so that nothing in this crate takes the time of day by itself.
//!
//! Durations, deadlines and waits never use this clock: they are `tokio::time`, which a test can pause.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// Tells the time of day.
pub trait Clock: Send + Sync + 'static {
    /// The time of day now.
    fn now(&self) -> SystemTime;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> SystemTime {
        (**self).now()
    }
}

/// The clock of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that is injected"
    )]
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// A clock that starts at a chosen time of day and advances with `tokio::time`.
///
/// On a paused runtime it is exact: after `tokio::time::sleep(15 s)` it shows 15 s more, however long that took.
#[derive(Clone, Copy, Debug)]
pub struct VirtualClock {
    epoch: SystemTime,
    started: Instant,
}

impl VirtualClock {
    /// A clock that shows `epoch` now.
    pub fn starting_at(epoch: SystemTime) -> Self {
        Self {
            epoch,
            started: Instant::now(),
        }
    }

    /// What the clock has advanced since it was made.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> SystemTime {
        self.epoch.checked_add(self.elapsed()).unwrap_or(self.epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn advances_with_the_runtime_and_by_nothing_else() {
        let epoch = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        let clock = VirtualClock::starting_at(epoch);
        assert_eq!(clock.now(), epoch);
        tokio::time::sleep(Duration::from_secs(15)).await;
        assert_eq!(clock.now(), epoch + Duration::from_secs(15));
    }
}
