//! Moving from the stock stack, before: `opentelemetry_sdk` with `opentelemetry-otlp`. After: `migration_otelbox.rs`.
//!
//! Needs an OTLP/HTTP receiver on localhost:4318, as `otelbox serve` is, unless the environment says otherwise.

use std::error::Error;

use opentelemetry::trace::Tracer as _;
use opentelemetry::{KeyValue, global};
use opentelemetry_otlp::{MetricExporter, SpanExporter};
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::SdkTracerProvider;

fn main() -> Result<(), Box<dyn Error>> {
    // Only in this workspace, where another package has reqwest come without a provider of cryptography.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let spans = SpanExporter::builder().with_http().build()?;
    let tracer_provider = SdkTracerProvider::builder()
        .with_batch_exporter(spans)
        .build();
    global::set_tracer_provider(tracer_provider.clone());
    let metrics = MetricExporter::builder().with_http().build()?;
    let reader = PeriodicReader::builder(metrics).build();
    let meter_provider = SdkMeterProvider::builder().with_reader(reader).build();
    global::set_meter_provider(meter_provider.clone());

    serve();

    tracer_provider.shutdown()?;
    meter_provider.shutdown()?;
    Ok(())
}

/// The instrumented program: it knows the API only, and does not change.
fn serve() {
    let requests = global::meter("checkout").u64_counter("requests").build();
    for route in ["/cart", "/checkout"] {
        let _span = global::tracer("checkout").start(route);
        requests.add(1, &[KeyValue::new("http.route", route)]);
    }
}
