//! "The OpenTelemetry Metrics SDK", step 1: the resource.

use std::error::Error;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::Resource;
use otelbox_sdk::{
    ConsoleMetricExporter, Environment, MeterProvider, PeriodicExportingMetricReader, resource_from,
};

fn main() -> Result<(), Box<dyn Error>> {
    // OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, and telemetry.sdk.*; what the code gives comes on top.
    let detected = resource_from(&Environment::process());
    let identity = Resource::builder_empty()
        .with_service_name("checkout-service")
        .with_attributes([
            KeyValue::new("service.version", "3.1.0"),
            KeyValue::new("deployment.environment", "production"),
        ])
        .build();
    let reader = PeriodicExportingMetricReader::builder(ConsoleMetricExporter::stdout()).build()?;
    let provider = MeterProvider::builder()
        .with_resource(detected)
        .with_resource(identity)
        .with_reader(reader)
        .build()?;

    provider
        .meter("checkout")
        .u64_counter("http.server.request.count")
        .build()
        .add(1, &[]);
    provider.blocking_shutdown(Duration::from_secs(5))?;
    Ok(())
}
