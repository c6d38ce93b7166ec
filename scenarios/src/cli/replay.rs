//! `otelbox replay`.

use super::arguments::Replay;
use super::error::CliError;
use super::output::{print_reports, warn};
use crate::exit_code::ExitCode;
use crate::known_failures::KnownFailures;
use crate::record::{self, CellSelectors, RecordedRun};
use crate::report::ReportDirectory;
use crate::rules::RuleCatalog;

pub(super) fn replay(
    arguments: &Replay,
    rules: &'static RuleCatalog,
) -> Result<ExitCode, CliError> {
    let mut selectors = CellSelectors::new(&arguments.selectors)?;
    let mut run = RecordedRun::open(&arguments.run)?;
    let directory = arguments
        .report
        .as_deref()
        .map(ReportDirectory::open)
        .transpose()?;
    let sut = &run.run().sut;
    let known_failures = KnownFailures::embedded(&sut.name)?.of_version(sut.version.as_deref());
    let replay = record::replay(&mut run, &mut selectors, &known_failures, rules)?;
    selectors.all_meant_something()?;
    if let Some(warning) = &replay.warning {
        warn(warning);
    }
    if let Some(directory) = directory {
        directory.write(&replay.report)?;
    }
    print_reports(std::slice::from_ref(&replay.report), arguments.format)?;
    Ok(replay.report.exit_code(arguments.strict))
}
