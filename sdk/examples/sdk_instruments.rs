//! "The OpenTelemetry Metrics SDK", step 6: a meter with a version, and instruments.

use std::error::Error;
use std::time::Duration;

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::{InstrumentationScope, KeyValue};
use otelbox_sdk::{ConsoleMetricExporter, MeterProvider, PeriodicExportingMetricReader};

fn main() -> Result<(), Box<dyn Error>> {
    let reader = PeriodicExportingMetricReader::builder(ConsoleMetricExporter::stdout()).build()?;
    let provider = MeterProvider::builder().with_reader(reader).build()?;
    // Named after the module, so that data can be told apart by the code that made them.
    let scope = InstrumentationScope::builder(module_path!())
        .with_version("3.1.0")
        .build();
    let meter = provider.meter_with_scope(scope);
    let request_counter = meter
        .u64_counter("http.server.request.count")
        .with_unit("{request}")
        .with_description("Total HTTP requests handled")
        .build();
    let latency_histogram = meter
        .f64_histogram("http.server.duration")
        .with_unit("ms")
        .with_description("HTTP server request duration")
        .build();

    let route = [KeyValue::new("http.route", "/checkout")];
    request_counter.add(1, &route);
    latency_histogram.record(42.5, &route);
    provider.blocking_shutdown(Duration::from_secs(5))?;
    Ok(())
}
