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
    /// A message that is counted.
    Item(&'static Shape),
}

/// A message: its fields by number.
#[derive(Debug)]
pub(super) struct Shape {
    /// From field 1 on.
    pub(super) fields: &'static [Field],
}

impl Shape {
    pub(super) fn field(&self, number: u32) -> Field {
        // Numbers start at 1; 0 was refused before.
        usize::try_from(number)
            .ok()
            .and_then(|number| self.fields.get(number - 1))
            .copied()
            .unwrap_or(Field::Unknown)
    }
}

use Field::{Bytes, Fixed32, Fixed64, Fixed64s, Item, Message, Text, Unknown, Varint, Varints};

pub(super) static METRICS: Shape = Shape {
    fields: &[Message(&RESOURCE_METRICS)],
};
pub(super) static TRACES: Shape = Shape {
    fields: &[Message(&RESOURCE_SPANS)],
};
pub(super) static LOGS: Shape = Shape {
    fields: &[Message(&RESOURCE_LOGS)],
};
/// Only as deep as it takes to count.
pub(super) static PROFILES: Shape = Shape {
    fields: &[Message(&RESOURCE_PROFILES)],
};

static RESOURCE_METRICS: Shape = Shape {
    fields: &[Message(&RESOURCE), Message(&SCOPE_METRICS), Text],
};
static RESOURCE_SPANS: Shape = Shape {
    fields: &[Message(&RESOURCE), Message(&SCOPE_SPANS), Text],
};
static RESOURCE_LOGS: Shape = Shape {
    fields: &[Message(&RESOURCE), Message(&SCOPE_LOGS), Text],
};
static RESOURCE_PROFILES: Shape = Shape {
    fields: &[Unknown, Message(&SCOPE_PROFILES)],
};

static SCOPE_METRICS: Shape = Shape {
    fields: &[Message(&SCOPE), Message(&METRIC), Text],
};
static SCOPE_SPANS: Shape = Shape {
    fields: &[Message(&SCOPE), Item(&SPAN), Text],
};
static SCOPE_LOGS: Shape = Shape {
    fields: &[Message(&SCOPE), Item(&LOG_RECORD), Text],
};
static SCOPE_PROFILES: Shape = Shape {
    fields: &[Unknown, Item(&PROFILE)],
};

static RESOURCE: Shape = Shape {
    fields: &[Message(&KEY_VALUE), Varint, Message(&ENTITY_REF)],
};
static ENTITY_REF: Shape = Shape {
    fields: &[Text, Text, Text, Text],
};
static SCOPE: Shape = Shape {
    fields: &[Text, Text, Message(&KEY_VALUE), Varint],
};
static KEY_VALUE: Shape = Shape {
    fields: &[Text, Message(&ANY_VALUE), Varint],
};
static ANY_VALUE: Shape = Shape {
    fields: &[
        Text,
        Varint,
        Varint,
        Fixed64,
        Message(&ARRAY_VALUE),
        Message(&KEY_VALUE_LIST),
        Bytes,
        Varint,
    ],
};
static ARRAY_VALUE: Shape = Shape {
    fields: &[Message(&ANY_VALUE)],
};
static KEY_VALUE_LIST: Shape = Shape {
    fields: &[Message(&KEY_VALUE)],
};

static METRIC: Shape = Shape {
    fields: &[
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
        Message(&KEY_VALUE),
    ],
};
static GAUGE: Shape = Shape {
    fields: &[Item(&NUMBER_DATA_POINT)],
};
static SUM: Shape = Shape {
    fields: &[Item(&NUMBER_DATA_POINT), Varint, Varint],
};
static HISTOGRAM: Shape = Shape {
    fields: &[Item(&HISTOGRAM_DATA_POINT), Varint],
};
static EXPONENTIAL_HISTOGRAM: Shape = Shape {
    fields: &[Item(&EXPONENTIAL_HISTOGRAM_DATA_POINT), Varint],
};
static SUMMARY: Shape = Shape {
    fields: &[Item(&SUMMARY_DATA_POINT)],
};

static NUMBER_DATA_POINT: Shape = Shape {
    fields: &[
        Unknown,
        Fixed64,
        Fixed64,
        Fixed64,
        Message(&EXEMPLAR),
        Fixed64,
        Message(&KEY_VALUE),
        Varint,
    ],
};
static HISTOGRAM_DATA_POINT: Shape = Shape {
    fields: &[
        Unknown,
        Fixed64,
        Fixed64,
        Fixed64,
        Fixed64,
        Fixed64s,
        Fixed64s,
        Message(&EXEMPLAR),
        Message(&KEY_VALUE),
        Varint,
        Fixed64,
        Fixed64,
    ],
};
static EXPONENTIAL_HISTOGRAM_DATA_POINT: Shape = Shape {
    fields: &[
        Message(&KEY_VALUE),
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
    ],
};
static BUCKETS: Shape = Shape {
    fields: &[Varint, Varints],
};
static SUMMARY_DATA_POINT: Shape = Shape {
    fields: &[
        Unknown,
        Fixed64,
        Fixed64,
        Fixed64,
        Fixed64,
        Message(&QUANTILE),
        Message(&KEY_VALUE),
        Varint,
    ],
};
static QUANTILE: Shape = Shape {
    fields: &[Fixed64, Fixed64],
};
static EXEMPLAR: Shape = Shape {
    fields: &[
        Unknown,
        Fixed64,
        Fixed64,
        Bytes,
        Bytes,
        Fixed64,
        Message(&KEY_VALUE),
    ],
};

static SPAN: Shape = Shape {
    fields: &[
        Bytes,
        Bytes,
        Text,
        Bytes,
        Text,
        Varint,
        Fixed64,
        Fixed64,
        Message(&KEY_VALUE),
        Varint,
        Message(&EVENT),
        Varint,
        Message(&LINK),
        Varint,
        Message(&STATUS),
        Fixed32,
    ],
};
static EVENT: Shape = Shape {
    fields: &[Fixed64, Text, Message(&KEY_VALUE), Varint],
};
static LINK: Shape = Shape {
    fields: &[Bytes, Bytes, Text, Message(&KEY_VALUE), Varint, Fixed32],
};
static STATUS: Shape = Shape {
    fields: &[Unknown, Text, Varint],
};

static LOG_RECORD: Shape = Shape {
    fields: &[
        Fixed64,
        Varint,
        Text,
        Unknown,
        Message(&ANY_VALUE),
        Message(&KEY_VALUE),
        Varint,
        Fixed32,
        Bytes,
        Bytes,
        Fixed64,
        Text,
    ],
};
static PROFILE: Shape = Shape { fields: &[] };
