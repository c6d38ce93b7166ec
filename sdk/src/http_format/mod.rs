//! Exporters of formats other than OTLP, each a POST to one URL: what they share, and what a format says.
//!
//! A format is an [`HttpFormat`]: it encodes a batch into an [`HttpMessage`], says what the answers mean, and which of
//! them are worth another attempt. [`HttpExporter`] is all the rest, and the same as with OTLP: one deadline over all
//! attempts, waits, counts, events, own telemetry, connections, TLS, secrets that are not shown, advice. So a format
//! neither sends, waits, counts nor logs anything.
//!
//! To add one: a type that implements `HttpFormat`, aliases of `HttpExporter` and [`HttpExporterBuilder`] for it, and
//! what its builder has beside the common options as methods of `HttpExporterBuilder<ThatFormat>`, which write to its
//! [`options.of_format`](HttpOptions::of_format). Its feature implies `http-formats`. `crate::zipkin` is an example.
//!
//! - What of a batch cannot be said is [left out](HttpMessage::without): that is logged, and counted as dropped. A batch
//!   that cannot be sent at all is [`FailureReason::NotEncodable`](crate::FailureReason).
//! - What the answer to a message is compared with is its [note](HttpFormat::Note): how many samples there were, or the
//!   version of a protocol that it was written in.
//! - A receiver that refuses a form may be asked again in another: see [`HttpFormat::falls_back`].
//! - What is to be said at the end, after the last batch: see [`HttpFormat::farewell`].

mod answer;
mod builder;
mod client;
mod exporter;
mod format;
mod message;

pub(crate) use answer::HttpAnswer;
pub use builder::{HttpExporterBuilder, HttpOptions};
pub use exporter::HttpExporter;
pub use format::HttpFormat;
pub(crate) use format::{FormatWords, sealed};
pub(crate) use message::HttpMessage;

#[cfg(all(test, feature = "traces"))]
mod tests;
