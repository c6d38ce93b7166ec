//! What the runner makes of drivers that misbehave. The drivers are shell scripts.

use std::time::Duration;

use otelbox::driver::{Capability, Measurement, StartRequest};
use otelbox::scenario::{CallResult, Number};
use otelbox::sut::{LogBook, ProcessCommand, ProcessEnd, ProcessSut, Sut, SutError};

const HELLO: &str = r#"echo '{"ok":true,"sdk":"shell","version":"1","language":"sh","capabilities":["metrics","grpc"]}'"#;

/// A driver that answers `hello` and then does as `script` says.
async fn driver(script: &str) -> Result<ProcessSut, SutError> {
    let script = format!("read hello; {HELLO}; {script}");
    let command = ProcessCommand::new("sh", ["-c", script.as_str()]);
    ProcessSut::spawn(&command, LogBook::default()).await
}

fn measurement() -> Measurement {
    Measurement {
        instrument: "requests".to_owned(),
        value: Number::Integer(5),
        times: 1,
        attributes: otelbox::scenario::Attributes::default(),
    }
}

#[tokio::test]
async fn a_driver_that_answers_is_understood() {
    let script = r#"read a; echo '{"ok":true}'; read b; echo '{"ok":false,"result":"timeout","elapsed_ms":5003}'"#;
    let mut sut = driver(script).await.expect("a driver");
    assert_eq!(
        sut.hello().capabilities,
        [Capability::Metrics, Capability::Grpc]
    );
    sut.start(&StartRequest::default()).await.expect("started");
    let outcome = sut.force_flush(None).await.expect("an answer");
    assert_eq!(outcome.result, CallResult::Timeout);
    assert_eq!(outcome.elapsed, Duration::from_millis(5003));
}

#[tokio::test]
async fn nonsense_is_an_error_that_names_the_line() {
    let mut sut = driver("read a; echo 'Traceback (most recent call last):'")
        .await
        .expect("a driver");
    let error = sut.record(&measurement()).await.expect_err("no answer");
    insta::assert_snapshot!(error, @"line 2 of the driver's output is no answer to record: expected value at line 1 column 1: Traceback (most recent call last):");
}

