//! "Exporters", Jaeger: it takes traces over OTLP, so that nothing but the endpoint has to be said. Writes the id of its trace.
//!
//! ```sh
//! export OTEL_EXPORTER_OTLP_ENDPOINT="http://localhost:4317"
//! export OTEL_EXPORTER_OTLP_PROTOCOL="grpc"     # or http/protobuf, on port 4318
//! ```

use std::error::Error;
use std::io::{Write as _, stdout};
use std::time::Duration;

use opentelemetry::trace::{
    SpanKind, Status, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::SdkTracerProvider;
use otelbox_sdk::traces::BatchSpanProcessor;
use otelbox_sdk::{Environment, OtlpSpanExporter, resource_from};

fn main() -> Result<(), Box<dyn Error>> {
    let environment = Environment::process().with("OTEL_SERVICE_NAME", "checkout-service");
    let exporter = OtlpSpanExporter::builder().with_env(&environment).build()?;
    let provider = SdkTracerProvider::builder()
        .with_resource(resource_from(&environment))
        .with_span_processor(BatchSpanProcessor::builder(exporter).build()?)
        .build();
    let scope = InstrumentationScope::builder("checkout")
        .with_version("1.2.0")
        .build();
    let tracer = provider.tracer_with_scope(scope);

    let server = tracer
        .span_builder("POST /checkout")
        .with_kind(SpanKind::Server)
        .with_attributes([KeyValue::new("http.response.status_code", 200)])
        .start(&tracer);
    let context = Context::new().with_span(server);
    let client = tracer
        .span_builder("SELECT orders")
        .with_kind(SpanKind::Client)
        .start_with_context(&tracer, &context);
    let inner = context.with_span(client);
    inner
        .span()
        .add_event("retrying", vec![KeyValue::new("attempt", 2)]);
    inner.span().set_status(Status::error("deadlock"));
    inner.span().end();
    context.span().end();
    writeln!(stdout(), "{}", context.span().span_context().trace_id())?;

    provider.shutdown_with_timeout(Duration::from_secs(10))?;
    Ok(())
}
