//! Writes a run down while it goes.

use std::fs::File;
use std::io::{self, Write as _};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::line::{CellLine, EndLine, Line, PlanLine, RECORDING_VERSION, RunLine, digest};
use super::{RecordingError, RecordingErrorKind};
use crate::plan::Plan;
use crate::report::{Program, RunnerEvent};
use crate::shard::Shard;

/// What is run: all of a plan, or a share of it, once or several times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    repeat: NonZeroU32,
    shard: Option<Shard>,
    /// How many cells the plan has.
    selected: usize,
    /// A digest of their ids.
    digest: String,
    /// The places in it of those that are run.
    places: Vec<usize>,
}

impl Scope {
    /// `repeat` runs of `plan`, or of this shard of it.
    pub fn new(plan: &Plan, shard: Option<Shard>, repeat: NonZeroU32) -> Self {
        Self {
            repeat,
            shard,
            selected: plan.cells.len(),
            digest: digest(plan.cells.iter().map(|cell| &cell.id)),
            places: shard.map_or_else(
                || (0..plan.cells.len()).collect(),
                |shard| shard.places(plan),
            ),
        }
    }

    /// The cells of `plan`, the same that was given before, that are run.
    pub fn of(&self, plan: &Plan) -> Plan {
        let cell = |place: &usize| plan.cells.get(*place).cloned();
        Plan {
            cells: self.places.iter().filter_map(cell).collect(),
        }
    }
}

/// A recording that is being written. After the first line that cannot be written no other is tried, and the run goes on.
#[derive(Debug)]
pub struct RunWriter {
    path: PathBuf,
    file: File,
    scope: Scope,
    /// Which of the repeats is going on, from 1; 0 before the first.
    repeat: u32,
    elapsed: Duration,
    failure: Option<io::Error>,
}

impl RunWriter {
    /// Makes the file at `path`, instead of any that is there.
    ///
    /// # Errors
    ///
    /// [`RecordingErrorKind::Write`]
    pub fn create(path: &Path, scope: Scope) -> Result<Self, RecordingError> {
        let file = File::create(path).map_err(|cause| failed(path, cause))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            scope,
            repeat: 0,
            elapsed: Duration::ZERO,
            failure: None,
        })
    }

    /// Writes down what there is to write of this event.
    pub fn take(&mut self, event: &RunnerEvent) {
        match event {
            RunnerEvent::RunStarted(started) => {
                self.repeat += 1;
                if self.repeat == 1 {
                    self.write(&Line::Run(RunLine {
                        version: RECORDING_VERSION,
                        tool: Program {
                            name: env!("CARGO_PKG_NAME").to_owned(),
                            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
                            language: None,
                        },
                        sut: started.sut.clone(),
                        started: started.started,
                        seed: started.seed,
                        time: started.time,
                        cells: started.cells,
                        repeat: self.scope.repeat,
                        shard: self.scope.shard,
                        plan: PlanLine {
                            cells: self.scope.selected,
                            digest: self.scope.digest.clone(),
                        },
                    }));
                }
            }
            RunnerEvent::CellRecorded(cell) => {
                let line = Line::Cell(CellLine {
                    repeat: self.repeat,
                    index: *self.scope.places.get(cell.index).unwrap_or(&cell.index),
                    stalled: cell.stalled,
                    elapsed: cell.elapsed,
                    recording: Arc::clone(&cell.recording),
                });
                self.write(&line);
            }
            // Judging can be done again.
            RunnerEvent::CellFinished(_) => {}
            RunnerEvent::RunFinished(finished) => {
                self.elapsed += finished.elapsed;
                if finished.interrupted || self.repeat == self.scope.repeat.get() {
                    self.write(&Line::End(EndLine {
                        elapsed: self.elapsed,
                        interrupted: finished.interrupted,
                    }));
                }
            }
        }
    }

    /// Says whether all could be written.
    ///
    /// # Errors
    ///
    /// [`RecordingErrorKind::Write`], about the first line that could not.
    pub fn finish(self) -> Result<(), RecordingError> {
        match self.failure {
            None => Ok(()),
            Some(cause) => Err(failed(&self.path, cause)),
        }
    }

    /// One call of the system for the whole line: what has been written is there, whatever becomes of this process.
    fn write(&mut self, line: &Line) {
        if self.failure.is_some() {
            return;
        }
        let written = serde_json::to_vec(line)
            .map_err(io::Error::from)
            .and_then(|mut text| {
                text.push(b'\n');
                self.file.write_all(&text)
            });
        self.failure = written.err();
    }
}

fn failed(path: &Path, cause: io::Error) -> RecordingError {
    RecordingError {
        path: path.to_owned(),
        line: None,
        kind: RecordingErrorKind::Write(cause),
    }
}
