//! Runs that are written down while they go, and read again: for `replay`, `diff` and `merge`.
//!
//! A file of JSON lines, `run.jsonl`: the run, then one line for each cell as soon as it has been run, then the end. Every
//! line is written in one piece, so that all of them but the last can be read whatever became of the run.

mod error;
mod line;
mod merge;
mod reader;
mod replay;
mod selector;
mod writer;

pub use error::{RecordingError, RecordingErrorKind};
pub use line::{EndLine, PlanLine, RECORDING_VERSION, RunLine};
pub use merge::{MergeError, Merged, merge};
pub use reader::{RecordedCell, RecordedRun};
pub use replay::{Replay, replay};
pub use selector::{CellSelector, CellSelectors};
pub use writer::{RunWriter, Scope};
