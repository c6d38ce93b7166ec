//! The JSON report: one object, a stable contract with a version and a schema (`otelbox schema report`).

use std::time::Duration;

use otelbox_mock_collector::{Protocol, Signal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Fact, RunReport, Stability, Summary, facts};
use crate::rules::Level;
use crate::scenario::{RuleId, ScenarioId};
use crate::verdict::{self, CellReport, Subject, VerdictKind};

/// The version of the JSON report. It grows when a key changes its meaning or goes, not when one is added.
pub const REPORT_VERSION: u32 = 1;

/// The whole report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "otelbox report")]
pub struct Report {
    /// The version of this format.
    pub version: u32,
    /// What made the report.
    pub tool: Program,
    /// The system under test.
    pub sut: Program,
    /// When the run began, RFC 3339.
    pub started: String,
    /// One result per rule and cell, in the order in which cells were run.
    pub results: Vec<ResultEntry>,
    /// What was measured and is never failed.
    pub observations: Vec<ObservationEntry>,
    /// The observations put together by subject, harms first; a harm that was looked for and not seen is there too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
    /// How often each verdict came for each rule of each cell; only where cells were run several times (`--repeat`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stability: Vec<Stability>,
    /// How many there are, repeats counted.
    pub summary: Summary,
}

/// A program by name and version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Program {
    /// Its name.
    pub name: String,
    /// Its version, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its language, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// The result of one rule in one cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResultEntry {
    /// The rule.
    pub rule: RuleId,
    /// Its level.
    pub level: Level,
    /// The scenario.
    pub scenario: ScenarioId,
    /// The signal.
    pub signal: Signal,
    /// The protocol.
    pub protocol: Protocol,
    /// The variant of the scenario, where it has variants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Which run of the cell, 1 being the first; absent where it was run once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<u64>,
    /// The verdict.
    pub verdict: VerdictKind,
    /// The rule's sentence.
    pub requirement: String,
    /// What the check wanted to see.
    pub expected: String,
    /// What was seen, or why nothing was judged.
    pub actual: String,
    /// The attempts of the cell.
    pub attempts: Vec<AttemptEntry>,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AttemptEntry {
    /// When it came, in seconds since the start of the system under test.
    pub at_seconds: f64,
    /// The export that it belongs to, 1 being the first; absent where the request was no export.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export: Option<u64>,
    /// Which attempt of that export, 1 being the first.
    pub attempt: u32,
    /// Items that it carried; absent where it could not be decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<u64>,
    /// Bytes of the body on the wire.
    pub bytes: u64,
    /// The fault that decided the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// What was answered.
    pub answer: String,
    /// How long the client said that it would wait, in seconds (`grpc-timeout`); absent where it did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_seconds: Option<f64>,
    /// When the exchange was complete, in seconds since the start of the system under test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at_seconds: Option<f64>,
}

/// Something measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObservationEntry {
    /// What it is about.
    pub subject: Subject,
    /// The scenario.
    pub scenario: ScenarioId,
    /// The signal.
    pub signal: Signal,
    /// The protocol.
    pub protocol: Protocol,
    /// The variant of the scenario, where it has variants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Which run of the cell, 1 being the first; absent where it was run once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<u64>,
    /// The value, with its unit.
    pub value: String,
    /// From what it was read.
    pub evidence: String,
}

/// The report of a run.
pub fn json(run: &RunReport) -> Report {
    let sut = &run.started.sut;
    let is_repeated = run.repeats() > 1;
    let numbered = || {
        run.numbered()
            .map(move |(repeat, cell)| (is_repeated.then_some(repeat), cell))
    };
    Report {
        version: REPORT_VERSION,
        tool: Program {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            language: None,
        },
        sut: Program {
            name: sut.name.clone(),
            version: sut.version.clone(),
            language: sut.language.clone(),
        },
        started: humantime::format_rfc3339_millis(run.started.started).to_string(),
        results: numbered()
            .flat_map(|(repeat, cell)| results(repeat, cell))
            .collect(),
        observations: numbered()
            .flat_map(|(repeat, cell)| observations(repeat, cell))
            .collect(),
        facts: facts(&run.cells),
        stability: run.stability(),
        summary: run.summary(),
    }
}

fn results(repeat: Option<u64>, cell: &CellReport) -> impl Iterator<Item = ResultEntry> {
    let attempts: Vec<AttemptEntry> = cell.attempts.iter().map(attempt).collect();
    cell.results.iter().map(move |result| ResultEntry {
        rule: result.rule.clone(),
        level: result.level,
        scenario: result.cell.scenario.clone(),
        signal: result.cell.signal,
        protocol: result.cell.protocol,
        variant: result.cell.variant.clone(),
        repeat,
        verdict: result.verdict,
        requirement: result.requirement.to_string(),
        expected: result.expected.clone(),
        actual: result.actual.clone(),
        attempts: attempts.clone(),
    })
}

fn observations(repeat: Option<u64>, cell: &CellReport) -> impl Iterator<Item = ObservationEntry> {
    let entry = move |subject: Subject, value: String, evidence: &str| ObservationEntry {
        subject,
        scenario: cell.cell.scenario.clone(),
        signal: cell.cell.signal,
        protocol: cell.cell.protocol,
        variant: cell.cell.variant.clone(),
        repeat,
        value,
        evidence: evidence.to_owned(),
    };
    let measured = cell.observations.iter().map(move |observation| {
        entry(
            observation.subject.clone(),
            observation.value.clone(),
            &observation.evidence,
        )
    });
    let ledger = cell.ledger.iter().map(move |line| {
        let (sent, received, lost, repeated) =
            (line.sent, line.received, line.lost(), line.repeated);
        entry(
            Subject::Ledger,
            format!(
                "{}: {sent} sent, {received} received, {lost} lost, {repeated} repeated",
                line.instrument
            ),
            "what the steps recorded against the accepted payloads",
        )
    });
    measured.chain(ledger)
}

fn attempt(attempt: &verdict::Attempt) -> AttemptEntry {
    AttemptEntry {
        at_seconds: seconds(attempt.at),
        export: attempt.export,
        attempt: attempt.attempt,
        items: attempt.items,
        bytes: attempt.bytes,
        fault: attempt.fault.clone(),
        answer: attempt.answer.clone(),
        deadline_seconds: attempt.deadline.map(seconds),
        completed_at_seconds: attempt.completed_at.map(seconds),
    }
}

/// Seconds to the microsecond: what is beyond says more about the machine than about the run.
#[expect(
    clippy::cast_precision_loss,
    reason = "a run is shorter than the 285 years that fit exactly"
)]
fn seconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1e6
}
