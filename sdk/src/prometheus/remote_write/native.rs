//! From exponential to native histograms.

use super::message::v2::BucketSpan;
use crate::prometheus::family::ExponentialBuckets;

/// Up to so many empty buckets are written; a wider gap begins a span.
const WIDEST_WRITTEN_GAP: i64 = 2;

/// Dense buckets as spans, with the difference of each count to the one before; `None` where an index is out of range.
///
/// Spec: Prometheus compatibility, "Exponential Histograms": buckets are counted by their upper bound, so that each index is
/// one higher.
pub(super) fn spans(buckets: &ExponentialBuckets) -> Option<(Vec<BucketSpan>, Vec<i64>)> {
    let mut spans: Vec<BucketSpan> = Vec::new();
    let mut deltas = Vec::new();
    let mut next = 0_i64;
    let mut before = 0_i64;
    for (index, count) in filled(buckets) {
        let gap = index - next;
        match spans.last_mut() {
            Some(span) if gap <= WIDEST_WRITTEN_GAP => {
                for _ in 0..gap {
                    deltas.push(-before);
                    before = 0;
                }
                span.length += u32::try_from(gap).ok()? + 1;
            }
            _ => spans.push(BucketSpan {
                offset: i32::try_from(gap).ok()?,
                length: 1,
            }),
        }
        deltas.push(count - before);
        before = count;
        next = index + 1;
    }
    Some((spans, deltas))
}

/// The buckets that are not empty, as index and count.
fn filled(buckets: &ExponentialBuckets) -> impl Iterator<Item = (i64, i64)> {
    let first = i64::from(buckets.offset) + 1;
    (first..)
        .zip(&buckets.counts)
        .filter(|(_, count)| **count > 0)
        .map(|(index, count)| (index, i64::try_from(*count).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn buckets(offset: i32, counts: &[u64]) -> ExponentialBuckets {
        ExponentialBuckets {
            offset,
            counts: counts.to_vec(),
        }
    }

    fn written(offset: i32, counts: &[u64]) -> (Vec<(i32, u32)>, Vec<i64>) {
        let (spans, deltas) = spans(&buckets(offset, counts)).expect("in range");
        let spans = spans.iter().map(|span| (span.offset, span.length));
        (spans.collect(), deltas)
    }

    /// What a receiver makes of it: index and count of each bucket.
    fn read(spans: &[BucketSpan], deltas: &[i64]) -> Vec<(i64, i64)> {
        let mut buckets = Vec::new();
        let mut deltas = deltas.iter();
        let (mut index, mut count) = (0_i64, 0_i64);
        for span in spans {
            index += i64::from(span.offset);
            for _ in 0..span.length {
                count += deltas.next().expect("a delta for each bucket");
                buckets.push((index, count));
                index += 1;
            }
        }
        assert_eq!(deltas.next(), None, "no delta without a bucket");
        buckets
    }

    #[test]
    fn an_index_is_one_higher_than_in_otlp() {
        assert_eq!(written(0, &[3, 5]), (vec![(1, 2)], vec![3, 2]));
        assert_eq!(written(-1, &[1]), (vec![(0, 1)], vec![1]));
    }

    #[test]
    fn small_gaps_are_written_and_wide_ones_begin_a_span() {
        assert_eq!(written(0, &[1, 0, 0, 4]), (vec![(1, 4)], vec![1, -1, 0, 4]));
        assert_eq!(
            written(0, &[1, 0, 0, 0, 4]),
            (vec![(1, 1), (3, 1)], vec![1, 3])
        );
        assert_eq!(written(7, &[0, 0]), (vec![], vec![]));
    }

    proptest! {
        #[test]
        fn a_receiver_reads_what_was_counted(
            offset in prop_oneof![any::<i32>(), Just(i32::MAX), Just(i32::MIN), -5..5],
            counts in prop::collection::vec(0..5_u64, 0..40),
        ) {
            let buckets = buckets(offset, &counts);
            if let Some((spans, deltas)) = spans(&buckets) {
                let read = read(&spans, &deltas);
                let filled_there = read.into_iter().filter(|(_, count)| *count != 0);
                prop_assert!(filled_there.eq(filled(&buckets)));
            } else {
                prop_assert!(offset > i32::MAX - 40);
            }
        }
    }
}
