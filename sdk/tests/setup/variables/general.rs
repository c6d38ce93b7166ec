//! The SDK as a whole, and sampling.

use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use otelbox_sdk::Environment;
use prost::Message as _;

use super::Row;
use crate::world::{World, record_one_of_each, seconds};

const EXPORTERS: &str = "otlp, console";

pub(super) fn rows() -> Vec<Row> {
    vec![
        Row {
            name: "OTEL_SDK_DISABLED",
            given: &[],
            observe: |environment| Box::pin(sent(environment)),
            default: "traces metrics logs",
            valid: ("true", ""),
            invalid: Some(("1", "true or false")),
        },
        Row {
            name: "OTEL_SERVICE_NAME",
            given: &[("OTEL_RESOURCE_ATTRIBUTES", "service.name=general")],
            observe: |environment| Box::pin(attribute(environment, "service.name")),
            default: "general",
            valid: ("checkout", "checkout"),
            invalid: None,
        },
        Row {
            name: "OTEL_RESOURCE_ATTRIBUTES",
            given: &[],
            observe: |environment| Box::pin(attribute(environment, "team")),
            default: "",
            valid: ("team=a%20b", "a b"),
            invalid: Some(("team", "key=value")),
        },
        Row {
            name: "OTEL_TRACES_EXPORTER",
            given: &[],
            observe: |environment| Box::pin(sent(environment)),
            default: "traces metrics logs",
            valid: ("console", "metrics logs checkout"),
            invalid: Some(("jaeger", EXPORTERS)),
        },
        Row {
            name: "OTEL_METRICS_EXPORTER",
            given: &[],
            observe: |environment| Box::pin(sent(environment)),
            default: "traces metrics logs",
            valid: ("console", "traces logs requests"),
            invalid: Some(("statsd", EXPORTERS)),
        },
        Row {
            name: "OTEL_LOGS_EXPORTER",
            given: &[],
            observe: |environment| Box::pin(sent(environment)),
            default: "traces metrics logs",
            valid: ("console", "traces metrics paid"),
            invalid: Some(("file", EXPORTERS)),
        },
        Row {
            name: "OTEL_PROPAGATORS",
            given: &[],
            observe: |environment| Box::pin(fields(environment)),
            default: "baggage traceparent tracestate",
            valid: ("baggage", "baggage"),
            invalid: Some(("b3", "no maintained crate")),
        },
        Row {
            name: "OTEL_LOG_LEVEL",
            given: &[],
            observe: |environment| Box::pin(async move { environment.log_level().to_string() }),
            default: "info",
            valid: ("warn", "warn"),
            invalid: Some(("loud", "off, error, warn, info, debug or trace")),
        },
        Row {
            name: "OTEL_TRACES_SAMPLER",
            given: &[],
            observe: |environment| Box::pin(sampled(environment)),
            default: "10 of 10",
            valid: ("always_off", "0 of 10"),
            invalid: Some(("jaeger_remote", "parentbased_traceidratio")),
        },
        Row {
            name: "OTEL_TRACES_SAMPLER_ARG",
            given: &[("OTEL_TRACES_SAMPLER", "traceidratio")],
            observe: |environment| Box::pin(sampled(environment)),
            default: "10 of 10",
            valid: ("0", "0 of 10"),
            invalid: Some(("2", "a number from 0 to 1")),
        },
    ]
}

/// What was sent over OTLP, and what the console shows.
async fn sent(environment: Environment) -> String {
    let world = World::new();
    let sdk = world.sdk(&environment);
    record_one_of_each(&sdk);
    sdk.shutdown(seconds(5)).await.expect("delivered");
    let requests = world.first_requests();
    let signals = ["traces", "metrics", "logs"].into_iter().zip(requests);
    let sent = signals.filter_map(|(signal, request)| request.map(|_| signal));
    let console = world.console.read();
    let shown = ["checkout", "requests", "paid"]
        .into_iter()
        .filter(|text| console.contains(text));
    sent.chain(shown).collect::<Vec<_>>().join(" ")
}

/// An attribute of the resource.
async fn attribute(environment: Environment, key: &str) -> String {
    let world = World::new();
    let sdk = world.sdk(&environment);
    record_one_of_each(&sdk);
    sdk.shutdown(seconds(5)).await.expect("delivered");
    let [traces, ..] = world.first_requests();
    let body = traces.expect("spans were sent").body;
    let request = ExportTraceServiceRequest::decode(&body[..]).expect("protobuf");
    let resource = request.resource_spans[0].resource.clone();
    resource
        .expect("a resource")
        .attributes
        .into_iter()
        .find(|attribute| attribute.key == key)
        .and_then(|attribute| attribute.value?.value)
        .map_or_else(String::new, |value| match value {
            Value::StringValue(text) => text,
            other => panic!("{other:?} is no text"),
        })
}

/// The names that the propagator reads and writes.
async fn fields(environment: Environment) -> String {
    let sdk = World::new().sdk(&environment);
    let mut fields: Vec<&str> = sdk.propagator().fields().collect();
    fields.sort_unstable();
    let fields = fields.join(" ");
    sdk.shutdown(seconds(5)).await.expect("shut down");
    fields
}

/// How many of ten traces are recorded.
async fn sampled(environment: Environment) -> String {
    let world = World::new();
    let sdk = world.sdk(&environment);
    let tracer = sdk.tracer_provider().tracer("test");
    for _ in 0..10 {
        drop(tracer.start("root"));
    }
    sdk.shutdown(seconds(5)).await.expect("delivered");
    format!("{} of 10", world.spans().len())
}
