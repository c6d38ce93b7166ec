//! Metrics as Prometheus has them: families of series, whatever the format that they are written in.
//!
//! [`Translation::families`] turns a batch into [`Families`]: names, units and labels are those that Prometheus will know.
//! What cannot be told there is in [`Families::problems`], so that nothing is lost silently.
//!
//! Spec: Prometheus compatibility, "OTLP Metric points to Prometheus".

mod assembly;
mod attribute_text;
mod constant_labels;
mod escaping;
mod exemplars;
mod labels;
mod model;
mod name;
mod points;
mod problem;
mod strategy;
#[cfg(test)]
pub(crate) mod tests;
mod translation;
mod unit;
mod value;

#[cfg(feature = "prometheus")]
pub(crate) use constant_labels::ConstantLabels;
#[cfg(feature = "prometheus")]
pub(crate) use escaping::{Escaping, is_legal_label_name, is_legal_metric_name};
pub(crate) use model::{Families, Family, Kind, Label, Series};
pub(crate) use points::Point;
#[cfg(feature = "prometheus")]
pub(crate) use problem::{Problem, ProblemKind};
#[cfg(feature = "prometheus")]
pub use strategy::TranslationStrategy;
pub(crate) use translation::{Target, Translation};
#[cfg(feature = "prometheus")]
pub(crate) use value::{Bucket, Number};
pub(crate) use value::{
    Exemplar, ExponentialBuckets, ExponentialHistogram, Histogram, Summary, Value,
};
