//! Failures told once: cells of one scenario in which the same rules failed for the same reasons.

use indexmap::IndexMap;

use super::RunReport;
use crate::scenario::RuleId;
use crate::verdict::{CellReport, RuleResult, VerdictKind};

/// Cells of one scenario, other in protocol, signal or variant, that failed alike.
pub(super) struct Story<'a> {
    /// The cells; the first stands for all.
    pub(super) cells: Vec<&'a CellReport>,
    /// What failed in the first.
    pub(super) failed: Vec<&'a RuleResult>,
}

/// Cells with the same key failed alike: scenario, and rule, expected and actual of each failure.
type Key<'a> = (&'a str, Vec<(&'a RuleId, &'a str, &'a str)>);

/// The failures of a run, in the order of their first cells.
pub(super) fn stories(run: &RunReport) -> Vec<Story<'_>> {
    let mut stories: IndexMap<Key<'_>, Story<'_>> = IndexMap::new();
    for cell in &run.cells {
        let failed: Vec<&RuleResult> = cell
            .results
            .iter()
            .filter(|result| result.verdict == VerdictKind::Failed)
            .collect();
        if failed.is_empty() {
            continue;
        }
        let why = failed
            .iter()
            .map(|result| {
                (
                    &result.rule,
                    result.expected.as_str(),
                    result.actual.as_str(),
                )
            })
            .collect();
        stories
            .entry((cell.cell.scenario.as_str(), why))
            .or_insert(Story {
                cells: Vec::new(),
                failed,
            })
            .cells
            .push(cell);
    }
    stories.into_values().collect()
}
