//! Attributes: sorted where nobody gave an order, else as they came, within limits.

use std::collections::HashMap;

use opentelemetry::{Key, KeyValue, Value};
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue as OtlpKeyValue};

use super::any_value::{attribute_value, truncate};
use crate::limits::AttributeLimits;

/// Up to here the keys are compared one by one, which is faster than an index.
const WITHOUT_INDEX: usize = 32;

/// The attributes as OTLP has them, sorted by key, without limits.
pub(crate) fn sorted<'a>(
    attributes: impl Iterator<Item = (&'a Key, &'a Value)>,
) -> Vec<OtlpKeyValue> {
    let mut converted: Vec<OtlpKeyValue> = attributes
        .map(|(key, value)| key_value(key.as_str().to_owned(), attribute_value(value.clone())))
        .collect();
    converted.sort_by(|one, two| one.key.cmp(&two.key));
    converted
}

fn key_value(key: String, value: AnyValue) -> OtlpKeyValue {
    OtlpKeyValue {
        key,
        value: Some(value),
        ..OtlpKeyValue::default()
    }
}

/// The attributes of one span, event, link or log record: in the order in which they were set, each key once.
///
/// A key that is set again has the last value, at its first place (Spec: common, "Attribute Collections"). An attribute
/// beyond the limit is dropped and counted: the first are kept (Spec: common, "Attribute Limits").
pub(crate) struct AttributeCollection {
    limits: AttributeLimits,
    attributes: Vec<OtlpKeyValue>,
    /// Where each key is, once there are many.
    places: HashMap<String, usize>,
    dropped: u32,
}

impl AttributeCollection {
    /// Nothing yet; `dropped` attributes were dropped before.
    pub(crate) fn new(limits: AttributeLimits, dropped: u32) -> Self {
        Self {
            limits,
            attributes: Vec::new(),
            places: HashMap::new(),
            dropped,
        }
    }

    /// With the attributes of a span, an event or a link.
    pub(crate) fn with(mut self, attributes: Vec<KeyValue>) -> Self {
        self.attributes.reserve_exact(
            attributes
                .len()
                .min(self.limits.count.unwrap_or(usize::MAX)),
        );
        for attribute in attributes {
            self.set(attribute.key.into(), attribute_value(attribute.value));
        }
        self
    }

    /// Sets one attribute.
    pub(crate) fn set(&mut self, key: String, mut value: AnyValue) {
        let place = self.place(&key);
        if place.is_none()
            && self
                .limits
                .count
                .is_some_and(|most| self.attributes.len() >= most)
        {
            self.dropped = self.dropped.saturating_add(1);
            return;
        }
        if let Some(length) = self.limits.value_length {
            truncate(&mut value, length);
        }
        match place {
            Some(place) => self.attributes[place].value = Some(value),
            None => self.push(key, value),
        }
    }

    /// The attributes, and how many were dropped.
    pub(crate) fn finish(self) -> (Vec<OtlpKeyValue>, u32) {
        (self.attributes, self.dropped)
    }

    fn place(&self, key: &str) -> Option<usize> {
        if self.places.is_empty() {
            self.attributes.iter().position(|known| known.key == key)
        } else {
            self.places.get(key).copied()
        }
    }

    fn push(&mut self, key: String, value: AnyValue) {
        if self.attributes.len() == WITHOUT_INDEX {
            let known = self.attributes.iter().enumerate();
            self.places = known
                .map(|(place, known)| (known.key.clone(), place))
                .collect();
        }
        if self.attributes.len() >= WITHOUT_INDEX {
            self.places.insert(key.clone(), self.attributes.len());
        }
        self.attributes.push(key_value(key, value));
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::Array;
    use opentelemetry_proto::tonic::common::v1::ArrayValue;
    use opentelemetry_proto::tonic::common::v1::any_value::Value as OtlpValue;

    use super::*;

    #[test]
    fn every_type_of_value_keeps_its_type() {
        let attributes = [
            KeyValue::new("text", "a"),
            KeyValue::new("flag", true),
            KeyValue::new("half", 0.5),
            KeyValue::new("count", 200),
            KeyValue::new("list", Value::Array(Array::I64(vec![1, 2]))),
        ];
        let converted = sorted(attributes.iter().map(|a| (&a.key, &a.value)));
        let keys: Vec<&str> = converted.iter().map(|a| a.key.as_str()).collect();
        assert_eq!(keys, ["count", "flag", "half", "list", "text"]);
        let values: Vec<Option<OtlpValue>> = converted
            .into_iter()
            .map(|a| a.value.and_then(|v| v.value))
            .collect();
        let number = |number| AnyValue {
            value: Some(OtlpValue::IntValue(number)),
        };
        assert_eq!(
            values,
            [
                Some(OtlpValue::IntValue(200)),
                Some(OtlpValue::BoolValue(true)),
                Some(OtlpValue::DoubleValue(0.5)),
                Some(OtlpValue::ArrayValue(ArrayValue {
                    values: vec![number(1), number(2)]
                })),
                Some(OtlpValue::StringValue("a".to_owned())),
            ]
        );
    }

    /// `key=number` for each attribute, and how many were dropped.
    fn shown((attributes, dropped): (Vec<OtlpKeyValue>, u32)) -> (Vec<String>, u32) {
        let shown = attributes.into_iter().map(|attribute| {
            match attribute.value.and_then(|value| value.value) {
                Some(OtlpValue::IntValue(number)) => format!("{}={number}", attribute.key),
                other => format!("{}: {other:?}", attribute.key),
            }
        });
        (shown.collect(), dropped)
    }

    #[test]
    fn the_first_keys_are_kept_with_their_last_values() {
        let limits = AttributeLimits {
            count: Some(2),
            ..AttributeLimits::default()
        };
        let attributes = [("b", 1), ("a", 2), ("c", 3), ("b", 4), ("d", 5)]
            .map(|(key, value)| KeyValue::new(key, value));
        let collected = AttributeCollection::new(limits, 7).with(attributes.to_vec());
        assert_eq!(
            shown(collected.finish()),
            (vec!["b=4".to_owned(), "a=2".to_owned()], 9)
        );
    }

    #[test]
    fn keys_are_unique_also_where_there_are_many() {
        let attributes = (0..200).map(|i: i64| KeyValue::new(format!("k{}", i % 100), i));
        let collected = AttributeCollection::new(AttributeLimits::NONE, 0);
        let (shown, dropped) = shown(collected.with(attributes.collect()).finish());
        let expected: Vec<String> = (0..100).map(|i| format!("k{i}={}", i + 100)).collect();
        assert_eq!(shown, expected);
        assert_eq!(dropped, 0);
    }

    #[test]
    fn keys_that_differ_in_case_are_different() {
        let attributes = vec![KeyValue::new("Key", 1), KeyValue::new("key", 2)];
        let collected = AttributeCollection::new(AttributeLimits::default(), 0).with(attributes);
        assert_eq!(
            shown(collected.finish()).0,
            ["Key=1".to_owned(), "key=2".to_owned()]
        );
    }
}
