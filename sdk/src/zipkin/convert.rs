//! Spans of OpenTelemetry as spans of Zipkin.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use serde_json::Value;

use super::json::hex;
use super::message::{Annotation, Endpoint, Kind, ListOfSpans, Span as ZipkinSpan};
use super::{remote, value};

const SERVICE_NAME: &str = "service.name";
const DROPPED_ATTRIBUTES: &str = "otel.dropped_attributes_count";
const NANOS_PER_MICRO: u64 = 1_000;

type Tags = BTreeMap<String, String>;

/// The spans, and how many there were that Zipkin has no ids for.
pub(super) fn spans(request: &ExportTraceServiceRequest) -> (ListOfSpans, u64) {
    let mut list = ListOfSpans::default();
    let mut without_ids = 0;
    for resource_spans in &request.resource_spans {
        let attributes = resource_spans
            .resource
            .as_ref()
            .map_or(&[][..], |resource| &resource.attributes);
        let local = local_endpoint(attributes);
        for scope_spans in &resource_spans.scope_spans {
            let shared = tags_of_all(attributes, scope_spans.scope.as_ref());
            for span in &scope_spans.spans {
                match zipkin_span(span, &local, &shared) {
                    Some(span) => list.spans.push(span),
                    None => without_ids += 1,
                }
            }
        }
    }
    (list, without_ids)
}

/// Where spans of a resource were recorded.
///
/// Spec: Zipkin exporter, "Service name" (MUST; the default resource where there is none).
fn local_endpoint(resource: &[KeyValue]) -> Endpoint {
    let name = resource
        .iter()
        .find(|attribute| attribute.key == SERVICE_NAME)
        .map(|attribute| value::text(attribute.value.as_ref()))
        .filter(|name| !name.is_empty());
    Endpoint {
        service_name: name.unwrap_or_else(|| "unknown_service".to_owned()),
        ..Endpoint::default()
    }
}

/// The tags that all spans of a scope have: the attributes of the resource but its name, which stands elsewhere, those
/// of the scope, and what the scope is called.
///
/// Spec: transformation to non-OTLP formats, "`InstrumentationScope`" (MUST, with its old names) and "Instrumentation
/// Scope Attributes" (SHOULD). For the attributes of the resource the specification says nothing but that
/// `service.namespace` should be a tag: all of them are, by our choice.
fn tags_of_all(resource: &[KeyValue], scope: Option<&InstrumentationScope>) -> Tags {
    let of_resource = resource
        .iter()
        .filter(|attribute| attribute.key != SERVICE_NAME);
    let mut tags: Tags = of_resource.map(tag).collect();
    let Some(scope) = scope else {
        return tags;
    };
    tags.extend(scope.attributes.iter().map(tag));
    for (key, old_key, text) in [
        ("otel.scope.name", "otel.library.name", &scope.name),
        ("otel.scope.version", "otel.library.version", &scope.version),
    ] {
        if !text.is_empty() {
            tags.insert(key.to_owned(), text.clone());
            tags.insert(old_key.to_owned(), text.clone());
        }
    }
    tags
}

fn tag(attribute: &KeyValue) -> (String, String) {
    (attribute.key.clone(), value::text(attribute.value.as_ref()))
}

/// `None` where ids are missing: a server would refuse the whole list because of it.
fn zipkin_span(span: &Span, local: &Endpoint, shared: &Tags) -> Option<ZipkinSpan> {
    let kind = kind(span.kind());
    Some(ZipkinSpan {
        trace_id: id::<16>(&span.trace_id)?,
        parent_id: id::<8>(&span.parent_span_id).unwrap_or_default(),
        id: id::<8>(&span.span_id)?,
        kind: kind.into(),
        name: span.name.clone(),
        timestamp: span.start_time_unix_nano / NANOS_PER_MICRO,
        duration: duration(span),
        local_endpoint: Some(local.clone()),
        remote_endpoint: remote::endpoint(kind, &span.attributes),
        annotations: span.events.iter().map(annotation).collect(),
        tags: tags(span, shared),
    })
}

