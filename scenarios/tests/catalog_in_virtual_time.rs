//! The whole catalogue on the reference SDK, in virtual time.

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::sync::Arc;

use otelbox::catalog::ScenarioCatalog;
use otelbox::judge::render;
use otelbox::plan::{Filter, Plan};
use otelbox::report::RunnerEvent;
use otelbox::rules::RuleCatalog;
use otelbox::run::{RunOptions, Target, run};
use otelbox::sut::OtelboxSdk;
use otelbox::verdict::{CellReport, VerdictKind};

/// Runs everything and returns the reports in the order in which they were told.
fn reports(options: &RunOptions) -> Vec<CellReport> {
    let rules = RuleCatalog::embedded().expect("readable rules");
    let catalog = ScenarioCatalog::embedded(rules).expect("readable scenarios");
    let plan = Plan::of(catalog.scenarios().map(AsRef::as_ref), &Filter::default());
    let target = Target::in_process(Arc::new(OtelboxSdk::honest()));
    let mut reports = Vec::new();
    run(&plan, &target, rules, options, &mut |event| {
        if let RunnerEvent::CellFinished(report) = event {
            reports.push(report);
        }
    })
    .expect("a run");
    assert!(
        reports
            .iter()
            .map(|report| &report.cell)
            .eq(plan.cells.iter().map(|cell| &cell.id)),
        "every cell is told once, in the order of the plan"
    );
    reports
}

#[test]
fn the_reference_sdk_fails_nothing_and_leaves_nothing_open() {
    let mut complaints = String::new();
    for report in reports(&RunOptions::default()) {
        let wrong: Vec<_> = report
            .results
            .iter()
            .filter(|result| {
                !matches!(
                    result.verdict,
                    VerdictKind::Passed | VerdictKind::NotApplicable
                )
            })
            .collect();
        if wrong.is_empty() {
            continue;
        }
        let _ = writeln!(complaints, "\n{}", report.cell);
        for result in wrong {
            let _ = writeln!(
                complaints,
                "  {} {}: expected {}; actual {}",
                result.verdict, result.rule, result.expected, result.actual
            );
        }
        complaints.push_str(&render(&report.timeline));
    }
    assert!(complaints.is_empty(), "{complaints}");
}

#[test]
fn the_same_seed_gives_the_same_timelines_whatever_the_number_of_threads() {
    let timelines = |jobs| {
        let options = RunOptions {
            jobs: NonZeroUsize::new(jobs),
            ..RunOptions::default()
        };
        reports(&options)
            .iter()
            .map(|report| render(&report.timeline))
            .collect::<Vec<_>>()
    };
    let (one, three) = (timelines(1), timelines(3));
    for (one, three) in one.iter().zip(&three) {
        assert_eq!(one, three);
    }
    assert_eq!(one.len(), three.len());
}
