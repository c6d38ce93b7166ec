//! How many results there are of each verdict, and what the exit code is.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::exit_code::ExitCode;
use crate::scenario::ScenarioId;
use crate::verdict::{CellReport, RuleResult, VerdictKind};

/// Numbers of scenarios, cells, and results by verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Scenarios of which a cell was run.
    pub scenarios: u64,
    /// Cells that were run.
    pub cells: u64,
    /// Results that passed.
    pub passed: u64,
    /// Results that failed, of any level.
    pub failed: u64,
    /// Of the failed ones, those of MUST and MUST NOT.
    pub failed_must: u64,
    /// Of the failed ones, those of the other levels.
    pub failed_should: u64,
    /// Results that failed as the known failures say.
    pub expected_failure: u64,
    /// Results where there was nothing to judge.
    pub inconclusive: u64,
    /// Results that the system under test cannot have.
    pub not_applicable: u64,
    /// Results for which something was missing.
    pub not_run: u64,
}

impl Summary {
    /// The numbers of these cells.
    pub fn of<'a>(cells: impl IntoIterator<Item = &'a CellReport>) -> Self {
        let mut summary = Self::default();
        let mut scenarios: BTreeSet<&ScenarioId> = BTreeSet::new();
        for cell in cells {
            scenarios.insert(&cell.cell.scenario);
            summary.cells += 1;
            for result in &cell.results {
                summary.add(result);
            }
        }
        summary.scenarios = scenarios.len() as u64;
        summary
    }

    /// The numbers of these results, without those of scenarios and cells.
    pub fn of_results<'a>(results: impl IntoIterator<Item = &'a RuleResult>) -> Self {
        let mut summary = Self::default();
        for result in results {
            summary.add(result);
        }
        summary
    }

    const fn add(&mut self, result: &RuleResult) {
        *self.count_mut(result.verdict) += 1;
        if matches!(result.verdict, VerdictKind::Failed) {
            if result.level.is_required() {
                self.failed_must += 1;
            } else {
                self.failed_should += 1;
            }
        }
    }

    /// How many results have this verdict.
    pub const fn count(&self, verdict: VerdictKind) -> u64 {
        match verdict {
            VerdictKind::Passed => self.passed,
            VerdictKind::Failed => self.failed,
            VerdictKind::ExpectedFailure => self.expected_failure,
            VerdictKind::Inconclusive => self.inconclusive,
            VerdictKind::NotApplicable => self.not_applicable,
            VerdictKind::NotRun => self.not_run,
        }
    }

    const fn count_mut(&mut self, verdict: VerdictKind) -> &mut u64 {
        match verdict {
            VerdictKind::Passed => &mut self.passed,
            VerdictKind::Failed => &mut self.failed,
            VerdictKind::ExpectedFailure => &mut self.expected_failure,
            VerdictKind::Inconclusive => &mut self.inconclusive,
            VerdictKind::NotApplicable => &mut self.not_applicable,
            VerdictKind::NotRun => &mut self.not_run,
        }
    }

    /// Results for which something was judged, whatever came of it.
    pub const fn judged(&self) -> u64 {
        self.passed + self.failed + self.expected_failure + self.inconclusive
    }

    /// The exit code of a run with these numbers.
    ///
    /// `strict`: failed SHOULDs count. `interrupted`: not everything was run.
    pub const fn exit_code(&self, strict: bool, interrupted: bool) -> ExitCode {
        let judged = self.judged();
        if interrupted {
            ExitCode::Interrupted
        } else if self.failed_must > 0 {
            ExitCode::MustFailed
        } else if self.inconclusive > 0 || (self.not_run > 0 && judged > 0) {
            ExitCode::CouldNotRun
        } else if strict && self.failed_should > 0 {
            ExitCode::ShouldFailed
        } else if judged == 0 {
            ExitCode::Nothing
        } else {
            ExitCode::Success
        }
    }
}

/// `12 passed, 2 failed, 1 inconclusive`: verdicts that nothing has are left out.
impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: Vec<String> = VerdictKind::ALL
            .into_iter()
            .filter(|verdict| self.count(*verdict) > 0)
            .map(|verdict| format!("{} {verdict}", self.count(verdict)))
            .collect();
        if counts.is_empty() {
            return formatter.pad("no results");
        }
        formatter.pad(&counts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_thing_decides_the_exit_code() {
        let passed = Summary {
            passed: 3,
            ..Summary::default()
        };
        let should = Summary {
            failed: 1,
            failed_should: 1,
            ..passed
        };
        let inconclusive = Summary {
            inconclusive: 1,
            ..should
        };
        let must = Summary {
            failed_must: 1,
            ..inconclusive
        };
        let skipped = Summary {
            not_applicable: 4,
            not_run: 1,
            ..Summary::default()
        };
        for (summary, strict, interrupted, expected) in [
            (passed, true, false, ExitCode::Success),
            (should, false, false, ExitCode::Success),
            (should, true, false, ExitCode::ShouldFailed),
            (inconclusive, true, false, ExitCode::CouldNotRun),
            (must, false, false, ExitCode::MustFailed),
            (must, false, true, ExitCode::Interrupted),
            (skipped, false, false, ExitCode::Nothing),
            (
                Summary {
                    not_run: 1,
                    ..passed
                },
                false,
                false,
                ExitCode::CouldNotRun,
            ),
        ] {
            assert_eq!(
                summary.exit_code(strict, interrupted),
                expected,
                "{summary}"
            );
        }
    }
}
