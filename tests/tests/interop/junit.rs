//! The `JUnit` report, read by a parser that nobody here wrote (`tests/interop/python/read_junit.py`).

use std::fs;
use std::time::Duration;

use libtest_mimic::Trial;
use otelbox::plan::CellId;
use otelbox::report::{RunReport, RunnerEvent, junit};
use otelbox::rules::Level;
use otelbox::scenario::{Protocol, RuleId, ScenarioId, Signal};
use otelbox::verdict::{CellReport, RuleResult, VerdictKind};
use otelbox_tests::{Need, Tool};
use serde_json::{Value, json};

use crate::block_on;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/interop/python/read_junit.py");

/// What XML cannot hold, and what it must escape.
const HOSTILE: &str = "\u{1b}[2J\u{0}\u{ffff} ]]> </failure> & \"quoted\"";

pub(crate) fn trials() -> Vec<Trial> {
    vec![Need::Python.trial("a_junit_report_is_read_with_every_verdict", reads)]
}

/// One cell with a result of each verdict.
fn cell() -> CellReport {
    let id = CellId {
        scenario: ScenarioId::from("retry/made-up"),
        signal: Signal::Logs,
        protocol: Protocol::HttpJson,
        variant: Some("gzip".to_owned()),
    };
    let result = |verdict: &VerdictKind| RuleResult {
        rule: RuleId::from(format!("OTLP-{verdict:?}").as_str()),
        level: Level::Must,
        cell: id.clone(),
        verdict: *verdict,
        requirement: "a requirement".into(),
        expected: "something else".to_owned(),
        actual: format!("because {verdict} {HOSTILE}"),
    };
    CellReport {
        results: VerdictKind::ALL.iter().map(result).collect(),
        cell: id,
        title: "made up".into(),
        observations: Vec::new(),
        looked_for: Vec::new(),
        ledger: Vec::new(),
        attempts: Vec::new(),
        timeline: Vec::new(),
        elapsed: Duration::from_millis(3),
    }
}

fn reads(python: &Tool) {
    let mut report = RunReport::default();
    report.take(RunnerEvent::CellFinished(cell()));
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("junit.xml");
    fs::write(&file, junit(&report).expect("XML")).expect("written");
    let finished = block_on(python.run([SCRIPT.as_ref(), file.as_os_str()]));
    finished.assert_success();
    let read: Value = serde_json::from_str(&finished.stdout).expect("JSON");

    let expected = json!({"tests": 6, "failures": 1, "errors": 1, "skipped": 3});
    assert_eq!(read["counts"], expected);
    assert_eq!(read["counted"], expected);
    let kinds: Vec<&Value> = (0..6)
        .map(|case| &read["cases"][case]["results"][0]["kind"])
        .collect();
    let nothing = Value::Null;
    assert_eq!(
        kinds,
        [
            &nothing,
            &json!("Failure"),
            &json!("Skipped"),
            &json!("Error"),
            &json!("Skipped"),
            &json!("Skipped"),
        ]
    );
    for (case, verdict) in VerdictKind::ALL.iter().enumerate().skip(1) {
        let result = &read["cases"][case]["results"][0];
        assert_eq!(result["type"], verdict.to_string());
        let message = result["message"].as_str().expect("a message");
        assert!(
            message.starts_with(&format!("because {verdict}")),
            "{message}"
        );
        assert!(
            message.ends_with("]]> </failure> & \"quoted\""),
            "{message}"
        );
    }
    let failed = &read["cases"][1];
    assert_eq!(failed["suite"], "retry/made-up");
    assert_eq!(failed["class"], "retry/made-up");
    assert_eq!(failed["name"], "OTLP-Failed [logs, http/json, gzip]");
    let text = failed["results"][0]["text"].as_str().expect("the evidence");
    assert!(text.contains("Expected: something else"), "{text}");
}
