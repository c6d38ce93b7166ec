//! One process for several cases: shell scripts that count what they are asked.
#![cfg(unix)]

use std::fs;
use std::path::Path;

use otelbox::catalog::ScenarioCatalog;
use otelbox::plan::{Filter, Plan};
use otelbox::report::RunnerEvent;
use otelbox::rules::RuleCatalog;
use otelbox::run::{RunOptions, Target, run};
use otelbox::sut::ProcessCommand;
use otelbox::verdict::{CellReport, Subject, VerdictKind};

/// A driver whose SDK exports nothing, and that writes what it is asked to `starts`, a line of `boot` for each process.
const SCRIPT: &str = r#"
echo boot >> "$0"
while read -r line; do
  case "$line" in
    *'"op":"hello"'*) echo '{"ok":true,"sdk":"shell","version":"1","language":"sh","capabilities":["traces","grpc"CLAIM]}' ;;
    *'"op":"reset"'*) echo 'otelbox: reset' >&2; echo '{"ok":true}' ;;
    *'"op":"start"'*) echo start >> "$0"; echo '{"ok":true}' ;;
    *) echo '{"ok":true}' ;;
  esac
done
"#;

/// Runs a scenario with six variants, one after another; returns the reports and what the driver wrote down.
fn reports(claim: &str, keys: &str) -> (Vec<CellReport>, String) {
    let rules = RuleCatalog::embedded().expect("readable rules");
    let variants = ["a", "b", "c", "d", "e", "f"].map(|name| format!("  {name}: {{}}\n"));
    let text = format!(
        "id: reuse/here\ntitle: t\nsignals: [traces]\nprotocols: [grpc]\n{keys}\nvariants:\n{}steps:\n  - emit: {{ items: 1 }}\nexpect:\n  - rule: OTLP-BSP-001\n    exports: {{ at_most: 0 }}\n",
        variants.concat()
    );
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("here.yaml");
    fs::write(&file, text).expect("written");
    let catalog = ScenarioCatalog::embedded(rules).expect("readable scenarios");
    let selectors = [file.display().to_string()];
    let scenarios = otelbox::select::select(&selectors, &catalog, rules).expect("a scenario");
    let plan = Plan::of(scenarios.iter().map(AsRef::as_ref), &Filter::default());
    let notes = directory.path().join("notes");
    let script = SCRIPT.replace("CLAIM", claim);
    let arguments = ["-c", &script, &notes.display().to_string()];
    let target = Target::driver("shell", ProcessCommand::new(Path::new("sh"), arguments));
    let options = RunOptions {
        jobs: std::num::NonZeroUsize::new(1),
        ..RunOptions::default()
    };
    let mut reports = Vec::new();
    run(&plan, &target, rules, &options, &mut |event| {
        if let RunnerEvent::CellFinished(report) = event {
            reports.push(report);
        }
    })
    .expect("a run");
    (reports, fs::read_to_string(notes).expect("notes"))
}

fn count(notes: &str, word: &str) -> usize {
    notes.lines().filter(|line| *line == word).count()
}

