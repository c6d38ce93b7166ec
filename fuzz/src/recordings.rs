//! Recordings of runs.

use std::sync::LazyLock;

use otelbox::known_failures::KnownFailures;
use otelbox::record::{CellSelectors, RecordedRun, replay};
use otelbox::report::{human, json, junit, markdown};
use otelbox::rules::RuleCatalog;

/// Columns of a terminal.
const COLUMNS: usize = 80;

static KNOWN_FAILURES: LazyLock<KnownFailures> =
    LazyLock::new(|| KnownFailures::embedded("opentelemetry-python").expect("known failures"));

/// A recording, read, judged and reported.
///
/// # Panics
///
/// Only where something in between does.
pub fn recordings(bytes: &[u8]) {
    let rules = RuleCatalog::embedded().expect("the rules");
    let Ok(mut run) = RecordedRun::read("run.jsonl", bytes) else {
        return;
    };
    let mut all = CellSelectors::default();
    let Ok(replayed) = replay(&mut run, &mut all, &KNOWN_FAILURES, rules) else {
        return;
    };
    let report = replayed.report;
    human(&report, Some(COLUMNS));
    markdown(std::slice::from_ref(&report));
    serde_json::to_string(&json(&report)).expect("a report is JSON");
    junit(&report).expect("a report is XML");
}
