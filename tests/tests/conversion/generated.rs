//! Spans and log records of every shape. Keys are unique: the conversions of `opentelemetry-proto` keep duplicates.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::logs::{AnyValue, LogRecord as _, Logger, LoggerProvider, Severity};
use opentelemetry::trace::{
    Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Array, InstrumentationScope, KeyValue, StringValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::{SdkLogRecord, SdkLoggerProvider};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// A resource with a schema and attributes that a hash map gives in any order.
pub(crate) fn resource() -> Resource {
    let attributes = ["b", "a", "service.name", "c"].map(|key| KeyValue::new(key, "x"));
    Resource::builder_empty()
        .with_schema_url(attributes, "https://resource")
        .build()
}

fn scope() -> impl Strategy<Value = InstrumentationScope> {
    let full = InstrumentationScope::builder("shop")
        .with_version("1.2")
        .with_schema_url("https://scope")
        .with_attributes([KeyValue::new("team", "cart"), KeyValue::new("a", 1)])
        .build();
    select(vec![
        full,
        InstrumentationScope::builder("shop").build(),
        InstrumentationScope::builder("").build(),
    ])
}

fn time() -> impl Strategy<Value = SystemTime> {
    any::<u64>().prop_map(|nanos| UNIX_EPOCH + Duration::from_nanos(nanos))
}

/// Every double, but that there is only one NaN: JSON has no more.
fn double() -> impl Strategy<Value = f64> {
    any::<f64>().prop_map(|value| if value.is_nan() { f64::NAN } else { value })
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::I64),
        double().prop_map(Value::F64),
        any::<String>().prop_map(|text| Value::String(text.into())),
        vec(any::<bool>(), 0..3).prop_map(|all| Value::Array(Array::Bool(all))),
        vec(any::<i64>(), 0..3).prop_map(|all| Value::Array(Array::I64(all))),
        vec(double(), 0..3).prop_map(|all| Value::Array(Array::F64(all))),
        vec(any::<String>().prop_map(StringValue::from), 0..3)
            .prop_map(|all| Value::Array(Array::String(all))),
    ]
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    btree_map(".{0,4}", value(), 0..4).prop_map(|all: BTreeMap<String, Value>| {
        let pairs = all.into_iter().rev();
        pairs
            .map(|(key, value)| KeyValue::new(key, value))
            .collect()
    })
}

fn context() -> impl Strategy<Value = SpanContext> {
    let state = select(vec![vec![], vec![("a", "1")], vec![("b", "2"), ("a", "1")]]);
    (1_u128.., 1_u64.., any::<u8>(), any::<bool>(), state).prop_map(
        |(trace_id, span_id, flags, is_remote, state)| {
            SpanContext::new(
                TraceId::from(trace_id),
                SpanId::from(span_id),
                TraceFlags::new(flags),
                is_remote,
                TraceState::from_key_value(state).expect("valid"),
            )
        },
    )
}

fn event() -> impl Strategy<Value = Event> {
    (any::<String>(), time(), attributes(), any::<u32>())
        .prop_map(|(name, at, attributes, dropped)| Event::new(name, at, attributes, dropped))
}

fn link() -> impl Strategy<Value = Link> {
    (context(), attributes(), any::<u32>())
        .prop_map(|(to, attributes, dropped)| Link::new(to, attributes, dropped))
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![
        Just(Status::Unset),
        Just(Status::Ok),
        any::<String>().prop_map(Status::error),
    ]
}

/// Any span.
pub(crate) fn span() -> impl Strategy<Value = SpanData> {
    let kinds = select(vec![
        SpanKind::Client,
        SpanKind::Server,
        SpanKind::Producer,
        SpanKind::Consumer,
        SpanKind::Internal,
    ]);
    let identity = (
        context(),
        any::<u64>(),
        any::<bool>(),
        kinds,
        any::<String>(),
    );
    let told = (time(), time(), attributes(), status(), scope());
    let many = (vec(event(), 0..3), vec(link(), 0..3), any::<[u32; 3]>());
    (identity, told, many).prop_map(
        |(
            (span_context, parent, parent_span_is_remote, span_kind, name),
            (start_time, end_time, attributes, status, instrumentation_scope),
            (all_events, all_links, dropped),
        )| {
            let mut events = SpanEvents::default();
            events.events = all_events;
            events.dropped_count = dropped[0];
            let mut links = SpanLinks::default();
            links.links = all_links;
            links.dropped_count = dropped[1];
            SpanData {
                span_context,
                // Half of the spans are roots.
                parent_span_id: SpanId::from(if parent % 2 == 0 { 0 } else { parent }),
                parent_span_is_remote,
                span_kind,
                name: name.into(),
                start_time,
                end_time,
                attributes,
                dropped_attributes_count: dropped[2],
                events,
                links,
                status,
                instrumentation_scope,
            }
        },
    )
}

fn log_value() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(AnyValue::Int),
        double().prop_map(AnyValue::Double),
        any::<bool>().prop_map(AnyValue::Boolean),
        any::<String>().prop_map(|text| AnyValue::String(text.into())),
        any::<Vec<u8>>().prop_map(|bytes| AnyValue::Bytes(Box::new(bytes))),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(AnyValue::from_iter),
            btree_map(".{0,4}", inner, 0..3).prop_map(AnyValue::from_iter),
        ]
    })
}

/// Any log record with its scope. The time of observation is always there: the other conversion panics without it.
pub(crate) fn log_record() -> impl Strategy<Value = (SdkLogRecord, InstrumentationScope)> {
    let severities = select(vec![Severity::Trace, Severity::Info3, Severity::Fatal4]);
    let words = || option::of(select(vec!["", "shop", "INFO"]));
    let times = (option::of(time()), time());
    let told = (option::of(severities), words(), words(), words());
    let content = (
        option::of(log_value()),
        btree_map(".{0,4}", log_value(), 0..8),
        option::of((1_u128.., 1_u64.., option::of(any::<u8>()))),
    );
    (times, told, content, scope()).prop_map(
        |(
            (time, observed),
            (severity, severity_text, event_name, target),
            (body, attributes, context),
            scope,
        )| {
            let logger = SdkLoggerProvider::builder().build().logger("any");
            let mut record = logger.create_log_record();
            record.set_observed_timestamp(observed);
            record.add_attributes(attributes);
            if let Some(time) = time {
                record.set_timestamp(time);
            }
            if let Some(severity) = severity {
                record.set_severity_number(severity);
            }
            if let Some(text) = severity_text {
                record.set_severity_text(text);
            }
            if let Some(name) = event_name {
                record.set_event_name(name);
            }
            if let Some(target) = target {
                record.set_target(target);
            }
            if let Some(body) = body {
                record.set_body(body);
            }
            if let Some((trace_id, span_id, flags)) = context {
                record.set_trace_context(
                    TraceId::from(trace_id),
                    SpanId::from(span_id),
                    flags.map(TraceFlags::new),
                );
            }
            (record, scope)
        },
    )
}
