//! Lines, one for each sample.

use std::borrow::Cow;

use crate::prometheus::family::{Label, is_legal_label_name};

/// What the lines of one series have in common.
pub(super) struct Lines<'a> {
    /// The name of the family.
    pub(super) name: &'a str,
    /// Whether the older formats do not allow that: then it is in quotes.
    pub(super) is_quoted: bool,
    /// Its labels as text.
    pub(super) labels: &'a str,
}

impl Lines<'_> {
    /// Appends what comes before a value: the name, with a suffix, and the labels, with one more.
    ///
    /// Spec: Prometheus, "Exposition formats: UTF-8" (a name in quotes MUST be within the braces).
    pub(super) fn begin(&self, text: &mut String, suffix: &str, more: Option<(&str, &str)>) {
        let mut between = "{";
        let mut open = |text: &mut String| text.push_str(std::mem::replace(&mut between, ","));
        if self.is_quoted {
            open(text);
            text.push('"');
            text.push_str(&escaped(self.name, true));
            text.push_str(suffix);
            text.push('"');
        } else {
            text.push_str(self.name);
            text.push_str(suffix);
        }
        if !self.labels.is_empty() {
            open(text);
            text.push_str(self.labels);
        }
        if let Some((name, value)) = more {
            open(text);
            text.push_str(name);
            text.push_str("=\"");
            text.push_str(value);
            text.push('"');
        }
        text.push_str(if between == "," { "} " } else { " " });
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
        text.push_str(&quoted(&label.name, is_legal_label_name(&label.name)));
        text.push_str("=\"");
        text.push_str(&escaped(&label.value, true));
        text.push('"');
    }
}

/// A name as it is written: in quotes unless it `is_legal` in the older formats.
pub(super) fn quoted(name: &str, is_legal: bool) -> Cow<'_, str> {
    if is_legal {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(format!("\"{}\"", escaped(name, true)))
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
