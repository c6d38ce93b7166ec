//! `otelbox run --check-driver`.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::arguments::ReportFormat;
use super::error::CliError;
use super::output::{QUIET, STRONG, columns, print, print_json};
use super::suts::runtime;
use crate::driver_check::{DriverPoint, DriverReport, PointVerdict, check_driver};
use crate::exit_code::ExitCode;
use crate::report::wrap;
use crate::run::Target;
use crate::sut::ProcessCommand;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// How far details are indented, below their point.
const INDENT: usize = 10;

pub(super) fn check(target: &Target, format: ReportFormat) -> Result<ExitCode, CliError> {
    let is_json = match format {
        ReportFormat::Human => false,
        ReportFormat::Json => true,
        _ => return Err(CliError::NoSuchFormatOfCheck),
    };
    let Some(command) = target.command() else {
        return Err(CliError::NoProcess {
            sut: target.name().to_owned(),
        });
    };
    let Some(report) = runtime()?.block_on(asked(command, !is_json))? else {
        return Ok(ExitCode::Interrupted);
    };
    if is_json {
        print_json(&report)?;
    } else {
        print(&totals(&report))?;
    }
    Ok(report.exit_code())
}

/// None where it was interrupted.
async fn asked(command: &ProcessCommand, show: bool) -> Result<Option<DriverReport>, CliError> {
    let mut printed = Ok(());
    let mut tell = |point: &DriverPoint| {
        if show && printed.is_ok() {
            printed = print(&text(point));
        }
    };
    let report = tokio::select! {
        report = check_driver(command, &mut tell) => Some(report),
        _ = tokio::signal::ctrl_c() => None,
    };
    printed.map(|()| report)
}

fn text(point: &DriverPoint) -> String {
    let (style, word) = match point.verdict {
        PointVerdict::Kept => (GOOD, "kept"),
        PointVerdict::DriverAtFault => (BAD, "DRIVER"),
        PointVerdict::SdkAtFault => (BAD, "SDK"),
        PointVerdict::DriverOrSdk => (BAD, "EITHER"),
        PointVerdict::NotApplicable => (QUIET, "n.a."),
        PointVerdict::NotRun => (BAD, "NOT RUN"),
    };
    let mut text = format!(
        "{style}{word:<8}{style:#}  {STRONG}{}{STRONG:#}\n",
        point.name
    );
    let is_kept = matches!(
        point.verdict,
        PointVerdict::Kept | PointVerdict::NotApplicable
    );
    if !is_kept {
        detail(&mut text, &format!("contract: {}", point.requirement));
    }
    if let Some(seen) = &point.seen {
        detail(&mut text, &format!("seen: {seen}"));
    }
    text
}

fn detail(text: &mut String, line: &str) {
    for line in wrap(line, columns().saturating_sub(INDENT)) {
        let _ = writeln!(text, "{:INDENT$}{line}", "");
    }
}

fn totals(report: &DriverReport) -> String {
    let count = |wanted: PointVerdict| {
        let points = report.points.iter();
        points.filter(|point| point.verdict == wanted).count()
    };
    let mut text = format!(
        "\n{} of the contract kept",
        points(count(PointVerdict::Kept))
    );
    for (verdict, words) in [
        (PointVerdict::DriverAtFault, "broken by the driver"),
        (PointVerdict::SdkAtFault, "broken by its SDK"),
        (PointVerdict::DriverOrSdk, "broken by the driver or its SDK"),
        (PointVerdict::NotApplicable, "not applicable"),
        (PointVerdict::NotRun, "not run"),
    ] {
        let count = count(verdict);
        if count > 0 {
            let _ = write!(text, ", {count} {words}");
        }
    }
    text.push('\n');
    text
}

fn points(count: usize) -> String {
    format!("{count} point{}", if count == 1 { "" } else { "s" })
}
