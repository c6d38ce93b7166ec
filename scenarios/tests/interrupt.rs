//! Ctrl-C in the middle of a run over sockets.
#![cfg(unix)]

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// A driver that hangs in a flush with a program of its own running, and tells the numbers of both by a pipe.
const SCRIPT: &str = r#"#!/bin/sh
while read -r line; do
  case "$line" in
    *'"op":"hello"'*) echo '{"ok":true,"sdk":"shell","version":"1","language":"sh","capabilities":["traces","grpc"]}' ;;
    *'"op":"force_flush"'*) sleep 1000 & echo "$$ $!" > PIPE; wait ;;
    *) echo '{"ok":true}' ;;
  esac
done
"#;

const SCENARIO: &str = "id: hang/here\ntitle: t\nsignals: [traces]\nprotocols: [grpc]\nsteps:\n  - emit: { items: 1 }\n  - force_flush: {}\nexpect:\n  - rule: OTLP-BSP-001\n    exports: { at_most: 0 }\n";

#[test]
fn ctrl_c_leaves_no_process_behind_and_writes_the_report() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name);
    let (pipe, driver, scenario) = (path("pipe"), path("driver"), path("here.yaml"));
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    fs::write(&driver, SCRIPT.replace("PIPE", &pipe.display().to_string())).expect("written");
    fs::set_permissions(&driver, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("executable");
    fs::write(&scenario, SCENARIO).expect("written");
    let mut run = Command::new(env!("CARGO_BIN_EXE_otelbox"))
        .arg("run")
        .arg(&scenario)
        .arg("--sut")
        .arg(&driver)
        .arg("--report")
        .arg(path("report"))
        .stdout(Stdio::null())
        .spawn()
        .expect("a run");
    let mut numbers = String::new();
    BufReader::new(File::open(&pipe).expect("the pipe"))
        .read_line(&mut numbers)
        .expect("two numbers");
    let interrupt = Command::new("kill")
        .args(["-INT", &run.id().to_string()])
        .status();
    assert!(interrupt.expect("kill").success());
    let ended = run.wait().expect("an end");
    assert_eq!(ended.code(), Some(130));
    assert!(path("report").join("report.json").is_file());
    for number in numbers.split_ascii_whitespace() {
        // A process that has ended may still be waiting for somebody to ask how.
        let state = fs::read_to_string(format!("/proc/{number}/stat"));
        let is_gone = state.map_or(true, |state| state.contains(") Z "));
        assert!(is_gone, "process {number} is left");
    }
}
