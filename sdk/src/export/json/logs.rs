//! The messages of logs.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use serde::ser::SerializeMap;

use super::write::{Fields, Message};

impl Message for ExportLogsServiceRequest {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.messages("resourceLogs", &self.resource_logs)
    }
}

impl Message for ResourceLogs {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.message("resource", self.resource.as_ref())?;
        fields.messages("scopeLogs", &self.scope_logs)?;
        fields.text("schemaUrl", &self.schema_url)
    }
}

impl Message for ScopeLogs {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.message("scope", self.scope.as_ref())?;
        fields.messages("logRecords", &self.log_records)?;
        fields.text("schemaUrl", &self.schema_url)
    }
}

impl Message for LogRecord {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.long("timeUnixNano", self.time_unix_nano)?;
        fields.long("observedTimeUnixNano", self.observed_time_unix_nano)?;
        fields.number("severityNumber", self.severity_number)?;
        fields.text("severityText", &self.severity_text)?;
        fields.message("body", self.body.as_ref())?;
        fields.messages("attributes", &self.attributes)?;
        fields.number("droppedAttributesCount", self.dropped_attributes_count)?;
        fields.number("flags", self.flags)?;
        fields.id("traceId", &self.trace_id)?;
        fields.id("spanId", &self.span_id)?;
        fields.text("eventName", &self.event_name)
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
    use serde_json::{Value, json};

    use super::*;
    use crate::export::json::logs;

    #[test]
    fn every_field_of_a_log_record() {
        let bytes = AnyValue {
            value: Some(any_value::Value::BytesValue(vec![0xfb, 0xff])),
        };
        let log_record = LogRecord {
            time_unix_nano: 14,
            observed_time_unix_nano: u64::MAX,
            severity_number: 17,
            severity_text: "ERROR".to_owned(),
            body: Some(bytes.clone()),
            attributes: vec![KeyValue {
                key: "raw".to_owned(),
                value: Some(bytes),
                ..KeyValue::default()
            }],
            dropped_attributes_count: 1,
            flags: 1,
            trace_id: vec![0xab; 16],
            span_id: vec![0x01; 8],
            event_name: "stock.empty".to_owned(),
        };
        let request = ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs {
                scope_logs: vec![ScopeLogs {
                    log_records: vec![log_record, LogRecord::default()],
                    schema_url: "https://scope".to_owned(),
                    ..ScopeLogs::default()
                }],
                schema_url: "https://resource".to_owned(),
                ..ResourceLogs::default()
            }],
        };
        let document: Value = serde_json::from_slice(&logs(&request)).expect("JSON");
        let expected = json!({"resourceLogs": [{
            "scopeLogs": [{
                "logRecords": [
                    {
                        "timeUnixNano": "14",
                        "observedTimeUnixNano": "18446744073709551615",
                        "severityNumber": 17,
                        "severityText": "ERROR",
                        "body": {"bytesValue": "+/8="},
                        "attributes": [{"key": "raw", "value": {"bytesValue": "+/8="}}],
                        "droppedAttributesCount": 1,
                        "flags": 1,
                        "traceId": "abababababababababababababababab",
                        "spanId": "0101010101010101",
                        "eventName": "stock.empty",
                    },
                    {},
                ],
                "schemaUrl": "https://scope",
            }],
            "schemaUrl": "https://resource",
        }]});
        assert_eq!(document, expected);
    }
}
