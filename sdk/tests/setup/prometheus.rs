//! Metrics that Prometheus comes for.

use std::net::TcpListener;

use otelbox_sdk::{ConfigError, Environment, Signal};

use crate::world::{World, record_one_of_each, seconds};

#[tokio::test(start_paused = true)]
async fn what_is_scraped_is_sent_over_otlp_too() {
    let environment = Environment::empty()
        .with("OTEL_METRICS_EXPORTER", "otlp,prometheus")
        .with("OTEL_EXPORTER_PROMETHEUS_PORT", "0");
    let world = World::new();
    let sdk = world.sdk(&environment);
    record_one_of_each(&sdk);
    assert_eq!(sdk.meter_provider().readers().len(), 2);
    sdk.force_flush(seconds(5)).await.expect("delivered");
    let report = sdk.shutdown(seconds(5)).await.expect("delivered");
    assert_eq!(report.lost, []);
    assert_eq!(world.metrics()[0].name, "requests");
    assert_eq!(sdk.statistics(Signal::Metrics).failed, 0);
}

#[tokio::test(start_paused = true)]
async fn a_port_that_is_taken_is_an_error_that_names_the_variables() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let environment = Environment::empty()
        .with("OTEL_METRICS_EXPORTER", "prometheus")
        .with("OTEL_EXPORTER_PROMETHEUS_PORT", port.to_string());
    let error = World::new().builder(&environment).build();
    let error = error.expect_err("it is taken");
    assert!(matches!(error, ConfigError::Listen { .. }), "{error:?}");
    let message = error.to_string();
    let expected = format!("localhost:{port} (OTEL_EXPORTER_PROMETHEUS_HOST");
    assert!(message.contains(&expected), "{message}");
}

#[tokio::test(start_paused = true)]
async fn code_wins_over_the_environment() {
    let environment = Environment::empty()
        .with("OTEL_METRICS_EXPORTER", "prometheus")
        .with("OTEL_EXPORTER_PROMETHEUS_HOST", "host.invalid");
    let builder = World::new().builder(&environment);
    let sdk = builder
        .configure_prometheus_reader(|reader| reader.with_host("127.0.0.1").with_port(0))
        .build()
        .expect("an SDK");
    sdk.shutdown(seconds(5)).await.expect("nothing to deliver");
}
