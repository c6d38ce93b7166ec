//! How times and ids are written.

use std::fmt::Write as _;

use serde_json::Value;

/// How times and ids are written: as they are, or so that they can stand in a snapshot.
pub trait Style {
    /// A time in nanoseconds since the Unix epoch; never 0, which is left out.
    fn time(&mut self, unix_nano: u64) -> Value;

    /// A trace id; never empty.
    fn trace_id(&mut self, id: &[u8]) -> Value;

    /// A span id; never empty.
    fn span_id(&mut self, id: &[u8]) -> Value;

    /// A time that its protocol does not write in nanoseconds: `verbatim` is what it writes; never 0, which is left out.
    fn time_as(&mut self, verbatim: Value, unix_nano: u64) -> Value {
        drop(verbatim);
        self.time(unix_nano)
    }
}

/// As OTLP/JSON has it: times as decimal strings, ids in lower-case hex.
#[derive(Clone, Copy, Debug, Default)]
pub struct Verbatim;

impl Style for Verbatim {
    fn time(&mut self, unix_nano: u64) -> Value {
        unix_nano.to_string().into()
    }

    fn trace_id(&mut self, id: &[u8]) -> Value {
        hex(id).into()
    }

    fn span_id(&mut self, id: &[u8]) -> Value {
        hex(id).into()
    }

    fn time_as(&mut self, verbatim: Value, _: u64) -> Value {
        verbatim
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
