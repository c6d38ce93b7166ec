//! Attributes, in the order of their keys.

use opentelemetry::{Array, Key, Value};
use opentelemetry_proto::tonic::common::v1::any_value::Value as OtlpValue;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue as OtlpKeyValue};

/// The attributes as OTLP has them, sorted by key.
pub(super) fn sorted<'a>(
    attributes: impl Iterator<Item = (&'a Key, &'a Value)>,
) -> Vec<OtlpKeyValue> {
    let mut converted: Vec<OtlpKeyValue> = attributes
        .map(|(key, value)| OtlpKeyValue {
            key: key.to_string(),
            value: Some(any_value(value)),
            ..OtlpKeyValue::default()
        })
        .collect();
    converted.sort_by(|one, two| one.key.cmp(&two.key));
    converted
}

fn any_value(value: &Value) -> AnyValue {
    let value = match value {
        Value::Bool(value) => OtlpValue::BoolValue(*value),
        Value::I64(value) => OtlpValue::IntValue(*value),
        Value::F64(value) => OtlpValue::DoubleValue(*value),
        Value::String(value) => OtlpValue::StringValue(value.to_string()),
        Value::Array(array) => OtlpValue::ArrayValue(array_value(array)),
        // The type is open to additions; its text is better than nothing.
        other => OtlpValue::StringValue(other.to_string()),
    };
    AnyValue { value: Some(value) }
}

fn array_value(array: &Array) -> ArrayValue {
    fn all<T>(values: &[T], convert: impl Fn(&T) -> OtlpValue) -> Vec<AnyValue> {
        values
            .iter()
            .map(|value| AnyValue {
                value: Some(convert(value)),
            })
            .collect()
    }
    let values = match array {
        Array::Bool(values) => all(values, |value| OtlpValue::BoolValue(*value)),
        Array::I64(values) => all(values, |value| OtlpValue::IntValue(*value)),
        Array::F64(values) => all(values, |value| OtlpValue::DoubleValue(*value)),
        Array::String(values) => all(values, |value| OtlpValue::StringValue(value.to_string())),
        other => vec![AnyValue {
            value: Some(OtlpValue::StringValue(other.to_string())),
        }],
    };
    ArrayValue { values }
}

#[cfg(test)]
mod tests {
    use opentelemetry::KeyValue;

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
}
