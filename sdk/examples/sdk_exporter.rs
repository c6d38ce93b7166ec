//! "The OpenTelemetry Metrics SDK", step 2: an exporter with a temporality preference, its endpoint from the environment.
//!
//! Needs an OTLP/gRPC receiver, on localhost:4317 unless `OTEL_EXPORTER_OTLP_ENDPOINT` says otherwise.

use std::error::Error;
use std::time::Duration;

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::InstrumentKind;
use otelbox_sdk::{
    Environment, MeterProvider, OtlpMetricExporter, PeriodicExportingMetricReader, Protocol,
    Temporality, TemporalityPreference,
};

fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .init();
    // Delta for additive instruments, cumulative for gauges.
    let temporality = TemporalityPreference::delta()
        .with(InstrumentKind::ObservableGauge, Temporality::Cumulative);
    let environment = Environment::process();
    let endpoint = environment
        .get("OTEL_EXPORTER_OTLP_ENDPOINT")
        .unwrap_or("http://localhost:4317");
    let exporter = OtlpMetricExporter::builder()
        .with_protocol(Protocol::Grpc)
        .with_endpoint(endpoint)
        .with_timeout(Duration::from_secs(10))
        .with_temporality(temporality)
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
