//! The `JUnit` report: a suite per scenario, a case per rule and cell.

use indexmap::IndexMap;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{RunReport, timeline_line};
use crate::verdict::{CellReport, RuleResult, VerdictKind};

/// A report that could not be written as XML.
#[derive(Debug, thiserror::Error)]
#[error("the JUnit report cannot be written")]
pub struct JunitError(#[from] quick_junit::SerializeError);

/// `text` without what XML cannot hold, not even escaped (XML 1.0, "Characters"): it is shown that something was there.
fn legal(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'.. => character,
            _ => '\u{fffd}',
        })
        .collect()
}

/// The report of a run as XML.
///
/// # Errors
/// [`JunitError`] where the XML cannot be written.
pub fn junit(run: &RunReport) -> Result<String, JunitError> {
    let mut report = Report::new(format!("otelbox: {}", run.started.sut.name));
    report.set_time(run.finished.elapsed);
    let mut suites: IndexMap<&str, TestSuite> = IndexMap::new();
    for cell in &run.cells {
        let id = cell.cell.scenario.as_str();
        let suite = suites.entry(id).or_insert_with(|| TestSuite::new(id));
        suite.set_time(suite.time.unwrap_or_default() + cell.elapsed);
        suite.add_test_cases(cell.results.iter().map(|result| case(cell, result)));
    }
    report.add_test_suites(suites.into_values());
    Ok(report.to_string()?)
}

fn case(cell: &CellReport, result: &RuleResult) -> TestCase {
    let mut status = match result.verdict {
        VerdictKind::Passed => TestCaseStatus::success(),
        VerdictKind::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        VerdictKind::Inconclusive => TestCaseStatus::non_success(NonSuccessKind::Error),
        VerdictKind::ExpectedFailure | VerdictKind::NotApplicable | VerdictKind::NotRun => {
            TestCaseStatus::skipped()
        }
    };
    if result.verdict != VerdictKind::Passed {
        status.set_type(result.verdict.to_string());
        status.set_message(legal(&result.actual));
    }
    if result.verdict == VerdictKind::Failed {
        let mut text = format!(
            "Requirement: {}\nExpected: {}\nActual: {}\nTimeline:\n",
            result.requirement, result.expected, result.actual
        );
        for entry in &cell.timeline {
            text.push_str(&timeline_line(entry));
            text.push('\n');
        }
        status.set_description(legal(&text));
    }
    let variant = result
        .cell
        .variant
        .as_ref()
        .map_or_else(String::new, |variant| format!(", {variant}"));
    let name = format!(
        "{} [{}, {}{variant}]",
        result.rule, result.cell.signal, result.cell.protocol
    );
    let mut case = TestCase::new(name, status);
    case.set_classname(result.cell.scenario.as_str());
    case
}
