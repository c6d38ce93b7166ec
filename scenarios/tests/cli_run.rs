//! `otelbox run` as its users see it.

use std::path::Path;
use std::process::{Command, Output, Stdio};

const SCENARIO: &str = "retry/unavailable-then-ok";

fn otelbox(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_otelbox"))
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .expect("otelbox runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[track_caller]
fn fails(arguments: &[&str], code: i32) -> String {
    let output = otelbox(arguments);
    assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "", "nothing is half done");
    text(&output.stderr)
}

#[track_caller]
fn succeeds(arguments: &[&str]) -> String {
    let output = otelbox(arguments);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    assert_eq!(
        text(&output.stderr),
        "",
        "no progress where there is no terminal"
    );
    text(&output.stdout)
}

fn json(arguments: &[&str]) -> serde_json::Value {
    let mut all = vec!["run", "--format", "json"];
    all.extend(arguments);
    serde_json::from_str(&succeeds(&all)).expect("JSON")
}

#[test]
fn help() {
    insta::assert_snapshot!(succeeds(&["run", "--help"]));
}

#[test]
fn one_scenario_for_people() {
    let text = succeeds(&["run", SCENARIO, "--signal", "metrics", "--protocol", "grpc"]);
    assert!(
        text.starts_with(" ok  retry    1 scenario     1 cell  "),
        "{text}"
    );
    assert!(
        text.lines()
            .any(|line| line.starts_with(" ok  OTLP-GRC-014  SHOULD     1 passed")),
        "{text}"
    );
    let summary = text.lines().last().expect("a summary");
    assert!(
        summary.contains(" in 1 cell of 1 scenario on otelbox-sdk "),
        "{summary}"
    );
    assert!(summary.contains(", virtual time, seed 0, "), "{summary}");
}

#[test]
fn the_json_report_keeps_to_its_schema() {
    let report = json(&[SCENARIO]);
    let schema: serde_json::Value =
        serde_json::from_str(&succeeds(&["schema", "report"])).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let errors: Vec<String> = validator
        .iter_errors(&report)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert_eq!(report["version"], 1);
    assert_eq!(report["sut"]["name"], "otelbox-sdk");
    assert_eq!(report["summary"]["cells"], 9);
    let keys: Vec<&String> = report["results"][0]
        .as_object()
        .expect("an object")
        .keys()
        .collect();
    assert_eq!(
        keys,
        [
            "rule",
            "level",
            "scenario",
            "signal",
            "protocol",
            "verdict",
            "requirement",
            "expected",
            "actual",
            "attempts"
        ]
    );
}

#[test]
fn the_same_seed_gives_the_same_report_and_repeating_adds_up() {
    let results = |arguments: &[&str]| json(arguments)["results"].clone();
    let once = results(&[
        "retry/backoff",
        SCENARIO,
        "--protocol",
        "grpc",
        "--seed",
        "7",
    ]);
    let again = results(&[
        "retry/backoff",
        SCENARIO,
        "--protocol",
        "grpc",
        "--seed",
        "7",
        "--jobs",
        "1",
    ]);
    assert_eq!(once, again);
    let twice = results(&[
        "retry/backoff",
        SCENARIO,
        "--protocol",
        "grpc",
        "--seed",
        "7",
        "--repeat",
        "2",
    ]);
    let both: Vec<_> = [&once, &once]
        .into_iter()
        .flat_map(|results| results.as_array().expect("a list"))
        .collect();
    let mut twice = twice.as_array().expect("a list").clone();
    let half = twice.len() / 2;
    for (index, result) in twice.iter_mut().enumerate() {
        let repeat = result
            .as_object_mut()
            .and_then(|result| result.shift_remove("repeat"));
        assert_eq!(repeat, Some((1 + index / half).into()));
    }
    assert_eq!(twice.iter().collect::<Vec<_>>(), both);
}

#[test]
fn junit_on_standard_output() {
    let xml = succeeds(&["run", SCENARIO, "--protocol", "grpc", "--format", "junit"]);
    assert!(
        xml.starts_with(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"otelbox: otelbox-sdk\""
        ),
        "{xml}"
    );
    assert!(xml.contains("<testcase name=\"OTLP-GRC-014 [metrics, grpc]\" classname=\"retry/unavailable-then-ok\"/>"), "{xml}");
}

#[test]
fn a_directory_of_reports() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("reports");
    succeeds(&["run", SCENARIO, "--report", &path.to_string_lossy()]);
    for name in ["report.json", "junit.xml", "report.txt"] {
        assert!(path.join(name).is_file(), "{name}");
    }
    let text = std::fs::read_to_string(path.join("report.txt")).expect("a report");
    assert!(!text.contains('\u{1b}'), "{text}");
}

#[test]
fn a_report_directory_that_cannot_be_written_stops_the_run_before_it_begins() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("file");
    std::fs::write(&file, "").expect("a file");
    let error = fails(&["run", SCENARIO, "--report", &file.to_string_lossy()], 4);
    assert!(error.contains("cannot write the report to "), "{error}");
}

