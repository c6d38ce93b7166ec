//! `otelbox run --check-driver`: the drivers that are linked in keep the contract, and each crooked driver breaks the point
//! that it is made to break, by the fault of the one who breaks it.
//!
//! A crooked driver is a shell script around the driver of the reference SDK: it changes what goes in or what comes out.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use otelbox::driver_check::{DriverPoint, DriverReport, PointVerdict, check_driver};
use otelbox::sut::ProcessCommand;
use tempfile::TempDir;

/// What every script begins with: the driver, and `replace TEXT FROM TO`.
const PRELUDE: &str = r#"#!/bin/sh
replace() {
  case $1 in
    *"$2"*) printf '%s\n' "${1%%"$2"*}$3${1#*"$2"}" ;;
    *) printf '%s\n' "$1" ;;
  esac
}
# One signal and one protocol are enough.
fewer() {
  case $1 in
    *'"capabilities":['*) printf '%s\n' "${1%%'"capabilities":['*}\"capabilities\":[\"traces\",\"grpc\",\"reset\"]}" ;;
    *) printf '%s\n' "$1" ;;
  esac
}
"#;

/// A driver that does `before` to each line that goes in, and `after` to each that comes out.
fn wrapped(before: &str, after: &str) -> String {
    format!(
        "while IFS= read -r line; do\n{before}\nprintf '%s\\n' \"$line\"\ndone | OTELBOX driver otelbox-sdk | \
         while IFS= read -r line; do\nline=$(fewer \"$line\")\n{after}\nprintf '%s\\n' \"$line\"\ndone\n"
    )
}

struct Script {
    directory: TempDir,
}

impl Script {
    fn new(body: &str) -> Self {
        let script = Self {
            directory: tempfile::tempdir().expect("a directory"),
        };
        let text = format!("{PRELUDE}{body}").replace("OTELBOX", env!("CARGO_BIN_EXE_otelbox"));
        fs::write(script.path(), text).expect("a script");
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(script.path(), executable).expect("its permissions");
        script
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("driver.sh")
    }
}

fn checked(program: &Path, arguments: &[&str], patience: Duration) -> DriverReport {
    let mut command = ProcessCommand::new(program, arguments);
    command.patience = patience;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(check_driver(&command, &mut |_| {}))
}

/// A minute: nobody waits for it, unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);

fn report_of(body: &str) -> DriverReport {
    let script = Script::new(body);
    checked(&script.path(), &[], PATIENCE)
}

/// Answers the second `hello` of a process as if it had been something else, which was done.
const SECOND_HELLO_IS_OK: &str = r#"case $line in *'"sdk"'*)
  if [ "$hellos" = 1 ]; then line='{"ok":true}'; fi
  hellos=$((hellos + 1)) ;; esac"#;

/// The points that are not kept.
fn broken(report: &DriverReport) -> Vec<(&str, PointVerdict)> {
    let points = report.points.iter();
    points
        .filter(|point| point.verdict != PointVerdict::Kept)
        .map(|point| (point.name.as_str(), point.verdict))
        .collect()
}

/// What a driver of spans over gRPC is asked to deliver.
const DELIVERY: &str = "traces over grpc";

#[track_caller]
fn point<'a>(report: &'a DriverReport, name: &str) -> &'a DriverPoint {
    let mut points = report.points.iter();
    points
        .find(|point| point.name == name)
        .unwrap_or_else(|| panic!("{name} is missing: {report:#?}"))
}

#[track_caller]
fn verdict(report: &DriverReport, name: &str) -> PointVerdict {
    point(report, name).verdict
}

#[track_caller]
fn breaks(body: &str, expected: &[(&str, PointVerdict)], seen: &str) {
    let report = report_of(body);
    assert_eq!(broken(&report), expected, "{report:#?}");
    let (first, _) = expected[0];
    let said = point(&report, first).seen.as_deref().unwrap_or_default();
    assert!(said.contains(seen), "{report:#?}");
}

#[test]
fn the_drivers_that_are_linked_in_keep_the_contract() {
    for sut in ["otelbox-sdk", "opentelemetry-rust"] {
        let otelbox = Path::new(env!("CARGO_BIN_EXE_otelbox"));
        let report = checked(otelbox, &["driver", sut], PATIENCE);
        let broken = broken(&report);
        let is_fair = broken
            .iter()
            .all(|(_, verdict)| *verdict == PointVerdict::NotApplicable);
        assert!(is_fair, "{sut}: {report:#?}");
        assert!(report.points.len() > 10, "{sut}: {report:#?}");
    }
}

#[test]
fn a_wrapper_that_changes_nothing_keeps_the_contract() {
    let report = report_of(&wrapped("", ""));
    assert_eq!(broken(&report), [], "{report:#?}");
}

#[test]
fn a_driver_that_chats_on_its_standard_output() {
    breaks(
        "echo starting\nexec OTELBOX driver otelbox-sdk\n",
        &[("hello", PointVerdict::DriverAtFault)],
        "starting",
    );
}

#[test]
fn a_driver_that_crashes() {
    breaks(
        "echo 'ERROR no such module' >&2\nexit 3\n",
        &[("hello", PointVerdict::DriverAtFault)],
        "no such module",
    );
}

#[test]
fn a_program_that_is_not_there() {
    let report = checked(Path::new("./no-such-driver"), &[], PATIENCE);
    assert_eq!(broken(&report), [("hello", PointVerdict::DriverAtFault)]);
}

