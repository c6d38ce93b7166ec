//! Code and environment, and what is secret about them.

use otelbox_sdk::{ConfigError, Environment, Exporter as _, RemoteWriteProtocol};

use crate::batches::requests;
use crate::log_lines::Log;
use crate::receiver::{Receiver, answer, export, header};

const PREFIX: &str = "OTELBOX_PROMETHEUS_REMOTE_WRITE";

fn environment(variables: &[(&str, &str)]) -> Environment {
    variables
        .iter()
        .map(|(name, value)| (format!("{PREFIX}_{name}"), (*value).to_owned()))
        .collect()
}

/// What an exporter with these variables says about itself, and what was warned of.
fn described(variables: &[(&str, &str)]) -> (String, Vec<String>) {
    let log = Log::default();
    let guard = log.start();
    let exporter = otelbox_sdk::PrometheusRemoteWriteExporter::builder()
        .with_env(&environment(variables))
        .build()
        .expect("an exporter");
    drop(guard);
    (exporter.description(), log.lines("WARN"))
}

/// The head of one request with these variables.
async fn head(variables: &[(&str, &str)]) -> String {
    let receiver = Receiver::new([]);
    let exporter = receiver
        .exporter()
        .with_env(&environment(variables))
        .build();
    let exporter = exporter.expect("an exporter");
    assert!(export(&exporter, &requests(15, 3)).await.is_delivered());
    receiver.last().head
}

#[test]
fn the_defaults() {
    let (description, warnings) = described(&[]);
    assert_eq!(
        description,
        "endpoint=http://localhost:9090/api/v1/write protocol=2.0 tls=disabled export_timeout=10s"
    );
    assert_eq!(warnings, [""; 0]);
}

#[test]
fn the_environment_sets_all_of_it() {
    let (description, warnings) = described(&[
        ("ENDPOINT", "http://metrics:1/write"),
        ("PROTOCOL", "1.0"),
        ("TIMEOUT", "2500"),
    ]);
    assert_eq!(
        description,
        "endpoint=http://metrics:1/write protocol=1.0 tls=disabled export_timeout=2.5s"
    );
    assert_eq!(warnings, [""; 0]);
}

#[test]
fn what_cannot_be_used_is_said_and_the_default_is_used() {
    for (name, value, allowed) in [
        ("ENDPOINT", "metrics:1", "http://metrics:1"),
        ("PROTOCOL", "3.0", "1.0 or 2.0"),
        ("TIMEOUT", "soon", "a whole number of milliseconds"),
    ] {
        let (description, warnings) = described(&[(name, value)]);
        assert_eq!(description, described(&[]).0);
        let [warning] = &warnings[..] else {
            panic!("{warnings:?}")
        };
        assert!(
            warning.contains(&format!("{PREFIX}_{name}")) && warning.contains(allowed),
            "{warning}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn code_wins_over_the_environment() {
    let receiver = Receiver::new([]);
    let exporter = receiver
        .exporter()
        .with_env(&environment(&[
            ("PROTOCOL", "1.0"),
            ("BEARER_TOKEN", "one"),
        ]))
        .with_protocol(RemoteWriteProtocol::V2)
        .with_bearer_token("another")
        .build()
        .expect("an exporter");
    assert!(export(&exporter, &requests(15, 3)).await.is_delivered());
    let head = receiver.last().head;
    assert_eq!(header(&head, "authorization"), Some("Bearer another"));
    assert_eq!(receiver.protocols(), ["2.0"]);
}

#[tokio::test(start_paused = true)]
async fn who_asks_by_name_or_by_token() {
    let basic = head(&[("USERNAME", "ada"), ("PASSWORD", "love:lace")]).await;
    // printf ada:love:lace | base64
    assert_eq!(
        header(&basic, "authorization"),
        Some("Basic YWRhOmxvdmU6bGFjZQ==")
    );
    let bearer = head(&[
        ("BEARER_TOKEN", "abc"),
        ("HEADERS", "x-a=1,authorization=old"),
    ])
    .await;
    assert_eq!(header(&bearer, "authorization"), Some("Bearer abc"));
    assert_eq!(header(&bearer, "x-a"), Some("1"));
    let given = head(&[("HEADERS", "authorization=Custom%20one")]).await;
    assert_eq!(header(&given, "authorization"), Some("Custom one"));
}

#[test]
fn credentials_that_cannot_be_used_are_said_without_being_shown() {
    for (variables, part) in [
        (&[("PASSWORD", "hunter2")][..], "PASSWORD is not used"),
        (&[("USERNAME", "a:hunter2")], "no colon"),
        (
            &[("BEARER_TOKEN", "hunter2\n x")],
            "BEARER_TOKEN is not used",
        ),
        (
            &[("BEARER_TOKEN", "hunter2"), ("USERNAME", "hunter2")],
            "USERNAME is not used",
        ),
    ] {
        let (_, warnings) = described(variables);
        let [warning] = &warnings[..] else {
            panic!("{warnings:?}")
        };
        assert!(
            warning.contains(part) && !warning.contains("hunter2"),
            "{warning}"
        );
    }
}

#[test]
fn headers_of_the_protocol_are_nobodys_else() {
    for name in [
        "Content-Type",
        "content-encoding",
        "User-Agent",
        "X-Prometheus-Remote-Write-Version",
    ] {
        let built = otelbox_sdk::PrometheusRemoteWriteExporter::builder()
            .with_header(name, "mine")
            .build();
        assert!(matches!(built, Err(ConfigError::Header { .. })), "{name}");
        let (_, warnings) = described(&[("HEADERS", &format!("{name}=mine"))]);
        assert_eq!(warnings.len(), 1, "{name}: {warnings:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn secrets_are_not_shown() {
    let words = answer(
        403,
        &["content-type: text/plain"],
        "no hunter2-token, no hunter2-token",
    );
    let receiver = Receiver::always(words);
    let builder = receiver.exporter().with_bearer_token("hunter2-token");
    let shown_builder = format!("{builder:?}");
    let exporter = builder.build().expect("an exporter");
    let outcome = export(&exporter, &requests(15, 3)).await;
    let shown = format!(
        "{shown_builder} {outcome:?} {exporter:?} {}",
        exporter.description()
    );
    assert!(
        shown.contains("no ***") && !shown.contains("hunter2"),
        "{shown}"
    );
}

#[test]
fn a_wrong_endpoint_in_code_is_an_error() {
    for (endpoint, part) in [
        ("prometheus:9090", "http://prometheus:9090"),
        ("http://user:hunter2@prometheus:x/", "65535"),
    ] {
        let error = otelbox_sdk::PrometheusRemoteWriteExporter::builder()
            .with_endpoint(endpoint)
            .build()
            .expect_err(endpoint)
            .to_string();
        assert!(
            error.contains(part) && !error.contains("hunter2"),
            "{error}"
        );
    }
}
