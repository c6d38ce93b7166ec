//! The difference of two runs for programs.

use serde::Serialize;

use super::{Moment, RunsDiff, Side};
use crate::plan::CellId;
use crate::report::Program;

/// The version of the JSON form. It grows when a key changes its meaning or goes, not when one is added.
pub const DIFF_VERSION: u32 = 1;

/// What two runs differ in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DiffReport {
    /// The version of this form.
    pub version: u32,
    /// The two systems under test.
    pub suts: [Program; 2],
    /// Cells in which the same happened.
    pub equal: u64,
    /// Cells that are not applicable to either system: nothing was compared.
    pub idle: u64,
    /// Cells in which something else happened.
    pub different: Vec<CellEntry>,
    /// Cells that one of the runs does not have.
    pub alone: [Vec<CellId>; 2],
}

/// A cell in which the runs differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CellEntry {
    /// The cell.
    #[serde(flatten)]
    pub cell: CellId,
    /// How many moments from the beginning are alike: the place, from 0, of the first difference in both lists.
    pub alike: usize,
    /// What happened in each of the runs.
    pub moments: [Vec<MomentEntry>; 2],
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MomentEntry {
    /// When, in seconds since the start of the system under test.
    pub at_seconds: f64,
    /// What.
    pub what: String,
    /// How long the client waited before this retry, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_seconds: Option<f64>,
}

/// What two runs differ in, as JSON.
pub fn json(diff: &RunsDiff) -> DiffReport {
    DiffReport {
        version: DIFF_VERSION,
        suts: diff.sides.each_ref().map(program),
        equal: diff.equal,
        idle: diff.idle,
        different: diff
            .different
            .iter()
            .map(|cell| CellEntry {
                cell: cell.cell.clone(),
                alike: cell.alike,
                moments: cell
                    .moments
                    .each_ref()
                    .map(|moments| moments.iter().map(entry).collect()),
            })
            .collect(),
        alone: diff.alone.clone(),
    }
}

fn program(side: &Side) -> Program {
    Program {
        name: side.sut.name.clone(),
        version: side.sut.version.clone(),
        language: side.sut.language.clone(),
    }
}

fn entry(moment: &Moment) -> MomentEntry {
    MomentEntry {
        at_seconds: moment.at.as_secs_f64(),
        what: moment.what.clone(),
        wait_seconds: moment.wait.map(|wait| wait.as_secs_f64()),
    }
}
