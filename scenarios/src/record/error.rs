//! Why a recording cannot be written or used.

use std::io;
use std::path::PathBuf;

use super::line::RECORDING_VERSION;

/// A recording that cannot be used, or not be written.
#[derive(Debug, thiserror::Error)]
#[error("{}{}", path.display(), line.map(|line| format!(":{line}")).unwrap_or_default())]
#[non_exhaustive]
pub struct RecordingError {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1, where it is about one.
    pub line: Option<u64>,
    /// What is wrong.
    #[source]
    pub kind: RecordingErrorKind,
}

/// What is wrong with a recording.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingErrorKind {
    /// It cannot be written. What the run found out is in its other reports.
    #[error("cannot write the recording")]
    Write(#[source] io::Error),
    /// It cannot be read.
    #[error("cannot read the recording")]
    Read(#[source] io::Error),
    /// There is nothing in it.
    #[error("there is nothing in the file: the run ended before its first cell")]
    Empty,
    /// The first line is not that of a recording.
    #[error(
        "not a recording: `otelbox run --report DIR` writes one, with a first line {{\"run\": ...}}"
    )]
    NotARecording,
    /// It was made by another version.
    #[error("a recording of format {found}, and this otelbox reads format {RECORDING_VERSION}")]
    Version {
        /// Its version.
        found: u64,
    },
    /// A line that means nothing.
    #[error("not a line of a recording")]
    Line(#[source] serde_json::Error),
    /// A line that cannot stand there.
    #[error("{0}")]
    Misplaced(String),
    /// A body that does not decode to what it was when it was recorded.
    #[error("the body of exchange {ordinal} of {cell} cannot be decoded any more: {reason}")]
    Body {
        /// The cell.
        cell: String,
        /// The exchange.
        ordinal: u64,
        /// Why.
        reason: String,
    },
}
