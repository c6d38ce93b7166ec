//! What is wrong with a set-up, and what to do about it: the usual mistakes, in one line each.
//!
//! An export that was given up carries its [`Advice`] ([`ExportFailure::advice`](crate::ExportFailure)), and the log gives
//! it once. It is a pure function of the [`Circumstances`] and of what the export came to.

mod advice;
mod answer;
mod circumstances;
mod connection;
#[cfg(feature = "early-instruments")]
mod early_instruments;
#[cfg(feature = "http-formats")]
mod format;
#[cfg(feature = "metrics")]
mod series;
mod tls;

#[cfg(test)]
mod tests;

pub use advice::{Advice, Problem};
pub use circumstances::Circumstances;
#[cfg(feature = "early-instruments")]
pub use early_instruments::EarlyInstruments;
#[cfg(feature = "http-formats")]
pub(crate) use format::FormatCircumstances;
#[cfg(feature = "metrics")]
pub(crate) use series::SeriesWatch;
