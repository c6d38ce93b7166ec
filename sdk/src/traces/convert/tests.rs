//! Every field of a span.

use std::time::{Duration, UNIX_EPOCH};

use opentelemetry::trace::{SpanContext, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, InstrumentationScope as OtlpScope, KeyValue as OtlpKeyValue,
};
use opentelemetry_proto::tonic::resource::v1::Resource as OtlpResource;

use super::*;
use crate::limits::AttributeLimits;

fn context(number: u64, is_remote: bool, state: &[(&str, &str)]) -> SpanContext {
    SpanContext::new(
        TraceId::from(u128::from(number)),
        SpanId::from(number),
        TraceFlags::SAMPLED,
        is_remote,
        TraceState::from_key_value(state.iter().copied()).expect("valid"),
    )
}

fn at(nanos: u64) -> std::time::SystemTime {
    UNIX_EPOCH + Duration::from_nanos(nanos)
}

/// A span with nothing but what it must have.
fn plain(name: &'static str, scope: &'static str) -> SpanData {
    SpanData {
        span_context: context(1, false, &[]),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: name.into(),
        start_time: at(10),
        end_time: at(15),
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: opentelemetry_sdk::trace::SpanEvents::default(),
        links: opentelemetry_sdk::trace::SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::builder(scope).build(),
    }
}

fn full() -> SpanData {
    let mut span = plain("checkout", "shop");
    span.span_context = context(0xab, false, &[("a", "1"), ("b", "2")]);
    span.parent_span_id = SpanId::from(7);
    span.parent_span_is_remote = true;
    span.span_kind = SpanKind::Server;
    span.attributes = vec![KeyValue::new("http.route", "/checkout")];
    span.dropped_attributes_count = 1;
    span.events.events = vec![Event::new(
        "retry",
        at(12),
        vec![KeyValue::new("attempt", 2)],
        3,
    )];
    span.events.dropped_count = 4;
    span.links.links = vec![Link::new(
        context(0xcd, true, &[("c", "3")]),
        vec![KeyValue::new("why", "batch")],
        5,
    )];
    span.links.dropped_count = 6;
    span.status = Status::error("no stock");
    span.instrumentation_scope = InstrumentationScope::builder("shop")
        .with_version("1.2")
        .with_schema_url("https://scope")
        .with_attributes([KeyValue::new("team", "cart")])
        .build();
    span
}

fn resource_of_shop() -> Resource {
    Resource::builder_empty()
        .with_schema_url([KeyValue::new("service.name", "shop")], "https://resource")
        .build()
}

fn text(key: &str, value: &str) -> OtlpKeyValue {
    OtlpKeyValue {
        key: key.to_owned(),
        value: Some(AnyValue {
            value: Some(Value::StringValue(value.to_owned())),
        }),
        ..OtlpKeyValue::default()
    }
}

fn number(key: &str, value: i64) -> OtlpKeyValue {
    OtlpKeyValue {
        key: key.to_owned(),
        value: Some(AnyValue {
            value: Some(Value::IntValue(value)),
        }),
        ..OtlpKeyValue::default()
    }
}

/// Bytes of an id, the last of which is `last`.
fn id(length: usize, last: u8) -> Vec<u8> {
    let mut id = vec![0; length];
    id[length - 1] = last;
    id
}

#[test]
fn every_field_arrives() {
    let actual = request([full()], &resource_of_shop(), &TraceLimits::default());
    let span = OtlpSpan {
        trace_id: id(16, 0xab),
        span_id: id(8, 0xab),
        trace_state: "a=1,b=2".to_owned(),
        parent_span_id: id(8, 7),
        flags: 0x301,
        name: "checkout".to_owned(),
        kind: span::SpanKind::Server.into(),
        start_time_unix_nano: 10,
        end_time_unix_nano: 15,
        attributes: vec![text("http.route", "/checkout")],
        dropped_attributes_count: 1,
        events: vec![span::Event {
            time_unix_nano: 12,
            name: "retry".to_owned(),
            attributes: vec![number("attempt", 2)],
            dropped_attributes_count: 3,
        }],
        dropped_events_count: 4,
        links: vec![span::Link {
            trace_id: id(16, 0xcd),
            span_id: id(8, 0xcd),
            trace_state: "c=3".to_owned(),
            attributes: vec![text("why", "batch")],
            dropped_attributes_count: 5,
            flags: 0x301,
        }],
        dropped_links_count: 6,
        status: Some(OtlpStatus {
            message: "no stock".to_owned(),
            code: StatusCode::Error.into(),
        }),
    };
    let expected = ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(OtlpResource {
                attributes: vec![text("service.name", "shop")],
                ..OtlpResource::default()
            }),
            scope_spans: vec![ScopeSpans {
                scope: Some(OtlpScope {
                    name: "shop".to_owned(),
                    version: "1.2".to_owned(),
                    attributes: vec![text("team", "cart")],
                    dropped_attributes_count: 0,
                }),
                spans: vec![span],
                schema_url: "https://scope".to_owned(),
            }],
            schema_url: "https://resource".to_owned(),
        }],
    };
    assert_eq!(actual, expected);
}

