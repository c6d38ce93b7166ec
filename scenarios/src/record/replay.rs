//! Judges a recorded run again.

use std::io::Read;
use std::time::Duration;

use super::{CellSelectors, RecordedRun, RecordingError};
use crate::judge::{excused, judge};
use crate::known_failures::KnownFailures;
use crate::report::{RunFinished, RunReport};
use crate::rules::RuleCatalog;
use crate::verdict::CellReport;

/// A recorded run, judged again.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// The report, as the run itself would have given it: interrupted where the recording has no end.
    pub report: RunReport,
    /// What is missing in the recording.
    pub warning: Option<String>,
}

/// Judges the cells of `run` that `selectors` mean, by the rules and known failures of today.
///
/// # Errors
///
/// [`RecordingError`] where the recording cannot be read.
pub fn replay<R: Read>(
    run: &mut RecordedRun<R>,
    selectors: &mut CellSelectors,
    known_failures: &KnownFailures,
    rules: &RuleCatalog,
) -> Result<Replay, RecordingError> {
    let mut judged = judged(run, selectors, known_failures, rules)?;
    // Lines are in the order in which cells were done, reports in that of the plan.
    judged.sort_by_key(|(place, _)| *place);
    let cells = if selectors.is_empty() {
        run.run().cells_in_all()
    } else {
        judged.len()
    };
    let mut report = report(run, cells);
    report.cells = judged.into_iter().map(|(_, report)| report).collect();
    Ok(Replay {
        report,
        warning: run.warning(),
    })
}

/// The report of a run that has been read, for `cells` cells, without any.
pub(super) fn report<R: Read>(run: &RecordedRun<R>, cells: usize) -> RunReport {
    RunReport {
        started: run.run().started(cells),
        cells: Vec::new(),
        finished: RunFinished {
            elapsed: run.end().map_or(Duration::ZERO, |end| end.elapsed),
            interrupted: run.end().is_none_or(|end| end.interrupted),
        },
    }
}

/// When a cell is reported: in which repeat, and at which place of the plan.
pub(super) type Turn = (u32, usize);

/// The reports of the cells that `selectors` mean, as they come.
pub(super) fn judged(
    run: &mut RecordedRun<impl Read>,
    selectors: &mut CellSelectors,
    known_failures: &KnownFailures,
    rules: &RuleCatalog,
) -> Result<Vec<(Turn, CellReport)>, RecordingError> {
    let mut judged = Vec::new();
    while let Some(cell) = run.next_cell()? {
        if selectors.mean(&cell.recording.cell) {
            let mut report = judge(&cell.recording, rules, cell.elapsed);
            known_failures.apply(&mut report, rules);
            if cell.stalled {
                report = excused(report, cell.recording.lag);
            }
            judged.push(((cell.repeat, cell.index), report));
        }
    }
    Ok(judged)
}
