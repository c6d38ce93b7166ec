//! What was accepted, in a form in which two encoders of OTLP/JSON agree.

use std::fmt;

use otelbox_mock_collector::Signal;
use serde_json::{Map, Number, Value, json};

use crate::requests::NAME_ATTRIBUTE;

/// A payload, without what stands for nothing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Content {
    signal: Signal,
    payload: Value,
}

impl Content {
    /// Of profiles, how many there are.
    pub(crate) fn new(signal: Signal, payload: Value) -> Self {
        let payload = match signal {
            Signal::Profiles => count_of_profiles(payload),
            _ => plain(payload),
        };
        Self { signal, payload }
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.signal, self.payload)
    }
}

/// For which request a payload was made: it stands in an attribute of its first resource.
pub(crate) fn name(payload: &Value) -> Option<String> {
    let resources = payload.as_object()?.values().next()?.as_array()?;
    let attributes = resources.first()?.pointer("/resource/attributes")?;
    let attributes = attributes.as_array()?;
    // The Collector keeps the texts of profiles in a table; the name is the only one of its resource.
    if let Some(texts) = payload.pointer("/dictionary/stringTable") {
        let place = attributes.first()?.pointer("/value/stringValueStrindex")?;
        let place = usize::try_from(place.as_u64()?).ok()?;
        return texts.get(place)?.as_str().map(str::to_owned);
    }
    let attribute = attributes
        .iter()
        .find(|attribute| attribute["key"] == NAME_ATTRIBUTE)?;
    attribute
        .pointer("/value/stringValue")?
        .as_str()
        .map(str::to_owned)
}

fn count_of_profiles(payload: Value) -> Value {
    if payload.is_number() {
        return payload;
    }
    let list = |value: &Value, key: &str| -> Vec<Value> {
        value[key].as_array().cloned().unwrap_or_default()
    };
    let count: usize = list(&payload, "resourceProfiles")
        .iter()
        .flat_map(|resource| list(resource, "scopeProfiles"))
        .map(|scope| list(&scope, "profiles").len())
        .sum();
    count.into()
}

/// Choices of one field: which of them is there says something, also where its value is empty.
const CHOICES: [&str; 14] = [
    "stringValue",
    "boolValue",
    "intValue",
    "doubleValue",
    "arrayValue",
    "kvlistValue",
    "bytesValue",
    "asInt",
    "asDouble",
    "gauge",
    "sum",
    "histogram",
    "exponentialHistogram",
    "summary",
];

/// Fields that are there or not, whatever their value.
const PRESENT: [&str; 3] = ["min", "max", "sum"];

/// Without absent things: an empty list, text or message is as good as none. Keys are in order; every number that JSON has
/// is a double, as two encoders may or may not write a fraction of zero.
fn plain(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(plain).collect(),
        Value::Object(fields) => {
            let mut fields: Vec<(String, Value)> = fields
                .into_iter()
                .map(|(key, value)| (key, plain(value)))
                .filter(|(key, value)| says_something(key, value))
                .collect();
            fields.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(fields.into_iter().collect::<Map<_, _>>())
        }
        Value::Number(number) => number
            .as_f64()
            .and_then(Number::from_f64)
            .map_or(Value::Null, Value::Number),
        other => other,
    }
}

fn says_something(key: &str, value: &Value) -> bool {
    if CHOICES.contains(&key) || PRESENT.contains(&key) {
        return true;
    }
    match value {
        Value::Null => false,
        Value::Array(values) => !values.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::String(text) => !text.is_empty() && text != "0",
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Bool(value) => *value,
    }
}

pub(crate) fn what_stands_for_nothing_is_left_out_and_a_choice_is_not() {
    let one = json!({"flags": 0, "status": {}, "asInt": "0", "attributes": [{"key": "", "value": {"stringValue": ""}}]});
    let other = json!({"attributes": [{"value": {"stringValue": ""}}], "asInt": "0"});
    assert_eq!(plain(one.clone()), plain(other));
    assert_ne!(
        plain(one),
        plain(json!({"attributes": [{"value": {"stringValue": ""}}]}))
    );
    assert_eq!(plain(json!({"sum": 1})), plain(json!({"sum": 1.0})));
    assert_ne!(plain(json!({"sum": 0})), plain(json!({})));
}
