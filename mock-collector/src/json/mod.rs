//! OTLP/JSON, read and written by this crate alone: the other side of a test must not share its mistakes.
//!
//! What trips implementations, and what happens here:
//! - 64-bit integers are read as strings and as numbers, and written as strings;
//! - trace and span ids are hex in either case, other bytes are base64;
//! - enums are integers, their names are refused;
//! - `NaN`, `Infinity` and `-Infinity` are strings;
//! - unknown keys are ignored, `null` is an absent value, keys in `snake_case` are unknown.
//!
//! Spec: OTLP 1.11.0, "JSON Protobuf Encoding".

mod decode;
mod encode;

pub use decode::decode;
pub(crate) use encode::{Object, any_value_text, double};
pub use encode::{Style, Verbatim, encode, encode_styled};
