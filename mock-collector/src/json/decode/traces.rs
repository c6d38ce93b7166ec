//! Traces.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};

use super::Decoded;
use super::common::{attributes, resource, scope};
use super::object::Object;
use super::scalar;

pub(super) fn request(object: &Object<'_>) -> Decoded<ExportTraceServiceRequest> {
    Ok(ExportTraceServiceRequest {
        resource_spans: object.messages("resourceSpans", resource_spans)?,
    })
}

fn resource_spans(object: &Object<'_>) -> Decoded<ResourceSpans> {
    Ok(ResourceSpans {
        resource: object.message("resource", resource)?,
        scope_spans: object.messages("scopeSpans", scope_spans)?,
        schema_url: object.scalar("schemaUrl", scalar::text)?,
    })
}

fn scope_spans(object: &Object<'_>) -> Decoded<ScopeSpans> {
    Ok(ScopeSpans {
        scope: object.message("scope", scope)?,
        spans: object.messages("spans", span)?,
        schema_url: object.scalar("schemaUrl", scalar::text)?,
    })
}

fn span(object: &Object<'_>) -> Decoded<Span> {
    Ok(Span {
        trace_id: object.scalar("traceId", scalar::id)?,
        span_id: object.scalar("spanId", scalar::id)?,
        trace_state: object.scalar("traceState", scalar::text)?,
        parent_span_id: object.scalar("parentSpanId", scalar::id)?,
        flags: object.scalar("flags", scalar::u32)?,
        name: object.scalar("name", scalar::text)?,
        kind: object.scalar("kind", scalar::enumeration)?,
        start_time_unix_nano: object.scalar("startTimeUnixNano", scalar::u64)?,
        end_time_unix_nano: object.scalar("endTimeUnixNano", scalar::u64)?,
        attributes: attributes(object, "attributes")?,
        dropped_attributes_count: object.scalar("droppedAttributesCount", scalar::u32)?,
        events: object.messages("events", event)?,
        dropped_events_count: object.scalar("droppedEventsCount", scalar::u32)?,
        links: object.messages("links", link)?,
        dropped_links_count: object.scalar("droppedLinksCount", scalar::u32)?,
        status: object.message("status", status)?,
    })
}

fn event(object: &Object<'_>) -> Decoded<Event> {
    Ok(Event {
        time_unix_nano: object.scalar("timeUnixNano", scalar::u64)?,
        name: object.scalar("name", scalar::text)?,
        attributes: attributes(object, "attributes")?,
        dropped_attributes_count: object.scalar("droppedAttributesCount", scalar::u32)?,
    })
}

fn link(object: &Object<'_>) -> Decoded<Link> {
    Ok(Link {
        trace_id: object.scalar("traceId", scalar::id)?,
        span_id: object.scalar("spanId", scalar::id)?,
        trace_state: object.scalar("traceState", scalar::text)?,
        attributes: attributes(object, "attributes")?,
        dropped_attributes_count: object.scalar("droppedAttributesCount", scalar::u32)?,
        flags: object.scalar("flags", scalar::u32)?,
    })
}

fn status(object: &Object<'_>) -> Decoded<Status> {
    Ok(Status {
        message: object.scalar("message", scalar::text)?,
        code: object.scalar("code", scalar::enumeration)?,
    })
}
