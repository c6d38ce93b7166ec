//! The binary as its users see it: exit code, standard output, standard error.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn otelbox(arguments: &[&str]) -> Output {
    command(arguments).output().expect("otelbox runs")
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_otelbox"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

/// Exit code, standard output and standard error as one text.
fn seen(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    format!(
        "exit code: {}\n--- stdout\n{}--- stderr\n{}",
        output
            .status
            .code()
            .map_or_else(|| "none".to_owned(), |code| code.to_string()),
        text(&output.stdout),
        text(&output.stderr)
    )
}

macro_rules! seen_as {
    ($($name:ident: $arguments:expr;)*) => {
        $(
            #[test]
            fn $name() {
                insta::assert_snapshot!(seen(&otelbox(&$arguments)));
            }
        )*
    };
}

seen_as! {
    help: ["--help"];
    help_of_list: ["list", "--help"];
    help_of_explain: ["explain", "--help"];
    help_of_serve: ["serve", "--help"];
    help_of_ready: ["ready", "--help"];
    nobody_is_ready: ["ready", "http://127.0.0.1:1/ready"];
    ready_over_tls: ["ready", "https://127.0.0.1:4320/ready"];
    help_of_schema: ["schema", "--help"];
    help_of_doctor: ["doctor", "--help"];
    installation_of_nothing: ["doctor", "--install", "opentelemetry-rst"];
    unknown_sut: ["run", "--sut", "opentelemetry-rst"];
    missing_driver: ["run", "--sut", "./no-such-driver"];
    list_of_faults: ["list", "faults"];
    list_of_suts: ["list", "suts"];
    explanation_of_a_rule: ["explain", "OTLP-TLD-004"];
    explanation_of_a_fault: ["explain", "partial_success"];
    explanation_of_a_sut: ["explain", "otelbox-sdk"];
    explanation_of_nothing: ["explain", "OTLP-GRC-O15"];
    unknown_command: ["lst"];
    unknown_option: ["list", "rules", "--fromat", "json"];
    missing_fault_file: ["serve", "--faults", "no-such-file.yaml"];
    control_for_everybody: ["serve", "--control", "0.0.0.0:0"];
    control_token_that_is_none: ["serve", "--control", "0.0.0.0:0", "--control-token", "correct horse"];
}

/// Standard output of a command that succeeds.
#[track_caller]
fn stdout(arguments: &[&str]) -> String {
    let output = otelbox(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", seen(&output));
    assert_eq!(output.stderr, b"", "{}", seen(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Answers one request after the other with these statuses, on the port that it gives.
fn answers(statuses: &'static [&'static str]) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for status in statuses {
            let (mut stream, _) = listener.accept().expect("a client");
            let mut lines = BufReader::new(stream.try_clone().expect("the same")).lines();
            while lines
                .next()
                .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
            {}
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).expect("sent");
        }
    });
    port
}

#[test]
fn what_is_not_ready_yet_is_asked_again_for_as_long_as_one_wants() {
    const BUSY: &str = "503 Service Unavailable";
    let url = |statuses| format!("http://127.0.0.1:{}/ready", answers(statuses));
    let once = otelbox(&["ready", &url(&[BUSY])]);
    assert_eq!(once.status.code(), Some(4), "{}", seen(&once));
    let said = String::from_utf8_lossy(&once.stderr);
    assert!(
        said.contains("the answer is 503 Service Unavailable"),
        "{said}"
    );
    let in_the_end = url(&[BUSY, BUSY, "200 OK"]);
    let other = url(&["204 No Content"]);
    assert_eq!(
        stdout(&["ready", "--within", "60s", &in_the_end, &other]),
        ""
    );
}

#[test]
fn the_list_of_rules_has_every_rule_under_its_topic() {
    let text = stdout(&["list", "rules"]);
    assert!(
        text.starts_with("Batch and simple processors (spans, logs)\n  OTLP-BSP-001  MUST "),
        "{text}"
    );
    assert_eq!(
        text.lines()
            .filter(|line| line.starts_with("  OTLP-"))
            .count(),
        293
    );
    assert!(
        text.contains("\nPromises of the reference SDK\n  OBX-"),
        "{text}"
    );
}

#[test]
fn the_list_of_rules_as_json_says_which_scenarios_test_a_rule() {
    let rules: serde_json::Value =
        serde_json::from_str(&stdout(&["list", "rules", "--format", "json"])).expect("JSON");
    let rule = rules
        .as_array()
        .and_then(|rules| rules.iter().find(|rule| rule["id"] == "OTLP-GRC-014"))
        .expect("the rule");
    let scenarios = rule["scenarios"].as_array().expect("a list");
    assert!(
        scenarios.iter().any(|id| id == "retry/unavailable-then-ok"),
        "{rule:#}"
    );
}

#[test]
fn the_list_of_scenarios_names_each_with_its_title() {
    let text = stdout(&["list", "scenarios"]);
    let line = text
        .lines()
        .find(|line| line.starts_with("retry/unavailable-then-ok "))
        .expect("the scenario");
    assert!(line.contains("UNAVAILABLE"), "{line}");
    let listed: serde_json::Value =
        serde_json::from_str(&stdout(&["list", "scenarios", "--format", "json"])).expect("JSON");
    let count = text.lines().filter(|line| !line.is_empty()).count();
    assert_eq!(listed.as_array().map(Vec::len), Some(count));
}

