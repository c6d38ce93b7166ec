//! The shapes of the OTLP messages: what stands in which field.
//!
//! Spec: opentelemetry-proto 1.10.0. A test holds them against the generated structs.

/// What stands in a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Field {
    /// No field of this number is known: it is skipped.
    Unknown,
    /// A varint: integers, booleans, enums.
    Varint,
    /// Varints, packed or one by one.
    Varints,
    /// Four bytes.
    Fixed32,
    /// Eight bytes.
    Fixed64,
    /// Eight bytes each, packed or one by one.
    Fixed64s,
    /// UTF-8 text.
    Text,
    /// Any bytes.
    Bytes,
    /// A message.
    Message(&'static Shape),
    /// An attribute: a `KeyValue`.
    Attribute,
    /// A message that is counted.
    Item(&'static Shape),
}

/// A message: its fields by number.
#[derive(Debug)]
pub(super) struct Shape {
    /// From field 1 on.
    fields: &'static [Field],
    /// The fields that may stand as one varint.
    varints: FieldSet,
    /// The fields that may stand as eight bytes.
    fixed64s: FieldSet,
}

/// Numbers of fields, of those that stand in a key of one byte: one bit each.
type FieldSet = u16;

impl Shape {
    const fn of(fields: &'static [Field]) -> Self {
        let (mut varints, mut fixed64s): (FieldSet, FieldSet) = (0, 0);
        let mut number = 1;
        while number <= fields.len() && number < FieldSet::BITS as usize {
            match fields[number - 1] {
                Field::Varint | Field::Varints => varints |= 1 << number,
                Field::Fixed64 | Field::Fixed64s => fixed64s |= 1 << number,
                _ => {}
            }
            number += 1;
        }
        Self {
            fields,
            varints,
            fixed64s,
        }
    }

    #[inline]
    pub(super) fn field(&self, number: u32) -> Field {
        usize::try_from(number)
            .ok()
            .and_then(|number| self.fields.get(number.wrapping_sub(1)))
            .copied()
            .unwrap_or(Field::Unknown)
    }

    /// Whether the field with this number, below 16, may stand as one varint.
    #[inline]
    pub(super) fn has_varint(&self, number: u8) -> bool {
        self.varints >> number & 1 == 1
    }

    /// Whether the field with this number, below 16, may stand as eight bytes.
    #[inline]
    pub(super) fn has_fixed64(&self, number: u8) -> bool {
        self.fixed64s >> number & 1 == 1
    }
}

use Field::{
    Attribute, Bytes, Fixed32, Fixed64, Fixed64s, Item, Message, Text, Unknown, Varint, Varints,
};

pub(super) static METRICS: Shape = Shape::of(&[Message(&RESOURCE_METRICS)]);
pub(super) static TRACES: Shape = Shape::of(&[Message(&RESOURCE_SPANS)]);
pub(super) static LOGS: Shape = Shape::of(&[Message(&RESOURCE_LOGS)]);
/// Only as deep as it takes to count.
pub(super) static PROFILES: Shape = Shape::of(&[Message(&RESOURCE_PROFILES)]);

static RESOURCE_METRICS: Shape = Shape::of(&[Message(&RESOURCE), Message(&SCOPE_METRICS), Text]);
static RESOURCE_SPANS: Shape = Shape::of(&[Message(&RESOURCE), Message(&SCOPE_SPANS), Text]);
static RESOURCE_LOGS: Shape = Shape::of(&[Message(&RESOURCE), Message(&SCOPE_LOGS), Text]);
static RESOURCE_PROFILES: Shape = Shape::of(&[Unknown, Message(&SCOPE_PROFILES)]);

static SCOPE_METRICS: Shape = Shape::of(&[Message(&SCOPE), Message(&METRIC), Text]);
static SCOPE_SPANS: Shape = Shape::of(&[Message(&SCOPE), Item(&SPAN), Text]);
static SCOPE_LOGS: Shape = Shape::of(&[Message(&SCOPE), Item(&LOG_RECORD), Text]);
static SCOPE_PROFILES: Shape = Shape::of(&[Unknown, Item(&PROFILE)]);

static RESOURCE: Shape = Shape::of(&[Attribute, Varint, Message(&ENTITY_REF)]);
static ENTITY_REF: Shape = Shape::of(&[Text, Text, Text, Text]);
static SCOPE: Shape = Shape::of(&[Text, Text, Attribute, Varint]);
pub(super) static KEY_VALUE: Shape = Shape::of(&[Text, Message(&ANY_VALUE), Varint]);
static ANY_VALUE: Shape = Shape::of(&[
    Text,
    Varint,
    Varint,
    Fixed64,
    Message(&ARRAY_VALUE),
    Message(&KEY_VALUE_LIST),
    Bytes,
    Varint,
]);
static ARRAY_VALUE: Shape = Shape::of(&[Message(&ANY_VALUE)]);
static KEY_VALUE_LIST: Shape = Shape::of(&[Attribute]);

static METRIC: Shape = Shape::of(&[
    Text,
    Text,
    Text,
    Unknown,
    Message(&GAUGE),
    Unknown,
    Message(&SUM),
    Unknown,
    Message(&HISTOGRAM),
    Message(&EXPONENTIAL_HISTOGRAM),
    Message(&SUMMARY),
    Attribute,
]);
static GAUGE: Shape = Shape::of(&[Item(&NUMBER_DATA_POINT)]);
static SUM: Shape = Shape::of(&[Item(&NUMBER_DATA_POINT), Varint, Varint]);
static HISTOGRAM: Shape = Shape::of(&[Item(&HISTOGRAM_DATA_POINT), Varint]);
static EXPONENTIAL_HISTOGRAM: Shape = Shape::of(&[Item(&EXPONENTIAL_HISTOGRAM_DATA_POINT), Varint]);
static SUMMARY: Shape = Shape::of(&[Item(&SUMMARY_DATA_POINT)]);

static NUMBER_DATA_POINT: Shape = Shape::of(&[
    Unknown,
    Fixed64,
    Fixed64,
    Fixed64,
    Message(&EXEMPLAR),
    Fixed64,
    Attribute,
    Varint,
]);
static HISTOGRAM_DATA_POINT: Shape = Shape::of(&[
    Unknown,
    Fixed64,
    Fixed64,
    Fixed64,
    Fixed64,
    Fixed64s,
    Fixed64s,
    Message(&EXEMPLAR),
    Attribute,
    Varint,
    Fixed64,
    Fixed64,
]);
static EXPONENTIAL_HISTOGRAM_DATA_POINT: Shape = Shape::of(&[
    Attribute,
    Fixed64,
    Fixed64,
    Fixed64,
    Fixed64,
    Varint,
    Fixed64,
    Message(&BUCKETS),
    Message(&BUCKETS),
    Varint,
    Message(&EXEMPLAR),
    Fixed64,
    Fixed64,
    Fixed64,
]);
static BUCKETS: Shape = Shape::of(&[Varint, Varints]);
static SUMMARY_DATA_POINT: Shape = Shape::of(&[
    Unknown,
    Fixed64,
    Fixed64,
    Fixed64,
    Fixed64,
    Message(&QUANTILE),
    Attribute,
    Varint,
]);
static QUANTILE: Shape = Shape::of(&[Fixed64, Fixed64]);
static EXEMPLAR: Shape = Shape::of(&[Unknown, Fixed64, Fixed64, Bytes, Bytes, Fixed64, Attribute]);

static SPAN: Shape = Shape::of(&[
    Bytes,
    Bytes,
    Text,
    Bytes,
    Text,
    Varint,
    Fixed64,
    Fixed64,
    Attribute,
    Varint,
    Message(&EVENT),
    Varint,
    Message(&LINK),
    Varint,
    Message(&STATUS),
    Fixed32,
]);
static EVENT: Shape = Shape::of(&[Fixed64, Text, Attribute, Varint]);
static LINK: Shape = Shape::of(&[Bytes, Bytes, Text, Attribute, Varint, Fixed32]);
static STATUS: Shape = Shape::of(&[Unknown, Text, Varint]);

static LOG_RECORD: Shape = Shape::of(&[
    Fixed64,
    Varint,
    Text,
    Unknown,
    Message(&ANY_VALUE),
    Attribute,
    Varint,
    Fixed32,
    Bytes,
    Bytes,
    Fixed64,
    Text,
]);
static PROFILE: Shape = Shape::of(&[]);
