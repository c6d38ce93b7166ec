//! The reports of one made-up run.

use std::time::{Duration, SystemTime};

use otelbox::plan::CellId;
use otelbox::report::{
    ReportDirectory, RunFinished, RunReport, RunStarted, RunTime, RunnerEvent, SutDescription,
    html, human, json, junit, markdown,
};
use otelbox::rules::Level;
use otelbox::scenario::{Protocol, RuleId, ScenarioId, Signal};
use otelbox::verdict::{
    Attempt, CellReport, LedgerEntry, Observation, RuleResult, Subject, TimelineEntry,
    TimelineKind, VerdictKind,
};

fn cell(scenario: &str, variant: Option<&str>) -> CellId {
    CellId {
        scenario: ScenarioId::from(scenario),
        signal: Signal::Metrics,
        protocol: Protocol::Grpc,
        variant: variant.map(str::to_owned),
    }
}

fn result(
    rule: &str,
    level: Level,
    cell: &CellId,
    verdict: VerdictKind,
    actual: &str,
) -> RuleResult {
    RuleResult {
        rule: RuleId::from(rule),
        level,
        cell: cell.clone(),
        verdict,
        requirement: "gRPC UNAVAILABLE (14) is retried, which is said at such a length here that it has to be wrapped.".into(),
        expected: "another attempt of export 1 after UNAVAILABLE".to_owned(),
        actual: actual.to_owned(),
    }
}

fn attempt(at: u64, attempt: u32, answer: &str, fault: Option<&str>) -> Attempt {
    Attempt {
        at: Duration::from_millis(at),
        connection: 1,
        signal: Some(Signal::Metrics),
        export: Some(1),
        attempt,
        items: Some(10),
        bytes: 212,
        fault: fault.map(str::to_owned),
        answer: answer.to_owned(),
        acknowledged: answer == "OK",
        deadline: Some(Duration::from_secs(10)),
        completed_at: Some(Duration::from_millis(at + 2)),
    }
}

fn entry(at: u64, kind: TimelineKind, text: &str) -> TimelineEntry {
    TimelineEntry {
        at: Duration::from_millis(at),
        kind,
        text: text.to_owned(),
        until: None,
        limit: None,
    }
}

fn good_report(good: &CellId) -> CellReport {
    CellReport {
        cell: good.clone(),
        title: "an UNAVAILABLE export is retried and delivered once".into(),
        results: vec![
            result(
                "OTLP-GRC-014",
                Level::Should,
                good,
                VerdictKind::Passed,
                "2 attempts, at 0 s and 1.043 s",
            ),
            result(
                "OTLP-RTY-005",
                Level::Should,
                good,
                VerdictKind::Passed,
                "the same payload twice",
            ),
        ],
        observations: vec![Observation {
            subject: Subject::FirstDelay,
            cell: good.clone(),
            value: "1.043s".to_owned(),
            evidence: "export 1, attempts 1 and 2".to_owned(),
        }],
        looked_for: Subject::HARMS.to_vec(),
        attempts: vec![
            attempt(0, 1, "UNAVAILABLE", Some("once")),
            attempt(1_043, 2, "OK", None),
        ],
        ledger: vec![],
        timeline: vec![],
        elapsed: Duration::from_micros(700),
    }
}

fn bad_report(bad: &CellId) -> CellReport {
    CellReport {
        cell: bad.clone(),
        title: "shutdown during a backoff".into(),
        results: vec![
            result(
                "OTLP-GRC-014",
                Level::Should,
                bad,
                VerdictKind::Failed,
                "one attempt, and no other",
            ),
            result(
                "OBX-SHD-003",
                Level::Must,
                bad,
                VerdictKind::Failed,
                "shutdown took 8 s",
            ),
            result(
                "OTLP-RTY-005",
                Level::Should,
                bad,
                VerdictKind::Inconclusive,
                "no export was retried",
            ),
            result(
                "OTLP-PMR-011",
                Level::Should,
                bad,
                VerdictKind::NotApplicable,
                "the driver cannot shut down",
            ),
        ],
        observations: vec![],
        looked_for: vec![],
        attempts: vec![attempt(0, 1, "UNAVAILABLE", Some("fault-1"))],
        ledger: vec![LedgerEntry {
            instrument: "otelbox.items".to_owned(),
            sent: 50.0,
            received: 20.0,
            repeated: 0.0,
        }],
        timeline: vec![
            entry(0, TimelineKind::Connection, "connection 1 opened"),
            entry(
                0,
                TimelineKind::Attempt,
                "export 1, attempt 1: 10 items, 212 bytes; UNAVAILABLE (fault-1)",
            ),
            entry(500, TimelineKind::Step, "shutdown, time limit 5s"),
            entry(8_000, TimelineKind::Step, "shutdown: timeout after 7.5 s"),
        ],
        elapsed: Duration::from_micros(300),
    }
}

