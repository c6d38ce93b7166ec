//! The messages of traces.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use serde::ser::SerializeMap;

use super::write::{Fields, Message};

impl Message for ExportTraceServiceRequest {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.messages("resourceSpans", &self.resource_spans)
    }
}

impl Message for ResourceSpans {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.message("resource", self.resource.as_ref())?;
        fields.messages("scopeSpans", &self.scope_spans)?;
        fields.text("schemaUrl", &self.schema_url)
    }
}

impl Message for ScopeSpans {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.message("scope", self.scope.as_ref())?;
        fields.messages("spans", &self.spans)?;
        fields.text("schemaUrl", &self.schema_url)
    }
}

impl Message for Span {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.id("traceId", &self.trace_id)?;
        fields.id("spanId", &self.span_id)?;
        fields.text("traceState", &self.trace_state)?;
        fields.id("parentSpanId", &self.parent_span_id)?;
        fields.number("flags", self.flags)?;
        fields.text("name", &self.name)?;
        fields.number("kind", self.kind)?;
        fields.long("startTimeUnixNano", self.start_time_unix_nano)?;
        fields.long("endTimeUnixNano", self.end_time_unix_nano)?;
        fields.messages("attributes", &self.attributes)?;
        fields.number("droppedAttributesCount", self.dropped_attributes_count)?;
        fields.messages("events", &self.events)?;
        fields.number("droppedEventsCount", self.dropped_events_count)?;
        fields.messages("links", &self.links)?;
        fields.number("droppedLinksCount", self.dropped_links_count)?;
        fields.message("status", self.status.as_ref())
    }
}

impl Message for Event {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.long("timeUnixNano", self.time_unix_nano)?;
        fields.text("name", &self.name)?;
        fields.messages("attributes", &self.attributes)?;
        fields.number("droppedAttributesCount", self.dropped_attributes_count)
    }
}

impl Message for Link {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.id("traceId", &self.trace_id)?;
        fields.id("spanId", &self.span_id)?;
        fields.text("traceState", &self.trace_state)?;
        fields.messages("attributes", &self.attributes)?;
        fields.number("droppedAttributesCount", self.dropped_attributes_count)?;
        fields.number("flags", self.flags)
    }
}

impl Message for Status {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.text("message", &self.message)?;
        fields.number("code", self.code)
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
    use serde_json::{Value, json};

    use super::*;
    use crate::export::json::traces;

    fn yes(key: &str) -> KeyValue {
        KeyValue {
            key: key.to_owned(),
            value: Some(AnyValue {
                value: Some(any_value::Value::BoolValue(true)),
            }),
            ..KeyValue::default()
        }
    }

    #[test]
    fn every_field_of_a_span() {
        let span = Span {
            trace_id: vec![0xab; 16],
            span_id: vec![0x01; 8],
            trace_state: "vendor=1".to_owned(),
            parent_span_id: vec![0x02; 8],
            flags: 0x301,
            name: "checkout".to_owned(),
            kind: 2,
            start_time_unix_nano: u64::MAX,
            end_time_unix_nano: 15,
            attributes: vec![yes("a")],
            dropped_attributes_count: 1,
            events: vec![Event {
                time_unix_nano: 12,
                name: "retry".to_owned(),
                attributes: vec![yes("b")],
                dropped_attributes_count: 2,
            }],
            dropped_events_count: 3,
            links: vec![Link {
                trace_id: vec![0xcd; 16],
                span_id: vec![0x03; 8],
                trace_state: "other=2".to_owned(),
                attributes: vec![yes("c")],
                dropped_attributes_count: 4,
                flags: 0x100,
            }],
            dropped_links_count: 5,
            status: Some(Status {
                message: "no stock".to_owned(),
                code: 2,
            }),
        };
        let request = ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans {
                scope_spans: vec![ScopeSpans {
                    spans: vec![span, Span::default()],
                    schema_url: "https://scope".to_owned(),
                    ..ScopeSpans::default()
                }],
                schema_url: "https://resource".to_owned(),
                ..ResourceSpans::default()
            }],
        };
        let yes = |key: &str| json!([{"key": key, "value": {"boolValue": true}}]);
        let document: Value = serde_json::from_slice(&traces(&request)).expect("JSON");
        let expected = json!({"resourceSpans": [{
            "scopeSpans": [{
                "spans": [
                    {
                        "traceId": "abababababababababababababababab",
                        "spanId": "0101010101010101",
                        "traceState": "vendor=1",
                        "parentSpanId": "0202020202020202",
                        "flags": 769,
                        "name": "checkout",
                        "kind": 2,
                        "startTimeUnixNano": "18446744073709551615",
                        "endTimeUnixNano": "15",
                        "attributes": yes("a"),
                        "droppedAttributesCount": 1,
                        "events": [{
                            "timeUnixNano": "12",
                            "name": "retry",
                            "attributes": yes("b"),
                            "droppedAttributesCount": 2,
                        }],
                        "droppedEventsCount": 3,
                        "links": [{
                            "traceId": "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
                            "spanId": "0303030303030303",
                            "traceState": "other=2",
                            "attributes": yes("c"),
                            "droppedAttributesCount": 4,
                            "flags": 256,
                        }],
                        "droppedLinksCount": 5,
                        "status": {"message": "no stock", "code": 2},
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
