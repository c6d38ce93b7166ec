//! "The OpenTelemetry Metrics SDK", step 4: views for buckets and for the number of series.

use std::error::Error;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use otelbox_sdk::{ConsoleMetricExporter, MeterProvider, PeriodicExportingMetricReader, View};

fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .init();
    let latency_view = View::new().name("http.server.duration").buckets([
        5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0,
    ]);
    // Drops every other attribute, as a user id, everywhere.
    let drop_user_id = View::new()
        .name("*")
        .allow_attributes(["http.method", "http.route"]);

    let reader = PeriodicExportingMetricReader::builder(ConsoleMetricExporter::stdout()).build()?;
    let provider = MeterProvider::builder()
        .with_reader(reader)
        // The first that matches counts, so specific views go first. `with_view` makes them independent instead.
        .with_views_in_order([latency_view, drop_user_id])
        .build()?;
    let meter = provider.meter("checkout");
    let attributes = [
        KeyValue::new("http.route", "/checkout"),
        KeyValue::new("user.id", 4711),
    ];
    meter
        .f64_histogram("http.server.duration")
        .with_unit("ms")
        .build()
        .record(42.5, &attributes);
    meter
        .u64_counter("http.server.request.count")
        .build()
        .add(1, &attributes);
    // A view that matched nothing would be reported here, with names like the one it has.
    provider.blocking_shutdown(Duration::from_secs(5))?;
    Ok(())
}
