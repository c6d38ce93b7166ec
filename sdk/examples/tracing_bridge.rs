//! For users of `tracing`: spans become spans, events become log records, by the stock bridge crates.
//!
//! Exports make no telemetry about themselves, so nothing goes round in circles, also where every event of every crate is
//! taken. Needs an OTLP receiver on localhost:4318, as `otelbox serve` is, unless the environment says otherwise.

use std::error::Error;
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use otelbox_sdk::{Environment, Sdk};
use tracing_subscriber::prelude::*;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let level = Environment::process().log_level();
    let lines = || tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    // The layers need the SDK; until they are there, what it says goes to standard error alone.
    let until_then = tracing_subscriber::registry().with(level).with(lines());
    let sdk = tracing::subscriber::with_default(until_then, Sdk::from_env)?.install_global();
    tracing_subscriber::registry()
        .with(level)
        .with(lines())
        .with(tracing_opentelemetry::layer().with_tracer(sdk.tracer_provider().tracer("checkout")))
        .with(OpenTelemetryTracingBridge::new(sdk.logger_provider()))
        .init();

    {
        let _span = tracing::info_span!("checkout", route = "/checkout").entered();
        tracing::info!(amount = 42.5, "paid");
    }

    sdk.shutdown(Duration::from_secs(5)).await?;
    Ok(())
}
