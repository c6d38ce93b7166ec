//! Traces.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use serde_json::Value;

use super::common::{attributes, resource, scope};
use super::object::Object;
use super::style::Style;

pub(super) fn request(request: &ExportTraceServiceRequest, style: &mut dyn Style) -> Value {
    let mut object = Object::default();
    object.list("resourceSpans", &request.resource_spans, |each| {
        let mut object = Object::default();
        resource(&mut object, each.resource.as_ref());
        object.list("scopeSpans", &each.scope_spans, |each| {
            let mut object = Object::default();
            scope(&mut object, each.scope.as_ref());
            object.list("spans", &each.spans, |each| span(each, style));
            object.text("schemaUrl", &each.schema_url);
            object.finish()
        });
        object.text("schemaUrl", &each.schema_url);
        object.finish()
    });
    object.finish()
}

fn span(span: &Span, style: &mut dyn Style) -> Value {
    let mut object = Object::default();
    object.trace_id(&span.trace_id, style);
    object.span_id("spanId", &span.span_id, style);
    object.text("traceState", &span.trace_state);
    object.span_id("parentSpanId", &span.parent_span_id, style);
    object.number("flags", span.flags);
    object.text("name", &span.name);
    object.number("kind", span.kind);
    object.time("startTimeUnixNano", span.start_time_unix_nano, style);
    object.time("endTimeUnixNano", span.end_time_unix_nano, style);
    attributes(&mut object, "attributes", &span.attributes);
    object.number("droppedAttributesCount", span.dropped_attributes_count);
    object.list("events", &span.events, |each| event(each, style));
    object.number("droppedEventsCount", span.dropped_events_count);
    object.list("links", &span.links, |each| link(each, style));
    object.number("droppedLinksCount", span.dropped_links_count);
    if let Some(status) = &span.status {
        let mut inner = Object::default();
        inner.text("message", &status.message);
        inner.number("code", status.code);
        object.put("status", inner.finish());
    }
    object.finish()
}

fn event(event: &Event, style: &mut dyn Style) -> Value {
    let mut object = Object::default();
    object.time("timeUnixNano", event.time_unix_nano, style);
    object.text("name", &event.name);
    attributes(&mut object, "attributes", &event.attributes);
    object.number("droppedAttributesCount", event.dropped_attributes_count);
    object.finish()
}

fn link(link: &Link, style: &mut dyn Style) -> Value {
    let mut object = Object::default();
    object.trace_id(&link.trace_id, style);
    object.span_id("spanId", &link.span_id, style);
    object.text("traceState", &link.trace_state);
    attributes(&mut object, "attributes", &link.attributes);
    object.number("droppedAttributesCount", link.dropped_attributes_count);
    object.number("flags", link.flags);
    object.finish()
}
