//! Numbers as the formats have them.

use std::fmt::Write as _;

use crate::prometheus::family::Number;

/// Appends a value.
pub(super) fn number(text: &mut String, number: Number) {
    match number {
        Number::Integer(number) => text.push_str(itoa::Buffer::new().format(number)),
        Number::Float(number) => float(text, number),
    }
}

/// Appends a count.
pub(super) fn count(text: &mut String, count: u64) {
    text.push_str(itoa::Buffer::new().format(count));
}

/// Appends the shortest text that reads as the same number, with a fraction or an exponent: `1.0`, `0.25`, `1e+100`, `+Inf`,
/// `NaN`.
pub(super) fn float(text: &mut String, number: f64) {
    if number.is_finite() {
        text.push_str(zmij::Buffer::new().format_finite(number));
    } else if number.is_nan() {
        text.push_str("NaN");
    } else {
        text.push_str(if number > 0.0 { "+Inf" } else { "-Inf" });
    }
}

/// A bound or a quantile as the text of a label. In the format of Prometheus an integer has no fraction there, which
/// `OpenMetrics` wants.
///
/// Spec: `OpenMetrics` 1.0, "Considerations: Canonical Numbers" (SHOULD).
pub(super) fn bound(number: f64, is_open_metrics: bool) -> String {
    let mut text = String::new();
    float(&mut text, number);
    if !is_open_metrics && text.ends_with(".0") {
        text.truncate(text.len() - 2);
    }
    text
}

/// Appends nanoseconds since 1970 as seconds.
pub(super) fn seconds(text: &mut String, unix_nano: u64) {
    let (seconds, nanos) = (unix_nano / 1_000_000_000, unix_nano % 1_000_000_000);
    // Writing to memory cannot fail.
    let _ = write!(text, "{seconds}.{nanos:09}");
    let kept = text.trim_end_matches('0').len();
    text.truncate(kept);
    if text.ends_with('.') {
        text.push('0');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut String)) -> String {
        let mut text = String::new();
        write(&mut text);
        text
    }

    #[test]
    fn numbers_are_read_back_as_they_are() {
        let table = [
            (0.0, "0.0"),
            (-0.5, "-0.5"),
            (1e100, "1e+100"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ];
        for (number, text) in table {
            assert_eq!(written(|out| float(out, number)), text);
        }
        let large = Number::Integer(i64::MAX);
        assert_eq!(
            written(|out| super::number(out, large)),
            "9223372036854775807"
        );
    }

    #[test]
    fn bounds_are_as_each_format_writes_them() {
        assert_eq!(
            (bound(5.0, false), bound(5.0, true)),
            ("5".to_owned(), "5.0".to_owned())
        );
        assert_eq!(bound(0.005, false), "0.005");
    }

    #[test]
    fn times_are_seconds_without_needless_digits() {
        let table = [
            (0, "0.0"),
            (1_500_000_000, "1.5"),
            (10_000_000_000, "10.0"),
            (1_700_000_000_123_456_789, "1700000000.123456789"),
        ];
        for (nanos, text) in table {
            assert_eq!(written(|out| seconds(out, nanos)), text);
        }
    }
}
