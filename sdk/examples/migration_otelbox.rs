//! Moving from the stock stack, after: the same program with otelbox-sdk. Before: `migration_stock.rs`.
//!
//! Needs an OTLP/HTTP receiver on localhost:4318, as `otelbox serve` is, unless the environment says otherwise.

use std::error::Error;
use std::time::Duration;

use opentelemetry::trace::Tracer as _;
use opentelemetry::{KeyValue, global};
use otelbox_sdk::Sdk;

fn main() -> Result<(), Box<dyn Error>> {
    let sdk = Sdk::from_env()?.install_global();

    serve();

    sdk.blocking_shutdown(Duration::from_secs(5))?;
    Ok(())
}

/// The instrumented program: it knows the API only, and does not change.
fn serve() {
    let requests = global::meter("checkout").u64_counter("requests").build();
    for route in ["/cart", "/checkout"] {
        let _span = global::tracer("checkout").start(route);
        requests.add(1, &[KeyValue::new("http.route", route)]);
    }
}
