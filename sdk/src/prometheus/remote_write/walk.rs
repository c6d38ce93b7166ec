//! From families to the series on the wire.

use super::line::{About, Line, Names, bound};
use super::value::measured;
use crate::prometheus::family::{
    Exemplar, ExponentialHistogram, Families, Family, Histogram, Label, Series, Summary, Value,
};

/// Takes series as they stand on the wire.
pub(super) trait Sink {
    /// Takes one with its point.
    fn point(&mut self, line: Line<'_>, about: About<'_>, point: &Point<'_>);
}

/// A point of a series on the wire.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point<'a> {
    pub(super) value: PointValue<'a>,
    /// In milliseconds since 1970.
    pub(super) time: i64,
    /// Since when it counts, in milliseconds since 1970; 0 where it does not, or that is not known.
    pub(super) start: i64,
    pub(super) exemplars: Exemplars<'a>,
}

/// What a series on the wire holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum PointValue<'a> {
    Number(f64),
    Native(&'a ExponentialHistogram),
    /// The end of a series of native histograms. That of another one is a number.
    NativeEnd,
}

/// The exemplars of a point above a value and up to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Exemplars<'a> {
    of_series: &'a [Exemplar<'a>],
    above: f64,
    up_to: f64,
}

impl<'a> Exemplars<'a> {
    pub(super) const NONE: Self = Self::all(&[]);

    const fn all(of_series: &'a [Exemplar<'a>]) -> Self {
        Self {
            of_series,
            above: f64::NEG_INFINITY,
            up_to: f64::INFINITY,
        }
    }

    pub(super) fn iter(self) -> impl Iterator<Item = &'a Exemplar<'a>> {
        self.of_series.iter().filter(move |exemplar| {
            let value = exemplar.value;
            let is_lowest = self.above == f64::NEG_INFINITY;
            let is_highest = self.up_to == f64::INFINITY;
            (is_lowest || value > self.above) && (is_highest || value <= self.up_to)
        })
    }
}

/// Hands every series of `families` that has a value to `sink`, at the time that `times` has for it.
///
/// Spec: Prometheus compatibility, "Histograms", "Summaries", "Exemplars".
pub(super) fn walk(families: &Families<'_>, times: &[i64], sink: &mut impl Sink) {
    let mut times = times.iter();
    let mut texts = Texts::default();
    for family in &families.families {
        let names = Names::of(family);
        let about = About::family(family);
        for (series, time) in family.series.iter().zip(&mut times) {
            let mut walked = Walked {
                names: &names,
                about,
                series,
                time: *time,
                start: start(family, series),
                sink,
            };
            match &series.value {
                Value::Number(number) => {
                    let exemplars = Exemplars::all(&series.exemplars);
                    walked.number(&names.number, None, number.as_f64(), exemplars);
                }
                Value::Histogram(histogram) => walked.histogram(histogram, &mut texts),
                Value::ExponentialHistogram(histogram) => walked.native(histogram),
                Value::Summary(summary) => walked.summary(summary, &mut texts),
                Value::Stale => {}
            }
        }
    }
}

/// Nanoseconds as Prometheus has them.
pub(super) fn milliseconds(unix_nano: u64) -> i64 {
    i64::try_from(unix_nano / 1_000_000).unwrap_or(i64::MAX)
}

/// Since when a series counts. Zero would say that nobody knows, so the first millisecond is written as the next (MUST).
fn start(family: &Family<'_>, series: &Series<'_>) -> i64 {
    use crate::prometheus::family::Kind;
    match family.kind {
        Kind::Counter | Kind::Histogram | Kind::ExponentialHistogram | Kind::Summary => {
            match series.start_unix_nano {
                0 => 0,
                known => milliseconds(known).max(1),
            }
        }
        Kind::Gauge | Kind::Info | Kind::StateSet | Kind::Unknown => 0,
    }
}

/// One series on its way into a sink.
struct Walked<'a, S> {
    names: &'a Names<'a>,
    about: About<'a>,
    series: &'a Series<'a>,
    time: i64,
    start: i64,
    sink: &'a mut S,
}

