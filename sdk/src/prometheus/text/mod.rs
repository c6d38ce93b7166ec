//! Families as the text that Prometheus scrapes: its own format 0.0.4, and that of `OpenMetrics` 1.0.
//!
//! A name that the older formats do not allow is in quotes. There are such only where the client has asked for them
//! ([`Escaping`](crate::prometheus::family::Escaping)).
//!
//! What neither can say: an exponential histogram is written with buckets whose bounds are the powers of two, into which its own
//! fit exactly, so that its bounds stay the same while its scale changes; exemplars are written in `OpenMetrics` alone.
//!
//! Spec: Prometheus exporter, "Supported Formats"; Prometheus compatibility, "Differences between Prometheus formats".

mod buckets;
mod exemplar;
mod form;
mod format;
mod line;
mod number;
mod page;
mod samples;
#[cfg(test)]
mod tests;

pub(super) use form::Form;
pub(super) use format::{Compressed, Format};
pub(super) use page::{form, page};
pub(super) use samples::{Figure, Part, Samples};
