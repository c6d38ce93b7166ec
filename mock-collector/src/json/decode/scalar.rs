//! Numbers, texts, ids and bytes.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::Decoded;
use super::object::Path;

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

pub(super) fn text(value: &Value, path: &Path<'_>) -> Decoded<String> {
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| path.expected("a string", value))
}

pub(super) fn boolean(value: &Value, path: &Path<'_>) -> Decoded<bool> {
    value
        .as_bool()
        .ok_or_else(|| path.expected("true or false", value))
}

/// A 64-bit integer: a number or a string.
pub(super) fn u64(value: &Value, path: &Path<'_>) -> Decoded<u64> {
    integer(value)
        .and_then(|integer| u64::try_from(integer).ok())
        .ok_or_else(|| path.expected("an unsigned 64-bit integer as a string or a number", value))
}

/// A signed 64-bit integer: a number or a string.
pub(super) fn i64(value: &Value, path: &Path<'_>) -> Decoded<i64> {
    integer(value)
        .and_then(|integer| i64::try_from(integer).ok())
        .ok_or_else(|| path.expected("a 64-bit integer as a string or a number", value))
}

/// A 32-bit integer: a number or a string, as protobuf's JSON mapping has it.
pub(super) fn u32(value: &Value, path: &Path<'_>) -> Decoded<u32> {
    integer(value)
        .and_then(|integer| u32::try_from(integer).ok())
        .ok_or_else(|| path.expected("an unsigned 32-bit integer", value))
}

/// A signed 32-bit integer.
pub(super) fn i32(value: &Value, path: &Path<'_>) -> Decoded<i32> {
    integer(value)
        .and_then(|integer| i32::try_from(integer).ok())
        .ok_or_else(|| path.expected("a 32-bit integer", value))
}

/// An enum: an integer; OTLP forbids its name.
pub(super) fn enumeration(value: &Value, path: &Path<'_>) -> Decoded<i32> {
    if value.is_string() {
        return Err(path.expected("the number of an enum value, not its name", value));
    }
    i32(value, path)
}

/// A double: a number, a number in a string, or one of the three that JSON has no number for.
pub(super) fn f64(value: &Value, path: &Path<'_>) -> Decoded<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            text if text.starts_with(|first: char| first.is_ascii_digit() || first == '-') => {
                text.parse().ok().filter(|number: &f64| number.is_finite())
            }
            _ => None,
        },
        _ => None,
    };
    number.ok_or_else(|| path.expected("a number, \"NaN\", \"Infinity\" or \"-Infinity\"", value))
}

/// A trace or span id: hex in either case.
pub(super) fn id(value: &Value, path: &Path<'_>) -> Decoded<Vec<u8>> {
    value
        .as_str()
        .and_then(from_hex)
        .ok_or_else(|| path.expected("hexadecimal digits, two for a byte", value))
}

/// Any other bytes: base64, with either alphabet, padded or not.
pub(super) fn bytes(value: &Value, path: &Path<'_>) -> Decoded<Vec<u8>> {
    value
        .as_str()
        .and_then(|text| {
            STANDARD
                .decode(text)
                .or_else(|_| URL_SAFE.decode(text))
                .ok()
        })
        .ok_or_else(|| path.expected("base64", value))
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| {
        char::from(*byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| Some(digit(pair.first()?)? << 4 | digit(pair.get(1)?)?))
        .collect()
}

/// An integer in a number or a string; a number with a fraction of zero or an exponent is one.
fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Number(number) => number
            .as_u64()
            .map(i128::from)
            .or_else(|| number.as_i64().map(i128::from))
            .or_else(|| number.as_f64().and_then(whole)),
        Value::String(text) => text
            .parse()
            .ok()
            .or_else(|| text.parse().ok().and_then(whole)),
        _ => None,
    }
}

/// A double without a fraction, in a range that no 64-bit integer leaves.
#[expect(
    clippy::cast_possible_truncation,
    reason = "whole and in range, it converts exactly"
)]
fn whole(number: f64) -> Option<i128> {
    (number.fract() == 0.0 && number.abs() < 2f64.powi(65)).then_some(number as i128)
}
