//! From ended spans to OTLP messages.

use opentelemetry::trace::{Event, Link, SpanId, SpanKind, Status, TraceFlags};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{
    ResourceSpans, ScopeSpans, Span as OtlpSpan, SpanFlags, Status as OtlpStatus, span,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use crate::convert::{AttributeCollection, Groups, resource, scope, text, unix_nano};
use crate::limits::TraceLimits;

/// The request that carries `spans`; without any spans it is empty.
pub(super) fn request(
    spans: impl IntoIterator<Item = SpanData>,
    of: &Resource,
    limits: &TraceLimits,
) -> ExportTraceServiceRequest {
    let mut groups = Groups::new();
    for span in spans {
        let (scope, span) = split(span, limits);
        groups.add(span, |known| *known == scope, || scope.clone());
    }
    let scope_spans: Vec<ScopeSpans> = groups
        .into_iter()
        .map(|(of, spans)| ScopeSpans {
            scope: Some(scope(&of)),
            spans,
            schema_url: text(of.schema_url()),
        })
        .collect();
    if scope_spans.is_empty() {
        return ExportTraceServiceRequest::default();
    }
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource(of)),
            scope_spans,
            schema_url: text(of.schema_url()),
        }],
    }
}

/// A span without its scope, and the scope. Every field is named, so that none is forgotten.
fn split(span: SpanData, limits: &TraceLimits) -> (opentelemetry::InstrumentationScope, OtlpSpan) {
    let SpanData {
        span_context,
        parent_span_id,
        parent_span_is_remote,
        span_kind,
        name,
        start_time,
        end_time,
        attributes,
        dropped_attributes_count,
        events,
        links,
        status,
        instrumentation_scope,
    } = span;
    let (attributes, dropped_attributes_count) =
        AttributeCollection::new(limits.span, dropped_attributes_count)
            .with(attributes)
            .finish();
    let (events, dropped_events_count) = first(events.events, limits.events, events.dropped_count);
    let (links, dropped_links_count) = first(links.links, limits.links, links.dropped_count);
    let span = OtlpSpan {
        trace_id: span_context.trace_id().to_bytes().to_vec(),
        span_id: span_context.span_id().to_bytes().to_vec(),
        trace_state: span_context.trace_state().header(),
        parent_span_id: if parent_span_id == SpanId::INVALID {
            Vec::new()
        } else {
            parent_span_id.to_bytes().to_vec()
        },
        flags: flags(span_context.trace_flags(), parent_span_is_remote),
        name: name.into_owned(),
        kind: kind(&span_kind).into(),
        start_time_unix_nano: unix_nano(start_time),
        end_time_unix_nano: unix_nano(end_time),
        attributes,
        dropped_attributes_count,
        events: events.map(|one| event(one, limits)).collect(),
        dropped_events_count,
        links: links.map(|one| link(one, limits)).collect(),
        dropped_links_count,
        status: self::status(status),
    };
    (instrumentation_scope, span)
}

/// The first of `all`, and how many are dropped by now.
fn first<T>(all: Vec<T>, most: Option<usize>, dropped: u32) -> (impl Iterator<Item = T>, u32) {
    let most = most.unwrap_or(usize::MAX);
    let beyond = u32::try_from(all.len().saturating_sub(most)).unwrap_or(u32::MAX);
    (all.into_iter().take(most), dropped.saturating_add(beyond))
}

fn event(event: Event, limits: &TraceLimits) -> span::Event {
    let (attributes, dropped_attributes_count) =
        AttributeCollection::new(limits.event, event.dropped_attributes_count)
            .with(event.attributes)
            .finish();
    span::Event {
        time_unix_nano: unix_nano(event.timestamp),
        name: event.name.into_owned(),
        attributes,
        dropped_attributes_count,
    }
}

fn link(link: Link, limits: &TraceLimits) -> span::Link {
    let (attributes, dropped_attributes_count) =
        AttributeCollection::new(limits.link, link.dropped_attributes_count)
            .with(link.attributes)
            .finish();
    let to = link.span_context;
    span::Link {
        trace_id: to.trace_id().to_bytes().to_vec(),
        span_id: to.span_id().to_bytes().to_vec(),
        trace_state: to.trace_state().header(),
        attributes,
        dropped_attributes_count,
        flags: flags(to.trace_flags(), to.is_remote()),
    }
}

/// Bits 0 to 7 are the trace flags; bit 8 says that bit 9 is known, and bit 9 that the parent (of a span) or the context
/// (of a link) is remote. A span without a parent has no remote one.
///
/// Spec: OTLP 1.11.0, `SpanFlags`.
fn flags(trace_flags: TraceFlags, remote: bool) -> u32 {
    let mut flags = u32::from(trace_flags.to_u8()) | SpanFlags::ContextHasIsRemoteMask as u32;
    if remote {
        flags |= SpanFlags::ContextIsRemoteMask as u32;
    }
    flags
}

fn kind(kind: &SpanKind) -> span::SpanKind {
    match kind {
        SpanKind::Internal => span::SpanKind::Internal,
        SpanKind::Server => span::SpanKind::Server,
        SpanKind::Client => span::SpanKind::Client,
        SpanKind::Producer => span::SpanKind::Producer,
        SpanKind::Consumer => span::SpanKind::Consumer,
    }
}

/// A status that was not set is absent, which means the same and takes no bytes.
fn status(status: Status) -> Option<OtlpStatus> {
    let (code, message) = match status {
        Status::Unset => return None,
        Status::Ok => (StatusCode::Ok, String::new()),
        Status::Error { description } => (StatusCode::Error, description.into_owned()),
    };
    Some(OtlpStatus {
        message,
        code: code.into(),
    })
}

#[cfg(test)]
mod tests;
