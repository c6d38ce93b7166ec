//! What repeats of a cell say about each rule: how often which verdict.

use std::fmt;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RunReport;
use crate::plan::CellId;
use crate::scenario::RuleId;
use crate::verdict::{CellReport, VerdictKind};

/// How often each verdict came for one rule in one cell that was run several times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stability {
    /// The rule.
    pub rule: RuleId,
    /// The cell.
    #[serde(flatten)]
    pub cell: CellId,
    /// How often the cell was run.
    pub repeats: u64,
    /// How often each verdict came, the first that came first. A run in which the rule was not judged has none.
    pub verdicts: IndexMap<VerdictKind, u64>,
    /// Whether it was the same in all repeats.
    pub stable: bool,
}

impl RunReport {
    /// How often cells were run: 1, unless the run was repeated.
    pub fn repeats(&self) -> u64 {
        let numbers = self.numbered().map(|(repeat, _)| repeat);
        numbers.max().unwrap_or(1)
    }

    /// Each cell with the number of its repeat, from 1.
    pub fn numbered(&self) -> impl Iterator<Item = (u64, &CellReport)> {
        let mut seen: IndexMap<&CellId, u64> = IndexMap::new();
        self.cells.iter().map(move |cell| {
            let repeat = seen.entry(&cell.cell).or_default();
            *repeat += 1;
            (*repeat, cell)
        })
    }

    /// What repeats say about each rule of each cell, in the order of the report; nothing where nothing was repeated.
    pub fn stability(&self) -> Vec<Stability> {
        let mut repeats: IndexMap<&CellId, u64> = IndexMap::new();
        for cell in &self.cells {
            *repeats.entry(&cell.cell).or_default() += 1;
        }
        let mut verdicts: IndexMap<(&CellId, &RuleId), IndexMap<VerdictKind, u64>> =
            IndexMap::new();
        for cell in &self.cells {
            for result in &cell.results {
                let of_rule = verdicts.entry((&cell.cell, &result.rule)).or_default();
                *of_rule.entry(result.verdict).or_default() += 1;
            }
        }
        let counted = verdicts.into_iter().map(|((cell, rule), verdicts)| {
            let repeats = repeats.get(cell).copied().unwrap_or_default();
            Stability {
                rule: rule.clone(),
                cell: cell.clone(),
                repeats,
                stable: verdicts.values().any(|count| *count == repeats),
                verdicts,
            }
        });
        counted.filter(|counted| counted.repeats > 1).collect()
    }
}

/// `passed 19 of 20, failed 1 of 20`.
impl fmt::Display for Stability {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let judged: u64 = self.verdicts.values().sum();
        let mut parts: Vec<String> = self
            .verdicts
            .iter()
            .map(|(verdict, count)| format!("{verdict} {count} of {}", self.repeats))
            .collect();
        if judged < self.repeats {
            parts.push(format!(
                "not judged {} of {}",
                self.repeats - judged,
                self.repeats
            ));
        }
        formatter.pad(&parts.join(", "))
    }
}