fn spans(spans: Vec<SpanData>, limits: &TraceLimits) -> Vec<OtlpSpan> {
    let request = request(spans, &Resource::builder_empty().build(), limits);
    let resources = request.resource_spans.into_iter();
    let scopes = resources.flat_map(|resource| resource.scope_spans);
    scopes.flat_map(|scope| scope.spans).collect()
}

#[test]
fn a_root_span_has_no_parent_and_no_remote_one() {
    let root = &spans(vec![plain("root", "shop")], &TraceLimits::default())[0];
    assert_eq!(root.parent_span_id, Vec::<u8>::new());
    assert_eq!(root.flags, 0x101);
    assert_eq!(root.status, None);
}

#[test]
fn kinds_and_statuses_have_the_numbers_of_the_protocol() {
    let kinds = [
        (SpanKind::Internal, 1),
        (SpanKind::Server, 2),
        (SpanKind::Client, 3),
        (SpanKind::Producer, 4),
        (SpanKind::Consumer, 5),
    ];
    for (kind, number) in kinds {
        let span = SpanData {
            span_kind: kind,
            status: Status::Ok,
            ..plain("a", "shop")
        };
        let converted = &spans(vec![span], &TraceLimits::default())[0];
        assert_eq!(converted.kind, number);
        assert_eq!(converted.status.as_ref().map(|status| status.code), Some(1));
    }
}

#[test]
fn scopes_and_spans_are_in_order_of_arrival() {
    let arrived = [("1", "b"), ("2", "a"), ("3", "b"), ("4", "a"), ("5", "c")];
    let arrived = arrived.map(|(name, scope)| plain(name, scope));
    let request = request(
        arrived,
        &Resource::builder_empty().build(),
        &TraceLimits::default(),
    );
    let grouped: Vec<(String, Vec<&str>)> = request.resource_spans[0]
        .scope_spans
        .iter()
        .map(|scope| {
            let names = scope.spans.iter().map(|span| span.name.as_str()).collect();
            (scope.scope.clone().unwrap_or_default().name, names)
        })
        .collect();
    let expected = [
        ("b", vec!["1", "3"]),
        ("a", vec!["2", "4"]),
        ("c", vec!["5"]),
    ];
    assert_eq!(
        grouped,
        expected.map(|(scope, spans)| (scope.to_owned(), spans))
    );
}

#[test]
fn no_spans_are_an_empty_request() {
    let nothing = request([], &resource_of_shop(), &TraceLimits::default());
    assert_eq!(nothing, ExportTraceServiceRequest::default());
}

#[test]
fn limits_hold_for_spans_events_and_links_and_what_they_drop_is_counted() {
    let attributes = || {
        vec![
            KeyValue::new("a", "äöü"),
            KeyValue::new("b", 2),
            KeyValue::new("c", 3),
        ]
    };
    let mut span = full();
    span.attributes = attributes();
    for _ in 0..3 {
        span.events
            .events
            .push(Event::new("e", at(13), attributes(), 10));
        span.links
            .links
            .push(Link::new(context(2, false, &[]), attributes(), 10));
    }
    let of = |count| AttributeLimits {
        value_length: Some(1),
        count: Some(count),
    };
    let limits = TraceLimits {
        span: of(2),
        event: of(1),
        link: of(0),
        events: Some(2),
        links: Some(3),
    };
    let limited = &spans(vec![span], &limits)[0];
    assert_eq!(limited.attributes, [text("a", "ä"), number("b", 2)]);
    assert_eq!(limited.dropped_attributes_count, 2);
    assert_eq!(limited.events.len(), 2);
    assert_eq!(limited.dropped_events_count, 6);
    assert_eq!(limited.events[1].attributes, [text("a", "ä")]);
    assert_eq!(limited.events[1].dropped_attributes_count, 12);
    assert_eq!(limited.links.len(), 3);
    assert_eq!(limited.dropped_links_count, 7);
    assert_eq!(limited.links[1].attributes, []);
    assert_eq!(limited.links[1].dropped_attributes_count, 13);
    assert_eq!(limited.links[1].flags, 0x101);
}
