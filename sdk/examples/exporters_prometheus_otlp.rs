//! "Exporters", Prometheus by way of its OTLP receiver, which is switched on by `--web.enable-otlp-receiver`.
//!
//! ```sh
//! export OTEL_EXPORTER_OTLP_ENDPOINT="http://localhost:9090/api/v1/otlp"
//! ```

use std::error::Error;
use std::time::Duration;

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::{InstrumentationScope, KeyValue};
use otelbox_sdk::{
    Environment, MeterProvider, OtlpMetricExporter, PeriodicExportingMetricReader, resource_from,
};

fn main() -> Result<(), Box<dyn Error>> {
    let environment = Environment::process().with("OTEL_SERVICE_NAME", "checkout-service");
    let exporter = OtlpMetricExporter::builder()
        .with_env(&environment)
        .build()?;
    let reader = PeriodicExportingMetricReader::builder(exporter).build()?;
    let provider = MeterProvider::builder()
        .with_resource(resource_from(&environment))
        .with_reader(reader)
        .build()?;
    let scope = InstrumentationScope::builder("checkout")
        .with_version("1.2.0")
        .build();
    let meter = provider.meter_with_scope(scope);

    let route = [KeyValue::new("http.route", "/checkout")];
    meter
        .u64_counter("http.server.request.count")
        .build()
        .add(3, &route);
    let duration = meter
        .f64_histogram("http.server.request.duration")
        .with_unit("s")
        .with_boundaries(vec![0.1, 0.5])
        .build();
    for seconds in [0.0625, 0.3125, 1.0] {
        duration.record(seconds, &route);
    }
    meter
        .f64_gauge("queue.depth")
        .with_unit("1")
        .build()
        .record(0.25, &[]);

    provider.blocking_shutdown(Duration::from_secs(10))?;
    Ok(())
}
