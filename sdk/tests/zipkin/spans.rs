//! Spans to be sent.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use otelbox_sdk::SpanBatch;

pub(crate) fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

pub(crate) fn text(key: &str, text: &str) -> KeyValue {
    attribute(key, Value::StringValue(text.to_owned()))
}

/// A span with nothing but what it must have.
pub(crate) fn plain() -> Span {
    Span {
        trace_id: vec![0xab; 16],
        span_id: vec![0xcd; 8],
        name: "work".to_owned(),
        start_time_unix_nano: 1_767_225_600_000_001_999,
        end_time_unix_nano: 1_767_225_600_000_003_999,
        ..Span::default()
    }
}

/// A span with all that a span can have.
pub(crate) fn full() -> Span {
    let numbers = [1, 2].map(|number| AnyValue {
        value: Some(Value::IntValue(number)),
    });
    let numbers = ArrayValue {
        values: numbers.to_vec(),
    };
    Span {
        trace_id: (1..=16).collect(),
        span_id: (0xf1..=0xf8).collect(),
        parent_span_id: (1..=8).collect(),
        trace_state: "a=1,b=2".to_owned(),
        name: "GET /cart".to_owned(),
        kind: SpanKind::Client.into(),
        start_time_unix_nano: 1_767_225_600_123_456_789,
        end_time_unix_nano: 1_767_225_600_173_456_789,
        attributes: vec![
            text("server.address", "cart.example"),
            text("peer.service", "cart"),
            attribute("http.response.status_code", Value::IntValue(503)),
            attribute("retried", Value::BoolValue(true)),
            attribute("load", Value::DoubleValue(0.5)),
            attribute("sizes", Value::ArrayValue(numbers)),
            text("team", "of the span"),
        ],
        dropped_attributes_count: 1,
        events: vec![
            Event {
                time_unix_nano: 1_767_225_600_130_000_500,
                name: "retry".to_owned(),
                attributes: vec![
                    attribute("attempt", Value::IntValue(2)),
                    text("why", "\"no\""),
                ],
                dropped_attributes_count: 4,
            },
            Event {
                time_unix_nano: 1_767_225_600_140_000_000,
                name: "sent".to_owned(),
                ..Event::default()
            },
        ],
        dropped_events_count: 2,
        links: vec![Link {
            trace_id: vec![0x0a; 16],
            span_id: vec![0x0b; 8],
            attributes: vec![text("why", "batch")],
            ..Link::default()
        }],
        dropped_links_count: 3,
        status: Some(Status {
            message: "unavailable".to_owned(),
            code: StatusCode::Error.into(),
        }),
        ..Span::default()
    }
}

/// Spans of a shop's scope and resource.
pub(crate) fn batch(spans: impl IntoIterator<Item = Span>) -> SpanBatch {
    let scope = InstrumentationScope {
        name: "shop".to_owned(),
        version: "1.2".to_owned(),
        attributes: vec![text("team", "of the scope"), text("layer", "http")],
        ..InstrumentationScope::default()
    };
    SpanBatch::new(ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: vec![
                    text("service.name", "checkout"),
                    text("service.namespace", "shop"),
                    text("team", "of the resource"),
                ],
                ..Resource::default()
            }),
            scope_spans: vec![ScopeSpans {
                scope: Some(scope),
                spans: spans.into_iter().collect(),
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    })
}
