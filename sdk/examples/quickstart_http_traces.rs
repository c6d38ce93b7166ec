//! "Collector Protobuf over HTTP Exporter", common errors: the endpoint of one signal is a whole URL, and a receiver that
//! asks who you are gets a header.
//!
//! Needs an OTLP/HTTP receiver on localhost:4318, as `otelbox serve` is, unless the first argument names another.

use std::error::Error;
use std::time::Duration;

use opentelemetry::global;
use opentelemetry::trace::Tracer as _;
use otelbox_sdk::{OtlpSpanExporter, Protocol, Sdk};

fn main() -> Result<(), Box<dyn Error>> {
    let base = std::env::args().nth(1);
    let base = base.as_deref().unwrap_or("http://localhost:4318");
    let exporter = OtlpSpanExporter::builder()
        .with_protocol(Protocol::HttpProtobuf)
        .with_signal_endpoint(format!("{base}/v1/traces"))
        .with_header("x-api-key", "YOUR_API_KEY")
        .build()?;
    let sdk = Sdk::builder()
        .with_span_exporter(exporter)
        .without_metrics()
        .without_logs()
        .build()?
        .install_global();
    drop(global::tracer("quickstart").start("example"));
    sdk.blocking_shutdown(Duration::from_secs(5))?;
    Ok(())
}