#[test]
fn a_driver_that_can_be_reset_serves_several_cases() {
    let (reports, notes) = reports(r#","reset""#, "");
    assert_eq!(reports.len(), 6);
    assert!(
        reports
            .iter()
            .flat_map(|report| &report.results)
            .all(|result| result.verdict == VerdictKind::Passed),
        "{reports:?}"
    );
    assert_eq!(count(&notes, "start"), 6, "{notes}");
    let processes = count(&notes, "boot");
    assert!((1..6).contains(&processes), "{processes} processes");
}

#[test]
fn a_driver_that_cannot_be_reset_gets_a_process_for_each_case() {
    let (_, notes) = reports("", "");
    assert_eq!(count(&notes, "start"), 6, "{notes}");
    // And one that was asked what it is.
    assert_eq!(count(&notes, "boot"), 7, "{notes}");
}

#[test]
fn a_scenario_can_ask_for_fresh_processes() {
    let (_, notes) = reports(r#","reset""#, "process: fresh");
    assert_eq!(count(&notes, "start"), 6, "{notes}");
    assert_eq!(count(&notes, "boot"), 7, "{notes}");
}

/// Runs one cell that flushes, with a driver that does as `flush` says when it is asked to; others follow it.
fn judged(flush: &str) -> Vec<CellReport> {
    let rules = RuleCatalog::embedded().expect("readable rules");
    let script = format!(
        r#"while read -r line; do
          case "$line" in
            *'"op":"hello"'*) {HELLO} ;;
            *'"op":"force_flush"'*) {flush} ;;
            *) echo '{{"ok":true}}' ;;
          esac
        done"#
    );
    let text = "id: bad/driver\ntitle: t\nsignals: [traces, logs]\nprotocols: [grpc]\nsteps:\n  - emit: { items: 1 }\n  - force_flush: {}\nexpect:\n  - rule: OTLP-BSP-001\n    exports: { at_most: 0 }\n";
    let scenario = serde_saphyr::from_str(text).expect("a scenario");
    let plan = Plan::of([&scenario], &Filter::default());
    let mut command = ProcessCommand::new(Path::new("sh"), ["-c", &script]);
    command.patience = std::time::Duration::from_secs(1);
    let target = Target::driver("shell", command);
    let mut reports = Vec::new();
    run(
        &plan,
        &target,
        rules,
        &RunOptions::default(),
        &mut |event| {
            if let RunnerEvent::CellFinished(report) = event {
                reports.push(report);
            }
        },
    )
    .expect("a run");
    assert_eq!(reports.len(), 2, "every cell has a report");
    reports
}

/// The verdict of `rule` in the cell of spans, and of the rule that the scenario expects.
fn verdicts(reports: &[CellReport], rule: &str) -> Vec<VerdictKind> {
    let of = |rule: &str| {
        let mut results = reports[0].results.iter();
        results
            .find(|result| result.rule.as_str() == rule)
            .map(|result| result.verdict)
    };
    [of(rule), of("OTLP-BSP-001")]
        .into_iter()
        .flatten()
        .collect()
}

const HELLO: &str = r#"echo '{"ok":true,"sdk":"shell","version":"1","language":"sh","capabilities":["traces","logs","grpc"]}'"#;

#[test]
fn a_call_that_does_not_return_is_evidence_about_the_sdk() {
    let reports = judged("read -r nothing");
    assert_eq!(
        verdicts(&reports, "OTLP-RTY-010"),
        [VerdictKind::Failed, VerdictKind::NotApplicable]
    );
    assert_eq!(reports[0].observations[0].subject, Subject::UnboundedWait);
    assert_eq!(reports[0].observations[0].value, "force_flush");
}

#[test]
fn a_crash_is_the_end_of_its_case_and_of_no_other() {
    let reports = judged("exit 3");
    assert_eq!(
        verdicts(&reports, "OTLP-LIF-004"),
        [VerdictKind::Failed, VerdictKind::Inconclusive]
    );
}

#[test]
fn nonsense_is_the_fault_of_the_driver() {
    let reports = judged("echo nonsense");
    assert_eq!(verdicts(&reports, "OTLP-RTY-010"), [VerdictKind::NotRun]);
}

#[test]
fn a_driver_that_floods_standard_error_is_judged_all_the_same() {
    let flood = r#"yes 'a line that says little' | head -c 2000000 >&2; echo '{"ok":true}'"#;
    let reports = judged(flood);
    assert_eq!(verdicts(&reports, "OTLP-RTY-010"), [VerdictKind::Passed]);
}

#[test]
fn a_driver_that_does_not_say_hello_is_no_evidence_about_an_sdk() {
    let rules = RuleCatalog::embedded().expect("readable rules");
    let mut command = ProcessCommand::new(Path::new("sh"), ["-c", "read a; read b"]);
    command.patience = std::time::Duration::from_secs(1);
    let target = Target::driver("shell", command);
    let scenario = serde_saphyr::from_str(
        "id: bad/driver\ntitle: t\nsignals: [traces]\nprotocols: [grpc]\ntime: real\nsteps:\n  - emit: { items: 1 }\n",
    )
    .expect("a scenario");
    let plan = Plan::of([&scenario], &Filter::default());
    let error = run(&plan, &target, rules, &RunOptions::default(), &mut |_| {})
        .expect_err("nothing can be run");
    assert_eq!(error.to_string(), "could not run shell");
}
