//! Runs that are recorded, read again and judged again.

use std::fs;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

use otelbox::catalog::ScenarioCatalog;
use otelbox::known_failures::KnownFailures;
use otelbox::plan::{Filter, Plan};
use otelbox::record::{
    CellSelectors, RecordedRun, RecordingErrorKind, Replay, RunWriter, Scope, replay,
};
use otelbox::report::{RunReport, RunnerEvent};
use otelbox::rules::RuleCatalog;
use otelbox::run::{Recording, RunOptions, Target, run};
use otelbox::scenario::Scenario;
use otelbox::sut::OtelboxSdk;

/// Runs the scenarios that `chosen` takes, `repeat` times, with a recording at `path`; returns the report, and what was
/// seen in the order in which it was told.
fn recorded(
    path: &Path,
    repeat: u32,
    chosen: impl Fn(&Scenario) -> bool,
) -> (RunReport, Vec<Arc<Recording>>) {
    let rules = RuleCatalog::embedded().expect("readable rules");
    let catalog = ScenarioCatalog::embedded(rules).expect("readable scenarios");
    let scenarios = catalog.scenarios().map(AsRef::as_ref);
    let plan = Plan::of(
        scenarios.filter(|scenario| chosen(scenario)),
        &Filter::default(),
    );
    let repeat = NonZeroU32::new(repeat).expect("once or more");
    let mut writer =
        RunWriter::create(path, Scope::new(&plan, None, repeat)).expect("a writable file");
    let target = Target::in_process(Arc::new(OtelboxSdk::honest()));
    let mut report = RunReport::default();
    let mut recordings = Vec::new();
    for _ in 0..repeat.get() {
        run(
            &plan,
            &target,
            rules,
            &RunOptions::default(),
            &mut |event| {
                writer.take(&event);
                if let RunnerEvent::CellRecorded(cell) = &event {
                    recordings.push(Arc::clone(&cell.recording));
                }
                report.take(event);
            },
        )
        .expect("a run");
    }
    writer.finish().expect("everything written");
    (report, recordings)
}

fn replayed(path: &Path) -> Replay {
    let rules = RuleCatalog::embedded().expect("readable rules");
    let mut run = RecordedRun::open(path).expect("a recording");
    let all = &mut CellSelectors::default();
    replay(&mut run, all, &KnownFailures::default(), rules).expect("a readable recording")
}

fn is_retry(scenario: &Scenario) -> bool {
    scenario.id.as_str() == "retry/unavailable-then-ok"
}

#[test]
fn the_whole_catalogue_is_read_as_it_was_recorded_and_gets_the_same_report() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("run.jsonl");
    let (report, recordings) = recorded(&path, 1, |_| true);
    let mut run = RecordedRun::open(&path).expect("a recording");
    for recording in recordings {
        let read = run.next_cell().expect("a cell").expect("a cell");
        // As text: the end of a series is a value that equals nothing, itself included. The bytes of it are in the body.
        let (read, was) = (format!("{:?}", read.recording), format!("{recording:?}"));
        assert!(read == was, "{} is read otherwise", recording.cell.id);
    }
    assert_eq!(run.next_cell().expect("the end"), None);
    let again = replayed(&path);
    assert_eq!(again.warning, None);
    assert_eq!(again.report.cells.len(), report.cells.len());
    for (again, first) in again.report.cells.iter().zip(&report.cells) {
        assert_eq!(again, first);
    }
    assert_eq!(again.report.started, report.started);
    assert_eq!(again.report.finished, report.finished);
}

#[test]
fn every_repeat_is_recorded() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("run.jsonl");
    let (report, _) = recorded(&path, 3, is_retry);
    let again = replayed(&path).report;
    assert_eq!((report.cells.len(), report.started.cells), (27, 27));
    assert_eq!(again.started, report.started);
    assert_eq!(again.finished, report.finished);
    for (again, first) in again.cells.iter().zip(&report.cells) {
        assert_eq!(again, first);
    }
    assert_eq!(again.cells.len(), report.cells.len());
}

