//! "Exporting OTLP Metrics to the Collector", verification without a Collector: a closed port gives retries in the log, and no crash.
//!
//! Needs that nothing listens on localhost:4319.

use std::error::Error;
use std::time::Duration;

use opentelemetry::metrics::MeterProvider as _;
use otelbox_sdk::{MeterProvider, OtlpMetricExporter, PeriodicExportingMetricReader, Protocol};

fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .init();
    let exporter = OtlpMetricExporter::builder()
        .with_protocol(Protocol::Grpc)
        .with_endpoint("localhost:4319")
        .with_insecure(true)
        .build()?;
    let reader = PeriodicExportingMetricReader::builder(exporter).build()?;
    let provider = MeterProvider::builder().with_reader(reader).build()?;
    provider
        .meter("checkout")
        .u64_counter("http.server.request.count")
        .build()
        .add(1, &[]);
    match provider.blocking_force_flush(Duration::from_secs(5)) {
        Ok(_) => tracing::warn!("somebody listens on localhost:4319"),
        // Names what was lost, and why.
        Err(error) => tracing::info!("as it should be: {error}"),
    }
    provider.blocking_shutdown(Duration::from_secs(1)).err();
    Ok(())
}
