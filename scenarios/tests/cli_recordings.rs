//! Recordings and what is made of them, as users of the command line see it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const SCENARIO: &str = "retry/unavailable-then-ok";

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_otelbox"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

fn otelbox(arguments: &[&str]) -> Output {
    command(arguments).output().expect("otelbox runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// Exit code, standard output and standard error as one text, without the directory.
fn seen(output: &Output, directory: &Path) -> String {
    let code = output.status.code().expect("no signal");
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    format!("exit code: {code}\n--- stdout\n{stdout}--- stderr\n{stderr}")
        .replace(&directory.display().to_string(), "[directory]")
}

/// Runs with `arguments` and a report directory of this name; returns it.
#[track_caller]
fn recorded(directory: &Path, name: &str, arguments: &[&str]) -> String {
    let path = directory.join(name).to_string_lossy().into_owned();
    let mut all = vec!["run", "--report", &path];
    all.extend(arguments);
    let output = otelbox(&all);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        seen(&output, directory)
    );
    path
}

fn directory() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().to_owned();
    (directory, path)
}

macro_rules! help_of {
    ($($name:ident: $command:literal;)*) => {
        $(
            #[test]
            fn $name() {
                insta::assert_snapshot!(text(&otelbox(&[$command, "--help"]).stdout));
            }
        )*
    };
}

help_of! {
    help_of_diff: "diff";
    help_of_merge: "merge";
    help_of_replay: "replay";
}

#[test]
fn a_replayed_run_prints_what_the_run_printed() {
    let (_kept, directory) = directory();
    let path = recorded(&directory, "a", &[SCENARIO, "--format", "human"]);
    let first = fs::read_to_string(Path::new(&path).join("report.txt")).expect("a report");
    let again = otelbox(&["replay", &path]);
    assert_eq!(text(&again.stdout), first, "{}", text(&again.stderr));
    assert_eq!(again.status.code(), Some(0));
    assert_eq!(text(&again.stderr), "");
}

#[test]
fn a_run_in_real_time_is_replayed_with_the_same_results() {
    let (_kept, directory) = directory();
    let arguments = [SCENARIO, "--time", "real", "--protocol", "http/json"];
    let path = recorded(&directory, "a", &arguments);
    let first = fs::read_to_string(Path::new(&path).join("report.json")).expect("a report");
    let again = otelbox(&["replay", &path, "--format", "json"]);
    assert_eq!(text(&again.stdout), first, "{}", text(&again.stderr));
}

#[test]
fn known_failures_are_expected_in_a_replay_too() {
    let (_kept, directory) = directory();
    let arguments = ["configuration/no-timeout", "--sut", "opentelemetry-rust"];
    let arguments = [&arguments[..], &["--protocol", "grpc"]].concat();
    let path = recorded(&directory, "a", &arguments);
    let output = otelbox(&["replay", &path, "--format", "json"]);
    let first = fs::read_to_string(Path::new(&path).join("report.json")).expect("a report");
    assert_eq!(text(&output.stdout), first, "{}", text(&output.stderr));
}

