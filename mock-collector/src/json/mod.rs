//! OTLP/JSON, written and read by this crate alone: the other side of a test must not share its mistakes.

mod decode;

pub use decode::decode;
