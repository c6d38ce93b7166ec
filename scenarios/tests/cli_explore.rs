//! `otelbox explore` as its users see it.

use std::process::{Command, Output, Stdio};

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

#[test]
fn help() {
    let output = otelbox(&["explore", "--help"]);
    assert_eq!(output.status.code(), Some(0));
    insta::assert_snapshot!(text(&output.stdout));
}

#[test]
fn a_summary_says_what_was_explored() {
    let output = otelbox(&[
        "explore", "--cases", "30", "--seed", "3", "--format", "json",
    ]);
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(output.status.code(), Some(0), "{summary:#}");
    assert_eq!(summary["cases"], 30);
    assert_eq!(summary["seed"], 3);
    assert_eq!(summary["interrupted"], false);
    assert!(summary["attempts"].as_u64() >= summary["exports"].as_u64());
    assert_eq!(summary["violations"], serde_json::json!({}));
    let fired = summary["fired"].as_object().expect("an object");
    let never = summary["never_fired"].as_array().expect("a list");
    assert!(fired.values().any(|count| count.as_u64() > Some(0)));
    for name in never {
        let count = fired.get(name.as_str().expect("a name"));
        assert!(count.is_none_or(|count| *count == 0), "{name}");
    }
    let kinds = summary["by_kind"].as_object().expect("an object");
    let all: u64 = kinds.values().filter_map(serde_json::Value::as_u64).sum();
    assert_eq!(all, 30);
}

#[test]
fn signals_and_protocols_can_be_chosen() {
    let arguments = "explore --cases 6 --signal logs --protocol http/json --jobs 1 --format json";
    let output = otelbox(&arguments.split(' ').collect::<Vec<_>>());
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        summary["by_kind"],
        serde_json::json!({ "logs http/json": 6 })
    );
}

#[test]
fn a_filter_that_leaves_nothing_is_told() {
    let output = otelbox(&["explore", "--signal", "logs", "--protocol", "zipkin/json"]);
    assert_eq!(output.status.code(), Some(5));
    assert_eq!(text(&output.stdout), "");
    assert!(text(&output.stderr).contains("nothing to explore"));
}

#[test]
fn a_count_of_nothing_is_a_mistake() {
    let output = otelbox(&["explore", "--cases", "0"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stdout), "");
    assert!(text(&output.stderr).contains("--cases"));
}

#[cfg(unix)]
#[test]
fn ctrl_c_tells_what_was_done_until_then() {
    use std::io::{BufRead as _, BufReader};

    let mut explore = Command::new(env!("CARGO_BIN_EXE_otelbox"))
        .args(["explore", "--cases", "100000000", "--format", "json"])
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("an exploration");
    // The first line of progress says that it is under way.
    let mut progress = BufReader::new(explore.stderr.take().expect("standard error"));
    let mut line = String::new();
    progress.read_line(&mut line).expect("a line of progress");
    assert!(line.contains("of 100000000 cases"), "{line}");
    let interrupt = Command::new("kill")
        .args(["-INT", &explore.id().to_string()])
        .status();
    assert!(interrupt.expect("kill").success());
    let output = explore.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(130));
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(summary["interrupted"], true);
    assert!(summary["cases"].as_u64() > Some(0));
}
