//! "Exporting OTLP Metrics to the Collector", "Securing the channel": a CA certificate and a credential.
//!
//! Needs an OTLP/gRPC receiver with TLS on localhost:4317 and the certificate of its CA in `ca.pem`. Without the file it
//! ends with an error that names it.

use std::error::Error;
use std::time::Duration;

use opentelemetry::metrics::MeterProvider as _;
use otelbox_sdk::{
    Environment, MeterProvider, OtlpMetricExporter, PemSource, PeriodicExportingMetricReader,
    Protocol,
};

fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .init();
    let environment = Environment::process();
    let token = environment.get("OTEL_EXAMPLE_TOKEN").unwrap_or("none");
    let exporter = OtlpMetricExporter::builder()
        .with_protocol(Protocol::Grpc)
        .with_endpoint("localhost:4317") // host:port means TLS
        .with_ca_certificate(PemSource::File("ca.pem".into())) // verifies the server
        .with_header("authorization", &format!("Bearer {token}"))
        .with_timeout(Duration::from_secs(10))
        .build()?;

    // The log says: endpoint=... tls=enabled
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
