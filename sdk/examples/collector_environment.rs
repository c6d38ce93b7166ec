//! "Exporting OTLP Metrics to the Collector", prerequisites: everything from the environment.
//!
//! ```sh
//! export OTEL_EXPORTER_OTLP_PROTOCOL="grpc"
//! export OTEL_EXPORTER_OTLP_ENDPOINT="http://localhost:4317"
//! export OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE="delta"     # or cumulative, lowmemory
//! export OTEL_METRIC_EXPORT_INTERVAL="15000"     # milliseconds
//! export OTEL_SERVICE_NAME="checkout"
//! ```
//!
//! Without any of it: OTLP/HTTP with protobuf to localhost:4318, as `otelbox serve` takes it too.

use std::error::Error;
use std::time::Duration;

use opentelemetry::metrics::MeterProvider as _;
use otelbox_sdk::{Environment, MeterProvider, OtlpMetricExporter, PeriodicExportingMetricReader};

fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .init();
    // Code would win over the environment; a value in it that cannot be used is a warning in the log.
    let exporter = OtlpMetricExporter::builder()
        .with_env(&Environment::process())
        .build()?;
    let reader = PeriodicExportingMetricReader::builder(exporter).build()?;
    let provider = MeterProvider::builder().with_reader(reader).build()?;
    provider
        .meter("checkout")
        .u64_counter("http.server.request.count")
        .build()
        .add(1, &[]);
    provider.blocking_shutdown(Duration::from_secs(5))?;
    Ok(())
}
