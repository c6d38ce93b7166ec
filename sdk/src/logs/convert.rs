//! From emitted log records to OTLP messages.

use std::borrow::{Borrow, Cow};

use opentelemetry::{InstrumentationScope, SpanId, TraceId};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{
    LogRecord as OtlpLogRecord, ResourceLogs, ScopeLogs, SeverityNumber,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLogRecord;

use crate::convert::{AttributeCollection, Groups, log_value, resource, scope, text, unix_nano};
use crate::limits::LogLimits;

/// The request that carries `records`; without any records it is empty.
pub(super) fn request<R: Borrow<SdkLogRecord>, S: Borrow<InstrumentationScope>>(
    records: impl IntoIterator<Item = (R, S)>,
    of: &Resource,
    limits: &LogLimits,
) -> ExportLogsServiceRequest {
    let mut groups = Groups::new();
    for (record, scope) in records {
        let (record, scope) = (record.borrow(), scope.borrow());
        let target = record.target();
        groups.add(
            log_record(record, limits),
            |known| is_scope(known, scope, target),
            || named(scope, target),
        );
    }
    let scope_logs: Vec<ScopeLogs> = groups
        .into_iter()
        .map(|(of, log_records)| ScopeLogs {
            scope: Some(scope(&of)),
            log_records,
            schema_url: text(of.schema_url()),
        })
        .collect();
    if scope_logs.is_empty() {
        return ExportLogsServiceRequest::default();
    }
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(resource(of)),
            scope_logs,
            schema_url: text(of.schema_url()),
        }],
    }
}

/// Whether `known` is `scope` with the name that `target` gives it.
fn is_scope(
    known: &InstrumentationScope,
    scope: &InstrumentationScope,
    target: Option<&Cow<'static, str>>,
) -> bool {
    known.name() == target.map_or(scope.name(), AsRef::as_ref)
        && known.version() == scope.version()
        && known.schema_url() == scope.schema_url()
        && known.attributes().eq(scope.attributes())
}

/// `scope` with the name that `target` gives it.
fn named(scope: &InstrumentationScope, target: Option<&Cow<'static, str>>) -> InstrumentationScope {
    let Some(target) = target else {
        return scope.clone();
    };
    let mut named =
        InstrumentationScope::builder(target.clone()).with_attributes(scope.attributes().cloned());
    if let Some(version) = scope.version() {
        named = named.with_version(version.to_owned());
    }
    if let Some(schema_url) = scope.schema_url() {
        named = named.with_schema_url(schema_url.to_owned());
    }
    named.build()
}

fn log_record(record: &SdkLogRecord, limits: &LogLimits) -> OtlpLogRecord {
    let mut attributes = AttributeCollection::new(limits.attributes, 0);
    for (key, value) in record.attributes_iter() {
        attributes.set(key.to_string(), log_value(value));
    }
    let (attributes, dropped_attributes_count) = attributes.finish();
    let context = record.trace_context();
    OtlpLogRecord {
        time_unix_nano: record.timestamp().map_or(0, unix_nano),
        observed_time_unix_nano: record.observed_timestamp().map_or(0, unix_nano),
        severity_number: record
            .severity_number()
            .map_or(SeverityNumber::Unspecified as i32, |severity| {
                severity as i32
            }),
        severity_text: text(record.severity_text()),
        body: record.body().map(log_value),
        attributes,
        dropped_attributes_count,
        flags: context
            .and_then(|context| context.trace_flags)
            .map_or(0, |flags| u32::from(flags.to_u8())),
        trace_id: context
            .filter(|context| context.trace_id != TraceId::INVALID)
            .map_or_else(Vec::new, |context| context.trace_id.to_bytes().to_vec()),
        span_id: context
            .filter(|context| context.span_id != SpanId::INVALID)
            .map_or_else(Vec::new, |context| context.span_id.to_bytes().to_vec()),
        event_name: text(record.event_name()),
    }
}

#[cfg(test)]
mod tests;
