//! "Exporting OTLP Metrics to the Collector", step 2: a temporality for each kind of instrument.
//!
//! Needs an OTLP/gRPC receiver on localhost:4317, as `otelbox serve` is.

use std::error::Error;
use std::time::Duration;

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::InstrumentKind;
use otelbox_sdk::{
    MeterProvider, OtlpMetricExporter, PeriodicExportingMetricReader, Protocol, Temporality,
    TemporalityPreference,
};

fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .init();
    // Delta keeps payloads small; cumulative survives dropped exports.
    let preferred = TemporalityPreference::cumulative()
        .with(InstrumentKind::Counter, Temporality::Delta)
        .with(InstrumentKind::Histogram, Temporality::Delta)
        .with(InstrumentKind::ObservableCounter, Temporality::Cumulative);
    let exporter = OtlpMetricExporter::builder()
        .with_protocol(Protocol::Grpc)
        .with_endpoint("localhost:4317")
        .with_insecure(true)
        .with_temporality(preferred)
        .build()?;

    let reader = PeriodicExportingMetricReader::builder(exporter).build()?;
    let provider = MeterProvider::builder().with_reader(reader).build()?;
    let meter = provider.meter("checkout");
    let requests = meter.u64_counter("http.server.request.count").build();
    let _total = meter
        .u64_observable_counter("process.requests")
        .with_callback(|total| total.observe(100, &[]))
        .build();
    for _ in 0..2 {
        requests.add(50, &[]);
        // The counter says 50 both times, the observable counter 100 both times.
        provider.blocking_force_flush(Duration::from_secs(5))?;
    }
    provider.blocking_shutdown(Duration::from_secs(5))?;
    Ok(())
}
