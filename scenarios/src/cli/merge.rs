//! `otelbox merge`.

use super::arguments::Merge;
use super::error::CliError;
use super::output::{print_reports, warn};
use crate::exit_code::ExitCode;
use crate::record::{self, RecordedRun};
use crate::registry::Cache;
use crate::report::{ReportDirectory, RunReport};
use crate::rules::RuleCatalog;

pub(super) fn merge(arguments: &Merge, rules: &'static RuleCatalog) -> Result<ExitCode, CliError> {
    let runs: Result<Vec<RecordedRun>, _> = arguments
        .runs
        .iter()
        .map(|path| RecordedRun::open(path))
        .collect();
    let directory = arguments
        .report
        .as_deref()
        .map(ReportDirectory::open)
        .transpose()?;
    let merged = record::merge(runs?, rules)?;
    for warning in &merged.warnings {
        warn(warning);
    }
    if let Some(directory) = directory {
        if arguments.brief {
            let cache = Cache::of_user().ok();
            let cache = cache.as_ref().map(Cache::root);
            let reports = merged.reports.iter().cloned();
            let brief: Vec<RunReport> = reports.map(|report| report.brief(cache)).collect();
            directory.write_matrix(&brief)?;
        } else {
            directory.write_all(&merged.reports)?;
        }
    }
    print_reports(&merged.reports, arguments.format)?;
    let codes = merged.reports.iter();
    // The first in the order of exit codes is the worst.
    Ok(codes
        .map(|report| report.exit_code(arguments.strict))
        .min()
        .unwrap_or(ExitCode::Nothing))
}
