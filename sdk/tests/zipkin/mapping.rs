//! What becomes of each part of a span, in both encodings.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::any_value::Value as OtlpValue;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use otelbox_sdk::{Deadline, ExportOutcome, Exporter, SpanBatch, ZipkinEncoding};
use prost::Message;
use serde_json::{Value, json};

use crate::receiver::{Receiver, header};
use crate::spans::{attribute, batch, full, plain, text};

/// What arrives of a batch.
async fn sent(batch: &SpanBatch, encoding: ZipkinEncoding) -> Vec<u8> {
    let receiver = Receiver::new([]);
    let exporter = receiver.exporter().with_encoding(encoding).build();
    let exporter = exporter.expect("an exporter");
    let outcome = exporter.export(batch, Deadline::none()).await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 1 });
    let [seen] = &receiver.seen()[..] else {
        panic!("one request")
    };
    let content_type = match encoding {
        ZipkinEncoding::Json => "application/json",
        ZipkinEncoding::Protobuf => "application/x-protobuf",
    };
    assert_eq!(header(&seen.head, "content-type"), Some(content_type));
    seen.body.clone()
}

/// A batch as JSON.
async fn as_json(batch: &SpanBatch) -> Value {
    let body = sent(batch, ZipkinEncoding::Json).await;
    serde_json::from_slice(&body).expect("JSON")
}

/// One span as JSON.
async fn span_as_json(span: Span) -> Value {
    as_json(&batch([span])).await[0].clone()
}

#[tokio::test(start_paused = true)]
async fn a_full_span_as_json() {
    insta::assert_json_snapshot!("full_span", as_json(&batch([full()])).await);
}

