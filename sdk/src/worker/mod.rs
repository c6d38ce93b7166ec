//! A task that works by itself and can be flushed and shut down from anywhere: what the metric reader and the
//! processors for spans and log records have in common.
//!
//! It runs on a thread and runtime of its own or on the caller's runtime, does one thing at a time, and keeps listening
//! while it does, so that a shutdown can bring a deadline forward. Whoever asks for something gets an answer in time,
//! whatever the task is doing. Its own telemetry is suppressed.
#![cfg_attr(
    not(all(feature = "metrics", any(feature = "logs", feature = "traces"))),
    expect(
        dead_code,
        reason = "some of it only readers use, and some only processors"
    )
)]

mod answer;
mod control;
mod guard;
mod home;
mod inbox;
mod limit;
mod process;

pub(crate) use control::{Control, Phase};
pub(crate) use guard::guard;
#[cfg(any(feature = "logs", feature = "traces"))]
pub(crate) use guard::guard_end;
#[cfg(feature = "metrics")]
pub(crate) use guard::panic_message;
pub(crate) use home::start;
pub(crate) use inbox::{Attend, Inbox, Request};
pub(crate) use limit::Limit;
pub(crate) use process::HomeProcess;

use std::time::Duration;

use tokio::time::Instant;

/// In place of a point in time that the clock cannot show.
const FAR_FUTURE: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// What a kind of worker is asked for, and how it answers.
pub(crate) trait Job: 'static {
    /// What a flush or a shutdown covers, noted when it is asked for.
    type Scope: Copy + Send;
    /// The answer to a flush.
    type Flushed: Send + 'static;
    /// The answer to a shutdown.
    type Ended: Send + 'static;
    /// Why there is none.
    type Error: From<Refusal> + Send + 'static;

    /// What to do instead of a blocking call on the worker's own runtime.
    const ADVICE: &'static str;
}

/// Why a worker did not do what it was asked for, whatever it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It has not begun.
    NotStarted,
    /// It was shut down before, or is being shut down.
    AlreadyShutDown,
    /// A blocking call where it would wait for itself.
    WouldDeadlock { advice: &'static str },
    /// It belongs to another process.
    Forked { built_in: u32, current: u32 },
    /// It ended without an answer.
    Gone,
    /// No answer in time.
    Timeout { limit: Duration },
}

/// `by` after `instant`, or as far off as the clock goes.
pub(crate) fn later(instant: Instant, by: Duration) -> Instant {
    instant
        .checked_add(by)
        .unwrap_or_else(|| Instant::now() + FAR_FUTURE)
}
