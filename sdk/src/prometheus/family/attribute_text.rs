//! Values of attributes as texts.
//!
//! Spec: common, "Attribute" (values that are no strings are written as JSON has them where the protocol has no other).

use std::borrow::Cow;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use opentelemetry_proto::tonic::common::v1::AnyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use serde_json::{Map, Value as Json};

/// A value as the text of a label: strings as they are, lists and maps as JSON, bytes as base64. Empty where there is none.
pub(super) fn attribute_text(value: Option<&AnyValue>) -> Cow<'_, str> {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => Cow::Borrowed(text),
        Some(Value::BoolValue(true)) => Cow::Borrowed("true"),
        Some(Value::BoolValue(false)) => Cow::Borrowed("false"),
        Some(Value::IntValue(number)) => Cow::Owned(number.to_string()),
        Some(Value::DoubleValue(number)) => Cow::Owned(double(*number)),
        Some(Value::BytesValue(bytes)) => Cow::Owned(BASE64_STANDARD.encode(bytes)),
        Some(Value::ArrayValue(_) | Value::KvlistValue(_)) => Cow::Owned(json(value).to_string()),
        // An index belongs to profiles and has no meaning here.
        Some(Value::StringValueStrindex(_)) | None => Cow::Borrowed(""),
    }
}

fn double(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        (if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        })
        .to_owned()
    } else {
        number.to_string()
    }
}

fn json(value: Option<&AnyValue>) -> Json {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => Json::from(text.as_str()),
        Some(Value::BoolValue(truth)) => Json::from(*truth),
        Some(Value::IntValue(number)) => Json::from(*number),
        Some(Value::DoubleValue(number)) if number.is_finite() => Json::from(*number),
        Some(Value::DoubleValue(number)) => Json::from(double(*number)),
        Some(Value::BytesValue(bytes)) => Json::from(BASE64_STANDARD.encode(bytes)),
        Some(Value::ArrayValue(array)) => {
            Json::Array(array.values.iter().map(|value| json(Some(value))).collect())
        }
        Some(Value::KvlistValue(list)) => {
            let entries = list.values.iter();
            let entries = entries.map(|entry| (entry.key.clone(), json(entry.value.as_ref())));
            Json::Object(entries.collect::<Map<_, _>>())
        }
        Some(Value::StringValueStrindex(_)) | None => Json::Null,
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::{ArrayValue, KeyValue, KeyValueList};

    use super::*;

    fn any(value: Value) -> AnyValue {
        AnyValue { value: Some(value) }
    }

    #[track_caller]
    fn is(value: Value, text: &str) {
        assert_eq!(attribute_text(Some(&any(value))), text);
    }

    #[test]
    fn every_kind_of_value_is_a_text() {
        is(Value::StringValue("a \"b\"".to_owned()), "a \"b\"");
        is(Value::BoolValue(true), "true");
        is(Value::IntValue(-5), "-5");
        is(Value::DoubleValue(0.25), "0.25");
        is(Value::DoubleValue(f64::NAN), "NaN");
        is(Value::DoubleValue(f64::NEG_INFINITY), "-Infinity");
        is(Value::BytesValue(vec![0xff, 0xfe]), "//4=");
        let values = vec![
            any(Value::StringValue("x\n".to_owned())),
            any(Value::DoubleValue(f64::INFINITY)),
            AnyValue { value: None },
        ];
        let array = ArrayValue { values };
        is(Value::ArrayValue(array), r#"["x\n","Infinity",null]"#);
        let entry = KeyValue {
            key: "k".to_owned(),
            value: Some(any(Value::BytesValue(vec![1]))),
            ..KeyValue::default()
        };
        let values = vec![entry];
        is(
            Value::KvlistValue(KeyValueList { values }),
            r#"{"k":"AQ=="}"#,
        );
        assert_eq!(attribute_text(None), "");
    }
}
