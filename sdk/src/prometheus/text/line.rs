//! Lines, one for each sample.

use std::borrow::Cow;

use crate::prometheus::family::Label;

/// What the lines of one series have in common.
pub(super) struct Lines<'a> {
    /// The name of the family.
    pub(super) name: &'a str,
    /// Its labels as text.
    pub(super) labels: &'a str,
}

impl Lines<'_> {
    /// Appends what comes before a value: the name, with a suffix, and the labels, with one more.
    pub(super) fn begin(&self, text: &mut String, suffix: &str, more: Option<(&str, &str)>) {
        text.push_str(self.name);
        text.push_str(suffix);
        if self.labels.is_empty() && more.is_none() {
            text.push(' ');
            return;
        }
        text.push('{');
        text.push_str(self.labels);
        if let Some((name, value)) = more {
            if !self.labels.is_empty() {
                text.push(',');
            }
            text.push_str(name);
            text.push_str("=\"");
            text.push_str(value);
            text.push('"');
        }
        text.push_str("} ");
    }
}

/// Labels as they are between braces.
pub(super) fn labels_text(labels: &[Label<'_>]) -> String {
    let mut text = String::new();
    append_labels(&mut text, labels);
    text
}

/// Appends labels as they are between braces.
pub(super) fn append_labels(text: &mut String, labels: &[Label<'_>]) {
    for (index, label) in labels.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&label.name);
        text.push_str("=\"");
        text.push_str(&escaped(&label.value, true));
        text.push('"');
    }
}

/// A text in one line: backslashes and ends of lines are escaped, and quotes where `quotes`.
///
/// Spec: Prometheus, "Exposition formats: Text format details"; `OpenMetrics` 1.0, "Escaping" (MUST).
pub(super) fn escaped(text: &str, quotes: bool) -> Cow<'_, str> {
    let is_special = |byte: u8| matches!(byte, b'\\' | b'\n') || (quotes && byte == b'"');
    if !text.bytes().any(is_special) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '"' if quotes => escaped.push_str("\\\""),
            letter => escaped.push(letter),
        }
    }
    Cow::Owned(escaped)
}
