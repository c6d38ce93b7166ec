//! Waiting for something to arrive.

use std::fmt;
use std::time::Duration;

use super::journal::Journal;
use super::totals::Totals;
use crate::signal::Signal;

/// A wait for something to arrive. Every condition that is set has to hold.
///
/// Items count once they were accepted; attempts and exports count once their exchange has ended. The counts are exact
/// even where the journal has let go of entries ([`Journal::evicted`]).
#[derive(Clone, Debug)]
#[must_use = "a wait does nothing before `within`"]
pub struct WaitFor {
    journal: Journal,
    conditions: Vec<Condition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Items(Signal, u64),
    Exports(u64),
    Attempts(u64),
}

impl WaitFor {
    pub(super) fn new(journal: Journal) -> Self {
        Self {
            journal,
            conditions: Vec::new(),
        }
    }

    /// For so many accepted data points.
    pub fn metrics(self, items: u64) -> Self {
        self.items(Signal::Metrics, items)
    }

    /// For so many accepted spans.
    pub fn traces(self, items: u64) -> Self {
        self.items(Signal::Traces, items)
    }

    /// For so many accepted log records.
    pub fn logs(self, items: u64) -> Self {
        self.items(Signal::Logs, items)
    }

    /// For so many accepted items of a signal.
    pub fn items(mut self, signal: Signal, items: u64) -> Self {
        self.conditions.push(Condition::Items(signal, items));
        self
    }

    /// For so many exports, over all signals, each with at least one attempt that has ended.
    pub fn exports(mut self, exports: u64) -> Self {
        self.conditions.push(Condition::Exports(exports));
        self
    }

    /// For so many requests that have ended, over all signals, exports or not.
    pub fn attempts(mut self, attempts: u64) -> Self {
        self.conditions.push(Condition::Attempts(attempts));
        self
    }

    /// Waits until every condition holds, at most so long.
    ///
    /// # Errors
    ///
    /// [`WaitErrorKind::TimedOut`] when the time is over, [`WaitErrorKind::Stopped`] when the collector was stopped. Both
    /// print the journal.
    pub async fn within(self, limit: Duration) -> Result<Journal, WaitError> {
        let mut changes = self.journal.subscribe();
        let deadline = tokio::time::Instant::now().checked_add(limit);
        loop {
            changes.mark_unchanged();
            let totals = self.journal.totals();
            if self
                .conditions
                .iter()
                .all(|condition| condition.reached(&totals) >= condition.wanted())
            {
                return Ok(self.journal);
            }
            if self.journal.is_stopped() {
                return Err(self.error(WaitErrorKind::Stopped, limit));
            }
            let timed_out = match deadline {
                Some(deadline) => tokio::time::timeout_at(deadline, changes.changed())
                    .await
                    .is_err(),
                // Beyond what the clock can tell: for ever.
                None => changes.changed().await.is_err(),
            };
            if timed_out {
                return Err(self.error(WaitErrorKind::TimedOut, limit));
            }
        }
    }

    fn error(&self, kind: WaitErrorKind, limit: Duration) -> WaitError {
        let totals = self.journal.totals();
        let reached = |condition: &Condition| {
            format!(
                "{}: {} of {}",
                condition.name(),
                condition.reached(&totals),
                condition.wanted()
            )
        };
        WaitError {
            kind,
            limit,
            reached: self
                .conditions
                .iter()
                .map(reached)
                .collect::<Vec<_>>()
                .join(", "),
            timeline: self.journal.timeline().to_string(),
        }
    }
}

impl Condition {
    fn name(self) -> String {
        match self {
            Self::Items(signal, _) => format!("accepted items of {signal}"),
            Self::Exports(_) => "exports".to_owned(),
            Self::Attempts(_) => "attempts".to_owned(),
        }
    }

    fn wanted(self) -> u64 {
        match self {
            Self::Items(_, wanted) | Self::Exports(wanted) | Self::Attempts(wanted) => wanted,
        }
    }

    fn reached(self, totals: &Totals) -> u64 {
        match self {
            Self::Items(signal, _) => totals.accepted(signal),
            Self::Exports(_) => totals.exports,
            Self::Attempts(_) => totals.attempts,
        }
    }
}

/// A wait that did not get what it waited for. Its text ends with the timeline of the journal.
#[derive(Clone, Debug, thiserror::Error)]
pub struct WaitError {
    kind: WaitErrorKind,
    limit: Duration,
    reached: String,
    timeline: String,
}

/// Why a wait failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitErrorKind {
    /// The time was over.
    TimedOut,
    /// The collector was stopped.
    Stopped,
}

impl WaitError {
    /// Why it failed.
    pub const fn kind(&self) -> WaitErrorKind {
        self.kind
    }
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = humantime::format_duration(self.limit);
        match self.kind {
            WaitErrorKind::TimedOut => write!(f, "not within {limit}: ")?,
            WaitErrorKind::Stopped => write!(f, "the collector was stopped: ")?,
        }
        write!(f, "{}\n{}", self.reached, self.timeline)
    }
}
