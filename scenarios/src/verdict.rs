//! The result of one rule in one cell on one system under test.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use otelbox_mock_collector::Signal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::CellId;
use crate::rules::Level;
use crate::scenario::RuleId;

pub use crate::subject::Subject;

/// The six verdicts.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    /// The rule was judged and holds.
    Passed,
    /// The rule was judged and does not hold.
    Failed,
    /// It does not hold, and the known failures of this system under test say so.
    ExpectedFailure,
    /// There was nothing to judge, or the machine stalled.
    Inconclusive,
    /// The system under test cannot do what the scenario needs, or the rule is not about it.
    NotApplicable,
    /// Something that the run needs is missing.
    NotRun,
}

impl VerdictKind {
    /// Every verdict, in the order of summaries.
    pub const ALL: [Self; 6] = [
        Self::Passed,
        Self::Failed,
        Self::ExpectedFailure,
        Self::Inconclusive,
        Self::NotApplicable,
        Self::NotRun,
    ];
}

impl fmt::Display for VerdictKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::ExpectedFailure => "expected failure",
            Self::Inconclusive => "inconclusive",
            Self::NotApplicable => "not applicable",
            Self::NotRun => "not run",
        })
    }
}

/// What the judge says about one rule in one cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleResult {
    /// The rule.
    pub rule: RuleId,
    /// Its level, which decides between exit codes 1 and 3.
    pub level: Level,
    /// The cell.
    pub cell: CellId,
    /// The verdict.
    pub verdict: VerdictKind,
    /// The rule's sentence.
    pub requirement: Arc<str>,
    /// What the check wanted to see.
    pub expected: String,
    /// What was seen; for other verdicts than passed and failed: the reason.
    pub actual: String,
}

/// Something measured and shown, never failed: INFO rules and what the specification leaves open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// What it is about.
    pub subject: Subject,
    /// The cell.
    pub cell: CellId,
    /// The value, with its unit.
    pub value: String,
    /// From what it was read.
    pub evidence: String,
}

/// One attempt as a report shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When its headers were complete, since the start of the system under test.
    pub at: Duration,
    /// The connection that it came over, 1 being the first.
    pub connection: u64,
    /// The signal, where path or service name one.
    pub signal: Option<Signal>,
    /// The export that it belongs to, 1 being the first; absent where the request was no export.
    pub export: Option<u64>,
    /// Which attempt of that export, 1 being the first.
    pub attempt: u32,
    /// Items that it carried; absent where it could not be decoded.
    pub items: Option<u64>,
    /// Bytes of the body on the wire.
    pub bytes: u64,
    /// The fault that decided the answer, by its name.
    pub fault: Option<String>,
    /// What was answered: `OK`, `UNAVAILABLE`, `503`, `reset`, `no answer`.
    pub answer: String,
    /// Whether the client was told, in full, that all went well.
    pub acknowledged: bool,
    /// How long the client said that it would wait (`grpc-timeout`), from `at` on; absent where it did not say.
    pub deadline: Option<Duration>,
    /// When the exchange was complete, since the start of the system under test.
    pub completed_at: Option<Duration>,
}

/// Anything else in the timeline: a step, a connection event, a log line of the system under test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineEntry {
    /// When, since the start of the system under test.
    pub at: Duration,
    /// What sort of thing.
    pub kind: TimelineKind,
    /// In words.
    pub text: String,
    /// When it was over, where it is a call of a step that returned later.
    pub until: Option<Duration>,
    /// The time limit that the call was given, from `at` on; absent where it has none.
    pub limit: Option<Duration>,
}

/// The sorts of timeline entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimelineKind {
    /// A step of the scenario, or its result.
    Step,
    /// An attempt. Reports print these from [`CellReport::attempts`] where they need the parts.
    Attempt,
    /// A connection event.
    Connection,
    /// A log line of the system under test.
    Log,
}

/// What was sent and received of one instrument: sums of counters, counts of histograms.
#[derive(Clone, Debug, PartialEq)]
pub struct LedgerEntry {
    /// The instrument.
    pub instrument: String,
    /// What the steps recorded, or the last that a callback reported.
    pub sent: f64,
    /// What the accepted payloads say in the end: delta windows summed, or the last cumulative totals.
    pub received: f64,
    /// What was accepted more than once.
    pub repeated: f64,
}

impl LedgerEntry {
    /// Sent and not received.
    pub fn lost(&self) -> f64 {
        (self.sent - self.received).max(0.0)
    }
}

/// All that is reported about one cell.
#[derive(Clone, Debug, PartialEq)]
pub struct CellReport {
    /// The cell.
    pub cell: CellId,
    /// The scenario's title.
    pub title: Arc<str>,
    /// One result per expected rule and per rule that holds for every payload, in the order of the catalogue.
    pub results: Vec<RuleResult>,
    /// Observations.
    pub observations: Vec<Observation>,
    /// The harms that the cell would have shown, had there been any: what is not among them was not looked for.
    pub looked_for: Vec<Subject>,
    /// What was sent and received, by instrument.
    pub ledger: Vec<LedgerEntry>,
    /// Attempts in the order of arrival.
    pub attempts: Vec<Attempt>,
    /// Everything that happened, in order (attempts too).
    pub timeline: Vec<TimelineEntry>,
    /// Wall time that the cell took.
    pub elapsed: Duration,
}
