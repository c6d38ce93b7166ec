//! The script that the GitHub action runs, with the real binary, as GitHub runs it.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A run of the script in a directory of its own.
struct Run {
    directory: TempDir,
    output: Output,
}

impl Run {
    /// Runs it with these inputs.
    fn with(inputs: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.ci/action");
        let file = |name: &str| directory.path().join(name);
        // Were the selector expanded by a shell, it would be this.
        fs::create_dir(file("retry")).expect("made");
        fs::write(file("retry/unavailable-then-ok.yaml"), "").expect("written");
        let output = Command::new(script)
            .current_dir(directory.path())
            .env("BINARY", env!("CARGO_BIN_EXE_otelbox"))
            .env("SUT", "otelbox-sdk")
            .env("REPORT", "report of it")
            .env("GITHUB_OUTPUT", file("output"))
            .env("GITHUB_STEP_SUMMARY", file("summary"))
            .envs(inputs.iter().copied())
            .stdin(Stdio::null())
            .output()
            .expect("it runs");
        Self { directory, output }
    }

    fn text(&self, name: &str) -> String {
        let text = fs::read_to_string(self.directory.path().join(name));
        text.unwrap_or_else(|error| panic!("{name}: {error}\n{}", self.stderr()))
    }

    fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }
}

#[test]
fn selectors_and_options_are_words_and_reports_and_outputs_are_written() {
    let run = Run::with(&[
        ("SELECTORS", "retry/unavailable-*\n  status/*"),
        ("ARGS", "--protocol grpc --signal logs"),
    ]);
    assert_eq!(run.output.status.code(), Some(0), "{}", run.stderr());
    assert_eq!(run.text("output"), "exit-code=0\nreport=report of it\n");
    assert_eq!(run.text("summary"), run.text("report of it/summary.md"));
    let report = run.text("report of it/report.json");
    for scenario in ["retry/unavailable-then-ok", "status/"] {
        assert!(report.contains(scenario), "{scenario}");
    }
}

#[test]
fn inputs_are_data_and_a_mistake_in_them_is_the_exit_code() {
    let run = Run::with(&[(
        "SELECTORS",
        "$(touch broken-out) `touch broken-out`;touch broken-out",
    )]);
    assert_eq!(run.output.status.code(), Some(5), "{}", run.stderr());
    assert!(run.text("output").starts_with("exit-code=5\n"));
    let broken_out = run.directory.path().join("broken-out");
    assert!(!broken_out.exists(), "something of it was run");
}

#[test]
fn a_command_is_put_through_an_outage_in_place_of_a_system_under_test() {
    // Nothing of it arrives, which is no success.
    let run = Run::with(&[
        ("COMMAND", "sleep 60"),
        ("SELECTORS", "program/outage"),
        ("ARGS", "--protocol grpc --signal logs --patience 1s"),
    ]);
    assert_eq!(run.output.status.code(), Some(5), "{}", run.stderr());
    assert!(
        run.text("summary").contains("sleep"),
        "{}",
        run.text("summary")
    );
}
