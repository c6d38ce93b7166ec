//! Values of attributes and of the bodies of log records.
//!
//! The API has no unsigned 64-bit values, so none can overflow: what a program has as `u64` it has to convert itself.

#[cfg(feature = "logs")]
use opentelemetry::logs::AnyValue as LogValue;
use opentelemetry::{Array, Value};
use opentelemetry_proto::tonic::common::v1::any_value::Value as OtlpValue;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue};
#[cfg(any(feature = "logs", test))]
use opentelemetry_proto::tonic::common::v1::{KeyValue as OtlpKeyValue, KeyValueList};

/// The value of an attribute.
pub(super) fn attribute_value(value: Value) -> AnyValue {
    some(match value {
        Value::Bool(value) => OtlpValue::BoolValue(value),
        Value::I64(value) => OtlpValue::IntValue(value),
        Value::F64(value) => OtlpValue::DoubleValue(value),
        Value::String(value) => OtlpValue::StringValue(value.into()),
        Value::Array(array) => OtlpValue::ArrayValue(array_value(array)),
        // The type is open to additions; its text is better than nothing.
        other => OtlpValue::StringValue(other.to_string()),
    })
}

/// The body of a log record, or the value of one of its attributes. Maps are sorted by key.
#[cfg(feature = "logs")]
pub(crate) fn log_value(value: &LogValue) -> AnyValue {
    some(match value {
        LogValue::Boolean(value) => OtlpValue::BoolValue(*value),
        LogValue::Int(value) => OtlpValue::IntValue(*value),
        LogValue::Double(value) => OtlpValue::DoubleValue(*value),
        LogValue::String(value) => OtlpValue::StringValue(value.to_string()),
        LogValue::Bytes(bytes) => OtlpValue::BytesValue(bytes.to_vec()),
        LogValue::ListAny(values) => OtlpValue::ArrayValue(ArrayValue {
            values: values.iter().map(log_value).collect(),
        }),
        LogValue::Map(map) => {
            let mut values: Vec<OtlpKeyValue> = map
                .iter()
                .map(|(key, value)| OtlpKeyValue {
                    key: key.to_string(),
                    value: Some(log_value(value)),
                    ..OtlpKeyValue::default()
                })
                .collect();
            values.sort_by(|one, two| one.key.cmp(&two.key));
            OtlpValue::KvlistValue(KeyValueList { values })
        }
        // The type is open to additions; its text is better than nothing.
        other => OtlpValue::StringValue(format!("{other:?}")),
    })
}

fn array_value(array: Array) -> ArrayValue {
    fn all<T>(values: Vec<T>, convert: impl Fn(T) -> OtlpValue) -> Vec<AnyValue> {
        values
            .into_iter()
            .map(|value| some(convert(value)))
            .collect()
    }
    let values = match array {
        Array::Bool(values) => all(values, OtlpValue::BoolValue),
        Array::I64(values) => all(values, OtlpValue::IntValue),
        Array::F64(values) => all(values, OtlpValue::DoubleValue),
        Array::String(values) => all(values, |value| OtlpValue::StringValue(value.into())),
        other => vec![some(OtlpValue::StringValue(other.to_string()))],
    };
    ArrayValue { values }
}

fn some(value: OtlpValue) -> AnyValue {
    AnyValue { value: Some(value) }
}

/// Cuts strings to `length` characters and byte arrays to `length` bytes, also within arrays and maps.
///
/// Spec: common, "Attribute Limits" (MUST).
pub(super) fn truncate(value: &mut AnyValue, length: usize) {
    match &mut value.value {
        Some(OtlpValue::StringValue(text)) => {
            // No more bytes than the limit are no more characters.
            if text.len() > length
                && let Some((end, _)) = text.char_indices().nth(length)
            {
                text.truncate(end);
            }
        }
        Some(OtlpValue::BytesValue(bytes)) => bytes.truncate(length),
        Some(OtlpValue::ArrayValue(array)) => {
            for value in &mut array.values {
                truncate(value, length);
            }
        }
        Some(OtlpValue::KvlistValue(list)) => {
            for value in list
                .values
                .iter_mut()
                .filter_map(|entry| entry.value.as_mut())
            {
                truncate(value, length);
            }
        }
        Some(
            OtlpValue::BoolValue(_)
            | OtlpValue::IntValue(_)
            | OtlpValue::DoubleValue(_)
            | OtlpValue::StringValueStrindex(_),
        )
        | None => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> AnyValue {
        some(OtlpValue::StringValue(text.to_owned()))
    }

    #[test]
    fn every_kind_of_log_value_keeps_its_kind() {
        let map: LogValue = [("z", LogValue::Int(1)), ("a", LogValue::Boolean(false))]
            .into_iter()
            .collect();
        let list: LogValue = [LogValue::Double(0.5), map, LogValue::from(&[1_u8, 2][..])]
            .into_iter()
            .collect();
        let entry = |key: &str, value| OtlpKeyValue {
            key: key.to_owned(),
            value: Some(some(value)),
            ..OtlpKeyValue::default()
        };
        let expected = some(OtlpValue::ArrayValue(ArrayValue {
            values: vec![
                some(OtlpValue::DoubleValue(0.5)),
                some(OtlpValue::KvlistValue(KeyValueList {
                    values: vec![
                        entry("a", OtlpValue::BoolValue(false)),
                        entry("z", OtlpValue::IntValue(1)),
                    ],
                })),
                some(OtlpValue::BytesValue(vec![1, 2])),
            ],
        }));
        assert_eq!(log_value(&list), expected);
        assert_eq!(log_value(&LogValue::from("a")), text("a"));
    }

    #[test]
    fn characters_are_counted_and_not_bytes() {
        let cut = |mut value, length| {
            truncate(&mut value, length);
            value
        };
        assert_eq!(cut(text("äöü€𝄞x"), 5), text("äöü€𝄞"));
        assert_eq!(cut(text("äöü"), 3), text("äöü"));
        assert_eq!(cut(text("abc"), 0), text(""));
        let nested = |word: &str, bytes: &[u8]| {
            some(OtlpValue::ArrayValue(ArrayValue {
                values: vec![
                    text(word),
                    some(OtlpValue::KvlistValue(KeyValueList {
                        values: vec![OtlpKeyValue {
                            key: "a long key".to_owned(),
                            value: Some(some(OtlpValue::BytesValue(bytes.to_vec()))),
                            ..OtlpKeyValue::default()
                        }],
                    })),
                    some(OtlpValue::IntValue(123_456)),
                ],
            }))
        };
        assert_eq!(cut(nested("€€€", &[1, 2, 3]), 2), nested("€€", &[1, 2]));
    }

    proptest! {
        #[test]
        fn truncation_keeps_a_beginning_of_whole_characters(before in ".*", length in 0_usize..40) {
            let mut value = text(&before);
            truncate(&mut value, length);
            let Some(OtlpValue::StringValue(after)) = value.value else {
                return Err(TestCaseError::fail("no string any more"));
            };
            prop_assert!(before.starts_with(&after));
            prop_assert_eq!(after.chars().count(), before.chars().count().min(length));
        }
    }
}
