//! The injected wall clock.
//!
//! Everything that waits uses `tokio::time`; the wall clock is only for dates that are shown or sent
//! (`Retry-After` as a date, the receive time of an exchange).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Tells the time of day.
pub trait WallClock: Send + Sync + std::fmt::Debug + 'static {
    /// Nanoseconds since the Unix epoch.
    fn now_unix_nano(&self) -> u64;

    /// Whether it stands still but for tokio's paused time, so that times repeat exactly from run to run; default no.
    fn is_virtual(&self) -> bool {
        false
    }
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemWallClock;

impl WallClock for SystemWallClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that is injected"
    )]
    fn now_unix_nano(&self) -> u64 {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        nanoseconds(since_epoch)
    }
}

/// A clock that starts at a given time and advances with tokio's, so that it stands still where tokio's clock is
/// paused.
#[derive(Clone, Copy, Debug)]
pub struct VirtualWallClock {
    epoch_unix_nano: u64,
    started: Instant,
}

impl VirtualWallClock {
    /// A clock that shows `epoch_unix_nano` (nanoseconds since the Unix epoch) now.
    pub fn starting_at(epoch_unix_nano: u64) -> Self {
        Self {
            epoch_unix_nano,
            started: Instant::now(),
        }
    }
}

impl WallClock for VirtualWallClock {
    fn now_unix_nano(&self) -> u64 {
        self.epoch_unix_nano
            .saturating_add(nanoseconds(self.started.elapsed()))
    }

    fn is_virtual(&self) -> bool {
        true
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
