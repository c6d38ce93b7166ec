//! Logs.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};

use super::Decoded;
use super::common::{any_value, attributes, resource, scope};
use super::object::Object;
use super::scalar;

pub(super) fn request(object: &Object<'_>) -> Decoded<ExportLogsServiceRequest> {
    Ok(ExportLogsServiceRequest {
        resource_logs: object.messages("resourceLogs", resource_logs)?,
    })
}

fn resource_logs(object: &Object<'_>) -> Decoded<ResourceLogs> {
    Ok(ResourceLogs {
        resource: object.message("resource", resource)?,
        scope_logs: object.messages("scopeLogs", scope_logs)?,
        schema_url: object.scalar("schemaUrl", scalar::text)?,
    })
}

fn scope_logs(object: &Object<'_>) -> Decoded<ScopeLogs> {
    Ok(ScopeLogs {
        scope: object.message("scope", scope)?,
        log_records: object.messages("logRecords", log_record)?,
        schema_url: object.scalar("schemaUrl", scalar::text)?,
    })
}

fn log_record(object: &Object<'_>) -> Decoded<LogRecord> {
    Ok(LogRecord {
        time_unix_nano: object.scalar("timeUnixNano", scalar::u64)?,
        observed_time_unix_nano: object.scalar("observedTimeUnixNano", scalar::u64)?,
        severity_number: object.scalar("severityNumber", scalar::enumeration)?,
        severity_text: object.scalar("severityText", scalar::text)?,
        body: object.message("body", any_value)?,
        attributes: attributes(object, "attributes")?,
        dropped_attributes_count: object.scalar("droppedAttributesCount", scalar::u32)?,
        flags: object.scalar("flags", scalar::u32)?,
        trace_id: object.scalar("traceId", scalar::id)?,
        span_id: object.scalar("spanId", scalar::id)?,
        event_name: object.scalar("eventName", scalar::text)?,
    })
}