fn made_up_run() -> RunReport {
    let good = cell("retry/unavailable-then-ok", None);
    let bad = cell("shutdown/during-backoff", Some("delta"));
    let mut run = RunReport::default();
    let events = [
        RunnerEvent::RunStarted(RunStarted {
            sut: SutDescription {
                name: "otelbox-sdk".to_owned(),
                version: Some("0.1.0".to_owned()),
                language: Some("rust".to_owned()),
            },
            started: SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000),
            cells: 2,
            seed: 0,
            time: RunTime::Virtual,
        }),
        RunnerEvent::CellFinished(good_report(&good)),
        RunnerEvent::CellFinished(bad_report(&bad)),
        RunnerEvent::RunFinished(RunFinished {
            elapsed: Duration::from_millis(12),
            interrupted: false,
        }),
    ];
    for event in events {
        run.take(event);
    }
    run
}

#[test]
fn for_people() {
    insta::assert_snapshot!(anstream::adapter::strip_str(&human(&made_up_run(), None)).to_string());
}

#[test]
fn on_a_narrow_terminal_the_evidence_of_a_rule_is_cut() {
    let text = anstream::adapter::strip_str(&human(&made_up_run(), Some(60))).to_string();
    let line = text
        .lines()
        .find(|line| line.contains("OTLP-GRC-014"))
        .expect("the rule");
    assert_eq!(line.chars().count(), 60, "{line}");
    assert!(line.ends_with('\u{2026}'), "{line}");
}

#[test]
fn variants_that_differ_in_their_losses_are_set_side_by_side() {
    let mut run = made_up_run();
    let mut other = bad_report(&cell("shutdown/during-backoff", Some("cumulative")));
    other.results.clear();
    other.ledger[0].received = 50.0;
    run.take(RunnerEvent::CellFinished(other));
    let text = anstream::adapter::strip_str(&human(&run, None)).to_string();
    let table: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.starts_with("Ledger"))
        .take(3)
        .collect();
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn as_json() {
    insta::assert_json_snapshot!(json(&made_up_run()));
}

#[test]
fn as_junit() {
    insta::assert_snapshot!(junit(&made_up_run()).expect("XML"));
}

#[test]
fn as_markdown() {
    insta::assert_snapshot!(markdown(&[made_up_run()]));
}

/// A run in which everything that comes from elsewhere tries to get out of the report that it is in.
fn hostile_run() -> RunReport {
    const HOSTILE: &str =
        "</script></details><!-- <img src=x onerror=alert(1)> {{script}} ``` | \u{2028}";
    let mut run = made_up_run();
    let cell = &mut run.cells[1];
    cell.timeline.push(entry(9_000, TimelineKind::Log, HOSTILE));
    HOSTILE.clone_into(&mut cell.attempts[0].answer);
    HOSTILE.clone_into(&mut cell.results[0].actual);
    HOSTILE.clone_into(&mut run.started.sut.name);
    run
}

#[test]
fn nothing_gets_out_of_the_data_of_the_page() {
    let page = html(&[hostile_run()]);
    assert_eq!(page.matches("</script>").count(), 2, "data and script");
    assert!(!page.contains("<img"), "{page}");
    assert_eq!(page.matches("<!--").count(), 0);
    let (_, data) = page
        .split_once("type=\"application/json\">")
        .expect("the data");
    let (data, _) = data.split_once("</script>").expect("the end of the data");
    let data: serde_json::Value = serde_json::from_str(data).expect("JSON");
    let texts = data["texts"].as_array().expect("texts");
    let answer = &hostile_run().cells[1].attempts[0].answer;
    assert!(
        texts.iter().any(|text| text == answer.as_str()),
        "as it came"
    );
}

#[test]
fn nothing_gets_out_of_its_place_in_markdown() {
    let text = markdown(&[hostile_run()]);
    let outside_of_code: Vec<&str> = text.split("````").step_by(2).collect();
    for part in outside_of_code {
        assert!(
            !part.contains("<img") && !part.contains("</script>"),
            "{part}"
        );
    }
}

