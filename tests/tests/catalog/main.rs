//! The whole catalogue on the reference SDK.
//!
//! In virtual time, one test per scenario: every verdict passes, and the timeline of every cell is what its snapshot
//! says. The cells that need a real clock are run over sockets, by the binary, in one test.

mod points;
mod table;

use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use otelbox::catalog::ScenarioCatalog;
use otelbox::judge::{judge, normalized, render};
use otelbox::plan::{Cell, Filter, Plan};
use otelbox::report::{RunTime, RunnerEvent};
use otelbox::rules::RuleCatalog;
use otelbox::run::{Recording, RunOptions, Target, record, run};
use otelbox::scenario::{Scenario, TimeMode};
use otelbox::sut::OtelboxSdk;
use otelbox::verdict::{CellReport, VerdictKind};
use otelbox_tests::otelbox_binary;

/// The seed of jitter. Any other has to pass as well, but has other times.
const SEED: u64 = 0;

/// Scenarios of this topic are about what stands in the payloads, so that their snapshots show them whole.
const PAYLOADS: &str = "payload";

/// Scenarios of these topics are about values and windows, so that their snapshots show each point.
const POINTS: [&str; 5] = ["callbacks", "outage", "temporality", "views", "workers"];

/// Scenarios of this topic end with a table of what came through.
const LOSSES: &str = "outage";

/// A payload of more lines is not shown.
const SHOWN_LINES: usize = 400;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let rules = RuleCatalog::embedded().expect("readable rules");
    let catalog = ScenarioCatalog::embedded(rules).expect("readable scenarios");
    let mut trials: Vec<Trial> = catalog
        .scenarios()
        .filter(|scenario| scenario.time != TimeMode::Real)
        .cloned()
        .map(|scenario| {
            Trial::test(scenario.id.to_string(), move || {
                in_virtual_time(&scenario, rules)
            })
        })
        .collect();
    let real: Vec<Scenario> = catalog
        .scenarios()
        .filter(|scenario| scenario.time == TimeMode::Real && !scenario.is_for_programs())
        .map(|scenario| Scenario::clone(scenario))
        .collect();
    trials.push(Trial::test("in real time", move || {
        in_real_time(&real, rules)
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn in_virtual_time(scenario: &Scenario, rules: &'static RuleCatalog) -> Result<(), Failed> {
    let mut snapshot = format!("{}\n", scenario.title);
    let mut wrong = String::new();
    let mut recordings = Vec::new();
    for cell in Plan::of([scenario], &Filter::default()).cells {
        let cell = Arc::new(cell);
        let recording = record(&cell, &OtelboxSdk::honest(), SEED);
        let report = judge(&recording, rules, Duration::ZERO);
        wrong.push_str(&all_passed(&report));
        let _ = write!(
            snapshot,
            "\n{}\n{}",
            heading(&cell),
            render(&report.timeline)
        );
        if scenario.id.topic() == PAYLOADS {
            snapshot.push_str(&payloads(&recording));
        }
        if POINTS.contains(&scenario.id.topic()) {
            snapshot.push_str(&points::list(&recording));
        }
        recordings.push(recording);
    }
    if scenario.id.topic() == LOSSES {
        let _ = write!(snapshot, "\n{}", table::sent_received_lost(&recordings));
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => true }, {
        insta::assert_snapshot!(scenario.id.to_string().replace('/', "__"), snapshot);
    });
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.into())
    }
}

fn in_real_time(scenarios: &[Scenario], rules: &'static RuleCatalog) -> Result<(), Failed> {
    let plan = Plan::of(scenarios, &Filter::default());
    let target = Target::named("otelbox-sdk", otelbox_binary())?;
    let options = RunOptions {
        time: Some(RunTime::Real),
        ..RunOptions::default()
    };
    let mut wrong = String::new();
    let mut cells = 0;
    run(&plan, &target, rules, &options, &mut |event| {
        if let RunnerEvent::CellFinished(report) = event {
            cells += 1;
            let failures = all_passed(&report);
            if !failures.is_empty() {
                let _ = write!(wrong, "{failures}{}", render(&report.timeline));
            }
        }
    })?;
    if cells != plan.cells.len() {
        let _ = writeln!(wrong, "{cells} of {} cells were run", plan.cells.len());
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.into())
    }
}

/// What did not pass, in words; empty where all did. A cell in which nothing was judged has not passed.
fn all_passed(report: &CellReport) -> String {
    let mut wrong = String::new();
    for result in &report.results {
        match result.verdict {
            VerdictKind::Passed | VerdictKind::NotApplicable => {}
            VerdictKind::Failed
            | VerdictKind::ExpectedFailure
            | VerdictKind::Inconclusive
            | VerdictKind::NotRun => {
                let _ = writeln!(
                    wrong,
                    "{}: {} {}\n    requirement: {}\n    expected: {}\n    actual: {}",
                    report.cell,
                    result.rule,
                    result.verdict,
                    result.requirement,
                    result.expected,
                    result.actual
                );
            }
        }
    }
    let passed = |verdict| verdict == VerdictKind::Passed;
    if !report.results.iter().any(|result| passed(result.verdict)) {
        let _ = writeln!(wrong, "{}: nothing was judged", report.cell);
    }
    wrong
}

fn heading(cell: &Cell) -> String {
    match &cell.id.variant {
        Some(variant) => format!("== {}, {}, {variant}", cell.id.signal, cell.id.protocol),
        None => format!("== {}, {}", cell.id.signal, cell.id.protocol),
    }
}

/// The payload of each export as OTLP/JSON, times as offsets from the start.
fn payloads(recording: &Recording) -> String {
    let mut text = String::new();
    for exchange in recording.payloads() {
        let (Some(json), Some(export)) =
            (normalized(&exchange.payload, recording), exchange.export)
        else {
            continue;
        };
        let json = format!("{json:#}");
        let _ = writeln!(text, "payload of export {export}:");
        if json.lines().count() > SHOWN_LINES {
            let _ = writeln!(text, "({} items)", exchange.items.unwrap_or_default());
        } else {
            let _ = writeln!(text, "{json}");
        }
    }
    text
}