#[test]
fn a_selector_that_means_nothing() {
    insta::assert_snapshot!(fails(&["run", "retry/unavailable-then-okay"], 5), @r"
    error: `retry/unavailable-then-okay` is neither a path, nor does it match the id of a scenario, nor is it a rule
      help: did you mean `retry/unavailable-then-ok`?
    ");
}

#[test]
fn a_rule_that_no_scenario_tests() {
    insta::assert_snapshot!(fails(&["run", "OTLP-TLD-011"], 5), @"error: no scenario tests the rule `OTLP-TLD-011`");
}

#[test]
fn a_filter_that_leaves_nothing() {
    insta::assert_snapshot!(
        fails(&["run", SCENARIO, "--signal", "profiles"], 5),
        @"error: nothing is left to run: no chosen scenario has a cell for the chosen signals and protocols"
    );
}

/// Runs a scenario over one protocol with these options.
fn with_options(signal: &str, protocol: &str, rule: &str, options: &str) -> Output {
    let directory = tempfile::tempdir().expect("a directory");
    let path = scenario_file(
        directory.path(),
        &format!(
            "id: mine/options\ntitle: options\nsignals: [{signal}]\nprotocols: [{protocol}]\n\
             configuration: {{ {options} }}\n\
             steps:\n  - emit: {{ items: 10 }}\n  - force_flush: {{ expect: ok }}\n\
             expect: [{{ rule: {rule}, attempts: {{ count: 3 }}, headers: {{ content-encoding: gzip }} }}]\n"
        ),
    );
    otelbox(&["run", &path])
}

#[test]
fn options_in_code_count_over_zipkin() {
    let options = "compression: gzip, max_export_batch_size: 4";
    let output = with_options("traces", "zipkin/json", "ZPK-REQ-001", options);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("3 attempts"), "{told}");
}

#[test]
fn options_without_meaning_over_remote_write_are_refused() {
    let options = "compression: gzip";
    let output = with_options("metrics", "remote-write/2.0", "PRW-RTY-004", options);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(5), "{told}");
    assert!(told.contains("1 not run"), "{told}");
    assert!(
        told.contains("remote write is cumulative and compressed by snappy"),
        "{told}"
    );
}

#[test]
fn an_unknown_system_under_test() {
    let error = fails(&["run", SCENARIO, "--sut", "opentelemetry-cobol"], 2);
    assert!(
        error.starts_with("error: unknown system under test `opentelemetry-cobol`"),
        "{error}"
    );
}

#[test]
fn an_unknown_protocol() {
    let error = fails(&["run", "--protocol", "grcp"], 2);
    assert!(
        error.contains("unknown protocol `grcp`, expected one of grpc, http/protobuf, http/json"),
        "{error}"
    );
}

fn scenario_file(directory: &Path, text: &str) -> String {
    let path = directory.join("mine.yaml");
    std::fs::write(&path, text).expect("a file");
    path.to_string_lossy().into_owned()
}

#[test]
fn a_file_with_a_mistake() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = scenario_file(directory.path(), "id: mine/one\ntitel: t\n");
    let error = fails(&["run", &path], 2).replace(&path, "mine.yaml");
    assert!(
        error.contains("mine.yaml:2:1: unknown key `titel`"),
        "{error}"
    );
    assert!(error.contains("did you mean `title`?"), "{error}");
}

#[test]
fn a_scenario_that_fails_a_must_shows_why_and_exits_with_1() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = scenario_file(
        directory.path(),
        "id: mine/lost\ntitle: an expectation that is wrong on purpose\nsignals: [metrics]\nprotocols: [grpc]\n\
         random: midpoint\n\
         env: { OTEL_METRIC_EXPORT_INTERVAL: 1h }\n\
         faults: [{ when: { attempt: 1 }, then: { grpc: INVALID_ARGUMENT } }]\n\
         steps:\n  - emit: { items: 10 }\n  - wait: 1s\n  - force_flush: { timeout: 10s }\n  - shutdown: { timeout: 5s }\n\
         expect: [{ rule: OTLP-TMP-022, attempts: { count: 7 } }]\n",
    );
    let output = otelbox(&["run", &path]);
    let said = text(&output.stdout);
    assert_eq!(
        output.status.code(),
        Some(1),
        "{said}{}",
        text(&output.stderr)
    );
    for part in [
        "FAILED OTLP-TMP-022 (MUST) in mine/lost [metrics, grpc]",
        "Requirement",
        "Expected",
        "Actual",
        "Timeline",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(said.contains("INVALID_ARGUMENT"), "{said}");
}

/// Otherwise the authorities and proxies of the machine would be tested, and the SDK blamed for them.
#[cfg(unix)]
#[test]
fn what_a_machine_sets_up_for_its_network_is_kept_from_drivers() {
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir().expect("a directory");
    let driver = directory.path().join("driver.sh");
    let script = "#!/bin/sh\nread -r line\n\
         echo '{\"ok\":true,\"sdk\":\"x\",\"version\":\"'\"<$https_proxy$REQUESTS_CA_BUNDLE$OTEL_SERVICE_NAME>$HOME\"'\",\"language\":\"sh\",\"capabilities\":[]}'\n\
         while read -r line; do echo '{\"ok\":false,\"error\":\"no\"}'; done\n";
    std::fs::write(&driver, script).expect("a file");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&driver, mode).expect("a mode");
    let output = Command::new(env!("CARGO_BIN_EXE_otelbox"))
        .args(["run", SCENARIO, "--format", "json", "--sut"])
        .arg(&driver)
        .env("https_proxy", "http://proxy.example")
        .env("REQUESTS_CA_BUNDLE", "/etc/authorities.pem")
        .env("OTEL_SERVICE_NAME", "runner")
        .env("HOME", "/home/somebody")
        .stdin(Stdio::null())
        .output()
        .expect("otelbox runs");
    let report: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("a report in JSON");
    assert_eq!(report["sut"]["version"], "<>/home/somebody", "{report}");
}