#[tokio::test(start_paused = true)]
async fn what_is_empty_is_left_out() {
    let mut batch = batch([plain()]);
    let resource_spans = &mut batch.request.resource_spans[0];
    resource_spans.resource = None;
    resource_spans.scope_spans[0].scope = None;
    insta::assert_json_snapshot!(as_json(&batch).await, @r#"
    [
      {
        "traceId": "abababababababababababababababab",
        "id": "cdcdcdcdcdcdcdcd",
        "name": "work",
        "timestamp": 1767225600000001,
        "duration": 2,
        "localEndpoint": {
          "serviceName": "unknown_service"
        }
      }
    ]
    "#);
}

/// A list of spans, read by what `zipkin.proto` says and not by what the exporter writes it with.
#[derive(Clone, PartialEq, Message)]
struct List {
    #[prost(message, repeated, tag = "1")]
    spans: Vec<Read>,
}

#[derive(Clone, PartialEq, Message)]
struct Read {
    #[prost(bytes = "bytes", tag = "1")]
    trace_id: bytes::Bytes,
    #[prost(bytes = "bytes", tag = "2")]
    parent_id: bytes::Bytes,
    #[prost(bytes = "bytes", tag = "3")]
    id: bytes::Bytes,
    #[prost(int32, tag = "4")]
    kind: i32,
    #[prost(string, tag = "5")]
    name: String,
    #[prost(fixed64, tag = "6")]
    timestamp: u64,
    #[prost(uint64, tag = "7")]
    duration: u64,
    #[prost(message, optional, tag = "8")]
    local: Option<ReadEndpoint>,
    #[prost(message, optional, tag = "9")]
    remote: Option<ReadEndpoint>,
    #[prost(message, repeated, tag = "10")]
    annotations: Vec<ReadAnnotation>,
    #[prost(map = "string, string", tag = "11")]
    tags: std::collections::HashMap<String, String>,
    #[prost(bool, tag = "12")]
    debug: bool,
    #[prost(bool, tag = "13")]
    shared: bool,
}

#[derive(Clone, PartialEq, Message)]
struct ReadEndpoint {
    #[prost(string, tag = "1")]
    service_name: String,
    #[prost(bytes = "bytes", tag = "2")]
    ipv4: bytes::Bytes,
    #[prost(bytes = "bytes", tag = "3")]
    ipv6: bytes::Bytes,
    #[prost(int32, tag = "4")]
    port: i32,
}

#[derive(Clone, PartialEq, Message)]
struct ReadAnnotation {
    #[prost(fixed64, tag = "1")]
    timestamp: u64,
    #[prost(string, tag = "2")]
    value: String,
}

/// The span that was read, as its JSON would be.
fn json_of(span: &Read) -> Value {
    let hex = |bytes: &[u8]| {
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        let digits = digits.filter_map(|digit| char::from_digit(digit.into(), 16));
        digits.collect::<String>()
    };
    let endpoint = |endpoint: &Option<ReadEndpoint>| {
        let endpoint = endpoint.as_ref()?;
        assert!(endpoint.ipv4.is_empty() && endpoint.ipv6.is_empty() && endpoint.port == 0);
        Some(json!({ "serviceName": endpoint.service_name }))
    };
    assert!(!span.debug && !span.shared);
    let annotations = span
        .annotations
        .iter()
        .map(|annotation| json!({ "timestamp": annotation.timestamp, "value": annotation.value }));
    let kind = ["", "CLIENT", "SERVER", "PRODUCER", "CONSUMER"];
    let tags: BTreeMap<_, _> = span.tags.iter().collect();
    json!({
        "traceId": hex(&span.trace_id),
        "parentId": hex(&span.parent_id),
        "id": hex(&span.id),
        "kind": kind[usize::try_from(span.kind).expect("a kind")],
        "name": span.name,
        "timestamp": span.timestamp,
        "duration": span.duration,
        "localEndpoint": endpoint(&span.local),
        "remoteEndpoint": endpoint(&span.remote),
        "annotations": annotations.collect::<Vec<_>>(),
        "tags": tags,
    })
}

#[tokio::test(start_paused = true)]
async fn protobuf_says_the_same_as_json() {
    let batch = batch([full()]);
    let body = sent(&batch, ZipkinEncoding::Protobuf).await;
    let list = List::decode(&body[..]).expect("protobuf");
    let [span] = &list.spans[..] else {
        panic!("one span: {list:?}")
    };
    assert_eq!(json_of(span), as_json(&batch).await[0]);
}

#[tokio::test(start_paused = true)]
async fn a_remote_address_is_in_its_own_field_in_both_encodings() {
    let span = Span {
        kind: SpanKind::Producer.into(),
        attributes: vec![
            text("network.peer.address", "192.0.2.7"),
            attribute("network.peer.port", OtlpValue::IntValue(9092)),
        ],
        ..plain()
    };
    assert_eq!(
        span_as_json(span.clone()).await["remoteEndpoint"],
        json!({ "serviceName": "192.0.2.7", "ipv4": "192.0.2.7", "port": 9092 })
    );
    let body = sent(&batch([span]), ZipkinEncoding::Protobuf).await;
    let list = List::decode(&body[..]).expect("protobuf");
    let remote = list.spans[0].remote.as_ref().expect("a remote endpoint");
    assert_eq!((&remote.ipv4[..], remote.port), (&[192, 0, 2, 7][..], 9092));
}

#[tokio::test(start_paused = true)]
async fn kinds_are_those_of_zipkin_and_internal_spans_have_none() {
    for (kind, expected) in [
        (SpanKind::Unspecified, Value::Null),
        (SpanKind::Internal, Value::Null),
        (SpanKind::Server, json!("SERVER")),
        (SpanKind::Client, json!("CLIENT")),
        (SpanKind::Producer, json!("PRODUCER")),
        (SpanKind::Consumer, json!("CONSUMER")),
    ] {
        let span = Span {
            kind: kind.into(),
            ..plain()
        };
        assert_eq!(span_as_json(span).await["kind"], expected, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn times_are_whole_microseconds_and_a_duration_is_one_at_least() {
    for (nanos, expected) in [(0, 1), (999, 1), (1_234, 1), (1_999, 1), (2_000, 2)] {
        let span = Span {
            start_time_unix_nano: 5_999,
            end_time_unix_nano: 5_999 + nanos,
            ..plain()
        };
        let span = span_as_json(span).await;
        assert_eq!(
            (&span["timestamp"], &span["duration"]),
            (&json!(5), &json!(expected))
        );
    }
    let backwards = Span {
        start_time_unix_nano: 5_000,
        end_time_unix_nano: 4_000,
        ..plain()
    };
    assert_eq!(span_as_json(backwards).await["duration"], 1);
}

fn with_status(code: StatusCode, message: &str, attributes: &[(&str, OtlpValue)]) -> Span {
    Span {
        status: Some(Status {
            message: message.to_owned(),
            code: code.into(),
        }),
        attributes: attributes
            .iter()
            .map(|(key, value)| attribute(key, value.clone()))
            .collect(),
        ..plain()
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_has_its_tag_and_nothing_else_has_one() {
    let yes = || [("error", OtlpValue::BoolValue(true))];
    let no = || [("error", OtlpValue::BoolValue(false))];
    let no_text = [("error", OtlpValue::StringValue("false".to_owned()))];
    for (span, code, error) in [
        (
            with_status(StatusCode::Unset, "ignored", &[]),
            Value::Null,
            Value::Null,
        ),
        (
            with_status(StatusCode::Ok, "ignored", &[]),
            json!("OK"),
            Value::Null,
        ),
        (
            with_status(StatusCode::Error, "bad", &[]),
            json!("ERROR"),
            json!("bad"),
        ),
        (
            with_status(StatusCode::Error, "", &[]),
            json!("ERROR"),
            json!(""),
        ),
        (
            with_status(StatusCode::Error, "bad", &no()),
            json!("ERROR"),
            json!("bad"),
        ),
        (
            with_status(StatusCode::Unset, "", &no()),
            Value::Null,
            Value::Null,
        ),
        (
            with_status(StatusCode::Ok, "", &no_text),
            json!("OK"),
            Value::Null,
        ),
        (
            with_status(StatusCode::Unset, "", &yes()),
            Value::Null,
            json!("true"),
        ),
    ] {
        let shown = format!("{:?} {:?}", span.status, span.attributes);
        let tags = &span_as_json(span).await["tags"];
        assert_eq!(
            (&tags["otel.status_code"], &tags["error"]),
            (&code, &error),
            "{shown}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_resource_without_a_name_is_an_unknown_service() {
    let mut batch = batch([plain()]);
    let resource = batch.request.resource_spans[0].resource.as_mut();
    resource.expect("a resource").attributes.remove(0);
    let endpoint = &as_json(&batch).await[0]["localEndpoint"];
    assert_eq!(*endpoint, json!({ "serviceName": "unknown_service" }));
}

#[tokio::test(start_paused = true)]
async fn each_resource_has_its_own_endpoint_and_tags() {
    let (mut one, mut two) = (batch([plain()]), batch([full()]));
    let mut other = two.request.resource_spans.remove(0);
    let resource = other.resource.as_mut().expect("a resource");
    resource.attributes = vec![text("service.name", "billing")];
    one.request.resource_spans.push(other);
    let spans = as_json(&one).await;
    assert_eq!(spans[0]["localEndpoint"]["serviceName"], "checkout");
    assert_eq!(spans[0]["tags"]["service.namespace"], "shop");
    assert_eq!(spans[1]["localEndpoint"]["serviceName"], "billing");
    assert_eq!(spans[1]["tags"].get("service.namespace"), None);
}
