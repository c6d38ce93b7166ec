//! Batches as text for people: an item with its details in a few lines, indented below its resource and its scope.
//!
//! The format is for reading and may change; for programs there is OTLP/JSON.
#![cfg_attr(
    not(any(feature = "logs", feature = "traces")),
    expect(dead_code, reason = "metrics need less of it")
)]

#[cfg(feature = "logs")]
mod logs;
#[cfg(feature = "metrics")]
mod metrics;
mod time;
#[cfg(feature = "traces")]
mod traces;
mod value;

use std::fmt::{self, Display, Write};

use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;

#[cfg(feature = "logs")]
pub(crate) use logs::logs;
#[cfg(feature = "metrics")]
pub(crate) use metrics::metrics;
#[cfg(feature = "traces")]
pub(crate) use traces::traces;

use value::{Attributes, one_line};

fn write_resource(out: &mut String, resource: Option<&Resource>) -> fmt::Result {
    let attributes = resource.map_or(&[][..], |resource| &resource.attributes);
    writeln!(out, "resource {}", Attributes(attributes))
}

fn write_scope(out: &mut String, scope: Option<&InstrumentationScope>) -> fmt::Result {
    out.push_str("  scope");
    if let Some(scope) = scope {
        for part in [&scope.name, &scope.version] {
            if !part.is_empty() {
                write!(out, " {}", one_line(part))?;
            }
        }
        if !scope.attributes.is_empty() {
            write!(out, " {}", Attributes(&scope.attributes))?;
        }
    }
    writeln!(out)
}

/// Attributes after what they belong to, and how many were dropped: ` a=1 b=2 (3 dropped)`.
struct Kept<'a>(&'a [KeyValue], u32);

impl Display for Kept<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.is_empty() {
            write!(f, " {}", Attributes(self.0))?;
        }
        match self.1 {
            0 => Ok(()),
            dropped => write!(f, " ({dropped} dropped)"),
        }
    }
}

/// The bytes of an id in hex.
struct Id<'a>(&'a [u8]);

impl Display for Id<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Whether the low bits of flags say that the trace is sampled.
const fn sampled(flags: u32) -> &'static str {
    if flags & 1 == 1 { " sampled" } else { "" }
}

#[cfg(test)]
mod tests;
