//! What people get to read.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValueList};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};

use super::*;
use crate::logs::LogBatch;
use crate::traces::SpanBatch;

/// 2026-06-19T10:14:15Z.
const START: u64 = 1_781_864_055_000_000_000;

fn some(value: Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

fn words(text: &str) -> AnyValue {
    some(Value::StringValue(text.to_owned()))
}

fn entry(key: &str, value: AnyValue) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(value),
        ..KeyValue::default()
    }
}

fn shop() -> Resource {
    Resource {
        attributes: vec![entry("service.name", words("shop"))],
        ..Resource::default()
    }
}

fn scope() -> InstrumentationScope {
    InstrumentationScope {
        name: "checkout".to_owned(),
        version: "1.2".to_owned(),
        attributes: vec![entry("team", words("cart"))],
        ..InstrumentationScope::default()
    }
}

fn full_span() -> Span {
    Span {
        trace_id: vec![0xab; 16],
        span_id: vec![0x01; 8],
        trace_state: "vendor=1".to_owned(),
        parent_span_id: vec![0x02; 8],
        flags: 0x301,
        name: "POST /checkout".to_owned(),
        kind: 2,
        start_time_unix_nano: START,
        end_time_unix_nano: START + 12_500_000,
        attributes: vec![
            entry("http.route", words("/checkout")),
            entry("http.response.status_code", some(Value::IntValue(500))),
        ],
        dropped_attributes_count: 1,
        events: vec![
            Event {
                time_unix_nano: START + 2_000_000,
                name: "retry".to_owned(),
                attributes: vec![entry("attempt", some(Value::IntValue(2)))],
                dropped_attributes_count: 3,
            },
            Event {
                time_unix_nano: START - 1_000,
                name: "received".to_owned(),
                ..Event::default()
            },
        ],
        dropped_events_count: 4,
        links: vec![Link {
            trace_id: vec![0xcd; 16],
            span_id: vec![0x03; 8],
            trace_state: "other=2".to_owned(),
            attributes: vec![entry("why", words("batch"))],
            dropped_attributes_count: 5,
            flags: 0x300,
        }],
        dropped_links_count: 6,
        status: Some(Status {
            message: "no stock".to_owned(),
            code: 2,
        }),
    }
}

#[test]
fn spans() {
    let odd = Span {
        trace_id: vec![0xab; 16],
        span_id: vec![0x04; 8],
        name: "two\nlines\x1b[2J".to_owned(),
        kind: 1,
        start_time_unix_nano: START,
        end_time_unix_nano: START - 1_500_000_000,
        status: Some(Status {
            message: String::new(),
            code: 1,
        }),
        ..Span::default()
    };
    let batch = SpanBatch::new(ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(shop()),
            scope_spans: vec![
                ScopeSpans {
                    scope: Some(scope()),
                    spans: vec![full_span(), odd],
                    ..ScopeSpans::default()
                },
                ScopeSpans {
                    spans: vec![Span::default()],
                    ..ScopeSpans::default()
                },
            ],
            ..ResourceSpans::default()
        }],
    });
    insta::assert_snapshot!(traces(&batch));
}

#[test]
fn log_records() {
    let map = some(Value::KvlistValue(KeyValueList {
        values: vec![
            entry("sku", words("a-1")),
            entry(
                "left",
                some(Value::ArrayValue(ArrayValue {
                    values: vec![
                        some(Value::IntValue(0)),
                        some(Value::DoubleValue(0.5)),
                        some(Value::BoolValue(true)),
                        some(Value::BytesValue(vec![0xfb, 0xff])),
                        AnyValue::default(),
                    ],
                })),
            ),
        ],
    }));
    let full = LogRecord {
        time_unix_nano: START,
        observed_time_unix_nano: START + 1_000_000,
        severity_number: 18,
        severity_text: "critical".to_owned(),
        body: Some(map),
        attributes: vec![entry("retries", some(Value::IntValue(3)))],
        dropped_attributes_count: 1,
        flags: 1,
        trace_id: vec![0xab; 16],
        span_id: vec![0x01; 8],
        event_name: "stock.empty".to_owned(),
    };
    let observed_only = LogRecord {
        observed_time_unix_nano: START,
        severity_number: 9,
        severity_text: "INFO".to_owned(),
        body: Some(words("two\nlines")),
        ..LogRecord::default()
    };
    let batch = LogBatch::new(ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(shop()),
            scope_logs: vec![ScopeLogs {
                scope: Some(scope()),
                log_records: vec![full, observed_only, LogRecord::default()],
                ..ScopeLogs::default()
            }],
            ..ResourceLogs::default()
        }],
    });
    insta::assert_snapshot!(logs(&batch));
}