impl<S: Sink> Walked<'_, S> {
    fn number(
        &mut self,
        name: &str,
        own: Option<(&'static str, &str)>,
        value: f64,
        exemplars: Exemplars<'_>,
    ) {
        let value = PointValue::Number(measured(value));
        self.point(name, own, value, exemplars);
    }

    fn histogram(&mut self, histogram: &Histogram, texts: &mut Texts) {
        let names = self.names;
        let exemplars = &self.series.exemplars;
        let mut above = f64::NEG_INFINITY;
        let bounds = histogram.buckets.iter().map(|bucket| bucket.upper_bound);
        let texts = texts.of(bounds);
        for (bucket, text) in histogram.buckets.iter().zip(texts) {
            let exemplars = Exemplars {
                of_series: exemplars,
                above,
                up_to: bucket.upper_bound,
            };
            let count = whole(bucket.cumulative_count);
            self.number(&names.bucket, Some(("le", text)), count, exemplars);
            above = bucket.upper_bound;
        }
        let count = whole(histogram.count);
        let exemplars = Exemplars {
            above,
            ..Exemplars::all(exemplars)
        };
        self.number(&names.bucket, Some(("le", "+Inf")), count, exemplars);
        self.sum_and_count(histogram.sum, count);
    }

    fn summary(&mut self, summary: &Summary, texts: &mut Texts) {
        let texts = texts.of(summary.quantiles.iter().map(|quantile| quantile.quantile));
        for (quantile, text) in summary.quantiles.iter().zip(texts) {
            let own = Some(("quantile", &**text));
            self.number(self.names.quantile, own, quantile.value, Exemplars::NONE);
        }
        self.sum_and_count(summary.sum, whole(summary.count));
    }

    fn sum_and_count(&mut self, sum: Option<f64>, count: f64) {
        let names = self.names;
        if let Some(sum) = sum {
            self.number(&names.sum, None, sum, Exemplars::NONE);
        }
        self.number(&names.count, None, count, Exemplars::NONE);
    }

    fn native(&mut self, histogram: &ExponentialHistogram) {
        let value = PointValue::Native(histogram);
        let exemplars = Exemplars::all(&self.series.exemplars);
        self.point(self.names.quantile, None, value, exemplars);
    }

    fn point(
        &mut self,
        name: &str,
        own: Option<(&'static str, &str)>,
        value: PointValue<'_>,
        exemplars: Exemplars<'_>,
    ) {
        let labels: &[Label<'_>] = &self.series.labels;
        self.sink.point(
            Line { name, labels, own },
            self.about,
            &Point {
                value,
                time: self.time,
                start: self.start,
                exemplars,
            },
        );
    }
}

/// A count as Prometheus stores it: beyond 2^53 it loses its last digits.
#[expect(
    clippy::cast_precision_loss,
    reason = "Prometheus has no other numbers"
)]
const fn whole(count: u64) -> f64 {
    count as f64
}

/// The values of the lines of a point in turn, as [`walk`] hands them over; `None` where they are no numbers.
pub(super) fn numbers(value: &Value, values: &mut Vec<f64>) -> Option<()> {
    values.clear();
    match value {
        Value::Number(number) => values.push(number.as_f64()),
        Value::Histogram(histogram) => {
            let buckets = histogram.buckets.iter();
            values.extend(buckets.map(|bucket| whole(bucket.cumulative_count)));
            values.push(whole(histogram.count));
            values.extend(histogram.sum);
            values.push(whole(histogram.count));
        }
        Value::Summary(summary) => {
            values.extend(summary.quantiles.iter().map(|quantile| quantile.value));
            values.extend(summary.sum);
            values.push(whole(summary.count));
        }
        Value::ExponentialHistogram(_) | Value::Stale => return None,
    }
    Some(())
}

/// Bounds as texts, kept for the next series: most have the same.
#[derive(Default)]
struct Texts {
    bounds: Vec<f64>,
    texts: Vec<String>,
}

impl Texts {
    fn of(&mut self, bounds: impl Iterator<Item = f64> + Clone) -> &[String] {
        if !bounds.clone().eq(self.bounds.iter().copied()) {
            self.bounds = bounds.collect();
            self.texts = self.bounds.iter().copied().map(bound).collect();
        }
        &self.texts
    }
}
