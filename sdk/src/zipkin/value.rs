//! Values of attributes as text.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use opentelemetry_proto::tonic::common::v1::any_value::Value as OtlpValue;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use serde_json::{Map, Value};

/// A value as the text of a tag: strings as they are, arrays and maps as JSON, bytes as base64, nothing at all as the
/// empty text.
///
/// Spec: Zipkin exporter, "Attribute" (MUST); common, "`AnyValue` representation for non-OTLP protocols".
pub(super) fn text(value: Option<&AnyValue>) -> String {
    match json(value) {
        Value::Null => String::new(),
        Value::String(text) => text,
        Value::Number(number) => {
            let text = number.to_string();
            // The number of a float that is a whole one.
            text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
        }
        other => other.to_string(),
    }
}

/// A value as JSON. Floats that JSON has no number for are strings.
pub(super) fn json(value: Option<&AnyValue>) -> Value {
    match value.and_then(|value| value.value.as_ref()) {
        // Indexes into a dictionary belong to profiles, and have no meaning here.
        None | Some(OtlpValue::StringValueStrindex(_)) => Value::Null,
        Some(OtlpValue::StringValue(text)) => Value::from(text.as_str()),
        Some(OtlpValue::BoolValue(truth)) => Value::from(*truth),
        Some(OtlpValue::IntValue(number)) => Value::from(*number),
        Some(OtlpValue::DoubleValue(number)) => float(*number),
        Some(OtlpValue::BytesValue(bytes)) => Value::from(BASE64_STANDARD.encode(bytes)),
        Some(OtlpValue::ArrayValue(array)) => array
            .values
            .iter()
            .map(|value| json(Some(value)))
            .collect::<Vec<_>>()
            .into(),
        Some(OtlpValue::KvlistValue(list)) => object(&list.values),
    }
}

/// Attributes as JSON, in their order.
pub(super) fn object(attributes: &[KeyValue]) -> Value {
    let entry = |attribute: &KeyValue| (attribute.key.clone(), json(attribute.value.as_ref()));
    Value::Object(attributes.iter().map(entry).collect::<Map<_, _>>())
}

fn float(number: f64) -> Value {
    let without_number = || {
        Value::from(if number.is_nan() {
            "NaN"
        } else if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        })
    };
    serde_json::Number::from_f64(number).map_or_else(without_number, Value::Number)
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::{ArrayValue, KeyValueList};

    use super::*;

    fn value(value: OtlpValue) -> AnyValue {
        AnyValue { value: Some(value) }
    }

    fn array(values: impl IntoIterator<Item = OtlpValue>) -> OtlpValue {
        OtlpValue::ArrayValue(ArrayValue {
            values: values.into_iter().map(value).collect(),
        })
    }

    #[test]
    fn every_kind_of_value_has_a_text() {
        let map = OtlpValue::KvlistValue(KeyValueList {
            values: vec![KeyValue {
                key: "k".to_owned(),
                value: Some(value(OtlpValue::BytesValue(vec![0xff, 0xee]))),
                ..KeyValue::default()
            }],
        });
        let mixed = array([
            OtlpValue::StringValue("a\"b".to_owned()),
            OtlpValue::IntValue(-1),
            OtlpValue::DoubleValue(f64::NAN),
            map.clone(),
        ]);
        let table = [
            (OtlpValue::StringValue("1\n2".to_owned()), "1\n2"),
            (OtlpValue::BoolValue(true), "true"),
            (OtlpValue::IntValue(i64::MIN), "-9223372036854775808"),
            (OtlpValue::DoubleValue(2.0), "2"),
            (OtlpValue::DoubleValue(-0.125), "-0.125"),
            (OtlpValue::DoubleValue(1e300), "1e+300"),
            (OtlpValue::DoubleValue(f64::NAN), "NaN"),
            (OtlpValue::DoubleValue(f64::INFINITY), "Infinity"),
            (OtlpValue::DoubleValue(f64::NEG_INFINITY), "-Infinity"),
            (OtlpValue::BytesValue(vec![1, 2, 3]), "AQID"),
            (map, r#"{"k":"/+4="}"#),
            (mixed, r#"["a\"b",-1,"NaN",{"k":"/+4="}]"#),
            (array([]), "[]"),
        ];
        for (given, expected) in table {
            assert_eq!(text(Some(&value(given))), expected);
        }
        assert_eq!(text(Some(&AnyValue { value: None })), "");
        assert_eq!(text(None), "");
    }
}
