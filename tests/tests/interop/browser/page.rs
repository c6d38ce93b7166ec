//! The page that is looked at: two runs of real stories, the second changed so that it fails, and is hostile.

use std::collections::HashSet;
use std::fs;
use std::sync::Arc;

use otelbox::catalog::ScenarioCatalog;
use otelbox::plan::{Filter, Plan};
use otelbox::report::{RunReport, RunTime, html};
use otelbox::rules::RuleCatalog;
use otelbox::run::{RunOptions, Target, run};
use otelbox::sut::OtelboxSdk;
use otelbox::verdict::{CellReport, TimelineEntry, TimelineKind, VerdictKind};
use tempfile::TempDir;

/// What a system under test, or whoever speaks to the receiver, might say.
pub(super) const HOSTILE: &str = "</script></td><img src=x onerror=\"window.brokenOut = 1\"><script>window.brokenOut = 1</script>";

pub(super) struct Page {
    runs: [RunReport; 2],
    directory: TempDir,
}

impl Page {
    pub(super) fn new() -> Self {
        let honest = stories();
        let mut other = honest.clone();
        "other-sdk".clone_into(&mut other.started.sut.name);
        let cell = other
            .cells
            .iter_mut()
            .max_by_key(|cell| cell.attempts.len())
            .expect("a cell");
        let result = cell.results.first_mut().expect("a result");
        result.verdict = VerdictKind::Failed;
        HOSTILE.clone_into(&mut result.actual);
        cell.timeline.push(TimelineEntry {
            at: cell.timeline.last().expect("a timeline").at,
            kind: TimelineKind::Log,
            text: HOSTILE.to_owned(),
            until: None,
            limit: None,
        });
        let page = Self {
            runs: [honest, other],
            directory: tempfile::tempdir().expect("a directory"),
        };
        fs::write(page.directory.path().join("report.html"), html(&page.runs)).expect("written");
        page
    }

    /// Where a browser finds it.
    pub(super) fn address(&self) -> String {
        let file = self.directory.path().join("report.html");
        format!("file://{}", file.display())
    }

    /// How many rules were judged.
    pub(super) fn rules(&self) -> usize {
        let cells = self.runs.iter().flat_map(|run| &run.cells);
        let rules: HashSet<_> = cells
            .flat_map(|cell| &cell.results)
            .map(|result| &result.rule)
            .collect();
        rules.len()
    }

    /// The name of a system under test with its version.
    pub(super) fn sut(&self, run: usize) -> String {
        let sut = &self.runs[run].started.sut;
        format!(
            "{} {}",
            sut.name,
            sut.version.as_deref().unwrap_or_default()
        )
    }

    /// The cell that was made to fail.
    pub(super) fn failed_cell(&self) -> &CellReport {
        let failed = |cell: &&CellReport| {
            cell.results
                .iter()
                .any(|result| result.verdict == VerdictKind::Failed)
        };
        self.runs[1].cells.iter().find(failed).expect("a failure")
    }
}

/// The stories of retries, told by the reference SDK in virtual time.
fn stories() -> RunReport {
    let rules = RuleCatalog::embedded().expect("rules");
    let catalog = ScenarioCatalog::embedded(rules).expect("scenarios");
    let scenarios = catalog
        .scenarios()
        .filter(|scenario| scenario.id.topic() == "retry");
    let plan = Plan::of(scenarios.map(AsRef::as_ref), &Filter::default());
    let options = RunOptions {
        time: Some(RunTime::Virtual),
        ..RunOptions::default()
    };
    let target = Target::in_process(Arc::new(OtelboxSdk::honest()));
    let mut report = RunReport::default();
    run(&plan, &target, rules, &options, &mut |event| {
        report.take(event);
    })
    .expect("a run");
    report
}
