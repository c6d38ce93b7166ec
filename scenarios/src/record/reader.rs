//! Reads a recording, cell by cell.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::line::{CellLine, EndLine, Line, RECORDING_VERSION, RunLine};
use super::{RecordingError, RecordingErrorKind};
use crate::report::ReportDirectory;
use crate::run::Recording;

/// A recorded run. One cell at a time is in memory.
#[derive(Debug)]
pub struct RecordedRun<R = File> {
    path: PathBuf,
    lines: BufReader<R>,
    /// The number of the line that was read last, from 1.
    line: u64,
    run: RunLine,
    seen: HashSet<(u32, usize)>,
    end: Option<EndLine>,
    truncated: bool,
}

/// A cell of a recorded run.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedCell {
    /// Which of the repeats, from 1.
    pub repeat: u32,
    /// Its place among all cells that were selected, from 0.
    pub index: usize,
    /// The machine stalled, and did so when the cell was run again: what failed is inconclusive.
    pub stalled: bool,
    /// Wall time that it took.
    pub elapsed: Duration,
    /// What was seen.
    pub recording: Arc<Recording>,
}

impl RecordedRun {
    /// Opens the recording at `path`: the file, or a report directory with one.
    ///
    /// # Errors
    ///
    /// Any [`RecordingError`] but those about writing.
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        let path = if path.is_dir() {
            path.join(ReportDirectory::RECORDING)
        } else {
            path.to_owned()
        };
        match File::open(&path) {
            Ok(file) => Self::read(path, file),
            Err(cause) => Err(RecordingError {
                path,
                line: None,
                kind: RecordingErrorKind::Read(cause),
            }),
        }
    }
}

impl<R: Read> RecordedRun<R> {
    /// Reads a recording from anywhere; `path` is what errors call it.
    ///
    /// # Errors
    ///
    /// Any [`RecordingError`] but those about writing.
    pub fn read(path: impl Into<PathBuf>, recording: R) -> Result<Self, RecordingError> {
        let path = path.into();
        let failed = |line, kind| RecordingError {
            path: path.clone(),
            line,
            kind,
        };
        let mut lines = BufReader::new(recording);
        let first = read_line(&mut lines)
            .map_err(|cause| failed(Some(1), RecordingErrorKind::Read(cause)))?
            .ok_or_else(|| failed(None, RecordingErrorKind::Empty))?;
        let run = first_line(&first.bytes).map_err(|kind| failed(Some(1), kind))?;
        Ok(Self {
            path,
            lines,
            line: 1,
            run,
            seen: HashSet::new(),
            end: None,
            truncated: false,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was run.
    pub fn run(&self) -> &RunLine {
        &self.run
    }

    /// The next cell, in the order in which they were done; none at the end.
    ///
    /// # Errors
    ///
    /// Any [`RecordingError`] but those about writing. A last line that is cut short is none: see [`Self::warning`].
    pub fn next_cell(&mut self) -> Result<Option<RecordedCell>, RecordingError> {
        let Some(line) = read_line(&mut self.lines)
            .map_err(|cause| self.failed(RecordingErrorKind::Read(cause)))?
        else {
            return Ok(None);
        };
        self.line += 1;
        if self.end.is_some() {
            return Err(self.misplaced("a line after the end of the run"));
        }
        match serde_json::from_slice(&line.bytes) {
            Ok(Line::Cell(cell)) => self.taken(cell).map(Some),
            Ok(Line::End(end)) => {
                self.end = Some(end);
                self.next_cell()
            }
            Ok(Line::Run(_)) => Err(self.misplaced("another run begins here")),
            Err(_) if !line.is_whole => {
                self.truncated = true;
                Ok(None)
            }
            Err(cause) => Err(self.failed(RecordingErrorKind::Line(cause))),
        }
    }

    /// How the run ended; none where all has not been read yet, or where the run was cut short.
    pub fn end(&self) -> Option<&EndLine> {
        self.end.as_ref()
    }

    /// What is missing, once all has been read: a last line that is cut short, or an end.
    pub fn warning(&self) -> Option<String> {
        if self.end.is_some() {
            return None;
        }
        let missing = self.run.cells_in_all().saturating_sub(self.seen.len());
        let (path, line) = (self.path.display(), self.line);
        let cells = match missing {
            0 => "every cell is there".to_owned(),
            1 => "1 cell was not run".to_owned(),
            more => format!("{more} cells were not run"),
        };
        Some(if self.truncated {
            format!("{path}:{line}: the last line is cut short, and left out; {cells}")
        } else {
            format!("{path}: the run was cut short after line {line}; {cells}")
        })
    }

    fn taken(&mut self, cell: CellLine) -> Result<RecordedCell, RecordingError> {
        let CellLine {
            repeat,
            index,
            stalled,
            elapsed,
            recording,
        } = cell;
        let mut recording = Arc::unwrap_or_clone(recording);
        let id = &recording.cell.id;
        if index >= self.run.plan.cells || repeat == 0 || repeat > self.run.repeat.get() {
            let problem = format!("{id} is no cell of this run: cell {index}, repeat {repeat}");
            return Err(self.misplaced(&problem));
        }
        if !self.seen.insert((repeat, index)) {
            let problem = format!("{id} is here for the second time");
            return Err(self.misplaced(&problem));
        }
        recording.decode_payloads().map_err(|problem| {
            self.failed(RecordingErrorKind::Body {
                cell: recording.cell.id.to_string(),
                ordinal: problem.ordinal,
                reason: problem.reason,
            })
        })?;
        Ok(RecordedCell {
            repeat,
            index,
            stalled,
            elapsed,
            recording: Arc::new(recording),
        })
    }

    fn misplaced(&self, problem: &str) -> RecordingError {
        self.failed(RecordingErrorKind::Misplaced(problem.to_owned()))
    }

    fn failed(&self, kind: RecordingErrorKind) -> RecordingError {
        RecordingError {
            path: self.path.clone(),
            line: Some(self.line),
            kind,
        }
    }
}

struct RawLine {
    bytes: Vec<u8>,
    /// It has an end.
    is_whole: bool,
}

fn read_line(lines: &mut BufReader<impl Read>) -> io::Result<Option<RawLine>> {
    let mut bytes = Vec::new();
    if lines.read_until(b'\n', &mut bytes)? == 0 {
        return Ok(None);
    }
    let is_whole = bytes.last() == Some(&b'\n');
    Ok(Some(RawLine { bytes, is_whole }))
}

/// The version is looked at before anything else: what another version wrote need not be understood.
fn first_line(bytes: &[u8]) -> Result<RunLine, RecordingErrorKind> {
    let value: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|_| RecordingErrorKind::NotARecording)?;
    let version = value
        .get("run")
        .and_then(|run| run.get("version"))
        .and_then(serde_json::Value::as_u64)
        .ok_or(RecordingErrorKind::NotARecording)?;
    if version != u64::from(RECORDING_VERSION) {
        return Err(RecordingErrorKind::Version { found: version });
    }
    match serde_json::from_value(value).map_err(RecordingErrorKind::Line)? {
        Line::Run(run) => Ok(run),
        Line::Cell(_) | Line::End(_) => Err(RecordingErrorKind::NotARecording),
    }
}
