//! Spans as text.

use std::fmt::{self, Write};

use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, SpanFlags, Status};

use super::time::{Between, Time};
use super::value::{Attributes, one_line};
use super::{Id, Kept, sampled, write_resource, write_scope};
use crate::export::{Batch, counted};
use crate::traces::SpanBatch;

/// The batch, each span with its details below it.
pub(crate) fn traces(batch: &SpanBatch) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_batch(&mut text, batch);
    text
}

fn write_batch(out: &mut String, batch: &SpanBatch) -> fmt::Result {
    writeln!(out, "{}", counted(batch.items(), SpanBatch::ITEM))?;
    for resource in &batch.request.resource_spans {
        write_resource(out, resource.resource.as_ref())?;
        for scope in &resource.scope_spans {
            write_scope(out, scope.scope.as_ref())?;
            for span in &scope.spans {
                write_span(out, span)?;
            }
        }
    }
    Ok(())
}

fn write_span(out: &mut String, span: &Span) -> fmt::Result {
    write!(
        out,
        "    {} ({}) {}",
        one_line(&span.name),
        kind(span.kind),
        Between(span.start_time_unix_nano, span.end_time_unix_nano)
    )?;
    if let Some(status) = &span.status {
        write_status(out, status)?;
    }
    write!(
        out,
        "\n      trace {} span {}",
        Id(&span.trace_id),
        Id(&span.span_id)
    )?;
    if span.parent_span_id.is_empty() {
        out.push_str(" root");
    } else {
        let remote = remote(span.flags);
        write!(out, " parent {}{remote}", Id(&span.parent_span_id))?;
    }
    write_context(out, span.flags, &span.trace_state)?;
    writeln!(
        out,
        "\n      from {} to {}",
        Time(span.start_time_unix_nano),
        Time(span.end_time_unix_nano)
    )?;
    if !span.attributes.is_empty() {
        writeln!(out, "      {}", Attributes(&span.attributes))?;
    }
    write_dropped(out, span.dropped_attributes_count, "attribute")?;
    for event in &span.events {
        write_event(out, event, span.start_time_unix_nano)?;
    }
    write_dropped(out, span.dropped_events_count, "event")?;
    for link in &span.links {
        write_link(out, link)?;
    }
    write_dropped(out, span.dropped_links_count, "link")
}

fn write_status(out: &mut String, status: &Status) -> fmt::Result {
    match StatusCode::try_from(status.code) {
        Ok(StatusCode::Unset) => Ok(()),
        Ok(StatusCode::Ok) => write!(out, ", ok"),
        Ok(StatusCode::Error) if status.message.is_empty() => write!(out, ", error"),
        Ok(StatusCode::Error) => write!(out, ", error: {}", one_line(&status.message)),
        Err(_) => write!(out, ", status {}", status.code),
    }
}

fn write_event(out: &mut String, event: &Event, start: u64) -> fmt::Result {
    writeln!(
        out,
        "      event after {}: {}{}",
        Between(start, event.time_unix_nano),
        one_line(&event.name),
        Kept(&event.attributes, event.dropped_attributes_count)
    )
}

fn write_link(out: &mut String, link: &Link) -> fmt::Result {
    write!(
        out,
        "      link to trace {} span {}{}",
        Id(&link.trace_id),
        Id(&link.span_id),
        remote(link.flags)
    )?;
    write_context(out, link.flags, &link.trace_state)?;
    writeln!(
        out,
        "{}",
        Kept(&link.attributes, link.dropped_attributes_count)
    )
}

fn write_context(out: &mut String, flags: u32, trace_state: &str) -> fmt::Result {
    out.push_str(sampled(flags));
    if trace_state.is_empty() {
        return Ok(());
    }
    write!(out, " state {}", one_line(trace_state))
}

fn write_dropped(out: &mut String, dropped: u32, noun: &str) -> fmt::Result {
    match dropped {
        0 => Ok(()),
        dropped => writeln!(out, "      {} dropped", counted(dropped, noun)),
    }
}

const fn remote(flags: u32) -> &'static str {
    if flags & SpanFlags::ContextIsRemoteMask as u32 == 0 {
        ""
    } else {
        " (remote)"
    }
}

fn kind(kind: i32) -> &'static str {
    match SpanKind::try_from(kind) {
        Ok(SpanKind::Unspecified) | Err(_) => "kind not specified",
        Ok(SpanKind::Internal) => "internal",
        Ok(SpanKind::Server) => "server",
        Ok(SpanKind::Client) => "client",
        Ok(SpanKind::Producer) => "producer",
        Ok(SpanKind::Consumer) => "consumer",
    }
}
