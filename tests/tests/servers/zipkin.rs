//! Traces into Zipkin, in both of its encodings.

use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::Trial;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use otelbox_sdk::{
    Backoff, Compression, Deadline, ExportOutcome, Exporter, SpanBatch, SpecRetryPolicy,
    ZipkinEncoding, ZipkinSpanExporter,
};
use otelbox_tests::api::json_until;
use otelbox_tests::{Need, Tool, Zipkin};
use serde_json::{Value, json};

use crate::{block_on, program};

pub(crate) fn trials() -> Vec<Trial> {
    let way = |name: &'static str, protocol: &'static str| {
        Need::Zipkin.trial(name, move |tool| block_on(arrives(tool, protocol)))
    };
    vec![
        way("traces_arrive_at_zipkin_as_json", "http/json"),
        way("traces_arrive_at_zipkin_as_protobuf", "http/protobuf"),
        Need::Zipkin.trial("an_outage_of_zipkin_is_bridged_by_retries", |tool| {
            block_on(outage(tool));
        }),
    ]
}

/// Runs the example, which writes the id of its trace.
async fn trace_of(zipkin: &str, protocol: &str) -> String {
    let endpoint = format!("http://{zipkin}/api/v2/spans");
    let variables = [
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_EXPORTER_ZIPKIN_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_ZIPKIN_PROTOCOL", protocol),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.namespace=shop"),
    ];
    let written = program::run("exporters_zipkin", &variables).await;
    written.trim().to_owned()
}

async fn arrives(tool: &Tool, protocol: &str) {
    let zipkin = Zipkin::start(tool).await.expect("a Zipkin");
    let address = zipkin.address().to_string();
    let id = trace_of(&address, protocol).await;
    assert_eq!(id.len(), 32, "128 bits: {id}");
    expect(&id, &zipkin.trace(&id, 2).await);
    let services = json_until(zipkin.address(), "/api/v2/services", |answer| {
        answer.as_array().filter(|names| !names.is_empty()).cloned()
    })
    .await;
    assert_eq!(services, [json!("checkout-service")]);
    let path = "/api/v2/remoteServices?serviceName=checkout-service";
    let remote = json_until(zipkin.address(), path, |answer| {
        answer.as_array().filter(|names| !names.is_empty()).cloned()
    })
    .await;
    assert_eq!(remote, [json!("orders-db")]);
}

/// What the example sends, as Zipkin tells it: names in lower case.
fn expect(id: &str, trace: &[Value]) {
    let span = |name: &str| {
        let mut spans = trace.iter();
        spans
            .find(|span| span["name"] == name)
            .unwrap_or_else(|| panic!("no span {name}: {trace:#?}"))
    };
    let (server, client) = (span("post /checkout"), span("select orders"));
    for span in [server, client] {
        assert_eq!(span["traceId"], id, "all 128 bits");
        assert_eq!(span["localEndpoint"]["serviceName"], "checkout-service");
        assert!(span["duration"].as_u64() >= Some(1), "{span:#}");
        let tags = &span["tags"];
        assert_eq!(tags["otel.scope.name"], "checkout");
        assert_eq!(tags["otel.library.version"], "1.2.0");
        assert_eq!(tags["service.namespace"], "shop");
    }
    assert_eq!(
        (&server["kind"], &client["kind"]),
        (&json!("SERVER"), &json!("CLIENT"))
    );
    assert_eq!(server.get("parentId"), None);
    assert_eq!(client["parentId"], server["id"]);
    assert_eq!(server["tags"]["http.response.status_code"], "200");
    assert_eq!(server["tags"].get("error"), None);
    assert_eq!(client["tags"]["otel.status_code"], "ERROR");
    assert_eq!(client["tags"]["error"], "deadlock");
    assert_eq!(client["tags"]["tables"], r#"["orders","items"]"#);
    assert_eq!(client["remoteEndpoint"]["serviceName"], "orders-db");
    let annotations = client["annotations"].as_array().expect("annotations");
    let [annotation] = &annotations[..] else {
        panic!("one annotation: {client:#}")
    };
    assert_eq!(annotation["value"], r#""retrying":{"attempt":2}"#);
    let at = annotation["timestamp"].as_u64().expect("microseconds");
    assert!(Some(at) >= client["timestamp"].as_u64(), "{client:#}");
}

/// A batch of one span, whose trace has an id of 128 bits of this number.
fn batch(number: u128) -> SpanBatch {
    let span = Span {
        trace_id: number.to_be_bytes().to_vec(),
        span_id: vec![1; 8],
        name: "bridge".to_owned(),
        start_time_unix_nano: 1_767_225_600_000_000_000,
        end_time_unix_nano: 1_767_225_600_000_000_000,
        ..Span::default()
    };
    SpanBatch::new(ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            scope_spans: vec![ScopeSpans {
                spans: vec![span],
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    })
}

async fn outage(tool: &Tool) {
    let mut zipkin = Zipkin::start(tool).await.expect("a Zipkin");
    let longest = Duration::from_secs(1);
    let backoff = Backoff::try_new(longest / 10, longest, 0.2).expect("a backoff");
    let exporter = ZipkinSpanExporter::builder()
        .with_endpoint(format!("http://{}/api/v2/spans", zipkin.address()))
        .with_encoding(ZipkinEncoding::Protobuf)
        .with_compression(Compression::Gzip)
        .with_timeout(Duration::ZERO)
        .with_retry_policy(Arc::new(SpecRetryPolicy { backoff }))
        .build()
        .expect("an exporter");
    // Two traces that differ in the upper 64 bits of their ids alone.
    let (before, after) = (1 << 100 | 7, 2 << 100 | 7);
    let outcome = exporter.export(&batch(before), Deadline::none()).await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 1 });
    zipkin.trace(&format!("{before:032x}"), 1).await;

    zipkin.server().stop().await;
    let after_outage = batch(after);
    let (outcome, ()) = tokio::join!(exporter.export(&after_outage, Deadline::none()), async {
        let again = zipkin.server().start_again().await;
        again.expect("it starts again");
    });
    assert!(
        outcome.is_delivered() && outcome.attempts() > 1,
        "{outcome:?}"
    );
    let found = zipkin.trace(&format!("{after:032x}"), 1).await;
    assert_eq!(found[0]["name"], "bridge");
    assert_eq!(found[0]["duration"], 1);
    let counts = exporter.statistics();
    assert_eq!((counts.delivered, counts.dropped_items), (2, 0));
}
