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
use otelbox::verdict::{CellReport, VerdictKind};

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
