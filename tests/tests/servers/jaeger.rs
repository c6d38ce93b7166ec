//! Traces into Jaeger over OTLP.

use libtest_mimic::Trial;
use otelbox_tests::{Jaeger, Need, Tool};
use serde_json::Value;

use crate::{block_on, program};

pub(crate) fn trials() -> Vec<Trial> {
    let way = |name: &'static str, protocol: &'static str| {
        Need::Jaeger.trial(name, move |tool| block_on(arrives(tool, protocol)))
    };
    vec![
        way("traces_arrive_over_grpc", "grpc"),
        way("traces_arrive_over_http_protobuf", "http/protobuf"),
        way("traces_arrive_over_http_json", "http/json"),
        Need::Jaeger.trial("an_outage_is_bridged_by_retries", |tool| {
            block_on(outage(tool));
        }),
    ]
}

fn endpoint(jaeger: &Jaeger, protocol: &str) -> String {
    let address = match protocol {
        "grpc" => jaeger.otlp_grpc(),
        _ => jaeger.otlp_http(),
    };
    format!("http://{address}")
}

/// Runs the example, which writes the id of its trace.
async fn trace_of(endpoint: &str, protocol: &str) -> String {
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "deployment.environment.name=test",
        ),
    ];
    let written = program::run("exporters_jaeger", &variables).await;
    written.trim().to_owned()
}

async fn arrives(tool: &Tool, protocol: &str) {
    let jaeger = Jaeger::start(tool).await.expect("a Jaeger");
    let id = trace_of(&endpoint(&jaeger, protocol), protocol).await;
    expect(&jaeger.trace(&id, 2).await);
}

/// What the example sends, as Jaeger tells it.
fn expect(trace: &Value) {
    let spans = trace["spans"].as_array().expect("spans");
    let span = |name: &str| {
        let mut spans = spans.iter();
        spans
            .find(|span| span["operationName"] == name)
            .unwrap_or_else(|| panic!("no span {name}: {trace:#}"))
    };
    let (server, client) = (span("POST /checkout"), span("SELECT orders"));
    assert_eq!(client["references"][0]["spanID"], server["spanID"]);
    assert_eq!(tag(server, "span.kind"), "server");
    assert_eq!(tag(client, "span.kind"), "client");
    assert_eq!(tag(server, "http.response.status_code"), 200);
    assert_eq!(tag(client, "otel.status_code"), "ERROR");
    assert_eq!(tag(client, "otel.status_description"), "deadlock");
    assert_eq!(tag(server, "otel.scope.name"), "checkout");
    assert_eq!(tag(server, "otel.scope.version"), "1.2.0");
    let fields = client["logs"][0]["fields"].as_array().expect("an event");
    assert!(
        fields.iter().any(|field| field["value"] == "retrying"),
        "{client:#}"
    );
    let process = server["processID"].as_str().expect("a process");
    let process = &trace["processes"][process];
    assert_eq!(process["serviceName"], "checkout-service");
    assert_eq!(tag(process, "deployment.environment.name"), "test");
    assert_eq!(tag(process, "telemetry.sdk.language"), "rust");
}

/// The value of a tag.
fn tag<'a>(of: &'a Value, key: &str) -> &'a Value {
    let tags = of["tags"].as_array().expect("tags");
    let found = tags.iter().find(|tag| tag["key"] == key);
    &found.unwrap_or_else(|| panic!("no tag {key}: {of:#}"))["value"]
}

async fn outage(tool: &Tool) {
    let mut jaeger = Jaeger::start(tool).await.expect("a Jaeger");
    let endpoint = endpoint(&jaeger, "grpc");
    jaeger.server().kill().await;
    let (id, ()) = tokio::join!(trace_of(&endpoint, "grpc"), async {
        jaeger
            .server()
            .start_again()
            .await
            .expect("it starts again");
    });
    expect(&jaeger.trace(&id, 2).await);
}
