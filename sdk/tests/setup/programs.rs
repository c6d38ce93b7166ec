//! The programs in `examples/`, as they are, in processes of their own: what arrives at a receiver over TCP, or on the
//! console.
//!
//! Those that name a receiver on its fixed port in code are built by CI and not run here: two runs would meet there.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::wire::{Answer, Authority, Request, Wire};

/// How long a program may take before the test fails: only a guard.
const GUARD: Duration = Duration::from_secs(120);

/// Where `cargo test` puts the examples.
fn program(name: &str) -> PathBuf {
    let here = std::env::current_exe().expect("this test's path");
    let profile = here.parent().and_then(|deps| deps.parent());
    let examples = profile.expect("a directory").join("examples");
    let path = examples.join(name);
    assert!(
        path.exists(),
        "{} is not there: `cargo test` builds it, and so does `cargo build -p otelbox-sdk --examples`",
        path.display()
    );
    path
}

/// Runs a program to its end.
async fn ended(mut command: Command) -> Output {
    command.stdin(Stdio::null());
    timeout(GUARD, spawn_blocking(move || command.output()))
        .await
        .expect("it ends")
        .expect("no panic")
        .expect("it starts")
}

/// Runs a program to its end, and gives back what it wrote to standard output.
async fn run(name: &str, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(program(name));
    command
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied());
    let output = ended(command).await;
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{name}: {}\n{error}",
        output.status
    );
    String::from_utf8(output.stdout).expect("text")
}

/// What a program sends that takes its receiver from the environment.
async fn sent(name: &str, variables: &[(&str, &str)]) -> Vec<Request> {
    let wire = Wire::new(Answer::Ok, &Authority::new());
    let endpoint = wire.listen().await;
    let mut all = vec![("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())];
    all.extend_from_slice(variables);
    run(name, &[], &all).await;
    wire.seen().requests
}

/// The paths of the requests, in order of their names: programs send their signals at once.
fn paths(requests: &[Request]) -> Vec<&str> {
    let mut paths: Vec<&str> = requests
        .iter()
        .map(|request| request.path.as_str())
        .collect();
    paths.sort_unstable();
    paths
}

#[tokio::test]
async fn one_entry_from_the_environment() {
    let all = sent("sdk_from_environment", &[]).await;
    assert_eq!(paths(&all), ["/v1/logs", "/v1/metrics", "/v1/traces"]);
    let some = sent("sdk_from_environment", &[("OTEL_TRACES_EXPORTER", "none")]).await;
    assert_eq!(paths(&some), ["/v1/logs", "/v1/metrics"]);
}

#[tokio::test]
async fn tracing_goes_out_as_spans_and_log_records_and_not_in_circles() {
    let requests = sent("tracing_bridge", &[("OTEL_LOG_LEVEL", "trace")]).await;
    assert_eq!(paths(&requests), ["/v1/logs", "/v1/traces"]);
}

#[tokio::test]
async fn exporters_put_together_by_hand() {
    let requests = sent("exporters_otlp_http", &[]).await;
    assert_eq!(paths(&requests), ["/v1/logs", "/v1/metrics", "/v1/traces"]);
    let requests = sent("exporters_simple_processor", &[]).await;
    assert_eq!(paths(&requests), ["/v1/traces", "/v1/traces"]);
}

#[tokio::test]
async fn metrics_from_the_environment() {
    let requests = sent("collector_environment", &[]).await;
    assert_eq!(paths(&requests), ["/v1/metrics"]);
}

#[cfg(feature = "prometheus-remote-write")]
#[tokio::test]
async fn remote_write_from_the_environment() {
    let wire = Wire::new(Answer::Ok, &Authority::new());
    let endpoint = format!("{}/api/v1/write", wire.listen().await);
    let variables = [
        ("OTEL_METRICS_EXPORTER", "prometheus_remote_write"),
        (
            "OTELBOX_PROMETHEUS_REMOTE_WRITE_ENDPOINT",
            endpoint.as_str(),
        ),
        ("OTELBOX_PROMETHEUS_REMOTE_WRITE_PROTOCOL", "1.0"),
    ];
    run("exporters_prometheus_remote_write", &[], &variables).await;
    let requests = wire.seen().requests;
    // The metrics, and the end of their series.
    assert_eq!(paths(&requests), ["/api/v1/write"; 2]);
}

#[tokio::test]
async fn the_quick_starts() {
    let requests = sent("quickstart_http_metrics", &[]).await;
    assert_eq!(paths(&requests), ["/v1/metrics"]);
    let wire = Wire::new(Answer::Ok, &Authority::new());
    let endpoint = wire.listen().await;
    run("quickstart_http_traces", &[&endpoint], &[]).await;
    let requests = wire.seen().requests;
    assert_eq!(paths(&requests), ["/v1/traces"]);
    assert_eq!(requests[0].header("x-api-key"), Some("YOUR_API_KEY"));
}

#[tokio::test]
async fn the_same_program_sends_the_same_signals_before_and_after_it_moved() {
    for name in ["migration_stock", "migration_otelbox"] {
        let requests = sent(name, &[]).await;
        assert_eq!(paths(&requests), ["/v1/metrics", "/v1/traces"], "{name}");
        for request in requests {
            let body = String::from_utf8_lossy(&request.body).into_owned();
            assert!(
                body.contains("/cart") && body.contains("/checkout"),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn the_console_shows_all_three_signals() {
    let shown = run("exporters_console", &[], &[]).await;
    for text in ["POST /checkout", "http.server.request.count", "paid"] {
        assert!(shown.contains(text), "{shown}");
    }
}

#[tokio::test]
async fn an_instrumentation_crate_works_as_it_is() {
    let shown = run("instrumentation_crate", &[], &[]).await;
    for text in ["http.server.request.duration", "POST"] {
        assert!(shown.contains(text), "{shown}");
    }
}

#[tokio::test]
async fn an_exporter_over_grpc_tells_what_was_lost_where_nobody_listens() {
    let mut command = Command::new(program("exporters_otlp_grpc"));
    command.arg("http://127.0.0.1:1").env_clear();
    let output = ended(command).await;
    assert!(!output.status.success());
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("1 span"), "{error}");
}

#[tokio::test]
async fn a_missing_certificate_is_named() {
    let empty = tempfile::tempdir().expect("a directory");
    let mut command = Command::new(program("collector_mutual_tls"));
    command.current_dir(empty.path()).env_clear();
    let output = ended(command).await;
    assert!(!output.status.success());
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("ca.pem"), "{error}");
}
