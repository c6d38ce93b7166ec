//! What is said about each of the programs.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::Trial;
use otelbox::catalog::ScenarioCatalog;
use otelbox::plan::{Filter, Plan};
use otelbox::report::RunnerEvent;
use otelbox::rules::RuleCatalog;
use otelbox::run::{Recording, RunOptions, Target, run};
use otelbox::scenario::{Protocol, Signal};
use otelbox::sut::ProcessCommand;
use otelbox::verdict::{CellReport, Subject, VerdictKind};

use super::{BE, trial};

pub(super) fn trials() -> Vec<Trial> {
    vec![
        trial("a_good_program_passes", a_good_program_passes),
        trial("who_never_retries_fails", who_never_retries_fails),
        trial("who_stops_exporting_fails", who_stops_exporting_fails),
        trial("who_dies_in_an_outage_fails", who_dies_in_an_outage_fails),
        trial("who_ignores_sigterm_fails", who_ignores_sigterm_fails),
        trial("a_flood_blocks_nobody", a_flood_blocks_nobody),
        trial(
            "who_crashes_at_once_is_not_run",
            who_crashes_at_once_is_not_run,
        ),
        trial(
            "who_exports_nothing_is_not_run",
            who_exports_nothing_is_not_run,
        ),
        trial("who_ends_by_itself_may_do_so", who_ends_by_itself_may_do_so),
        trial(
            "other_signals_and_stories_are_not_applicable",
            others_are_not_applicable,
        ),
    ]
}

/// A story in short, for programs of which it is known how it ends.
const SHORT: &str = "id: program/here
title: t
signals: [metrics, traces, logs]
protocols: [http/json]
time: real
steps:
  - wait_for: { exports: 1 }
  - faults: [{ name: outage, when: {}, then: { http: 503 } }]
  - wait: 1s
  - faults: []
  - wait_for: { accepted: 1, anew: true, within: 3s }
  - terminate: { within: 2s }
expect:
  - { rule: OBX-PRG-001, program: { lives_on: true } }
  - { rule: OBX-PRG-002, program: { exports_again: true } }
  - { rule: OBX-PRG-003, program: { ends_in_time: true } }
";

struct Judged {
    reports: Vec<CellReport>,
    recordings: Vec<Arc<Recording>>,
}

impl Judged {
    /// Runs the program `name` through `selectors`, or through [`SHORT`] where there are none.
    fn of(name: &str, selectors: &[&str], signal: Signal, protocol: Protocol) -> Self {
        let rules = RuleCatalog::embedded().expect("readable rules");
        let catalog = ScenarioCatalog::embedded(rules).expect("readable scenarios");
        let directory = tempfile::tempdir().expect("a directory");
        let short = directory.path().join("here.yaml");
        fs::write(&short, SHORT).expect("written");
        let mut selectors: Vec<String> = selectors.iter().map(ToString::to_string).collect();
        if selectors.is_empty() {
            selectors.push(short.display().to_string());
        }
        let scenarios = otelbox::select::select(&selectors, &catalog, rules).expect("scenarios");
        let filter = Filter {
            signals: vec![signal],
            protocols: vec![protocol],
        };
        let plan = Plan::of(scenarios.iter().map(AsRef::as_ref), &filter);
        assert!(!plan.is_empty());
        let program = std::env::current_exe().expect("this program");
        let command = ProcessCommand::new(program, [BE, name]);
        let target = Target::program(name, command).with_patience(Duration::from_secs(20));
        let mut judged = Self {
            reports: Vec::new(),
            recordings: Vec::new(),
        };
        run(
            &plan,
            &target,
            rules,
            &RunOptions::default(),
            &mut |event| match event {
                RunnerEvent::CellRecorded(cell) => judged.recordings.push(cell.recording),
                RunnerEvent::CellFinished(report) => judged.reports.push(report),
                RunnerEvent::RunStarted(_) | RunnerEvent::RunFinished(_) => {}
            },
        )
        .expect("a run");
        judged
    }

    /// Of a program that writes HTTP by hand.
    fn by_hand(name: &str, selectors: &[&str]) -> Self {
        Self::of(name, selectors, Signal::Traces, Protocol::HttpJson)
    }

    /// Every verdict on a rule, with what was seen, one for each cell that has it.
    fn of_rule(&self, rule: &str) -> Vec<(VerdictKind, &str)> {
        self.reports
            .iter()
            .flat_map(|report| &report.results)
            .filter(|result| result.rule.as_str() == rule)
            .map(|result| (result.verdict, result.actual.as_str()))
            .collect()
    }

    #[track_caller]
    fn is(&self, rule: &str, verdict: VerdictKind) -> &str {
        let seen = self.of_rule(rule);
        assert!(!seen.is_empty(), "{rule} is not judged");
        assert!(
            seen.iter().all(|(is, _)| *is == verdict),
            "{rule}: {seen:?}"
        );
        seen[0].1
    }

    fn observed(&self, subject: &Subject) -> String {
        self.reports
            .iter()
            .flat_map(|report| &report.observations)
            .find(|seen| seen.subject == *subject)
            .map(|seen| seen.value.clone())
            .unwrap_or_default()
    }
}