#[test]
fn selectors_of_a_replay_are_about_what_was_recorded() {
    let (_kept, directory) = directory();
    let path = recorded(&directory, "a", &["retry", "--protocol", "grpc"]);
    let cells = |selector: &str| {
        let output = otelbox(&["replay", &path, selector, "--format", "json"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        report["summary"]["cells"].as_u64().expect("a number")
    };
    assert_eq!(cells(SCENARIO), 3);
    assert!(cells("retry/*") > 3);
    assert_eq!(cells("retry"), cells("retry/*"));
    assert!(cells("OTLP-RTY-005") >= 3);
    insta::assert_snapshot!(seen(&otelbox(&["replay", &path, "outage"]), &directory), @r"
    exit code: 5
    --- stdout
    --- stderr
    error: no cell of the recording has the id, the topic or the rule `outage`
    ");
}

#[test]
fn a_recording_that_was_cut_short_is_judged_as_far_as_it_goes() {
    let (_kept, directory) = directory();
    let path = recorded(&directory, "a", &[SCENARIO, "--protocol", "grpc"]);
    let file = Path::new(&path).join("run.jsonl");
    let whole = fs::read_to_string(&file).expect("a recording");
    let third = whole.match_indices('\n').nth(2).expect("lines").0;
    fs::write(&file, whole.get(..third + 50).expect("a part")).expect("a file");
    let output = otelbox(&["replay", &path]);
    assert_eq!(output.status.code(), Some(130));
    assert!(
        text(&output.stdout).contains("Interrupted after 2 of 3 cells"),
        "{}",
        text(&output.stdout)
    );
    insta::assert_snapshot!(
        text(&output.stderr).replace(&directory.display().to_string(), "[directory]"),
        @"warning: [directory]/a/run.jsonl:4: the last line is cut short, and left out; 1 cell was not run"
    );
}

#[test]
fn what_is_no_recording_is_a_usage_error() {
    let (_kept, directory) = directory();
    let path = directory.join("notes.txt");
    fs::write(&path, "hello\n").expect("a file");
    insta::assert_snapshot!(seen(&otelbox(&["replay", &path.to_string_lossy()]), &directory), @r#"
    exit code: 2
    --- stdout
    --- stderr
    error: [directory]/notes.txt:1: not a recording: `otelbox run --report DIR` writes one, with a first line {"run": ...}
    "#);
    let missing = directory.join("nowhere");
    insta::assert_snapshot!(seen(&otelbox(&["replay", &missing.to_string_lossy()]), &directory), @r"
    exit code: 2
    --- stdout
    --- stderr
    error: [directory]/nowhere: cannot read the recording: No such file or directory (os error 2)
    ");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_costs_the_recording_and_nothing_else() {
    let (_kept, directory) = directory();
    let reports = directory.join("a");
    fs::create_dir(&reports).expect("a directory");
    std::os::unix::fs::symlink("/dev/full", reports.join("run.jsonl")).expect("a link");
    let output = otelbox(&["run", SCENARIO, "--report", &reports.to_string_lossy()]);
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(
        text(&output.stdout),
        fs::read_to_string(reports.join("report.txt")).expect("a report")
    );
    insta::assert_snapshot!(
        text(&output.stderr).replace(&directory.display().to_string(), "[directory]"),
        @"error: [directory]/a/run.jsonl: cannot write the recording: No space left on device (os error 28)"
    );
}

#[test]
fn shards_share_the_cells_among_themselves() {
    let (_kept, directory) = directory();
    let cells = |arguments: &[&str]| {
        let path = recorded(&directory, "a", &[&["retry"], arguments].concat());
        let lines = fs::read_to_string(Path::new(&path).join("run.jsonl")).expect("a recording");
        let cells = lines.lines().filter_map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let id = line.get("cell")?["recording"]["cell"]["id"].clone();
            Some(id.to_string())
        });
        let mut cells: Vec<String> = cells.collect();
        cells.sort();
        cells
    };
    let all = cells(&[]);
    let shares = ["1/3", "2/3", "3/3"].map(|shard| cells(&["--shard", shard]));
    let mut together: Vec<String> = shares.concat();
    together.sort();
    assert_eq!(together, all);
    for share in &shares {
        assert!(
            share.len() >= all.len() / 4,
            "{} of {}",
            share.len(),
            all.len()
        );
    }
    assert_eq!(cells(&["--shard", "2/3"]), shares[1]);
}

#[test]
fn an_indexed_job_tells_each_pod_its_share() {
    let shard = |index: Option<&str>| {
        let mut command = command(&["run", SCENARIO, "--shard", "auto/3", "--format", "json"]);
        if let Some(index) = index {
            command.env("JOB_COMPLETION_INDEX", index);
        }
        command.output().expect("otelbox runs")
    };
    let results = |output: Output| {
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        report["results"].clone()
    };
    let third = otelbox(&["run", SCENARIO, "--shard", "3/3", "--format", "json"]);
    assert_eq!(results(shard(Some("2"))), results(third));
    for (index, said) in [
        (
            None,
            "error: `--shard auto/N` needs the variable JOB_COMPLETION_INDEX, which is not set\n",
        ),
        (
            Some("3"),
            "error: `--shard auto/N` needs the variable JOB_COMPLETION_INDEX from 0 to 2, and it is `3`\n",
        ),
        (
            Some("x"),
            "error: `--shard auto/N` needs the variable JOB_COMPLETION_INDEX from 0 to 2, and it is `x`\n",
        ),
    ] {
        let output = shard(index);
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(text(&output.stderr), said);
    }
}

#[test]
fn a_shard_that_cannot_be_is_a_usage_error() {
    for shard in ["0/3", "4/3", "3", "1/0", "a/b", "auto/0", "auto/x"] {
        let output = otelbox(&["run", SCENARIO, "--shard", shard]);
        assert_eq!(output.status.code(), Some(2), "{shard}");
        assert!(
            text(&output.stderr).contains(&format!("`{shard}` is no shard")),
            "{}",
            text(&output.stderr)
        );
    }
    let output = otelbox(&["run", SCENARIO, "--shard", "1/10"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stderr),
        "error: 10 shards are too many for 9 cells: some would have nothing to do\n"
    );
}

#[test]
fn shards_are_put_together_into_the_report_of_the_whole() {
    let (_kept, directory) = directory();
    let selected = ["retry", "--protocol", "grpc"];
    let whole = recorded(&directory, "whole", &selected);
    let shards = ["2/2", "1/2"].map(|shard| {
        let name = shard.replace('/', "-of-");
        recorded(
            &directory,
            &name,
            &[&selected[..], &["--shard", shard]].concat(),
        )
    });
    let report = |arguments: &[&str]| {
        let output = otelbox(&[arguments, &["--format", "json"]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let mut report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        report["started"] = "[time]".into();
        report
    };
    assert_eq!(
        report(&["merge", &shards[0], &shards[1]]),
        report(&["replay", &whole])
    );
}

#[test]
fn shards_that_are_missing_doubled_or_unlike_are_named() {
    let (_kept, directory) = directory();
    let shard = |name: &str, shard: &str, selector: &str| {
        recorded(&directory, name, &[selector, "--shard", shard])
    };
    let first = shard("first", "1/3", SCENARIO);
    let again = shard("again", "1/3", SCENARIO);
    let other = shard("other", "2/3", "retry/backoff");
    let half = shard("half", "1/2", SCENARIO);
    let alone = recorded(&directory, "alone", &[SCENARIO]);
    for (runs, said) in [
        (
            vec![&first],
            "shards 2/3 and 3/3 of otelbox-sdk 0.1.0 are missing",
        ),
        (
            vec![&first, &again],
            "shard 1/3 of otelbox-sdk 0.1.0 is there twice: [directory]/first/run.jsonl and [directory]/again/run.jsonl",
        ),
        (
            vec![&alone, &alone],
            "the run of otelbox-sdk 0.1.0 is there twice: [directory]/alone/run.jsonl and [directory]/alone/run.jsonl",
        ),
        (
            vec![&first, &other],
            "[directory]/first/run.jsonl and [directory]/other/run.jsonl are no shards of one run of otelbox-sdk 0.1.0: they differ in the cells that were selected",
        ),
        (
            vec![&first, &half],
            "[directory]/first/run.jsonl and [directory]/half/run.jsonl are no shards of one run of otelbox-sdk 0.1.0: they differ in the number of shards",
        ),
    ] {
        let mut arguments = vec!["merge"];
        arguments.extend(runs.iter().map(|run| run.as_str()));
        let seen = seen(&otelbox(&arguments), &directory);
        assert_eq!(
            seen,
            format!("exit code: 2\n--- stdout\n--- stderr\nerror: {said}\n")
        );
    }
}

#[test]
fn other_systems_under_test_become_columns() {
    let (_kept, directory) = directory();
    let selected = [
        SCENARIO,
        "--protocol",
        "http/protobuf",
        "--signal",
        "traces",
    ];
    let ours = recorded(&directory, "ours", &selected);
    let stock = recorded(
        &directory,
        "stock",
        &[&selected[..], &["--sut", "opentelemetry-rust"]].concat(),
    );
    let both = directory.join("both");
    let output = otelbox(&[
        "merge",
        &ours,
        &stock,
        "--format",
        "json",
        "--report",
        &both.to_string_lossy(),
    ]);
    let reports: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(reports[0]["sut"]["name"], "otelbox-sdk");
    assert_eq!(reports[1]["sut"]["name"], "opentelemetry-rust");
    let version = reports[1]["sut"]["version"].as_str().expect("a version");
    for file in [
        "report.html",
        "summary.md",
        "otelbox-sdk-0.1.0/junit.xml",
        &format!("opentelemetry-rust-{version}/report.json"),
    ] {
        assert!(both.join(file).is_file(), "{file}");
    }
    let junit = otelbox(&["merge", &ours, &stock, "--format", "junit"]);
    assert_eq!(
        seen(&junit, &directory),
        "exit code: 2\n--- stdout\n--- stderr\nerror: a JUnit report is about one system under test, and there are 2: --report writes one for each\n"
    );
}

#[test]
fn a_run_is_equal_to_itself_and_differs_in_nothing_but_jitter_with_another_seed() {
    let (_kept, directory) = directory();
    // Where exports run side by side, jitter decides their order too.
    let selected = [
        "retry/bounded",
        "retry/*-then-ok",
        "retry/never-available",
        "--protocol",
        "grpc",
    ];
    let one = recorded(&directory, "one", &selected);
    let other = recorded(
        &directory,
        "other",
        &[&selected[..], &["--seed", "7"]].concat(),
    );
    let same = otelbox(&["diff", &one, &one, "--tolerance", "0"]);
    assert_eq!(same.status.code(), Some(0), "{}", seen(&same, &directory));
    let about = otelbox(&["diff", &one, &other]);
    assert_eq!(about.status.code(), Some(0), "{}", seen(&about, &directory));
    let exact = otelbox(&["diff", &one, &other, "--tolerance", "0"]);
    assert_eq!(exact.status.code(), Some(1), "{}", seen(&exact, &directory));
}

/// A client that is told twice to come again later, against one that is told once.
fn scenario(directory: &Path, name: &str, attempts: &str, wait: &str) -> String {
    let directory = directory.join(name);
    fs::create_dir(&directory).expect("a directory");
    let path = directory.join("mine.yaml");
    let text = format!(
        "id: mine/one\ntitle: t\nsignals: [traces]\nprotocols: [grpc]\nrandom: midpoint\n\
         env: {{ OTEL_BSP_SCHEDULE_DELAY: 1h }}\n\
         faults: [{{ when: {{ attempt: {attempts} }}, then: {{ grpc: UNAVAILABLE }} }}]\n\
         steps:\n  - emit: {{ items: 10 }}\n  - wait: {wait}\n  - force_flush: {{ timeout: 1m }}\n  - shutdown: {{ timeout: 5s }}\n\
         expect: [{{ rule: OTLP-GRC-014, attempts: {{ at_least: 2 }} }}]\n"
    );
    fs::write(&path, text).expect("a file");
    recorded(&directory, "report", &[&path.to_string_lossy()])
}

#[test]
fn what_differs_is_shown_side_by_side_up_to_the_first_difference() {
    let (_kept, directory) = directory();
    let once = scenario(&directory, "once", "1", "1s");
    let twice = scenario(&directory, "twice", "1..2", "2s");
    let other = recorded(&directory, "other", &[SCENARIO, "--protocol", "grpc"]);
    let diff = |arguments: &[&str]| {
        let mut command = command(&[&["diff"], arguments].concat());
        let output = command.current_dir(&directory).output();
        seen(&output.expect("otelbox runs"), &directory)
    };
    let [once, twice, other] = [once, twice, other].map(|path| {
        let below = Path::new(&path).strip_prefix(&directory);
        below.expect("in the directory").display().to_string()
    });
    insta::assert_snapshot!(diff(&[&once, &twice]));
    insta::assert_snapshot!(
        "what_differs_as_json",
        diff(&[&once, &twice, "--format", "json"])
    );
    insta::assert_snapshot!("cells_that_only_one_run_has", diff(&[&once, &other]));
}

#[test]
fn repeats_say_how_often_each_verdict_came() {
    let output = otelbox(&[
        "run",
        SCENARIO,
        "--protocol",
        "grpc",
        "--signal",
        "logs",
        "--repeat",
        "3",
        "--format",
        "json",
    ]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let schema: serde_json::Value =
        serde_json::from_slice(&otelbox(&["schema", "report"]).stdout).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let errors: Vec<String> = validator
        .iter_errors(&report)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let results = report["results"].as_array().expect("a list");
    let repeats: Vec<_> = results.iter().map(|result| &result["repeat"]).collect();
    assert_eq!(repeats.first(), Some(&&1.into()));
    assert_eq!(repeats.last(), Some(&&3.into()));
    let stability = report["stability"].as_array().expect("a list");
    assert_eq!(stability.len() * 3, results.len());
    for counted in stability {
        assert_eq!(counted["repeats"], 3);
        assert_eq!(counted["stable"], true);
        assert_eq!(counted["verdicts"], serde_json::json!({ "passed": 3 }));
    }
    let text = text(&otelbox(&["run", SCENARIO, "--protocol", "grpc", "--repeat", "2"]).stdout);
    assert!(
        text.contains(" passed in 3 cells of 1 scenario, each run 2 times, on otelbox-sdk "),
        "{text}"
    );
    assert!(!text.contains("Unstable"), "{text}");
}
