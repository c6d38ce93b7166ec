//! "Exporting OTLP Metrics to the Collector", step 1: an exporter for a Collector's endpoint.
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
        .with_endpoint("localhost:4317") // host:port, or a URL
        .with_insecure(true) // leave it out in production: TLS is the default for host:port
        .with_timeout(Duration::from_secs(10)) // for one export, all its attempts and waits
        .with_header("x-tenant", "team-checkout") // authorization or routing
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
