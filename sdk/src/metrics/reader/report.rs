//! What a cycle did.

use std::fmt;

use crate::export::{ExportFailure, ExportOutcome, counted};
use crate::metrics::batch::Window;
use crate::metrics::callbacks::CallbackFailure;
use crate::metrics::views::UnmatchedView;

/// One cycle of collecting and sending.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CycleReport {
    /// What the export covers: the collection, and what was kept from earlier ones.
    pub window: Window,
    /// How many metrics there were.
    pub streams: u64,
    /// How many data points there were.
    pub points: u64,
    /// What became of them; `None` where there was nothing to send.
    pub outcome: Option<ExportOutcome>,
    /// What was lost, if anything was.
    pub lost: Vec<Loss>,
    /// What was not delivered and is part of the next export
    /// ([`DropPolicy::CarryOver`](crate::DropPolicy::CarryOver)).
    pub kept: Option<Kept>,
    /// The callbacks whose data points are missing.
    pub failed_callbacks: Vec<CallbackFailure>,
}

impl CycleReport {
    /// Of a cycle in which nothing was sent.
    pub(super) fn nothing(window: Window) -> Self {
        Self {
            window,
            streams: 0,
            points: 0,
            outcome: None,
            lost: Vec::new(),
            kept: None,
            failed_callbacks: Vec::new(),
        }
    }
}

/// Data that nobody will send again.
///
/// Under cumulative temporality the next export restates the totals, and only the readings in between are lost.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loss {
    /// How many metrics.
    pub streams: u64,
    /// How many data points.
    pub points: u64,
    /// From which time.
    pub window: Window,
    /// Why.
    pub failure: ExportFailure,
    /// Whether the next export restates it, so that only readings in between are lost: no sum or histogram is a delta.
    pub is_restated: bool,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        undelivered(f, self.points, self.streams, self.window, &self.failure)
    }
}

/// Data that were not delivered, and that the next export holds too.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Kept {
    /// How many metrics.
    pub streams: u64,
    /// How many data points.
    pub points: u64,
    /// From which time.
    pub window: Window,
    /// Why they were not delivered. Where it is ambiguous, the receiver may come to count them twice.
    pub failure: ExportFailure,
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        undelivered(f, self.points, self.streams, self.window, &self.failure)
    }
}

fn undelivered(
    f: &mut fmt::Formatter<'_>,
    points: u64,
    streams: u64,
    window: Window,
    failure: &ExportFailure,
) -> fmt::Result {
    write!(
        f,
        "{} of {} from {window} ({failure}{})",
        counted(points, "data point"),
        counted(streams, "stream"),
        if failure.ambiguous {
            "; the receiver may have them"
        } else {
            ""
        }
    )
}

/// A flush that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlushReport {
    /// The cycle that it ran.
    pub cycle: CycleReport,
}

/// A shutdown that succeeded: what was recorded before it is delivered. What `lost` lists is restated by the final cycle, or
/// was given up in cycles that were over before the shutdown was called.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// The cycle that the shutdown found running, if there was one.
    pub interrupted: Option<CycleReport>,
    /// The final cycle; `None` where the reader never was part of a provider.
    pub last: Option<CycleReport>,
    /// The views that made no stream.
    pub unmatched_views: Vec<UnmatchedView>,
}

impl ShutdownReport {
    /// What was lost.
    pub fn lost(&self) -> Vec<Loss> {
        self.interrupted
            .iter()
            .chain(&self.last)
            .flat_map(|cycle| cycle.lost.iter().cloned())
            .collect()
    }
}
