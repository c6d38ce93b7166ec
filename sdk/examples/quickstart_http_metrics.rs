//! "Collector Protobuf over HTTP Exporter", quick start: a counter over OTLP/HTTP, set up in a few lines.
//!
//! The port is 4318: 4317 is that of gRPC, as the listing has it by mistake. Needs a receiver there, as `otelbox serve`
//! is, unless the environment says otherwise.

use std::error::Error;
use std::time::Duration;

use opentelemetry::global;
use otelbox_sdk::{Protocol, Sdk};

fn main() -> Result<(), Box<dyn Error>> {
    let sdk = Sdk::builder()
        .with_protocol(Protocol::HttpProtobuf)
        .without_traces()
        .without_logs()
        .build()?
        .install_global();
    global::meter("quickstart")
        .u64_counter("example_counter")
        .build()
        .add(1, &[]);
    sdk.blocking_shutdown(Duration::from_secs(5))?;
    Ok(())
}
