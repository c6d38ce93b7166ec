//! What clients do to their spans and log records.

use opentelemetry_proto::tonic::{logs::v1::LogRecord, trace::v1::Span};
use otelbox_sdk::{LogBatch, SpanBatch};

/// Every span of a batch.
fn spans_mut(batch: &mut SpanBatch) -> impl Iterator<Item = &mut Span> {
    let resources = batch.request.resource_spans.iter_mut();
    resources
        .flat_map(|resource| &mut resource.scope_spans)
        .flat_map(|scope| &mut scope.spans)
}

/// Every log record of a batch.
fn records_mut(batch: &mut LogBatch) -> impl Iterator<Item = &mut LogRecord> {
    let resources = batch.request.resource_logs.iter_mut();
    resources
        .flat_map(|resource| &mut resource.scope_logs)
        .flat_map(|scope| &mut scope.log_records)
}

/// Sends spans with a trace id of zeros.
pub(super) fn zero_ids(batch: &mut SpanBatch, _before: u64) {
    spans_mut(batch).for_each(|span| span.trace_id = vec![0; 16]);
}

/// Sends spans that end before they start.
pub(super) fn negative_durations(batch: &mut SpanBatch, _before: u64) {
    for span in spans_mut(batch) {
        span.end_time_unix_nano = span.start_time_unix_nano.saturating_sub(1);
    }
}

const RESERVED_FLAG: u32 = 1 << 20;

/// Sets a flag that is reserved.
pub(super) fn reserved_flags_of_spans(batch: &mut SpanBatch, _before: u64) {
    spans_mut(batch).for_each(|span| span.flags |= RESERVED_FLAG);
}

/// Sets a flag that is reserved.
pub(super) fn reserved_flags_of_records(batch: &mut LogBatch, _before: u64) {
    records_mut(batch).for_each(|record| record.flags |= RESERVED_FLAG);
}

/// Sends log records without an observed time.
pub(super) fn no_observed_time(batch: &mut LogBatch, _before: u64) {
    records_mut(batch).for_each(|record| record.observed_time_unix_nano = 0);
}

/// Sends log records with a span id and no trace id.
pub(super) fn lonely_span_ids(batch: &mut LogBatch, _before: u64) {
    records_mut(batch).for_each(|record| record.span_id = vec![7; 8]);
}

/// Sends a status code that nobody knows.
pub(super) fn unknown_status(batch: &mut SpanBatch, _before: u64) {
    spans_mut(batch).for_each(|span| span.status.get_or_insert_default().code = 7);
}

/// Sends a severity that nobody knows.
pub(super) fn unknown_severity(batch: &mut LogBatch, _before: u64) {
    records_mut(batch).for_each(|record| record.severity_number = 77);
}

/// Sends every span in a group of its own.
pub(super) fn scattered_groups(batch: &mut SpanBatch, _before: u64) {
    for resource in &mut batch.request.resource_spans {
        for mut scope in std::mem::take(&mut resource.scope_spans) {
            for span in std::mem::take(&mut scope.spans) {
                let mut one = scope.clone();
                one.spans.push(span);
                resource.scope_spans.push(one);
            }
        }
    }
}