#[test]
fn the_page_names_no_address_and_its_policy_allows_none() {
    let page = html(&[made_up_run()]);
    let page = page.replace("http://www.w3.org/2000/svg", "");
    let addresses: Vec<_> = page.match_indices("://").collect();
    assert_eq!(addresses, []);
    assert!(
        page.contains("content=\"default-src 'none'; img-src data:;"),
        "{page}"
    );
}

#[test]
fn what_runs_of_several_systems_under_test_say_is_set_side_by_side() {
    let mut other = made_up_run();
    other.started.sut.name = "opentelemetry-rust".to_owned();
    other.cells.remove(1);
    let runs = [made_up_run(), other];
    let text = markdown(&runs);
    assert!(
        text.contains("| rule | otelbox-sdk 0.1.0 | opentelemetry-rust 0.1.0 |"),
        "{text}"
    );
    assert!(html(&runs).contains("<title>otelbox: otelbox-sdk, opentelemetry-rust</title>"));
}

#[test]
fn an_interrupted_run_says_so() {
    let mut run = made_up_run();
    run.take(RunnerEvent::RunFinished(RunFinished {
        elapsed: Duration::ZERO,
        interrupted: true,
    }));
    let text = anstream::adapter::strip_str(&human(&run, None)).to_string();
    assert!(text.contains("Interrupted after 2 of 2 cells"), "{text}");
    assert_eq!(run.exit_code(false).number(), 130);
}

#[test]
fn the_directory_gets_all_reports_and_nothing_else() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("new");
    ReportDirectory::open(&path)
        .expect("writable")
        .write(&made_up_run())
        .expect("written");
    let mut names: Vec<_> = std::fs::read_dir(&path)
        .expect("a directory")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    let expected = [
        "junit.xml",
        "report.html",
        "report.json",
        "report.txt",
        "summary.md",
    ];
    assert_eq!(names, expected);
}

#[test]
fn a_directory_that_cannot_be_made_is_an_error_before_anything_is_run() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("file");
    std::fs::write(&file, "").expect("a file");
    let error = ReportDirectory::open(file.join("reports")).expect_err("not a directory");
    assert!(
        error.to_string().starts_with("cannot write the report to "),
        "{error}"
    );
}

/// The made-up run three times; in the second, a rule that failed before passes, and another is not judged.
fn unstable_run() -> RunReport {
    let mut run = made_up_run();
    let cells = run.cells.clone();
    for _ in 0..2 {
        for cell in &cells {
            run.take(RunnerEvent::CellFinished(cell.clone()));
        }
    }
    let changed = &mut run.cells[3].results;
    changed[0].verdict = VerdictKind::Passed;
    changed.remove(2);
    run
}

#[test]
fn a_verdict_that_changes_over_repeats_is_told_as_unstable() {
    let run = unstable_run();
    let counts: Vec<String> = run
        .stability()
        .iter()
        .map(|counted| format!("{} {}: {counted}", counted.stable, counted.rule))
        .collect();
    assert_eq!(
        counts,
        [
            "true OTLP-GRC-014: passed 3 of 3",
            "true OTLP-RTY-005: passed 3 of 3",
            "false OTLP-GRC-014: failed 2 of 3, passed 1 of 3",
            "true OBX-SHD-003: failed 3 of 3",
            "false OTLP-RTY-005: inconclusive 2 of 3, not judged 1 of 3",
            "true OTLP-PMR-011: not applicable 3 of 3",
        ]
    );
    let text = anstream::adapter::strip_str(&human(&run, None)).to_string();
    let lines: Vec<&str> = text
        .lines()
        .skip_while(|line| *line != "Unstable")
        .take(5)
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
    let last = text.lines().last().expect("a summary");
    assert!(
        last.contains(" in 2 cells of 2 scenarios, each run 3 times, on otelbox-sdk "),
        "{last}"
    );
    let page = markdown(std::slice::from_ref(&run));
    let rows: Vec<&str> = page
        .lines()
        .skip_while(|line| *line != "### Unstable")
        .take(6)
        .collect();
    insta::assert_snapshot!("unstable_in_markdown", rows.join("\n"));
    let report = json(&run);
    assert_eq!(report.stability, run.stability());
    let repeats: Vec<_> = report.results.iter().map(|result| result.repeat).collect();
    assert_eq!(repeats.first(), Some(&Some(1)));
    assert_eq!(repeats.last(), Some(&Some(3)));
}
