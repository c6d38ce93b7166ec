//! Every field of a log record.

use std::time::{Duration, UNIX_EPOCH};

use opentelemetry::logs::{AnyValue as LogValue, LogRecord as _, Logger, LoggerProvider, Severity};
use opentelemetry::{KeyValue, TraceFlags};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, InstrumentationScope as OtlpScope, KeyValue as OtlpKeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::resource::v1::Resource as OtlpResource;
use opentelemetry_sdk::logs::SdkLoggerProvider;

use super::*;
use crate::limits::AttributeLimits;

fn empty_record() -> SdkLogRecord {
    SdkLoggerProvider::builder()
        .build()
        .logger("any")
        .create_log_record()
}

fn scope_named(name: &'static str) -> InstrumentationScope {
    InstrumentationScope::builder(name).build()
}

fn entry(key: &str, value: Value) -> OtlpKeyValue {
    OtlpKeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..OtlpKeyValue::default()
    }
}

fn text_entry(key: &str, value: &str) -> OtlpKeyValue {
    entry(key, Value::StringValue(value.to_owned()))
}

/// Bytes of an id, the last of which is `last`.
fn id(length: usize, last: u8) -> Vec<u8> {
    let mut id = vec![0; length];
    id[length - 1] = last;
    id
}

fn converted(record: &SdkLogRecord, limits: &LogLimits) -> OtlpLogRecord {
    let resource = Resource::builder_empty().build();
    let request = request([(record, scope_named("any"))], &resource, limits);
    request.resource_logs[0].scope_logs[0].log_records[0].clone()
}

#[test]
fn every_field_arrives() {
    let mut record = empty_record();
    record.set_event_name("stock.empty");
    record.set_timestamp(UNIX_EPOCH + Duration::from_nanos(12));
    record.set_observed_timestamp(UNIX_EPOCH + Duration::from_nanos(15));
    record.set_severity_number(Severity::Error2);
    record.set_severity_text("ERROR");
    record.set_body([("sku", LogValue::from("a-1"))].into_iter().collect());
    record.add_attribute("retries", 3);
    record.add_attribute("key", LogValue::from(&[0xff_u8][..]));
    record.set_trace_context(
        TraceId::from(0xab),
        SpanId::from(0xcd),
        Some(TraceFlags::SAMPLED),
    );
    let scope = InstrumentationScope::builder("shop")
        .with_version("1.2")
        .with_schema_url("https://scope")
        .with_attributes([KeyValue::new("team", "cart")])
        .build();
    let resource = Resource::builder_empty()
        .with_schema_url([KeyValue::new("service.name", "shop")], "https://resource")
        .build();
    let actual = request(vec![(record, scope)], &resource, &LogLimits::default());
    let log_record = OtlpLogRecord {
        time_unix_nano: 12,
        observed_time_unix_nano: 15,
        severity_number: SeverityNumber::Error2.into(),
        severity_text: "ERROR".to_owned(),
        body: Some(AnyValue {
            value: Some(Value::KvlistValue(KeyValueList {
                values: vec![text_entry("sku", "a-1")],
            })),
        }),
        attributes: vec![
            entry("retries", Value::IntValue(3)),
            entry("key", Value::BytesValue(vec![0xff])),
        ],
        dropped_attributes_count: 0,
        flags: 1,
        trace_id: id(16, 0xab),
        span_id: id(8, 0xcd),
        event_name: "stock.empty".to_owned(),
    };
    let expected = ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(OtlpResource {
                attributes: vec![text_entry("service.name", "shop")],
                ..OtlpResource::default()
            }),
            scope_logs: vec![ScopeLogs {
                scope: Some(OtlpScope {
                    name: "shop".to_owned(),
                    version: "1.2".to_owned(),
                    attributes: vec![text_entry("team", "cart")],
                    dropped_attributes_count: 0,
                }),
                log_records: vec![log_record],
                schema_url: "https://scope".to_owned(),
            }],
            schema_url: "https://resource".to_owned(),
        }],
    };
    assert_eq!(actual, expected);
}

#[test]
fn what_is_not_known_is_absent() {
    let record = converted(&empty_record(), &LogLimits::default());
    assert_eq!(record, OtlpLogRecord::default());
}

#[test]
fn ids_that_are_not_valid_are_absent() {
    let mut record = empty_record();
    record.set_trace_context(TraceId::INVALID, SpanId::INVALID, None);
    let record = converted(&record, &LogLimits::default());
    assert_eq!(record, OtlpLogRecord::default());
}

#[test]
fn severities_have_the_numbers_of_the_protocol() {
    for (severity, number) in [
        (Severity::Trace, SeverityNumber::Trace),
        (Severity::Debug4, SeverityNumber::Debug4),
        (Severity::Info, SeverityNumber::Info),
        (Severity::Warn, SeverityNumber::Warn),
        (Severity::Fatal4, SeverityNumber::Fatal4),
    ] {
        let mut record = empty_record();
        record.set_severity_number(severity);
        let record = converted(&record, &LogLimits::default());
        assert_eq!(record.severity_number, i32::from(number));
    }
}

#[test]
fn limits_hold_for_attributes_and_not_for_the_body() {
    let mut record = empty_record();
    record.set_body("a long body".into());
    for (key, value) in [("a", "äöü"), ("b", "xyz"), ("a", "uvw"), ("c", "lost")] {
        record.add_attribute(key, value);
    }
    let limits = LogLimits {
        attributes: AttributeLimits {
            value_length: Some(2),
            count: Some(2),
        },
    };
    let limited = converted(&record, &limits);
    assert_eq!(
        limited.attributes,
        [text_entry("a", "uv"), text_entry("b", "xy")]
    );
    assert_eq!(limited.dropped_attributes_count, 1);
    assert_eq!(
        limited.body.and_then(|body| body.value),
        Some(Value::StringValue("a long body".to_owned()))
    );
}

#[test]
fn records_are_grouped_by_the_scope_that_their_target_names() {
    let record = |number: i64, target: Option<&'static str>| {
        let mut record = empty_record();
        record.set_body(LogValue::Int(number));
        if let Some(target) = target {
            record.set_target(target);
        }
        record
    };
    let versioned = InstrumentationScope::builder("a").with_version("1").build();
    let request = request(
        [
            (record(1, Some("x")), scope_named("a")),
            (record(2, None), scope_named("a")),
            (record(3, Some("x")), scope_named("b")),
            (record(4, Some("x")), versioned),
        ],
        &Resource::builder_empty().build(),
        &LogLimits::default(),
    );
    let grouped: Vec<(String, String, usize)> = request.resource_logs[0]
        .scope_logs
        .iter()
        .map(|of| {
            let scope = of.scope.clone().unwrap_or_default();
            (scope.name, scope.version, of.log_records.len())
        })
        .collect();
    let expected = [("x", "", 2), ("a", "", 1), ("x", "1", 1)];
    assert_eq!(
        grouped,
        expected.map(|(name, version, records)| (name.to_owned(), version.to_owned(), records))
    );
}

#[test]
fn no_records_are_an_empty_request() {
    let none: [(SdkLogRecord, InstrumentationScope); 0] = [];
    let resource = Resource::builder_empty().build();
    let nothing = request(none, &resource, &LogLimits::default());
    assert_eq!(nothing, ExportLogsServiceRequest::default());
}
