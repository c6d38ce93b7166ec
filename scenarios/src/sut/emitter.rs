//! Spans and log records, emitted through the API that every Rust SDK has.

use std::time::SystemTime;

use opentelemetry::{
    Context, InstrumentationScope, KeyValue, SpanId, TraceFlags, TraceId,
    logs::{LogRecord as _, Logger as _, LoggerProvider as _, Severity},
    trace::{
        Link, Span as _, SpanContext, SpanKind, Status, TraceContextExt as _, TraceState,
        Tracer as _, TracerProvider as _,
    },
};
use opentelemetry_sdk::{
    logs::{SdkLogger, SdkLoggerProvider},
    trace::{SdkTracer, SdkTracerProvider},
};
use otelbox_sdk::Clock;

use super::{
    SutError,
    instruments::{any_value, key_values},
};
use crate::{
    driver::{
        Items,
        protocol::{REMOTE_SPAN_ID, REMOTE_TRACE_ID},
    },
    scenario::{self, ITEM, SpanLink, SpanStatus},
};

/// Where spans or log records are made.
#[derive(Clone)]
pub(crate) enum Emitter {
    Spans(SdkTracer),
    Records(SdkLogger),
}

impl Emitter {
    /// Makes spans with a tracer of `provider`.
    pub(crate) fn of_spans(provider: &SdkTracerProvider, scope: InstrumentationScope) -> Self {
        Self::Spans(provider.tracer_with_scope(scope))
    }

    /// Makes log records with a logger of `provider`.
    pub(crate) fn of_records(provider: &SdkLoggerProvider, scope: InstrumentationScope) -> Self {
        Self::Records(provider.logger_with_scope(scope))
    }

    /// Emits `items`, one after another. Their times are those of `clock`; without one, the SDK looks at its own.
    pub(crate) fn emit(&self, items: &Items, clock: Option<&dyn Clock>) -> Result<(), SutError> {
        for offset in 0..items.items {
            let number = i64::try_from(items.first_item + offset)
                .map_err(|_| SutError::Refused("there are no such numbers".to_owned()))?;
            self.one(number, items, clock.map(Clock::now));
        }
        Ok(())
    }

    fn one(&self, number: i64, items: &Items, at: Option<SystemTime>) {
        match self {
            Self::Spans(tracer) => {
                let mut attributes = key_values(&items.attributes);
                attributes.push(KeyValue::new(ITEM, number));
                let details = items.span.clone().unwrap_or_default();
                let mut builder = tracer
                    .span_builder(ITEM)
                    .with_kind(kind(details.kind))
                    .with_links(details.links.iter().map(link).collect())
                    .with_attributes(attributes);
                if let Some(at) = at {
                    builder = builder.with_start_time(at);
                }
                let parent = if items.unsampled {
                    unsampled_parent()
                } else {
                    Context::new()
                };
                let mut span = tracer.build_with_context(builder, &parent);
                for event in details.events {
                    let attributes = key_values(&event.attributes);
                    match at {
                        Some(at) => span.add_event_with_timestamp(event.name, at, attributes),
                        None => span.add_event(event.name, attributes),
                    }
                }
                match details.status {
                    Some(SpanStatus::Ok) => span.set_status(Status::Ok),
                    Some(SpanStatus::Error(text)) => span.set_status(Status::error(text)),
                    None => {}
                }
                match at {
                    Some(at) => span.end_with_timestamp(at),
                    None => span.end(),
                }
            }
            Self::Records(logger) => {
                let mut record = logger.create_log_record();
                record.set_severity_number(Severity::Info);
                record.set_severity_text("INFO");
                record.set_body(ITEM.into());
                if let Some(at) = at {
                    record.set_timestamp(at);
                    record.set_observed_timestamp(at);
                }
                for (key, value) in &items.attributes {
                    record.add_attribute(key.clone(), any_value(value));
                }
                record.add_attribute(ITEM, number);
                if items.in_span {
                    let current = Context::new().with_remote_span_context(remote_span());
                    let _current = current.attach();
                    logger.emit(record);
                } else {
                    logger.emit(record);
                }
            }
        }
    }
}

fn kind(kind: Option<scenario::SpanKind>) -> SpanKind {
    match kind {
        None | Some(scenario::SpanKind::Internal) => SpanKind::Internal,
        Some(scenario::SpanKind::Server) => SpanKind::Server,
        Some(scenario::SpanKind::Client) => SpanKind::Client,
        Some(scenario::SpanKind::Producer) => SpanKind::Producer,
        Some(scenario::SpanKind::Consumer) => SpanKind::Consumer,
    }
}

fn link(link: &SpanLink) -> Link {
    Link::new(remote_span(), key_values(&link.attributes), 0)
}

/// The span of another process that links, and log records in a span, refer to.
fn remote_span() -> SpanContext {
    // The ids are constants; one that is no id would be the invalid one, and the rules about ids would tell.
    SpanContext::new(
        TraceId::from_hex(REMOTE_TRACE_ID).unwrap_or(TraceId::INVALID),
        SpanId::from_hex(REMOTE_SPAN_ID).unwrap_or(SpanId::INVALID),
        TraceFlags::SAMPLED,
        true,
        TraceState::default(),
    )
}

/// A span of another process, in a trace that was not sampled.
fn unsampled_parent() -> Context {
    Context::new().with_remote_span_context(SpanContext::new(
        TraceId::from_bytes(*b"otelbox unsample"),
        SpanId::from_bytes(*b"unsample"),
        TraceFlags::NOT_SAMPLED,
        true,
        TraceState::default(),
    ))
}
