//! Limits of attributes, events and links.

use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _};
use opentelemetry::trace::{Event, Link, Span as _, SpanContext, Tracer as _, TracerProvider as _};
use opentelemetry_proto::tonic::common::v1::KeyValue as Attribute;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use otelbox_sdk::{Environment, Sdk};

use super::Row;
use crate::world::{World, seconds};

/// More than any limit.
const MANY: usize = 200;

/// Attributes of a span, its event, its link, and a log record.
const COUNTS: &str = "span 128, event 128, link 128, log record 128";

/// Of the values of the attributes of a span, its event, its link, and a log record.
const LENGTHS: &str = "span 200, event 200, link 200, log record 200";

pub(super) fn rows() -> Vec<Row> {
    let counts = |name, effect| Row {
        name,
        given: &[],
        observe: |environment| Box::pin(counts(environment)),
        default: COUNTS,
        valid: ("7", effect),
        invalid: Some(("-1", "a whole number, 0 or more")),
    };
    let lengths = |name, effect| Row {
        name,
        given: &[],
        observe: |environment| Box::pin(lengths(environment)),
        default: LENGTHS,
        valid: ("7", effect),
        invalid: Some(("long", "a whole number, 0 or more")),
    };
    let parts = |name, effect| Row {
        name,
        given: &[],
        observe: |environment| Box::pin(parts(environment)),
        default: "128 events, 128 links",
        valid: ("7", effect),
        invalid: Some(("all", "a whole number, 0 or more")),
    };
    vec![
        counts(
            "OTEL_ATTRIBUTE_COUNT_LIMIT",
            "span 7, event 7, link 7, log record 7",
        ),
        counts(
            "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
            "span 7, event 128, link 128, log record 128",
        ),
        counts(
            "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
            "span 128, event 7, link 128, log record 128",
        ),
        counts(
            "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
            "span 128, event 128, link 7, log record 128",
        ),
        counts(
            "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT",
            "span 128, event 128, link 128, log record 7",
        ),
        lengths(
            "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
            "span 7, event 7, link 7, log record 7",
        ),
        lengths(
            "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
            "span 7, event 7, link 7, log record 200",
        ),
        lengths(
            "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT",
            "span 200, event 200, link 200, log record 7",
        ),
        parts("OTEL_SPAN_EVENT_COUNT_LIMIT", "7 events, 128 links"),
        parts("OTEL_SPAN_LINK_COUNT_LIMIT", "128 events, 7 links"),
    ]
}

/// Records a span and a log record with many of everything.
fn record_many(sdk: &Sdk) {
    let attributes = || -> Vec<KeyValue> {
        (0..MANY)
            .map(|index| KeyValue::new(format!("key.{index}"), "x".repeat(MANY)))
            .collect()
    };
    // The first is the one that is looked at.
    let of = |index| if index == 0 { attributes() } else { Vec::new() };
    let event = |index| Event::new("event", SystemTime::UNIX_EPOCH, of(index), 0);
    let link = |index| Link::new(SpanContext::empty_context(), of(index), 0);
    let tracer = sdk.tracer_provider().tracer("test");
    let mut builder = tracer.span_builder("checkout");
    builder.attributes = Some(attributes());
    builder.events = Some((0..MANY).map(event).collect());
    builder.links = Some((0..MANY).map(link).collect());
    let mut span = tracer.build(builder);
    span.end();
    let logger = sdk.logger_provider().logger("test");
    let mut record = logger.create_log_record();
    record.add_attributes((0..MANY).map(|index| {
        (
            format!("key.{index}"),
            AnyValue::String("x".repeat(MANY).into()),
        )
    }));
    logger.emit(record);
}

async fn recorded(environment: Environment) -> World {
    let world = World::new();
    let sdk = world.sdk(&environment);
    record_many(&sdk);
    sdk.shutdown(seconds(5)).await.expect("delivered");
    world
}

/// The attributes of the span, its first event, its first link, and the log record.
fn attributes(world: &World) -> [Vec<Attribute>; 4] {
    let span = world.spans().remove(0);
    [
        span.attributes,
        span.events[0].attributes.clone(),
        span.links[0].attributes.clone(),
        world.log_records().remove(0).attributes,
    ]
}

fn shown(numbers: [usize; 4]) -> String {
    let [span, event, link, record] = numbers;
    format!("span {span}, event {event}, link {link}, log record {record}")
}

async fn counts(environment: Environment) -> String {
    let world = recorded(environment).await;
    shown(attributes(&world).map(|attributes| attributes.len()))
}

async fn lengths(environment: Environment) -> String {
    let world = recorded(environment).await;
    shown(attributes(&world).map(|attributes| {
        match attributes[0]
            .value
            .as_ref()
            .and_then(|value| value.value.as_ref())
        {
            Some(Value::StringValue(text)) => text.len(),
            other => panic!("{other:?} is no text"),
        }
    }))
}

async fn parts(environment: Environment) -> String {
    let span = recorded(environment).await.spans().remove(0);
    format!("{} events, {} links", span.events.len(), span.links.len())
}
