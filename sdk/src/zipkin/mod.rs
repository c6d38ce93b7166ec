//! Zipkin: spans in version 2 of its format, as JSON or protobuf, posted to a server.
//!
//! The specification calls this exporter deprecated: new systems take OTLP, and so does a Zipkin server with its module
//! for it. It is for those that take nothing else. How a span is written is said at [`ZipkinFormat`].

mod convert;
mod encoding;
mod environment;
mod format;
mod json;
mod message;
mod remote;
mod value;

pub use encoding::{UnknownZipkinEncoding, ZipkinEncoding};
pub use format::{ZipkinFormat, ZipkinOptions};

use crate::http_format::{HttpExporter, HttpExporterBuilder};

/// Sends spans to a Zipkin server.
pub type ZipkinSpanExporter = HttpExporter<ZipkinFormat>;

/// Configures a [`ZipkinSpanExporter`].
pub type ZipkinSpanExporterBuilder = HttpExporterBuilder<ZipkinFormat>;