#[test]
fn a_driver_that_speaks_every_version() {
    breaks(
        &wrapped(r#"line=$(replace "$line" 4711 1)"#, ""),
        &[("other version", PointVerdict::DriverAtFault)],
        "4711",
    );
}

#[test]
fn a_driver_that_ignores_what_it_does_not_know() {
    breaks(
        &wrapped(r#"line=$(replace "$line" ',"no_such_key":1' '')"#, ""),
        &[("unknown key", PointVerdict::DriverAtFault)],
        "no_such_key",
    );
}

#[test]
fn a_driver_that_claims_nothing() {
    let body = "read -r line; echo '{\"ok\":true,\"sdk\":\"x\",\"version\":\"1\",\"language\":\"sh\",\"capabilities\":[]}'\n\
                while read -r line; do echo '{\"ok\":false,\"message\":\"no\"}'; done\n";
    let report = report_of(body);
    assert_eq!(
        verdict(&report, "capabilities"),
        PointVerdict::DriverAtFault,
        "{report:#?}"
    );
}

#[test]
fn a_driver_that_does_not_say_how_long_a_call_took() {
    let report = report_of(&wrapped(
        "",
        r#"line=$(replace "$line" elapsed_ms elapsed)"#,
    ));
    assert_eq!(
        verdict(&report, DELIVERY),
        PointVerdict::DriverAtFault,
        "{report:#?}"
    );
}

#[test]
fn a_driver_that_emits_nothing() {
    let before = r#"case $line in *'"op":"emit"'*) line='{"op":"hello","protocol":1}' ;; esac"#;
    let report = report_of(&wrapped(before, SECOND_HELLO_IS_OK));
    assert_eq!(
        verdict(&report, DELIVERY),
        PointVerdict::DriverOrSdk,
        "{report:#?}"
    );
}

#[test]
fn an_sdk_whose_flush_fails_without_a_reason() {
    let after =
        r#"line=$(replace "$line" '"ok":true,"result":"ok"' '"ok":false,"result":"failed"')"#;
    let report = report_of(&wrapped("", after));
    assert_eq!(
        verdict(&report, DELIVERY),
        PointVerdict::SdkAtFault,
        "{report:#?}"
    );
}

#[test]
fn a_driver_that_contradicts_itself() {
    let after = r#"line=$(replace "$line" '"ok":true,"result":"ok"' '"ok":false,"result":"ok"')"#;
    let report = report_of(&wrapped("", after));
    assert_eq!(
        verdict(&report, DELIVERY),
        PointVerdict::DriverAtFault,
        "{report:#?}"
    );
}

#[test]
fn a_driver_that_keeps_what_the_sdk_says_to_itself() {
    let body = wrapped(
        "",
        r#"line=$(replace "$line" '"ok":false,"result":"failed"' '"ok":true,"result":"ok"')"#,
    )
    .replace("driver otelbox-sdk", "driver otelbox-sdk 2>/dev/null");
    let report = report_of(&body);
    assert_eq!(
        verdict(&report, "diagnostics"),
        PointVerdict::DriverOrSdk,
        "{report:#?}"
    );
}

#[test]
fn a_driver_that_ends_with_an_exit_code_of_its_own() {
    breaks(
        &format!("{}exit 3\n", wrapped("", "")),
        &[("end of input", PointVerdict::DriverAtFault)],
        "3",
    );
}

#[test]
fn a_driver_that_flushes_when_its_input_ends() {
    let body = wrapped("", "").replace(
        "\ndone | ",
        "\ndone; printf '%s\\n' '{\"op\":\"force_flush\"}'; } | ",
    );
    let body = body.replacen("while IFS", "{ while IFS", 1);
    let report = report_of(&body);
    assert_eq!(
        verdict(&report, "end of input"),
        PointVerdict::DriverAtFault,
        "{report:#?}"
    );
}

#[test]
fn a_driver_that_starts_twice() {
    let before = r#"case $line in *'"op":"start"'*)
  if [ -n "$started" ]; then line='{"op":"hello","protocol":1}'; fi
  started=yes ;; esac"#;
    let report = report_of(&wrapped(before, SECOND_HELLO_IS_OK));
    assert_eq!(
        verdict(&report, "second start"),
        PointVerdict::DriverAtFault,
        "{report:#?}"
    );
}

#[test]
fn a_driver_that_only_says_that_it_has_been_reset() {
    let before = r#"case $line in *'"op":"reset"'*)
  echo 'otelbox: reset' >&2; line='{"op":"hello","protocol":1}' ;; esac"#;
    let report = report_of(&wrapped(before, SECOND_HELLO_IS_OK));
    assert_eq!(
        verdict(&report, "reset"),
        PointVerdict::DriverAtFault,
        "{report:#?}"
    );
}

#[test]
fn a_driver_that_never_answers_a_flush() {
    let script = Script::new(&wrapped(
        r#"case $line in *'"op":"force_flush"'*) continue ;; esac"#,
        "",
    ));
    let report = checked(&script.path(), &[], Duration::from_secs(5));
    assert_eq!(
        verdict(&report, DELIVERY),
        PointVerdict::DriverAtFault,
        "{report:#?}"
    );
    let seen = point(&report, DELIVERY).seen.as_deref().unwrap_or_default();
    assert!(seen.contains("no answer to force_flush"), "{report:#?}");
}
