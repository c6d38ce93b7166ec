//! Exponential histograms of different scales, added up.
//!
//! Bucket `i` of scale `s` counts values above `2^(i / 2^s)` up to `2^((i + 1) / 2^s)`. One scale less joins each even
//! bucket with the odd one after it, so that nothing has to be estimated.
//!
//! Spec: Metrics data model, "Exponential Scale" and "Producer Recommendations".

use std::ops::Range;

use opentelemetry_proto::tonic::metrics::v1::ExponentialHistogramDataPoint;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;

use super::points::{NotMergeable, added as sum};

/// How many buckets a range has at most, unless one of the two points has more: the default of the SDK.
const MAX_BUCKETS: usize = 160;

/// A change of scale beyond this leaves one bucket of any range.
const MAX_SHIFT: u32 = 62;

/// What two points have in their buckets.
pub(super) struct Added {
    pub(super) scale: i32,
    pub(super) zero_count: u64,
    pub(super) zero_threshold: f64,
    pub(super) positive: Buckets,
    pub(super) negative: Buckets,
}

/// The buckets of both, at the largest scale at which they fit.
pub(super) fn added(
    older: &ExponentialHistogramDataPoint,
    newer: &ExponentialHistogramDataPoint,
) -> Result<Added, NotMergeable> {
    let (mut one, mut two) = (Scaled::of(older)?, Scaled::of(newer)?);
    let most = MAX_BUCKETS.max(one.widest()).max(two.widest());
    level_zero(&mut one, &mut two)?;
    let scale = one.scale.min(two.scale);
    one.rescale(scale)?;
    two.rescale(scale)?;
    let shift = (0..=MAX_SHIFT)
        .find(|shift| {
            fits(&one.positive, &two.positive, *shift, most)
                && fits(&one.negative, &two.negative, *shift, most)
        })
        .ok_or(NotMergeable)?;
    let scale = scale.checked_sub_unsigned(shift).ok_or(NotMergeable)?;
    one.rescale(scale)?;
    two.rescale(scale)?;
    Ok(Added {
        scale,
        zero_count: sum(one.zero_count, two.zero_count)?,
        zero_threshold: one.zero_threshold,
        positive: one.positive.and(&two.positive)?.buckets()?,
        negative: one.negative.and(&two.negative)?.buckets()?,
    })
}

/// A point as far as its buckets go.
#[derive(Clone, Debug)]
struct Scaled {
    scale: i32,
    zero_count: u64,
    zero_threshold: f64,
    positive: Filled,
    negative: Filled,
}

/// Buckets in a row, of which the first and the last are not empty.
#[derive(Clone, Debug, Default)]
struct Filled {
    first: i64,
    counts: Vec<u64>,
}

impl Scaled {
    fn of(point: &ExponentialHistogramDataPoint) -> Result<Self, NotMergeable> {
        if !point.zero_threshold.is_finite() || point.zero_threshold < 0.0 {
            return Err(NotMergeable);
        }
        Ok(Self {
            scale: point.scale,
            zero_count: point.zero_count,
            zero_threshold: point.zero_threshold,
            positive: Filled::of(point.positive.as_ref()),
            negative: Filled::of(point.negative.as_ref()),
        })
    }

    fn widest(&self) -> usize {
        self.positive.counts.len().max(self.negative.counts.len())
    }

    /// Brings it down to `scale`.
    fn rescale(&mut self, scale: i32) -> Result<(), NotMergeable> {
        let shift = self.scale.checked_sub(scale).ok_or(NotMergeable)?;
        let shift = u32::try_from(shift)
            .map_err(|_| NotMergeable)?
            .min(MAX_SHIFT);
        self.scale = scale;
        self.positive.join(shift)?;
        self.negative.join(shift)
    }

    /// Counts as zero what is not above `threshold`, and the whole of a bucket that `threshold` lies in.
    fn widen_zero(&mut self, threshold: f64) -> Result<(), NotMergeable> {
        let mut widened = threshold;
        for filled in [&mut self.positive, &mut self.negative] {
            while !filled.counts.is_empty() && lower_bound(filled.first, self.scale) < threshold {
                self.zero_count = sum(self.zero_count, filled.counts[0])?;
                widened = widened.max(lower_bound(filled.first + 1, self.scale));
                filled.counts.remove(0);
                filled.first += 1;
                filled.trim();
            }
        }
        self.zero_threshold = widened;
        Ok(())
    }
}