#[tokio::test]
async fn a_key_that_nobody_knows_is_an_error() {
    let mut sut = driver(r#"read a; echo '{"ok":true,"elapsed":5}'"#)
        .await
        .expect("a driver");
    let error = sut
        .record(&measurement())
        .await
        .expect_err("no answer")
        .to_string();
    assert!(error.contains("unknown field `elapsed`"), "{error}");
}

#[tokio::test]
async fn a_driver_that_dies_is_reported_with_its_last_words() {
    let mut sut = driver("read a; echo 'ERROR no such module' >&2; exit 3")
        .await
        .expect("a driver");
    let error = sut.record(&measurement()).await.expect_err("no answer");
    insta::assert_snapshot!(error, @"the driver ended (exit status: 3) while it was asked to record; it said: ERROR no such module");
}

#[tokio::test]
async fn a_driver_that_has_died_can_be_let_go_of_all_the_same() {
    for is_abandoned in [true, false] {
        let mut sut = Box::new(driver("read a; exit 3").await.expect("a driver"));
        sut.record(&measurement()).await.expect_err("no answer");
        sut.record(&measurement()).await.expect_err("nor now");
        if is_abandoned {
            sut.abandon().await;
        } else {
            sut.exit().await;
        }
    }
}

#[tokio::test]
async fn a_driver_that_does_not_answer_is_given_up() {
    let script = format!("read hello; {HELLO}; read a; read b; read c");
    let mut command = ProcessCommand::new("sh", ["-c", script.as_str()]);
    command.patience = Duration::from_secs(1);
    let mut sut = ProcessSut::spawn(&command, LogBook::default())
        .await
        .expect("a driver");
    let error = sut.record(&measurement()).await.expect_err("no answer");
    insta::assert_snapshot!(error, @"no answer to record within 1s");
}

#[tokio::test]
async fn a_refusal_of_the_protocol_version_is_passed_on() {
    let command = ProcessCommand::new(
        "sh",
        [
            "-c",
            r#"read a; echo '{"ok":false,"message":"protocol 1 is too old"}'"#,
        ],
    );
    let error = ProcessSut::spawn(&command, LogBook::default())
        .await
        .expect_err("a refusal");
    insta::assert_snapshot!(error, @"protocol 1 is too old");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let no_arguments: [&str; 0] = [];
    let command = ProcessCommand::new("/nonexistent/driver", no_arguments);
    let error = ProcessSut::spawn(&command, LogBook::default())
        .await
        .expect_err("nothing to start");
    insta::assert_snapshot!(error, @"could not start the driver /nonexistent/driver");
}

#[tokio::test]
async fn a_driver_ends_when_its_input_does() {
    let sut = driver("read a").await.expect("a driver");
    let end = sut.end(Duration::from_secs(30)).await;
    assert!(matches!(end, ProcessEnd::Exited { .. }), "{end:?}");
}

#[tokio::test]
async fn the_binary_speaks_the_protocol() {
    let command = ProcessCommand::new(env!("CARGO_BIN_EXE_otelbox"), ["driver", "otelbox-sdk"]);
    let mut sut = ProcessSut::spawn(&command, LogBook::default())
        .await
        .expect("our own driver");
    assert_eq!(sut.hello().sdk, "otelbox-sdk");
    let error = sut.record(&measurement()).await.expect_err("a refusal");
    insta::assert_snapshot!(error, @"record: the SDK has not been started");
    sut.start(&StartRequest::default()).await.expect("started");
    let outcome = sut
        .shutdown(Some(Duration::from_secs(1)))
        .await
        .expect("an answer");
    assert_eq!(outcome.result, CallResult::Ok);
}

#[tokio::test]
async fn a_process_that_has_been_reset_is_heard_for_the_next_case() {
    let script = r#"echo 'WARN of the first' >&2; read a
        echo 'WARN last words' >&2; echo 'otelbox: reset' >&2; echo '{"ok":true}'
        read b; echo 'WARN of the second' >&2; exec 2>&-; echo '{"ok":true}'; read c"#;
    let command = ProcessCommand::new("sh", ["-c", &format!("read hello; {HELLO}; {script}")]);
    let (first, second) = (LogBook::default(), LogBook::default());
    let mut sut = ProcessSut::spawn(&command, first.clone())
        .await
        .expect("a driver");
    sut.reset().await.expect("reset");
    assert!(sut.ear().attend(second.clone()), "nothing was said between");
    sut.record(&measurement()).await.expect("an answer");
    assert_eq!(first.tail(9), "WARN of the first | WARN last words");
    sut.end(Duration::from_secs(30)).await;
    assert_eq!(second.tail(9), "WARN of the second");
}

#[tokio::test]
async fn only_the_line_and_the_answer_together_are_a_reset() {
    for (script, reason) in [
        (
            r#"echo '{"ok":true}'; read b"#,
            "no answer to reset within 3s",
        ),
        (
            r#"echo 'otelbox: reset' >&2; echo '{"ok":false,"message":"a thread is left"}'"#,
            "a thread is left",
        ),
        (
            "echo 'otelbox: reset' >&2; read b",
            "no answer to reset within 3s",
        ),
        (
            "exit 3",
            "the driver ended (exit status: 3) while it was asked to reset",
        ),
    ] {
        let mut sut = driver(&format!("read a; {script}"))
            .await
            .expect("a driver");
        let error = sut.reset().await.expect_err("no reset");
        assert_eq!(error.to_string(), reason, "{script}");
    }
}

#[tokio::test]
async fn a_process_that_talks_or_ends_between_two_cases_is_not_used_again() {
    for script in ["echo 'WARN still here' >&2; read b", "exit 0"] {
        let script = format!("read a; echo 'otelbox: reset' >&2; echo '{{\"ok\":true}}'; {script}");
        let mut sut = driver(&script).await.expect("a driver");
        // The driver may be ended before its answer was read; then it was not reset, which is as good.
        let Ok(()) = sut.reset().await else { continue };
        let ear = sut.ear().clone();
        sut.end(Duration::from_secs(30)).await;
        assert!(!ear.attend(LogBook::default()), "{script}");
    }
}
