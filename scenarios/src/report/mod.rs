//! Reports: consumers of the runner's events.
//!
//! [`RunReport`] collects the events; [`human`], [`json`], [`junit`], [`markdown`] and [`html`] are pure functions of it.

mod directory;
mod event;
mod facts;
mod html;
mod human;
mod json;
mod junit;
mod markdown;
mod matrix;
mod reasons;
mod run_report;
mod stability;
mod stories;
mod summary;
mod text;

pub use directory::{ReportDirectory, ReportError};
pub use event::{CellRecorded, RunFinished, RunStarted, RunTime, RunnerEvent, SutDescription};
pub use facts::{Fact, FactEvidence, FactRange, FactRow, FactTable, FactValue, facts};
pub use html::html;
pub use human::{across, human};
pub use json::{
    AttemptEntry, ObservationEntry, Program, REPORT_VERSION, Report, ResultEntry, json,
};
pub use junit::{JunitError, junit};
pub use markdown::markdown;
pub use run_report::RunReport;
pub use stability::Stability;
pub use summary::Summary;
use text::again;
pub use text::{printable, timeline_line, wrap};
