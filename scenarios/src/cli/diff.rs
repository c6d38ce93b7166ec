//! `otelbox diff`.

use super::arguments::{DataFormat, Diff};
use super::error::CliError;
use super::output::{columns, print, print_json, warn};
use crate::diff::{Tolerance, compare, human, json};
use crate::exit_code::ExitCode;
use crate::record::{CellSelectors, RecordedRun};

pub(super) fn diff(arguments: &Diff) -> Result<ExitCode, CliError> {
    let mut selectors = CellSelectors::new(&arguments.selectors)?;
    let mut one = RecordedRun::open(&arguments.one)?;
    let mut other = RecordedRun::open(&arguments.other)?;
    let tolerance = Tolerance::of_percent(arguments.tolerance);
    let diff = compare([&mut one, &mut other], &mut selectors, tolerance)?;
    selectors.all_meant_something()?;
    for warning in diff.sides.iter().filter_map(|side| side.warning.as_deref()) {
        warn(warning);
    }
    match arguments.format {
        DataFormat::Human => print(&human(&diff, columns()))?,
        DataFormat::Json => print_json(&json(&diff))?,
    }
    Ok(match (diff.is_equal(), diff.compared()) {
        (false, _) => ExitCode::Different,
        (true, 0) => ExitCode::Nothing,
        (true, _) => ExitCode::Success,
    })
}
