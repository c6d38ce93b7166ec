//! "Exporters", Zipkin: it is named in the environment, beside others where that is wanted. Writes the id of its trace.
//!
//! ```sh
//! export OTEL_TRACES_EXPORTER="zipkin"                                          # or otlp,zipkin
//! export OTEL_EXPORTER_ZIPKIN_ENDPOINT="http://localhost:9411/api/v2/spans"     # the default
//! export OTEL_EXPORTER_ZIPKIN_PROTOCOL="http/json"                              # the default; or http/protobuf
//! ```

use std::error::Error;
use std::io::{Write as _, stdout};
use std::time::Duration;

use opentelemetry::trace::{
    SpanKind, Status, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Array, Context, InstrumentationScope, KeyValue, StringValue, Value};
use otelbox_sdk::{Environment, Sdk};

fn main() -> Result<(), Box<dyn Error>> {
    let environment = Environment::process();
    let sdk = Sdk::builder()
        .with_env(&environment)
        .with_service_name("checkout-service")
        .without_metrics()
        .without_logs()
        .build()?;
    let scope = InstrumentationScope::builder("checkout")
        .with_version("1.2.0")
        .build();
    let tracer = sdk.tracer_provider().tracer_with_scope(scope);

    let server = tracer
        .span_builder("POST /checkout")
        .with_kind(SpanKind::Server)
        .with_attributes([KeyValue::new("http.response.status_code", 200)])
        .start(&tracer);
    let context = Context::new().with_span(server);
    let tables: Vec<StringValue> = vec!["orders".into(), "items".into()];
    let client = tracer
        .span_builder("SELECT orders")
        .with_kind(SpanKind::Client)
        .with_attributes([
            KeyValue::new("peer.service", "orders-db"),
            KeyValue::new("tables", Value::Array(Array::String(tables))),
        ])
        .start_with_context(&tracer, &context);
    let inner = context.with_span(client);
    inner
        .span()
        .add_event("retrying", vec![KeyValue::new("attempt", 2)]);
    inner.span().set_status(Status::error("deadlock"));
    inner.span().end();
    context.span().end();
    writeln!(stdout(), "{}", context.span().span_context().trace_id())?;

    sdk.blocking_shutdown(Duration::from_secs(10))?;
    Ok(())
}