fn a_good_program_passes() {
    let stories = [
        "program/outage",
        "program/retry",
        "program/end-without-receiver",
    ];
    let judged = Judged::of("good", &stories, Signal::Traces, Protocol::Grpc);
    assert_eq!(judged.reports.len(), 3);
    let failed: Vec<_> = judged
        .reports
        .iter()
        .flat_map(|report| &report.results)
        .filter(|result| result.verdict == VerdictKind::Failed)
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    judged.is("OBX-PRG-001", VerdictKind::Passed);
    judged.is("OBX-PRG-002", VerdictKind::Passed);
    judged.is("OBX-PRG-003", VerdictKind::Passed);
    judged.is("OTLP-RTY-001", VerdictKind::Passed);
    assert!(
        judged
            .observed(&Subject::EndOfProgram)
            .starts_with("exit status: 0")
    );
    // What was to be emitted nobody knows, so nothing is said to be lost.
    assert!(judged.reports.iter().all(|report| report.ledger.is_empty()));
    assert_ne!(judged.observed(&Subject::Acknowledged), "0 spans");
}

fn who_never_retries_fails() {
    let judged = Judged::by_hand("never-retries", &["program/retry"]);
    let seen = judged.is("OTLP-RTY-001", VerdictKind::Failed);
    assert_eq!(seen, "0 of 1 failed export retried");
    judged.is("OBX-PRG-001", VerdictKind::Passed);
}

fn who_stops_exporting_fails() {
    let judged = Judged::by_hand("stops-exporting", &[]);
    judged.is("OBX-PRG-001", VerdictKind::Passed);
    let seen = judged.is("OBX-PRG-002", VerdictKind::Failed);
    assert!(seen.contains("no export came"), "{seen}");
}

fn who_dies_in_an_outage_fails() {
    let judged = Judged::by_hand("dies", &[]);
    let seen = judged.is("OBX-PRG-001", VerdictKind::Failed);
    assert!(seen.contains("exit status: 1"), "{seen}");
    // Nobody told it to end, and it is not blamed twice.
    judged.is("OBX-PRG-002", VerdictKind::Inconclusive);
    judged.is("OBX-PRG-003", VerdictKind::Inconclusive);
}

fn who_ignores_sigterm_fails() {
    let judged = Judged::by_hand("ignores-sigterm", &[]);
    if cfg!(unix) {
        let seen = judged.is("OBX-PRG-003", VerdictKind::Failed);
        assert!(seen.contains("had to be killed"), "{seen}");
        assert_eq!(judged.observed(&Subject::EndOfProgram), "killed");
    }
    judged.is("OBX-PRG-002", VerdictKind::Passed);
}

fn a_flood_blocks_nobody() {
    let judged = Judged::by_hand("floods", &[]);
    judged.is("OBX-PRG-001", VerdictKind::Passed);
    judged.is("OBX-PRG-002", VerdictKind::Passed);
    judged.is("OBX-PRG-003", VerdictKind::Passed);
    let log = &judged.recordings[0].log;
    let kept: usize = log.iter().map(|line| line.text.len()).sum();
    assert!(kept < 128 * 1024, "{kept} bytes");
    assert!(log[0].text.contains("too many to keep"), "{}", log[0].text);
}

fn who_crashes_at_once_is_not_run() {
    let judged = Judged::by_hand("crashes", &[]);
    let seen = judged.is("OBX-PRG-001", VerdictKind::NotRun);
    for part in [
        "exit status: 3",
        "before it had exported anything",
        "no such configuration",
    ] {
        assert!(seen.contains(part), "{seen}");
    }
}

fn who_exports_nothing_is_not_run() {
    let judged = Judged::by_hand("exports-nothing", &[]);
    for rule in ["OBX-PRG-001", "OBX-PRG-002", "OBX-PRG-003"] {
        let seen = judged.is(rule, VerdictKind::NotRun);
        for part in [
            "nothing was exported",
            "OTEL_EXPORTER_OTLP_ENDPOINT?",
            "listening on port",
        ] {
            assert!(seen.contains(part), "{seen}");
        }
    }
}

fn who_ends_by_itself_may_do_so() {
    let judged = Judged::by_hand("ends-by-itself", &[]);
    let seen = judged.is("OBX-PRG-001", VerdictKind::NotApplicable);
    assert!(seen.contains("as it does without faults"), "{seen}");
    judged.is("OBX-PRG-003", VerdictKind::NotApplicable);
}

fn others_are_not_applicable() {
    // One program for both: it sends traces only, and cannot be told to emit.
    let judged = Judged::of("never-retries", &[], Signal::Logs, Protocol::HttpJson);
    let seen = judged.is("OBX-PRG-001", VerdictKind::NotApplicable);
    assert!(seen.contains("exported traces only"), "{seen}");
    let judged = Judged::by_hand("never-retries", &["retry/unavailable-then-ok"]);
    let seen = judged.is("OTLP-RTY-001", VerdictKind::NotApplicable);
    assert!(seen.contains("cannot be told to do `emit`"), "{seen}");
}
