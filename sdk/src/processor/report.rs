//! What a flush or a shutdown of a processor came to.

use std::fmt;
use std::ops::Range;

use crate::export::{ExportFailure, ExportOutcome, counted};

/// A flush or shutdown that succeeded: everything that it covers is delivered.
///
/// It covers what was queued or being exported when it was called. (An export may carry more, that came later.)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessorReport {
    /// How many exports it took.
    pub exports: u64,
    /// How many spans or log records they carried.
    pub items: u64,
    /// How many of those the receiver rejected in partial successes: as it said it, but no more than it got.
    pub rejected_items: u64,
}

/// Spans or log records that nobody will send again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LostItems {
    /// How many.
    pub items: u64,
    /// One of them in words: `span`, `log record`.
    pub item: &'static str,
    /// Why.
    pub reason: Undelivered,
}

/// Why spans or log records were not delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Undelivered {
    /// Their export failed.
    Failed(ExportFailure),
    /// The time of the shutdown was over before it was their turn.
    NotSent,
}

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(failure) => {
                write!(f, "{failure}")?;
                f.write_str(if failure.ambiguous {
                    "; the receiver may have them"
                } else {
                    ""
                })
            }
            Self::NotSent => f.write_str("the shutdown was over before their turn"),
        }
    }
}

/// As `12 spans (refused after 1 attempt, the last answer was INVALID_ARGUMENT)`.
impl fmt::Display for LostItems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", counted(self.items, self.item), self.reason)
    }
}

/// The items that a flush or shutdown covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    /// Items up to this number were settled before it.
    pub(super) settled: u64,
    /// Items up to this number are covered.
    pub(super) end: u64,
}

/// Items that were settled together.
#[derive(Clone, Debug)]
pub(super) struct Settled {
    pub(super) numbers: Range<u64>,
    /// What became of their export, if there was one.
    pub(super) outcome: Option<ExportOutcome>,
}

impl Settled {
    fn is_in(&self, scope: Scope) -> bool {
        self.numbers.end > scope.settled && self.numbers.start < scope.end
    }

    fn items(&self) -> u64 {
        self.numbers.end - self.numbers.start
    }

    /// What was lost of it, if anything was.
    pub(super) fn loss(&self, item: &'static str) -> Option<LostItems> {
        let reason = match &self.outcome {
            Some(ExportOutcome::Failed(failure)) => Undelivered::Failed(failure.clone()),
            Some(_) => return None,
            None => Undelivered::NotSent,
        };
        Some(LostItems {
            items: self.items(),
            item,
            reason,
        })
    }
}

/// What became of the items in `scope`: what was lost of them, or a report where nothing was.
pub(super) fn summary(
    settled: &[Settled],
    scope: Scope,
    item: &'static str,
) -> Result<ProcessorReport, Vec<LostItems>> {
    let covered = || settled.iter().filter(|settled| settled.is_in(scope));
    let lost: Vec<_> = covered().filter_map(|settled| settled.loss(item)).collect();
    if !lost.is_empty() {
        return Err(lost);
    }
    let mut report = ProcessorReport::default();
    for settled in covered() {
        report.exports += 1;
        report.items += settled.items();
        if let Some(ExportOutcome::PartialSuccess { rejected, .. }) = settled.outcome {
            let rejected = u64::try_from(rejected).unwrap_or(0);
            report.rejected_items += rejected.min(settled.items());
        }
    }
    Ok(report)
}