/// Gives both the same zero threshold: the larger, or the end of the bucket that it lies in.
///
/// Spec: Metrics data model, "Exponential Histogram Zero Threshold".
fn level_zero(one: &mut Scaled, two: &mut Scaled) -> Result<(), NotMergeable> {
    while one.zero_threshold < two.zero_threshold || two.zero_threshold < one.zero_threshold {
        let (lower, higher) = if one.zero_threshold < two.zero_threshold {
            (&mut *one, &*two)
        } else {
            (&mut *two, &*one)
        };
        lower.widen_zero(higher.zero_threshold)?;
    }
    Ok(())
}

/// The lower bound of bucket `index`.
#[expect(
    clippy::cast_precision_loss,
    reason = "indices of doubles have far fewer than 52 bits"
)]
fn lower_bound(index: i64, scale: i32) -> f64 {
    (index as f64 * (-f64::from(scale)).exp2()).exp2()
}

/// Whether both ranges together have at most `most` buckets, `shift` scales down.
fn fits(one: &Filled, two: &Filled, shift: u32, most: usize) -> bool {
    let Some(range) = one.range_with(two) else {
        return true;
    };
    let width = ((range.end - 1) >> shift) - (range.start >> shift) + 1;
    usize::try_from(width).is_ok_and(|width| width <= most)
}

impl Filled {
    fn of(buckets: Option<&Buckets>) -> Self {
        let Some(buckets) = buckets else {
            return Self::default();
        };
        let mut filled = Self {
            first: i64::from(buckets.offset),
            counts: buckets.bucket_counts.clone(),
        };
        filled.trim();
        filled
    }

    fn trim(&mut self) {
        let filled = self.counts.iter().rposition(|count| *count > 0);
        self.counts.truncate(filled.map_or(0, |last| last + 1));
        let empty = self.counts.iter().take_while(|count| **count == 0).count();
        self.counts.drain(..empty);
        self.first += i64::try_from(empty).unwrap_or(i64::MAX);
    }

    /// From the first bucket to the one after the last; none where all are empty.
    fn range(&self) -> Option<Range<i64>> {
        let width = i64::try_from(self.counts.len()).ok()?;
        (width > 0).then(|| self.first..self.first + width)
    }

    fn range_with(&self, other: &Self) -> Option<Range<i64>> {
        match (self.range(), other.range()) {
            (Some(one), Some(two)) => Some(one.start.min(two.start)..one.end.max(two.end)),
            (one, two) => one.or(two),
        }
    }

    /// Joins the buckets that are one, `shift` scales down.
    fn join(&mut self, shift: u32) -> Result<(), NotMergeable> {
        let Some(range) = self.range().filter(|_| shift > 0) else {
            return Ok(());
        };
        let first = range.start >> shift;
        let mut joined: Vec<u64> = Vec::new();
        for (index, count) in range.zip(&self.counts) {
            let place = usize::try_from((index >> shift) - first).map_err(|_| NotMergeable)?;
            joined.resize(joined.len().max(place + 1), 0);
            joined[place] = sum(joined[place], *count)?;
        }
        *self = Self {
            first,
            counts: joined,
        };
        Ok(())
    }

    /// Both, bucket by bucket.
    fn and(&self, other: &Self) -> Result<Self, NotMergeable> {
        let Some(range) = self.range_with(other) else {
            return Ok(Self::default());
        };
        let counts = range
            .clone()
            .map(|index| sum(self.at(index), other.at(index)))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            first: range.start,
            counts,
        })
    }

    fn at(&self, index: i64) -> u64 {
        usize::try_from(index - self.first)
            .ok()
            .and_then(|place| self.counts.get(place))
            .copied()
            .unwrap_or(0)
    }

    fn buckets(self) -> Result<Buckets, NotMergeable> {
        Ok(Buckets {
            offset: i32::try_from(self.first).map_err(|_| NotMergeable)?,
            bucket_counts: self.counts,
        })
    }
}
