//! OTLP/JSON as it was written.

use std::borrow::Cow;

use serde_json::Value;

use super::{compression::inflate, wire::name};
use crate::{
    judge::{Finding, Survey},
    run::Recording,
};
use otelbox_mock_collector::Protocol;

/// Enumerations of the schema. `kind` and `code` belong to spans.
const ENUMS: [&str; 4] = ["aggregationTemporality", "code", "kind", "severityNumber"];

/// 64-bit integers of the schema.
const LONG: [&str; 9] = [
    "timeUnixNano",
    "startTimeUnixNano",
    "endTimeUnixNano",
    "observedTimeUnixNano",
    "count",
    "asInt",
    "intValue",
    "bucketCounts",
    "zeroCount",
];

/// 32-bit integers of the schema.
const SHORT: [&str; 3] = ["flags", "droppedAttributesCount", "scale"];

/// Spec: OTLP 1.11.0, "JSON Protobuf Encoding" (MUST).
pub(super) fn judge(recording: &Recording) -> Vec<Finding> {
    let mut enums = Survey::new("OTLP-JSN-002", "integers for enumerations", "JSON bodies");
    let mut keys = Survey::new("OTLP-JSN-003", "keys in lowerCamelCase", "JSON bodies");
    let mut longs = Survey::new(
        "OTLP-JSN-004",
        "decimal strings for 64-bit integers, numbers for 32-bit ones",
        "JSON bodies",
    );
    let mut ids = Survey::new(
        "OTLP-JSN-001",
        "trace and span ids in hexadecimal",
        "JSON bodies with ids",
    );
    for exchange in recording.attempts() {
        if exchange.protocol != Some(Protocol::HttpJson) {
            continue;
        }
        let body = if exchange
            .header("content-encoding")
            .is_some_and(|coding| coding == "gzip")
        {
            inflate(exchange).map(Cow::Owned)
        } else {
            Some(Cow::Borrowed(exchange.body.as_ref()))
        };
        // What is no JSON at all is judged as OTLP-TRN-011.
        let Some(Ok(value)) = body.map(|body| serde_json::from_slice::<Value>(&body)) else {
            continue;
        };
        let mut seen = Seen::default();
        seen.visit(&value);
        let say =
            |wrong: Option<String>| wrong.map(|wrong| format!("{} has {wrong}", name(exchange)));
        enums.look(say(seen.enumeration));
        keys.look(say(seen.key));
        longs.look(say(seen.integer));
        if seen.has_ids {
            ids.look(say(seen.id));
        }
    }
    [ids, enums, keys, longs]
        .into_iter()
        .filter_map(Survey::finding)
        .collect()
}

/// The first deviation of each kind in one body.
#[derive(Default)]
struct Seen {
    enumeration: Option<String>,
    key: Option<String>,
    integer: Option<String>,
    id: Option<String>,
    has_ids: bool,
}

impl Seen {
    fn visit(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    self.field(key, value);
                    self.visit(value);
                }
            }
            Value::Array(values) => values.iter().for_each(|value| self.visit(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn field(&mut self, key: &str, value: &Value) {
        let shown = || Some(format!("`{key}`: {value}"));
        if key.contains('_') || key.starts_with(|letter: char| letter.is_ascii_uppercase()) {
            self.key = self.key.take().or_else(|| Some(format!("key `{key}`")));
        }
        if ENUMS.contains(&key) && !value.is_number() {
            self.enumeration = self.enumeration.take().or_else(shown);
        }
        let digits = match key {
            "traceId" => Some(32),
            "spanId" | "parentSpanId" => Some(16),
            _ => None,
        };
        if let (Some(digits), Some(id)) = (digits, value.as_str())
            && !id.is_empty()
        {
            self.has_ids = true;
            let is_hex = id.len() == digits && id.bytes().all(|digit| digit.is_ascii_hexdigit());
            if !is_hex {
                self.id = self.id.take().or_else(shown);
            }
        }
        let is_long = |value: &Value| {
            value
                .as_str()
                .is_some_and(|text| text.parse::<i128>().is_ok())
        };
        let long = LONG.contains(&key)
            && match value {
                Value::Array(values) => !values.iter().all(is_long),
                other => !is_long(other),
            };
        let short = SHORT.contains(&key) && !value.is_number();
        if long || short {
            self.integer = self.integer.take().or_else(shown);
        }
    }
}
