//! One entry for traces, metrics and logs: everything from the environment.
//!
//! ```sh
//! export OTEL_SERVICE_NAME="checkout"
//! export OTEL_EXPORTER_OTLP_ENDPOINT="http://localhost:4318"
//! export OTEL_TRACES_SAMPLER="parentbased_traceidratio" OTEL_TRACES_SAMPLER_ARG="0.25"
//! export OTEL_METRICS_EXPORTER="otlp,console"
//! ```
//!
//! Without any of it: OTLP/HTTP with protobuf to localhost:4318, as `otelbox serve` takes it.

use std::error::Error;
use std::time::Duration;

use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry::trace::{Span as _, Tracer as _};
use opentelemetry::{KeyValue, global};
use otelbox_sdk::{Environment, Sdk};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_max_level(Environment::process().log_level()) // OTEL_LOG_LEVEL
        .with_writer(std::io::stderr)
        .init();
    let sdk = Sdk::from_env()?.install_global();

    let mut span = global::tracer("checkout").start("POST /checkout");
    span.set_attribute(KeyValue::new("http.route", "/checkout"));
    global::meter("checkout")
        .u64_counter("http.server.request.count")
        .build()
        .add(1, &[KeyValue::new("http.route", "/checkout")]);
    // Programs log through a library and its bridge: see `tracing_bridge.rs`.
    let logger = sdk.logger_provider().logger("checkout");
    let mut record = logger.create_log_record();
    record.set_severity_number(Severity::Info);
    record.set_body(AnyValue::String("paid".into()));
    logger.emit(record);
    span.end();

    // All signals at once, within 5 s; an error or the report tells what was lost.
    let report = sdk.shutdown(Duration::from_secs(5)).await?;
    for loss in &report.lost {
        tracing::warn!("{loss}");
    }
    Ok(())
}
