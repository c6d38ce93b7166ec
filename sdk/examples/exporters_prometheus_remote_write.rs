//! "Exporters", Prometheus by remote write, which is switched on there by `--web.enable-remote-write-receiver`. It is named in the
//! environment, beside others where that is wanted; name and variables are those of this SDK.
//!
//! ```sh
//! export OTEL_METRICS_EXPORTER="prometheus_remote_write"                                        # or otlp,prometheus_remote_write
//! export OTELBOX_PROMETHEUS_REMOTE_WRITE_ENDPOINT="http://localhost:9090/api/v1/write"          # the default
//! export OTELBOX_PROMETHEUS_REMOTE_WRITE_PROTOCOL="2.0"                                         # the default; or 1.0
//! ```

use std::error::Error;
use std::time::Duration;

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::{InstrumentationScope, KeyValue};
use otelbox_sdk::{Environment, Sdk};

fn main() -> Result<(), Box<dyn Error>> {
    let environment = Environment::process();
    let sdk = Sdk::builder()
        .with_env(&environment)
        .with_service_name("checkout-service")
        .without_traces()
        .without_logs()
        .build()?;
    let scope = InstrumentationScope::builder("checkout")
        .with_version("1.2.0")
        .build();
    let meter = sdk.meter_provider().meter_with_scope(scope);

    let route = [KeyValue::new("http.route", "/checkout")];
    meter
        .u64_counter("http.server.request.count")
        .with_description("Requests that were answered")
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

    sdk.blocking_shutdown(Duration::from_secs(10))?;
    Ok(())
}
