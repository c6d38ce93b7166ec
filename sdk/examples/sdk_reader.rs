//! "The OpenTelemetry Metrics SDK", step 3: the cadence of collection, and what was done with it.
//!
//! Needs an OTLP/gRPC receiver on localhost:4317, as `otelbox serve` is.

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
        .with_endpoint("http://localhost:4317")
        .build()?;
    let reader = PeriodicExportingMetricReader::builder(exporter)
        .with_interval(Duration::from_secs(15)) // collect and export every 15 s
        .with_timeout(Duration::from_secs(10))
        .build()?;
    let handle = reader.handle();

    let provider = MeterProvider::builder().with_reader(reader).build()?;
    provider
        .meter("checkout")
        .u64_counter("http.server.request.count")
        .build()
        .add(1, &[]);
    let report = handle.blocking_force_flush(Duration::from_secs(5))?;
    tracing::info!("{} data points delivered", report.cycle.points);
    provider.blocking_shutdown(Duration::from_secs(5))?;
    tracing::info!("{:?}", handle.statistics());
    Ok(())
}
