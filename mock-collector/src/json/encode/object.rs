//! A JSON object under construction: zero values are left out.

use serde_json::{Map, Value};

use super::style::Style;

/// A JSON object under construction.
#[derive(Default)]
pub(crate) struct Object(Map<String, Value>);

impl Object {
    pub(crate) fn put(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.to_owned(), value.into());
    }

    pub(crate) fn text(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            self.put(key, text);
        }
    }

    pub(crate) fn boolean(&mut self, key: &str, value: bool) {
        if value {
            self.put(key, value);
        }
    }

    /// A number of at most 32 bits.
    pub(crate) fn number(&mut self, key: &str, number: impl Into<i64>) {
        let number = number.into();
        if number != 0 {
            self.put(key, number);
        }
    }

    /// A 64-bit integer, as a string.
    pub(crate) fn long(&mut self, key: &str, number: u64) {
        if number != 0 {
            self.put(key, number.to_string());
        }
    }

    /// A double that has no presence of its own.
    pub(crate) fn double(&mut self, key: &str, number: f64) {
        // Minus zero is not the default: it has a bit set.
        if number.to_bits() != 0 {
            self.put(key, double(number));
        }
    }

    pub(crate) fn optional_double(&mut self, key: &str, number: Option<f64>) {
        if let Some(number) = number {
            self.put(key, double(number));
        }
    }

    pub(crate) fn time(&mut self, key: &str, unix_nano: u64, style: &mut dyn Style) {
        if unix_nano != 0 {
            self.put(key, style.time(unix_nano));
        }
    }

    pub(crate) fn trace_id(&mut self, id: &[u8], style: &mut dyn Style) {
        if !id.is_empty() {
            self.put("traceId", style.trace_id(id));
        }
    }

    pub(crate) fn span_id(&mut self, key: &str, id: &[u8], style: &mut dyn Style) {
        if !id.is_empty() {
            self.put(key, style.span_id(id));
        }
    }

    pub(crate) fn list<T>(&mut self, key: &str, values: &[T], write: impl FnMut(&T) -> Value) {
        if !values.is_empty() {
            self.put(key, values.iter().map(write).collect::<Vec<_>>());
        }
    }

    pub(crate) fn finish(self) -> Value {
        Value::Object(self.0)
    }
}

/// A double; the three that JSON has no number for are strings.
pub(crate) fn double(number: f64) -> Value {
    if number.is_nan() {
        "NaN".into()
    } else if number == f64::INFINITY {
        "Infinity".into()
    } else if number == f64::NEG_INFINITY {
        "-Infinity".into()
    } else {
        number.into()
    }
}
