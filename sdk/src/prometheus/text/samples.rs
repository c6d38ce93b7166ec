//! The samples of a page, apart from their texts.

use super::buckets::with_powers_of_two;
use super::number::{count, number};
use crate::prometheus::family::{Families, Histogram, Number, Summary, Value};

/// A number as a page has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Figure {
    /// A value, a sum or a quantile.
    Number(Number),
    /// How many there are.
    Count(u64),
}

impl Figure {
    pub(super) fn append(self, text: &mut String) {
        match self {
            Self::Number(value) => number(text, value),
            Self::Count(all) => count(text, all),
        }
    }
}

/// Which of the samples of a point one is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    /// The only one.
    Number,
    /// What was at most this bound.
    Bucket(f64),
    /// The bucket to `+Inf`.
    LastBucket,
    Quantile(f64),
    Sum,
    Count,
}

impl PartialEq for Part {
    /// Whether both have the same text: the two zeros have not.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bucket(one), Self::Bucket(other))
            | (Self::Quantile(one), Self::Quantile(other)) => one.to_bits() == other.to_bits(),
            (Self::Number, Self::Number)
            | (Self::LastBucket, Self::LastBucket)
            | (Self::Sum, Self::Sum)
            | (Self::Count, Self::Count) => true,
            _ => false,
        }
    }
}

/// The samples of a page in the order in which it has them.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    pub(crate) parts: Vec<Part>,
    /// As many as there are parts.
    pub(crate) figures: Vec<Figure>,
    /// Where the samples of each series end. A series of which nothing was recorded has none.
    ends: Vec<usize>,
}

impl Samples {
    /// Those of all series.
    pub(crate) fn of(families: &Families<'_>) -> Self {
        let mut samples = Self::default();
        for series in families.families.iter().flat_map(|family| &family.series) {
            samples.point(&series.value);
            samples.ends.push(samples.parts.len());
        }
        samples
    }

    /// The first sample of each series.
    pub(crate) fn begins(&self) -> impl Iterator<Item = usize> {
        [0].into_iter().chain(self.ends.iter().copied())
    }

    /// The parts of each series.
    pub(super) fn parts_of_series(&self) -> impl Iterator<Item = &[Part]> {
        self.begins()
            .zip(&self.ends)
            .map(|(begin, end)| &self.parts[begin..*end])
    }

    pub(crate) fn clear(&mut self) {
        self.parts.clear();
        self.figures.clear();
        self.ends.clear();
    }

    /// Adds those of one point.
    pub(crate) fn point(&mut self, value: &Value) {
        match value {
            Value::Number(number) => self.add(Part::Number, Figure::Number(*number)),
            Value::Histogram(histogram) => self.histogram(histogram),
            Value::ExponentialHistogram(histogram) => {
                self.histogram(&with_powers_of_two(histogram));
            }
            Value::Summary(summary) => self.summary(summary),
            Value::Stale => {}
        }
    }

    fn histogram(&mut self, histogram: &Histogram) {
        for bucket in &histogram.buckets {
            let figure = Figure::Count(bucket.cumulative_count);
            self.add(Part::Bucket(bucket.upper_bound), figure);
        }
        self.add(Part::LastBucket, Figure::Count(histogram.count));
        self.sum_and_count(histogram.sum, histogram.count);
    }

    fn summary(&mut self, summary: &Summary) {
        for quantile in &summary.quantiles {
            let figure = Figure::Number(Number::Float(quantile.value));
            self.add(Part::Quantile(quantile.quantile), figure);
        }
        self.sum_and_count(summary.sum, summary.count);
    }

    fn sum_and_count(&mut self, sum: Option<f64>, all: u64) {
        if let Some(sum) = sum {
            self.add(Part::Sum, Figure::Number(Number::Float(sum)));
        }
        self.add(Part::Count, Figure::Count(all));
    }

    fn add(&mut self, part: Part, figure: Figure) {
        self.parts.push(part);
        self.figures.push(figure);
    }
}
