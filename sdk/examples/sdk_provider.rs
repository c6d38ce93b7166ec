//! "The OpenTelemetry Metrics SDK", step 5: the provider, of resource, reader and views, made the global one.

use std::error::Error;
use std::time::Duration;

use opentelemetry::global;
use opentelemetry_sdk::Resource;
use otelbox_sdk::{ConsoleMetricExporter, MeterProvider, PeriodicExportingMetricReader, View};

fn main() -> Result<(), Box<dyn Error>> {
    let reader = PeriodicExportingMetricReader::builder(ConsoleMetricExporter::stdout()).build()?;
    let provider = MeterProvider::builder()
        .with_resource(
            Resource::builder_empty()
                .with_service_name("checkout-service")
                .build(),
        )
        .with_reader(reader)
        .with_views_in_order([
            View::new()
                .name("http.server.duration")
                .buckets([10.0, 25.0, 50.0, 100.0]),
            View::new().name("*").allow_attributes(["http.route"]),
        ])
        .build()?;
    // Before any meter is asked for: what was made of the no-op provider stays a no-op.
    global::set_meter_provider(provider.clone());

    global::meter("checkout")
        .f64_histogram("http.server.duration")
        .build()
        .record(42.5, &[]);
    provider.blocking_shutdown(Duration::from_secs(5))?;
    Ok(())
}
