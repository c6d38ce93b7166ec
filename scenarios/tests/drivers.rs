//! The drivers of this binary, over pipes and real sockets.

use std::path::Path;

use otelbox::catalog::ScenarioCatalog;
use otelbox::judge::render;
use otelbox::plan::{Filter, Plan};
use otelbox::report::{RunTime, RunnerEvent};
use otelbox::rules::RuleCatalog;
use otelbox::run::{RunOptions, Target, run};
use otelbox::verdict::{CellReport, VerdictKind};

/// Runs one scenario on a driver process in real time.
fn reports(sut: &str, scenario: &str) -> Vec<CellReport> {
    let rules = RuleCatalog::embedded().expect("readable rules");
    let catalog = ScenarioCatalog::embedded(rules).expect("readable scenarios");
    let entry = catalog
        .entry(scenario)
        .expect("a scenario of the catalogue");
    let plan = Plan::of([entry.scenario.as_ref()], &Filter::default());
    let target = Target::named(sut, Path::new(env!("CARGO_BIN_EXE_otelbox"))).expect("a known SUT");
    let options = RunOptions {
        time: Some(RunTime::Real),
        ..RunOptions::default()
    };
    let mut reports = Vec::new();
    run(&plan, &target, rules, &options, &mut |event| {
        if let RunnerEvent::CellFinished(report) = event {
            reports.push(report);
        }
    })
    .expect("a run");
    reports
}

fn verdict(report: &CellReport, rule: &str) -> Option<VerdictKind> {
    report
        .results
        .iter()
        .find(|result| result.rule.as_str() == rule)
        .map(|result| result.verdict)
}

#[test]
fn the_reference_sdk_keeps_its_promises_over_real_sockets() {
    for report in reports("otelbox-sdk", "retry/unavailable-then-ok") {
        for rule in ["OTLP-RTY-001", "OTLP-RTY-005", "OBX-BCK-001", "OBX-FLS-001"] {
            assert_eq!(
                verdict(&report, rule),
                Some(VerdictKind::Passed),
                "{rule} in {}\n{:?}\n{}",
                report.cell,
                report.results,
                render(&report.timeline)
            );
        }
    }
}

#[test]
fn the_stock_stack_is_judged_by_the_specification_and_not_by_our_promises() {
    let reports = reports("opentelemetry-rust", "retry/unavailable-then-ok");
    assert_eq!(reports.len(), 9, "one cell for each signal and protocol");
    for report in reports {
        for rule in ["OTLP-RTY-001", "OTLP-RTY-005", "OTLP-TRN-011"] {
            assert_eq!(
                verdict(&report, rule),
                Some(VerdictKind::Passed),
                "{rule} in {}\n{:?}\n{}",
                report.cell,
                report.results,
                render(&report.timeline)
            );
        }
        assert_eq!(
            verdict(&report, "OBX-BCK-001"),
            Some(VerdictKind::NotApplicable)
        );
    }
}
