//! Two recorded runs, usually of two systems under test: their cells side by side, up to the first difference.

mod human;
mod json;
mod moment;
mod runs;

pub use human::human;
pub use json::{DIFF_VERSION, DiffReport, json};
pub use moment::{Moment, Tolerance, moments};
pub use runs::{CellDiff, RunsDiff, Side, compare};
