//! Exemplars in the text of `OpenMetrics`.
//!
//! Spec: Prometheus compatibility, "OTLP Metric points to Prometheus: Exemplars" (the largest of each bucket MUST be used, and
//! where there is none, that of a lower bucket).

use super::line::labels_text;
use super::number::{float, seconds};
use crate::prometheus::family::Exemplar;

/// The largest of `exemplars`; of equal ones the newest.
pub(super) fn largest<'b, 'a>(
    exemplars: impl Iterator<Item = &'b Exemplar<'a>>,
) -> Option<&'b Exemplar<'a>>
where
    'a: 'b,
{
    exemplars.max_by(|one, two| one.value.total_cmp(&two.value))
}

/// For each bucket the exemplar that it shows; the last one is for the bucket to `+Inf`.
pub(super) fn of_buckets<'b, 'a>(
    exemplars: &'b [Exemplar<'a>],
    bounds: impl Iterator<Item = f64>,
) -> impl Iterator<Item = Option<&'b Exemplar<'a>>>
where
    'a: 'b,
{
    let mut lower = f64::NEG_INFINITY;
    let mut shown = None;
    bounds.chain([f64::INFINITY]).map(move |upper| {
        let within = |exemplar: &&Exemplar<'_>| {
            exemplar.value <= upper && (exemplar.value > lower || lower == f64::NEG_INFINITY)
        };
        shown = largest(exemplars.iter().filter(within)).or(shown);
        lower = upper;
        shown
    })
}

/// Appends an exemplar to a sample.
pub(super) fn append(text: &mut String, exemplar: &Exemplar<'_>) {
    text.push_str(" # {");
    text.push_str(&labels_text(&exemplar.labels));
    text.push_str("} ");
    float(text, exemplar.value);
    if exemplar.time_unix_nano > 0 {
        text.push(' ');
        seconds(text, exemplar.time_unix_nano);
    }
}
