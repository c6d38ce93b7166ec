//! "The OpenTelemetry Metrics SDK", console export for local debugging: the same pipeline without a Collector.
//!
//! Prints at 5 s and at the end.

use std::error::Error;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use otelbox_sdk::{ConsoleMetricExporter, MeterProvider, PeriodicExportingMetricReader};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // `.as_json_lines()` for OTLP/JSON.
    let exporter = ConsoleMetricExporter::stdout();
    let reader = PeriodicExportingMetricReader::builder(exporter)
        .with_interval(Duration::from_secs(5))
        .build()?;
    let provider = MeterProvider::builder().with_reader(reader).build()?;
    let requests = provider
        .meter("__main__")
        .u64_counter("http.server.request.count")
        .build();
    for _ in 0..50 {
        requests.add(1, &[KeyValue::new("http.route", "/checkout")]);
        tokio::time::sleep(Duration::from_millis(120)).await;
    }
    provider.shutdown(Duration::from_secs(5)).await?;
    Ok(())
}
