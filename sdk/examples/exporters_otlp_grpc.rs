//! "Exporters", OTLP usage over gRPC: traces and metrics to a receiver that is named in code.
//!
//! Needs an OTLP/gRPC receiver on localhost:4317, as `otelbox serve` is, unless the first argument names another.

use std::error::Error;
use std::time::Duration;

use opentelemetry::trace::Tracer as _;
use opentelemetry::{KeyValue, global};
use otelbox_sdk::{Protocol, Sdk};

fn main() -> Result<(), Box<dyn Error>> {
    let endpoint = std::env::args().nth(1);
    let sdk = Sdk::builder()
        .with_service_name("your-service-name")
        .with_protocol(Protocol::Grpc)
        .with_endpoint(endpoint.as_deref().unwrap_or("http://localhost:4317"))
        .without_logs()
        .build()?
        .install_global();
    drop(global::tracer("checkout").start("POST /checkout"));
    global::meter("checkout")
        .u64_counter("http.server.request.count")
        .build()
        .add(1, &[KeyValue::new("http.route", "/checkout")]);
    sdk.blocking_shutdown(Duration::from_secs(5))?;
    Ok(())
}