#[test]
fn a_scenario_is_explained_with_its_rules_and_its_file() {
    let text = stdout(&["explain", "retry/unavailable-then-ok"]);
    assert!(
        text.contains("OTLP-GRC-014  gRPC UNAVAILABLE (14) is retried."),
        "{text}"
    );
    assert!(
        text.contains("    id: retry/unavailable-then-ok\n"),
        "{text}"
    );
}

#[test]
fn there_is_no_colour_where_there_is_no_terminal() {
    for arguments in [
        ["list", "rules"],
        ["list", "faults"],
        ["explain", "OTLP-GRC-014"],
    ] {
        assert!(!stdout(&arguments).contains('\u{1b}'), "{arguments:?}");
    }
}

#[test]
fn the_schemas_are_printed_as_they_are_checked_in() {
    for name in ["scenario", "report", "driver"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("schema")
            .join(format!("{name}.json"));
        assert_eq!(
            stdout(&["schema", name]),
            std::fs::read_to_string(path).expect("a schema")
        );
    }
}

#[test]
fn a_port_in_use_is_a_clear_error_and_leaves_the_journal_alone() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let directory = tempfile::tempdir().expect("a directory");
    let journal = directory.path().join("journal.jsonl");
    std::fs::write(&journal, "of another receiver\n").expect("a file");
    let output = command(&[
        "serve",
        "--grpc",
        &address,
        "--http",
        "127.0.0.1:0",
        "--journal",
    ])
    .arg(&journal)
    .output()
    .expect("otelbox runs");
    let text = seen(&output).replace(&address, "[address]");
    assert_eq!(output.status.code(), Some(4), "{text}");
    assert!(
        text.contains("cannot listen on [address] for grpc"),
        "{text}"
    );
    assert!(
        text.contains("take other ports with --grpc and --http"),
        "{text}"
    );
    assert_eq!(
        std::fs::read_to_string(&journal).expect("the file"),
        "of another receiver\n"
    );
}

#[test]
fn a_mistake_in_a_fault_file_is_shown_with_its_place() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("faults.yaml");
    std::fs::write(&path, "- when: { atempt: 1 }\n  then: hang\n").expect("a file");
    let output = otelbox(&["serve", "--faults", &path.to_string_lossy()]);
    let text = seen(&output).replace(&*path.to_string_lossy(), "faults.yaml");
    insta::assert_snapshot!(text);
}

#[test]
fn a_control_port_in_use_is_an_error_that_says_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address").to_string();
    let ports = ["--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"];
    let output = command(&["serve", "--control", &address])
        .args(ports)
        .output()
        .expect("otelbox runs");
    let text = seen(&output).replace(&address, "[address]");
    assert_eq!(output.status.code(), Some(4), "{text}");
    assert!(
        text.contains("cannot listen on [address] for the control API"),
        "{text}"
    );
    assert!(text.contains("take another port with --control"), "{text}");
}

#[test]
fn serve_ends_with_0_when_it_is_stopped_by_the_api_and_tells_no_token() {
    const TOKEN: &str = "correct-horse-battery-staple";
    let ports = ["--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"];
    let mut served = command(&["serve", "--control", "127.0.0.1:0"])
        .args(ports)
        .env("OTELBOX_CONTROL_TOKEN", TOKEN)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("otelbox runs");
    let mut lines = BufReader::new(served.stderr.take().expect("stderr")).lines();
    let mut said = String::new();
    let address = loop {
        let line = lines.next().expect("a line").expect("UTF-8");
        said.push_str(&line);
        if let Some(address) = line.strip_prefix("control  http://") {
            break address.trim_end_matches('/').to_owned();
        }
    };
    let ask = |token: &str| {
        let mut stream = TcpStream::connect(&address).expect("a connection");
        let request = format!(
            "POST /v1/stop HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).expect("written");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    };
    let refused = ask("correct-horse");
    assert!(refused.starts_with("HTTP/1.1 401 "), "{refused}");
    let stopped = ask(TOKEN);
    assert!(stopped.starts_with("HTTP/1.1 200 "), "{stopped}");
    assert!(stopped.contains("\"ledger\""), "{stopped}");
    let output = served.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!(stdout, "\nNothing was exported.\n");
    said.extend(lines.map(|line| line.expect("UTF-8")));
    for text in [&said, &refused, &stopped] {
        assert!(!text.contains("correct-horse"), "{text}");
    }
}

#[test]
fn help_shows_no_token_of_the_environment() {
    let output = command(&["serve", "--help"])
        .env("OTELBOX_CONTROL_TOKEN", "correct-horse-battery-staple")
        .output()
        .expect("otelbox runs");
    let text = seen(&output);
    assert!(text.contains("OTELBOX_CONTROL_TOKEN"), "{text}");
    assert!(!text.contains("correct-horse"), "{text}");
}

#[cfg(unix)]
#[test]
fn serve_tells_its_ports_and_ends_with_the_ledger_on_an_interrupt() {
    let mut served = command(&["serve", "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("otelbox runs");
    let mut lines = BufReader::new(served.stderr.take().expect("stderr")).lines();
    let mut line = || lines.next().expect("a line").expect("UTF-8");
    assert!(line().starts_with("grpc  http://127.0.0.1:"));
    assert!(line().starts_with("http  http://127.0.0.1:"));
    assert_eq!(line(), "Everything is ready. Ctrl-C ends.");
    let killed = Command::new("kill")
        .args(["-INT", &served.id().to_string()])
        .status();
    assert!(
        killed.is_ok_and(|status| status.success()),
        "the interrupt can be sent"
    );
    let output = served.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "\nNothing was exported.\n"
    );
}