/// An id of `N` bytes that are not all zero.
fn id<const N: usize>(bytes: &[u8]) -> Option<Vec<u8>> {
    (bytes.len() == N && bytes.iter().any(|byte| *byte != 0)).then(|| bytes.to_vec())
}

/// Spec: Zipkin exporter, "`SpanKind`" (internal spans have none, MUST).
const fn kind(kind: SpanKind) -> Kind {
    match kind {
        SpanKind::Client => Kind::Client,
        SpanKind::Server => Kind::Server,
        SpanKind::Producer => Kind::Producer,
        SpanKind::Consumer => Kind::Consumer,
        SpanKind::Internal | SpanKind::Unspecified => Kind::Unspecified,
    }
}

/// In microseconds, and at least one: to Zipkin zero is no duration. So is that of a span that ends before it begins.
///
/// Spec: Zipkin exporter, "Unit of Time" (MUST); `zipkin.proto`, `duration`.
fn duration(span: &Span) -> u64 {
    let nanos = span
        .end_time_unix_nano
        .saturating_sub(span.start_time_unix_nano);
    (nanos / NANOS_PER_MICRO).max(1)
}

/// The name of an event, and its attributes as JSON where it has any.
///
/// Spec: Zipkin exporter, "Events" (MUST).
fn annotation(event: &Event) -> Annotation {
    let mut attributes = value::object(&event.attributes);
    if let Value::Object(attributes) = &mut attributes
        && event.dropped_attributes_count > 0
    {
        attributes.insert(
            DROPPED_ATTRIBUTES.to_owned(),
            event.dropped_attributes_count.into(),
        );
    }
    let text = match &attributes {
        Value::Object(attributes) if attributes.is_empty() => event.name.clone(),
        attributes => format!("{}:{attributes}", Value::from(event.name.as_str())),
    };
    Annotation {
        timestamp: event.time_unix_nano / NANOS_PER_MICRO,
        value: text,
    }
}

/// Of several tags with one key the one of the span counts, and what is made of its other fields before all.
fn tags(span: &Span, shared: &Tags) -> Tags {
    let mut tags = shared.clone();
    tags.extend(span.attributes.iter().map(tag));
    status(span.status.as_ref(), &mut tags);
    for (key, count) in [
        (DROPPED_ATTRIBUTES, span.dropped_attributes_count),
        ("otel.dropped_events_count", span.dropped_events_count),
        ("otel.dropped_links_count", span.dropped_links_count),
    ] {
        if count > 0 {
            tags.insert(key.to_owned(), count.to_string());
        }
    }
    if !span.trace_state.is_empty() {
        tags.insert("w3c.tracestate".to_owned(), span.trace_state.clone());
    }
    for (index, span_link) in span.links.iter().enumerate() {
        tags.insert(format!("otlp.link.{index}"), link(span_link));
    }
    tags
}

/// To Zipkin a span with the tag `error` has failed, whatever the tag says. So it stays away from those that have not.
///
/// Spec: Zipkin exporter, "Status" (MUST; that a false `error` is removed, SHOULD).
fn status(status: Option<&Status>, tags: &mut Tags) {
    if tags.get("error").is_some_and(|text| text == "false") {
        tags.remove("error");
    }
    let (code, description) = match status.map(|status| (status.code(), status)) {
        None | Some((StatusCode::Unset, _)) => return,
        Some((StatusCode::Ok, _)) => ("OK", None),
        Some((StatusCode::Error, status)) => ("ERROR", Some(&status.message)),
    };
    tags.insert("otel.status_code".to_owned(), code.to_owned());
    if let Some(description) = description {
        tags.insert("error".to_owned(), description.clone());
    }
}

/// A link in one text, with bars between its parts. Our choice, for what the specification leaves open: it is what the
/// Collector's exporter writes and its receiver reads, and so is the tag of the trace state.
fn link(link: &Link) -> String {
    format!(
        "{}|{}|{}|{}|{}",
        hex(&link.trace_id),
        hex(&link.span_id),
        link.trace_state,
        value::object(&link.attributes),
        link.dropped_attributes_count
    )
}
