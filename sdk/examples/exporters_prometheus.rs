//! "Exporters", Prometheus: it is named in the environment, beside others where that is wanted. Serves the metrics until its
//! standard input ends, and writes where it does.
//!
//! ```sh
//! export OTEL_METRICS_EXPORTER="prometheus"             # or otlp,prometheus
//! export OTEL_EXPORTER_PROMETHEUS_HOST="localhost"      # the default
//! export OTEL_EXPORTER_PROMETHEUS_PORT="9464"           # the default
//! ```

use std::error::Error;
use std::io::{Read as _, Write as _, stdin, stdout};
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
    let requests = meter
        .u64_counter("http.server.requests")
        .with_unit("{request}")
        .with_description("Requests \"served\",\nby route")
        .build();
    requests.add(3, &[KeyValue::new("http.route", "/checkout")]);
    let duration = meter
        .f64_histogram("http.server.duration")
        .with_unit("s")
        .with_description("How long they took")
        .with_boundaries(vec![0.1, 0.5])
        .build();
    for seconds in [0.0625, 0.25, 1.0625] {
        duration.record(seconds, &[KeyValue::new("http.route", "/checkout")]);
    }
    let load = meter.f64_gauge("load").with_unit("1");
    let load = load.with_description("How busy it is").build();
    load.record(0.25, &[]);

    writeln!(stdout(), "{:?}", sdk.meter_provider().readers())?;
    stdin().read_to_end(&mut Vec::new())?;
    sdk.blocking_shutdown(Duration::from_secs(10))?;
    Ok(())
}
