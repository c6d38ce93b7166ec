//! "Exporting OTLP Metrics to the Collector", step 3: interval, timeout, and the global provider.
//!
//! Needs an OTLP/gRPC receiver on localhost:4317, as `otelbox serve` is. Runs for three exports, 45 s.

use std::error::Error;
use std::time::Duration;

use opentelemetry::{KeyValue, global};
use otelbox_sdk::{MeterProvider, OtlpMetricExporter, PeriodicExportingMetricReader, Protocol};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .init();
    let exporter = OtlpMetricExporter::builder()
        .with_protocol(Protocol::Grpc)
        .with_endpoint("localhost:4317")
        .with_insecure(true)
        .build()?;
    let reader = PeriodicExportingMetricReader::builder(exporter)
        .with_interval(Duration::from_secs(15))
        .with_timeout(Duration::from_secs(10)) // of the whole cycle, comfortably below the interval
        .build()?;
    let provider = MeterProvider::builder().with_reader(reader).build()?;
    global::set_meter_provider(provider.clone());

    let requests = global::meter("checkout")
        .u64_counter("http.server.request.count")
        .with_unit("{request}")
        .build();
    for _ in 0..46 {
        requests.add(1, &[KeyValue::new("http.route", "/checkout")]);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    // What came after the last export: without this it would be lost.
    provider.shutdown(Duration::from_secs(5)).await?;
    Ok(())
}
