//! "The OpenTelemetry Metrics SDK", end to end: record, collect and export.
//!
//! Needs an OTLP/gRPC receiver on localhost:4317, as `otelbox serve` is.

use std::error::Error;
use std::time::Duration;

use opentelemetry::{InstrumentationScope, KeyValue, global};
use opentelemetry_sdk::Resource;
use otelbox_sdk::{MeterProvider, OtlpMetricExporter, PeriodicExportingMetricReader, Protocol};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .init();
    // 1. Identity
    let resource = Resource::builder_empty()
        .with_service_name("checkout-service")
        .with_attribute(KeyValue::new("service.version", "3.1.0"))
        .build();

    // 2. Exporter -> reader -> provider
    let exporter = OtlpMetricExporter::builder()
        .with_protocol(Protocol::Grpc)
        .with_endpoint("localhost:4317")
        .with_insecure(true)
        .build()?;
    let reader = PeriodicExportingMetricReader::builder(exporter)
        .with_interval(Duration::from_secs(15))
        .build()?;
    let provider = MeterProvider::builder()
        .with_resource(resource)
        .with_reader(reader)
        .build()?;
    global::set_meter_provider(provider.clone());

    // 3. Instruments
    let scope = InstrumentationScope::builder("__main__")
        .with_version("3.1.0")
        .build();
    let meter = global::meter_with_scope(scope);
    let requests = meter
        .u64_counter("http.server.request.count")
        .with_unit("{request}")
        .build();
    let latency = meter
        .f64_histogram("http.server.duration")
        .with_unit("ms")
        .build();

    // 4. Observable gauge: reads the depth of the pool at each collection
    let _pool = meter
        .i64_observable_gauge("db.pool.in_use")
        .with_unit("{connection}")
        .with_callback(|pool| pool.observe(7, &[KeyValue::new("pool", "primary")]))
        .build();

    // 5. Simulated traffic
    for _ in 0..50 {
        let route = KeyValue::new("http.route", "/checkout");
        requests.add(1, &[route.clone(), KeyValue::new("http.status_code", 200)]);
        latency.record(42.5, &[route]);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }

    // 6. Flush deterministically and shut down
    provider.force_flush(Duration::from_secs(10)).await?;
    provider.shutdown(Duration::from_secs(10)).await?;
    Ok(())
}
