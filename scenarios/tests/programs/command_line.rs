//! `otelbox run -- COMMAND`, `--attach`, and an interrupt.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Output, Stdio};

use libtest_mimic::Trial;

use super::{BE, trial};

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        trial("a_command_is_run", a_command_is_run),
        trial("one_that_exports_nothing_is_not_run", nothing_is_not_run),
        trial("attach_waits_for_a_program", attach_waits_for_a_program),
        trial("attach_is_for_one_cell", attach_is_for_one_cell),
    ];
    if cfg!(unix) {
        let test = ctrl_c_leaves_no_program_behind;
        trials.push(trial("ctrl_c_leaves_no_program_behind", test));
    }
    trials
}

fn otelbox() -> Command {
    Command::new(env!("CARGO_BIN_EXE_otelbox"))
}

fn this_program() -> String {
    let program = std::env::current_exe().expect("this program");
    program.to_str().expect("a path in UTF-8").to_owned()
}

/// One cell for a program that writes HTTP by hand.
const ONE: [&str; 5] = [
    "program/steady",
    "--signal",
    "traces",
    "--protocol",
    "http/json",
];

fn run(arguments: &[&str], name: &str) -> Output {
    otelbox()
        .arg("run")
        .args(arguments)
        .args(["--", &this_program(), BE, name])
        .output()
        .expect("a run")
}

fn a_command_is_run() {
    let output = run(&ONE, "never-retries");
    let text = String::from_utf8_lossy(&output.stdout);
    for part in ["Seen on the wire", "SIGTERM", "OBX-PRG-003"] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(output.status.code(), Some(0), "{text}");
}

fn nothing_is_not_run() {
    let arguments = [&ONE[..], &["--patience", "1s"]].concat();
    let output = run(&arguments, "exports-nothing");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("OTEL_EXPORTER_OTLP_ENDPOINT?"), "{text}");
    assert_eq!(output.status.code(), Some(5), "{text}");
}

fn attach_is_for_one_cell() {
    let output = otelbox()
        .args(["run", "program/steady", "--attach"])
        .output()
        .expect("a run");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("--attach is for one cell"), "{text}");
    assert_eq!(output.status.code(), Some(2), "{text}");
}

fn attach_waits_for_a_program() {
    let mut waiting = otelbox()
        .arg("run")
        .args(ONE)
        .arg("--attach")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a run");
    let stderr = waiting.stderr.take().expect("standard error");
    let mut lines = BufReader::new(stderr).lines();
    let mut program = Command::new(this_program());
    program.args([BE, "never-retries"]);
    for line in lines.by_ref() {
        let line = line.expect("a line");
        if let Some(variable) = line.strip_prefix("export ") {
            let (name, value) = variable.split_once('=').expect("a variable");
            program.env(name, value);
        }
        if line.starts_with("Waiting") {
            break;
        }
    }
    let mut program = program.spawn().expect("a program");
    // What else it says must not hold it up.
    let rest = std::thread::spawn(move || lines.count());
    let output = waiting.wait_with_output().expect("an end");
    program.kill().expect("killed");
    program.wait().expect("an end");
    drop(rest.join());
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("its process is not seen"), "{text}");
}

fn ctrl_c_leaves_no_program_behind() {
    let directory = tempfile::tempdir().expect("a directory");
    let pipe = directory.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    let script = format!("sleep 1000 & echo \"$$ $!\" > {}; wait", pipe.display());
    let mut run = otelbox()
        .arg("run")
        .args(ONE)
        .args(["--", "sh", "-c", &script])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a run");
    let mut numbers = String::new();
    BufReader::new(std::fs::File::open(&pipe).expect("the pipe"))
        .read_line(&mut numbers)
        .expect("two numbers");
    let interrupt = Command::new("kill")
        .args(["-INT", &run.id().to_string()])
        .status();
    assert!(interrupt.expect("kill").success());
    assert_eq!(run.wait().expect("an end").code(), Some(130));
    for number in numbers.split_ascii_whitespace() {
        // A process that has ended may still be waiting for somebody to ask how.
        let state = std::fs::read_to_string(format!("/proc/{number}/stat"));
        let is_gone = state.map_or(true, |state| state.contains(") Z "));
        assert!(is_gone, "process {number} is left");
    }
}
