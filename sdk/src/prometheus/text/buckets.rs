//! Exponential histograms as such with fixed bounds.

use crate::prometheus::family::{Bucket, ExponentialBuckets, ExponentialHistogram, Histogram};

/// The same measurements in buckets whose bounds are the powers of two, of which only those are there that are between the
/// smallest and the largest measurement. A bucket of scale 0 or more is within one of them; below that, one is as wide as
/// several, and its measurements count for the largest.
///
/// A negative measurement that is exactly a power of two counts for the bucket above its own, because bounds belong to the
/// other side there.
///
/// Spec: Prometheus compatibility, "Differences between Prometheus formats" (MAY be converted).
pub(super) fn with_powers_of_two(histogram: &ExponentialHistogram) -> Histogram {
    let by = histogram.scale.max(0);
    let width = 1_i64 << histogram.scale.min(0).unsigned_abs().min(10);
    let mut cumulative_count = 0_u64;
    let mut buckets = Vec::new();
    let mut push = |upper_bound: f64, count: u64| {
        cumulative_count = cumulative_count.saturating_add(count);
        if upper_bound.is_finite() {
            buckets.push(Bucket {
                upper_bound,
                cumulative_count,
            });
        }
    };
    for (exponent, count) in indexed(&histogram.negative.clone().downscaled(by)).rev() {
        push(-power_of_two(exponent * width), count);
    }
    if histogram.zero_count > 0 || !histogram.negative.counts.is_empty() {
        push(histogram.zero_threshold, histogram.zero_count);
    }
    for (exponent, count) in indexed(&histogram.positive.clone().downscaled(by)) {
        push(power_of_two((exponent + 1) * width), count);
    }
    let has_negative = histogram.negative.counts.iter().any(|count| *count > 0);
    Histogram {
        buckets,
        count: histogram.count,
        sum: histogram.sum.filter(|sum| !has_negative && *sum >= 0.0),
    }
}

/// The buckets with their indexes, from the first to the last that hold something.
fn indexed(buckets: &ExponentialBuckets) -> impl DoubleEndedIterator<Item = (i64, u64)> + use<> {
    let first = buckets.counts.iter().position(|count| *count > 0);
    let last = buckets.counts.iter().rposition(|count| *count > 0);
    let range = match (first, last) {
        (Some(first), Some(last)) => first..last + 1,
        _ => 0..0,
    };
    let offset = i64::from(buckets.offset);
    let indexes = range.clone().map(move |index| {
        let index = i64::try_from(index).unwrap_or(i64::MAX);
        offset.saturating_add(index)
    });
    let counts: Vec<u64> = buckets.counts[range].to_vec();
    indexes.zip(counts)
}

fn power_of_two(exponent: i64) -> f64 {
    let exponent = i32::try_from(exponent.clamp(-2000, 2000)).unwrap_or(0);
    2.0_f64.powi(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(histogram: &Histogram) -> Vec<(f64, u64)> {
        histogram
            .buckets
            .iter()
            .map(|bucket| (bucket.upper_bound, bucket.cumulative_count))
            .collect()
    }

    fn exponential(scale: i32, offset: i32, counts: &[u64]) -> ExponentialHistogram {
        ExponentialHistogram {
            scale,
            count: counts.iter().sum(),
            sum: Some(1.0),
            positive: ExponentialBuckets {
                offset,
                counts: counts.to_vec(),
            },
            ..ExponentialHistogram::default()
        }
    }

    #[test]
    fn bounds_do_not_depend_on_the_scale() {
        // (0.5, 1], (1, 2] and (2, 4], at scales 0, 1 and 2.
        let expected = [(1.0, 1), (2.0, 3), (4.0, 6)];
        for (scale, offset, counts) in [
            (0, -1, vec![1, 2, 3]),
            (1, -1, vec![1, 1, 1, 2, 1]),
            (2, -4, vec![0, 1, 0, 0, 0, 0, 2, 0, 3]),
        ] {
            let histogram = with_powers_of_two(&exponential(scale, offset, &counts));
            assert_eq!(bounds(&histogram), expected, "scale {scale}");
        }
    }

    #[test]
    fn wide_buckets_end_at_their_own_bounds() {
        let histogram = with_powers_of_two(&exponential(-2, -1, &[1, 2]));
        assert_eq!(bounds(&histogram), [(1.0, 1), (16.0, 3)]);
    }

    #[test]
    fn what_is_negative_comes_first_and_then_what_is_zero() {
        let histogram = with_powers_of_two(&ExponentialHistogram {
            count: 10,
            zero_count: 4,
            negative: ExponentialBuckets {
                offset: 0,
                counts: vec![1, 2, 0],
            },
            ..exponential(0, 0, &[3])
        });
        assert_eq!(
            bounds(&histogram),
            [(-2.0, 2), (-1.0, 3), (0.0, 7), (2.0, 10)]
        );
        assert_eq!(histogram.sum, None);
    }

    #[test]
    fn bounds_beyond_all_numbers_are_those_of_the_last_bucket() {
        let histogram = with_powers_of_two(&exponential(0, i32::MAX - 1, &[1, 1]));
        assert_eq!(bounds(&histogram), []);
        assert_eq!(histogram.count, 2);
        let empty = with_powers_of_two(&exponential(3, 5, &[0, 0]));
        assert_eq!(bounds(&empty), []);
    }
}
