//! Two runs, cell by cell.

use indexmap::IndexMap;

use super::{Moment, Tolerance, moments};
use crate::plan::CellId;
use crate::record::{CellSelectors, RecordedRun, RecordingError};
use crate::report::SutDescription;

/// One of the two runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// What was tested.
    pub sut: SutDescription,
    /// How it is called here: name and version of what was tested, or the file where both sides have the same.
    pub name: String,
    /// What is missing in its recording.
    pub warning: Option<String>,
}

/// What two runs differ in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunsDiff {
    /// The two runs.
    pub sides: [Side; 2],
    /// Cells in which the same happened.
    pub equal: u64,
    /// Cells that are not applicable to either system: nothing was compared.
    pub idle: u64,
    /// Cells in which something else happened, in the order of the first run.
    pub different: Vec<CellDiff>,
    /// Cells that only the first run has, and that only the second has.
    pub alone: [Vec<CellId>; 2],
}

/// A cell in which the two runs differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellDiff {
    /// The cell.
    pub cell: CellId,
    /// How many moments from the beginning are alike.
    pub alike: usize,
    /// What happened in each of the runs, all of it.
    pub moments: [Vec<Moment>; 2],
}

impl CellDiff {
    /// Where the runs part: what happened in each of them; none where nothing did any more.
    pub fn divergence(&self) -> [Option<&Moment>; 2] {
        [0, 1].map(|side: usize| self.moments[side].get(self.alike))
    }
}

impl RunsDiff {
    /// Whether the same happened in both runs, and in the same cells.
    pub fn is_equal(&self) -> bool {
        self.different.is_empty() && self.alone.iter().all(Vec::is_empty)
    }

    /// How many cells were compared.
    pub fn compared(&self) -> u64 {
        self.equal + self.different.len() as u64
    }
}

/// Compares the cells of two runs that `selectors` mean; of cells that were run several times, the first time.
///
/// # Errors
///
/// [`RecordingError`] where a recording cannot be read.
pub fn compare(
    [one, other]: [&mut RecordedRun; 2],
    selectors: &mut CellSelectors,
    tolerance: Tolerance,
) -> Result<RunsDiff, RecordingError> {
    let mut first = read(one, selectors)?;
    let second = read(other, selectors)?;
    let is_same = one.run().sut.to_string() == other.run().sut.to_string();
    let mut diff = RunsDiff {
        sides: [&*one, &*other].map(|run| Side {
            sut: run.run().sut.clone(),
            name: if is_same {
                run.path().display().to_string()
            } else {
                run.run().sut.to_string()
            },
            warning: run.warning(),
        }),
        equal: 0,
        idle: 0,
        different: Vec::new(),
        alone: [Vec::new(), Vec::new()],
    };
    let mut pairs = Vec::new();
    for (cell, (_, theirs)) in second {
        match first.swap_remove(&cell) {
            Some((place, ours)) => pairs.push((place, cell, [ours, theirs])),
            None => diff.alone[1].push(cell),
        }
    }
    let mut left: Vec<_> = first
        .into_iter()
        .map(|(cell, (place, _))| (place, cell))
        .collect();
    left.sort();
    diff.alone[0] = left.into_iter().map(|(_, cell)| cell).collect();
    diff.alone[1].sort();
    pairs.sort_by_key(|(place, _, _)| *place);
    for (_, cell, moments) in pairs {
        let [ours, theirs] = &moments;
        if ours.iter().chain(theirs).all(Moment::is_idle) && !ours.is_empty() {
            diff.idle += 1;
            continue;
        }
        let alike = ours
            .iter()
            .zip(theirs)
            .take_while(|(one, other)| one.is_like(other, tolerance))
            .count();
        if alike == ours.len() && alike == theirs.len() {
            diff.equal += 1;
        } else {
            diff.different.push(CellDiff {
                cell,
                alike,
                moments,
            });
        }
    }
    Ok(diff)
}

type Cells = IndexMap<CellId, (usize, Vec<Moment>)>;

/// What happened in each cell, with its place in the plan. One recording at a time is in memory.
fn read(run: &mut RecordedRun, selectors: &mut CellSelectors) -> Result<Cells, RecordingError> {
    let mut cells = Cells::new();
    while let Some(cell) = run.next_cell()? {
        let recording = &cell.recording;
        if cell.repeat == 1 && selectors.mean(&recording.cell) {
            cells.insert(recording.cell.id.clone(), (cell.index, moments(recording)));
        }
    }
    Ok(cells)
}
