//! The events of one run, collected: what every report is made of.

use std::time::{Duration, SystemTime};

use super::{RunFinished, RunStarted, RunTime, RunnerEvent, Summary, SutDescription};
use crate::exit_code::ExitCode;
use crate::verdict::{CellReport, RuleResult, VerdictKind};

/// One run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunReport {
    /// How it began.
    pub started: RunStarted,
    /// Its cells, in the order in which they were finished.
    pub cells: Vec<CellReport>,
    /// How it ended. Before its end: interrupted, after no time.
    pub finished: RunFinished,
}

impl RunReport {
    /// Takes the next event. The events of several runs, one after another, make one report: cells and times add up,
    /// the first beginning counts.
    pub fn take(&mut self, event: RunnerEvent) {
        match event {
            RunnerEvent::RunStarted(mut started) => {
                started.cells += self.started.cells;
                if self.cells.is_empty() {
                    self.started = started;
                } else {
                    self.started.cells = started.cells;
                }
            }
            // What was seen is too much to keep, and reports are made of what was judged.
            RunnerEvent::CellRecorded(_) => {}
            RunnerEvent::CellFinished(cell) => self.cells.push(cell),
            RunnerEvent::RunFinished(finished) => {
                self.finished.elapsed += finished.elapsed;
                self.finished.interrupted = finished.interrupted;
            }
        }
    }

    /// The same without the course of cells in which nothing failed, and without what was seen where a rule held: what is
    /// left is enough for the matrix of rules, and for every failure in full.
    #[must_use]
    pub fn brief(mut self) -> Self {
        let is_told = |result: &RuleResult| {
            matches!(
                result.verdict,
                VerdictKind::Failed | VerdictKind::ExpectedFailure | VerdictKind::Inconclusive
            )
        };
        for cell in &mut self.cells {
            cell.observations.clear();
            if !cell.results.iter().any(is_told) {
                cell.attempts.clear();
                cell.timeline.clear();
                cell.ledger.clear();
            }
            for result in &mut cell.results {
                if result.verdict == VerdictKind::Passed {
                    result.expected.clear();
                    result.actual.clear();
                }
            }
        }
        self
    }

    /// Its numbers.
    pub fn summary(&self) -> Summary {
        Summary::of(&self.cells)
    }

    /// Its exit code. `strict`: failed SHOULDs count.
    pub fn exit_code(&self, strict: bool) -> ExitCode {
        self.summary().exit_code(strict, self.finished.interrupted)
    }
}

impl Default for RunReport {
    fn default() -> Self {
        Self {
            started: RunStarted {
                sut: SutDescription {
                    name: String::new(),
                    version: None,
                    language: None,
                },
                started: SystemTime::UNIX_EPOCH,
                cells: 0,
                seed: 0,
                time: RunTime::Virtual,
            },
            cells: Vec::new(),
            finished: RunFinished {
                elapsed: Duration::ZERO,
                interrupted: true,
            },
        }
    }
}
