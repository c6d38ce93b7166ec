//! Logs.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use serde_json::Value;

use super::common::{any_value, attributes, resource, scope};
use super::object::Object;
use super::style::Style;

pub(super) fn request(request: &ExportLogsServiceRequest, style: &mut dyn Style) -> Value {
    let mut object = Object::default();
    object.list("resourceLogs", &request.resource_logs, |each| {
        let mut object = Object::default();
        resource(&mut object, each.resource.as_ref());
        object.list("scopeLogs", &each.scope_logs, |each| {
            let mut object = Object::default();
            scope(&mut object, each.scope.as_ref());
            object.list("logRecords", &each.log_records, |each| record(each, style));
            object.text("schemaUrl", &each.schema_url);
            object.finish()
        });
        object.text("schemaUrl", &each.schema_url);
        object.finish()
    });
    object.finish()
}

fn record(record: &LogRecord, style: &mut dyn Style) -> Value {
    let mut object = Object::default();
    object.time("timeUnixNano", record.time_unix_nano, style);
    object.time(
        "observedTimeUnixNano",
        record.observed_time_unix_nano,
        style,
    );
    object.number("severityNumber", record.severity_number);
    object.text("severityText", &record.severity_text);
    if let Some(body) = &record.body {
        object.put("body", any_value(body));
    }
    attributes(&mut object, "attributes", &record.attributes);
    object.number("droppedAttributesCount", record.dropped_attributes_count);
    object.number("flags", record.flags);
    object.trace_id(&record.trace_id, style);
    object.span_id("spanId", &record.span_id, style);
    object.text("eventName", &record.event_name);
    object.finish()
}
