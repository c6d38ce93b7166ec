//! Points of every kind.

use super::model::Label;

/// The point of a series.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// Counters, gauges, info metrics, states.
    Number(Number),
    /// Of [`Kind::Histogram`](super::Kind::Histogram).
    Histogram(Histogram),
    /// Of [`Kind::ExponentialHistogram`](super::Kind::ExponentialHistogram).
    ExponentialHistogram(ExponentialHistogram),
    /// Of [`Kind::Summary`](super::Kind::Summary).
    Summary(Summary),
    /// Nothing was recorded, and nothing will be until the series comes again: the series is stale.
    ///
    /// Spec: OTLP 1.11.0, `DataPointFlags` (`NO_RECORDED_VALUE`).
    Stale,
}

/// A number as it was recorded. To Prometheus all are floating point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Integer(i64),
    Float(f64),
}

impl Number {
    /// As Prometheus stores it: integers beyond 2^53 lose their last digits.
    #[cfg(any(feature = "prometheus-remote-write", test))]
    #[expect(
        clippy::cast_precision_loss,
        reason = "Prometheus has no other numbers"
    )]
    pub(crate) const fn as_f64(self) -> f64 {
        match self {
            Self::Integer(number) => number as f64,
            Self::Float(number) => number,
        }
    }
}

/// Counts in buckets that were set beforehand.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Histogram {
    /// Bounds that rise, with cumulative counts that never fall. The bucket to `+Inf` is not among them: it holds `count`.
    pub(crate) buckets: Vec<Bucket>,
    /// All of them.
    pub(crate) count: u64,
    /// What was measured, added up; `None` where it was not recorded or may fall, because something negative was measured.
    pub(crate) sum: Option<f64>,
}

/// How many measurements were at most so much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bucket {
    /// The bound, which belongs to the bucket.
    pub(crate) upper_bound: f64,
    /// The measurements in this bucket and in all before it.
    pub(crate) cumulative_count: u64,
}

/// Counts in buckets whose bounds grow by a factor of 2^(2^-scale).
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ExponentialHistogram {
    /// From -4 to 8, which is what Prometheus takes as the schema of a native histogram.
    pub(crate) scale: i32,
    /// All of them.
    pub(crate) count: u64,
    /// What was measured, added up; `None` where it was not recorded.
    pub(crate) sum: Option<f64>,
    /// Measurements of which the absolute value is at most `zero_threshold`.
    pub(crate) zero_count: u64,
    /// 0 where none was set.
    pub(crate) zero_threshold: f64,
    /// Measurements above it.
    pub(crate) positive: ExponentialBuckets,
    /// Measurements below its negative.
    pub(crate) negative: ExponentialBuckets,
}

/// Adjacent buckets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ExponentialBuckets {
    /// The index of the first, as OTLP has it: the bucket `i` is `(base^i, base^(i+1)]`. The index of a native histogram,
    /// which is that of the upper bound, is larger by one.
    pub(crate) offset: i32,
    /// How many measurements are in each; not cumulative.
    pub(crate) counts: Vec<u64>,
}

/// Quantiles.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Summary {
    /// In rising order.
    pub(crate) quantiles: Vec<Quantile>,
    /// How many measurements there were.
    pub(crate) count: u64,
    /// What was measured, added up; `None` where it is negative.
    pub(crate) sum: Option<f64>,
}

/// What a share of the measurements did not exceed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quantile {
    /// From 0 to 1.
    pub(crate) quantile: f64,
    /// What it came to.
    pub(crate) value: f64,
}

/// A measurement that stands for others.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exemplar<'a> {
    /// `trace_id` and `span_id`, in hex, then what a view filtered out, as far as there is room for all of it.
    pub(crate) labels: Vec<Label<'a>>,
    /// What was measured.
    pub(crate) value: f64,
    /// When, in nanoseconds since 1970.
    pub(crate) time_unix_nano: u64,
}

impl ExponentialBuckets {
    /// The same at a scale that is lower by `by`, 0 or more: 2^`by` buckets become one.
    pub(crate) fn downscaled(self, by: i32) -> Self {
        if by <= 0 || self.counts.is_empty() {
            return self;
        }
        let by = by.unsigned_abs().min(i32::BITS - 1);
        let offset = self.offset >> by;
        let mut counts: Vec<u64> = Vec::new();
        for (count, index) in self.counts.iter().zip(i64::from(self.offset)..) {
            let place = usize::try_from((index >> by) - i64::from(offset)).unwrap_or(0);
            if counts.len() <= place {
                counts.resize(place + 1, 0);
            }
            counts[place] = counts[place].saturating_add(*count);
        }
        Self { offset, counts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lower_scale_adds_neighbours_up() {
        let buckets = ExponentialBuckets {
            offset: -3,
            counts: vec![1, 2, 3, 4, 5],
        };
        let expected = |offset, counts: &[u64]| ExponentialBuckets {
            offset,
            counts: counts.to_vec(),
        };
        assert_eq!(buckets.clone().downscaled(0), buckets);
        assert_eq!(buckets.clone().downscaled(1), expected(-2, &[1, 5, 9]));
        assert_eq!(buckets.clone().downscaled(2), expected(-1, &[6, 9]));
        assert_eq!(buckets.clone().downscaled(99), expected(-1, &[6, 9]));
        let last = ExponentialBuckets {
            offset: i32::MAX,
            counts: vec![1, 1],
        };
        assert_eq!(last.downscaled(1), expected(i32::MAX >> 1, &[1, 1]));
    }
}
