//! What the runner tells while it runs. Every report is made of these events and of nothing else.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::run::Recording;
use crate::verdict::CellReport;

/// One event. `RunStarted` comes first and once, `RunFinished` last and once.
#[derive(Clone, Debug, PartialEq)]
pub enum RunnerEvent {
    /// The run begins.
    RunStarted(RunStarted),
    /// A cell has been run. Told as soon as it has, once for each cell and before it is told that it is finished.
    CellRecorded(CellRecorded),
    /// A cell has been judged. Cells are finished in the order of the plan, whatever the number of jobs.
    CellFinished(CellReport),
    /// The run is over.
    RunFinished(RunFinished),
}

/// See [`RunnerEvent::RunStarted`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunStarted {
    /// The system under test: its name and, where known, its version.
    pub sut: SutDescription,
    /// When.
    pub started: SystemTime,
    /// How many cells there are.
    pub cells: usize,
    /// The seed of jitter and probabilities.
    pub seed: u64,
    /// The clock: `virtual time` or `real time`.
    pub time: RunTime,
}

/// See [`RunnerEvent::CellRecorded`].
#[derive(Clone, Debug, PartialEq)]
pub struct CellRecorded {
    /// Its place in the plan, from 0.
    pub index: usize,
    /// What was seen.
    pub recording: Arc<Recording>,
    /// The machine stalled, and did so when the cell was run again: what failed is inconclusive.
    pub stalled: bool,
    /// Wall time that the cell took.
    pub elapsed: Duration,
}

/// The system under test as reports name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SutDescription {
    /// Its name, such as `otelbox-sdk`.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Its language.
    pub language: Option<String>,
}

/// `otelbox-sdk 0.1.0`: name and version.
impl fmt::Display for SutDescription {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)?;
        match &self.version {
            Some(version) => write!(formatter, " {version}"),
            None => Ok(()),
        }
    }
}

/// The clock of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunTime {
    /// A paused clock and in-memory connections.
    Virtual,
    /// The machine's clock and sockets.
    Real,
}

/// See [`RunnerEvent::RunFinished`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFinished {
    /// Wall time of the whole run.
    pub elapsed: Duration,
    /// The user interrupted it: not all cells were run.
    pub interrupted: bool,
}