#[test]
fn whatever_was_written_when_the_run_was_killed_can_be_read() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("run.jsonl");
    recorded(&path, 1, is_retry);
    let whole = fs::read(&path).expect("a file");
    let first_line = whole
        .iter()
        .position(|byte| *byte == b'\n')
        .expect("a line")
        + 1;
    for length in (first_line..whole.len()).step_by(997) {
        let part = whole.get(..length).expect("a part");
        fs::write(&path, part).expect("a file");
        let lines = part.split(|byte| *byte == b'\n').count() - 1;
        let again = replayed(&path);
        assert_eq!(again.report.cells.len(), lines - 1, "{length} bytes");
        assert!(again.report.finished.interrupted, "{length} bytes");
        assert_eq!(again.report.exit_code(false).number(), 130);
        let warning = again.warning.expect("a warning");
        assert!(
            warning.starts_with(&path.display().to_string()),
            "{warning}"
        );
        let missing = 10 - lines;
        assert!(
            warning.contains(&format!("{missing} cell")),
            "{length} bytes: {warning}"
        );
    }
}

/// What is wrong with a recording of a scenario after `change`: the error with its causes, without the path.
#[track_caller]
fn problem(change: impl FnOnce(Vec<String>) -> Vec<String>) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("run.jsonl");
    recorded(&path, 1, is_retry);
    let text = fs::read_to_string(&path).expect("a file");
    let lines = change(text.lines().map(str::to_owned).collect());
    fs::write(&path, lines.join("\n") + "\n").expect("a file");
    let rules = RuleCatalog::embedded().expect("readable rules");
    let error = RecordedRun::open(&path)
        .and_then(|mut run| {
            let all = &mut CellSelectors::default();
            replay(&mut run, all, &KnownFailures::default(), rules)
        })
        .expect_err("a mistake");
    format!("{error}: {}", error.kind).replace(&path.display().to_string(), "run.jsonl")
}

#[test]
fn a_line_in_the_middle_that_is_none_is_named() {
    let cut = |mut lines: Vec<String>| {
        lines[4].truncate(100);
        lines
    };
    assert_eq!(problem(cut), "run.jsonl:5: not a line of a recording");
}

#[test]
fn a_cell_that_comes_twice_is_named() {
    let doubled = |mut lines: Vec<String>| {
        lines[3] = lines[2].clone();
        lines
    };
    assert_eq!(
        problem(doubled),
        "run.jsonl:4: retry/unavailable-then-ok [metrics, http/protobuf] is here for the second time"
    );
}

#[test]
fn lines_after_the_end_and_a_second_beginning_are_mistakes() {
    let after_the_end = |mut lines: Vec<String>| {
        lines.push(lines[1].clone());
        lines
    };
    assert_eq!(
        problem(after_the_end),
        "run.jsonl:12: a line after the end of the run"
    );
    let twice = |mut lines: Vec<String>| {
        lines[5] = lines[0].clone();
        lines
    };
    assert_eq!(problem(twice), "run.jsonl:6: another run begins here");
}

#[test]
fn a_recording_of_another_version_is_not_guessed_at() {
    let later = |mut lines: Vec<String>| {
        lines[0] = r#"{"run":{"version":2,"everything":"new"}}"#.to_owned();
        lines
    };
    assert_eq!(
        problem(later),
        "run.jsonl:1: a recording of format 2, and this otelbox reads format 1"
    );
}

#[test]
fn a_body_that_was_changed_is_found_out() {
    let changed = |mut lines: Vec<String>| {
        // The body of the first exchange loses its second half.
        let begin = lines[1].find("\"body\":\"").expect("a body") + 8;
        let length = lines[1]
            .get(begin..)
            .expect("a body")
            .find('"')
            .expect("its end");
        lines[1].replace_range(begin + length / 8 * 4..begin + length, "");
        lines
    };
    let problem = problem(changed);
    assert!(
        problem.starts_with(
            "run.jsonl:2: the body of exchange 1 of retry/unavailable-then-ok [metrics, grpc] cannot be decoded any more: "
        ),
        "{problem}"
    );
}

#[test]
fn other_files_are_no_recordings() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("other");
    for (text, is_right) in [
        (
            "",
            (|kind| matches!(kind, RecordingErrorKind::Empty)) as fn(&RecordingErrorKind) -> bool,
        ),
        ("hello\n", |kind| {
            matches!(kind, RecordingErrorKind::NotARecording)
        }),
        ("{\"run\": 1}\n", |kind| {
            matches!(kind, RecordingErrorKind::NotARecording)
        }),
        ("{\"run\":{\"version\":1}}\n", |kind| {
            matches!(kind, RecordingErrorKind::Line(_))
        }),
    ] {
        fs::write(&path, text).expect("a file");
        let error = RecordedRun::open(&path).expect_err("no recording");
        assert!(is_right(&error.kind), "{text}: {error:?}");
    }
    let error = RecordedRun::open(directory.path()).expect_err("no recording in it");
    assert!(error.path.ends_with("run.jsonl"), "{error}");
}
