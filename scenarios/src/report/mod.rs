//! Reports: consumers of the runner's events.
//!
//! [`RunReport`] collects the events; [`human`], [`json`] and [`junit`] are pure functions of it.

mod directory;
mod event;
mod human;
mod json;
mod junit;
mod run_report;
mod summary;
mod text;

pub use directory::{ReportDirectory, ReportError};
pub use event::{RunFinished, RunStarted, RunTime, RunnerEvent, SutDescription};
pub use human::human;
pub use json::{
    AttemptEntry, ObservationEntry, Program, REPORT_VERSION, Report, ResultEntry, json,
};
pub use junit::{JunitError, junit};
pub use run_report::RunReport;
pub use summary::Summary;
pub use text::{printable, timeline_line, wrap};
