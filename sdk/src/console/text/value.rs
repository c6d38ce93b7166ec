//! Attributes and values.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};

/// `a=1 b="x"`.
pub(super) struct Attributes<'a>(pub(super) &'a [KeyValue]);

impl fmt::Display for Attributes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        separated(f, self.0, " ", entry)
    }
}

/// A value: strings in quotes, bytes as `base64:..`, lists in brackets, maps in braces, and `null` for an empty one.
pub(super) struct Shown<'a>(pub(super) Option<&'a AnyValue>);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.and_then(|value| value.value.as_ref()) {
            Some(Value::StringValue(text)) => write!(f, "{text:?}"),
            Some(Value::BoolValue(value)) => write!(f, "{value}"),
            Some(Value::IntValue(value)) => write!(f, "{value}"),
            Some(Value::DoubleValue(value)) => write!(f, "{value}"),
            Some(Value::BytesValue(bytes)) => write!(f, "base64:{}", BASE64_STANDARD.encode(bytes)),
            Some(Value::ArrayValue(array)) => {
                f.write_str("[")?;
                separated(f, &array.values, ", ", |value, f| Shown(Some(value)).fmt(f))?;
                f.write_str("]")
            }
            Some(Value::KvlistValue(list)) => {
                f.write_str("{")?;
                separated(f, &list.values, ", ", entry)?;
                f.write_str("}")
            }
            // An index belongs to profiles and has no meaning here.
            Some(Value::StringValueStrindex(_)) | None => f.write_str("null"),
        }
    }
}

fn entry(entry: &KeyValue, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(
        f,
        "{}={}",
        one_line(&entry.key),
        Shown(entry.value.as_ref())
    )
}

fn separated<T>(
    f: &mut fmt::Formatter<'_>,
    all: &[T],
    separator: &str,
    write: impl Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result,
) -> fmt::Result {
    for (index, one) in all.iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        write(one, f)?;
    }
    Ok(())
}

/// A name as it is, or in quotes with escapes where it would break the line or steer the terminal.
pub(super) fn one_line(name: &str) -> Cow<'_, str> {
    if name.chars().any(char::is_control) {
        Cow::Owned(format!("{name:?}"))
    } else {
        Cow::Borrowed(name)
    }
}
