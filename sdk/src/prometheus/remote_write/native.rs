//! From exponential to native histograms.

use super::message::v2::BucketSpan;

/// The coarsest and the finest schema that there is.
const SCHEMAS: std::ops::RangeInclusive<i32> = -4..=8;

/// Up to so many empty buckets are written; a wider gap begins a span.
const WIDEST_WRITTEN_GAP: i64 = 2;

/// The schema for `scale`, and by how many steps the buckets get coarser for it; `None` where the scale is coarser than
/// what there is.
///
/// Spec: Prometheus compatibility, "Exponential Histograms" (SHOULD be downscaled; MUST be dropped).
pub(super) fn schema(scale: i32) -> Option<(i32, u32)> {
    let schema = scale.min(*SCHEMAS.end());
    let steps = scale.abs_diff(schema);
    SCHEMAS.contains(&schema).then_some((schema, steps))
}

/// Dense buckets as spans, with the difference of each count to the one before; `None` where an index is out of range.
///
/// `offset` is the index of the first of `counts`, and `steps` says how often two neighbours become one.
///
/// Spec: Prometheus compatibility, "Exponential Histograms": buckets are counted by their upper bound, so that each index is
/// one higher.
pub(super) fn spans(
    offset: i32,
    counts: &[u64],
    steps: u32,
) -> Option<(Vec<BucketSpan>, Vec<i64>)> {
    let mut spans: Vec<BucketSpan> = Vec::new();
    let mut deltas = Vec::new();
    let mut next = 0_i64;
    let mut before = 0_i64;
    for (index, count) in merged(offset, counts, steps) {
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
fn merged(offset: i32, counts: &[u64], steps: u32) -> Vec<(i64, i64)> {
    let mut merged: Vec<(i64, i64)> = Vec::new();
    for (place, count) in (i64::from(offset)..).zip(counts) {
        if *count == 0 {
            continue;
        }
        let index = (place >> steps.min(i64::BITS - 1)) + 1;
        let count = i64::try_from(*count).unwrap_or(i64::MAX);
        match merged.last_mut() {
            Some((last, sum)) if *last == index => *sum = sum.saturating_add(count),
            _ => merged.push((index, count)),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(offset: i32, counts: &[u64], steps: u32) -> (Vec<(i32, u32)>, Vec<i64>) {
        let (spans, deltas) = spans(offset, counts, steps).expect("in range");
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
        assert_eq!(written(0, &[3, 5], 0), (vec![(1, 2)], vec![3, 2]));
        assert_eq!(written(-1, &[1], 0), (vec![(0, 1)], vec![1]));
    }

    #[test]
    fn small_gaps_are_written_and_wide_ones_begin_a_span() {
        assert_eq!(
            written(0, &[1, 0, 0, 4], 0),
            (vec![(1, 4)], vec![1, -1, 0, 4])
        );
        assert_eq!(
            written(0, &[1, 0, 0, 0, 4], 0),
            (vec![(1, 1), (3, 1)], vec![1, 3])
        );
        assert_eq!(written(7, &[0, 0], 0), (vec![], vec![]));
    }

    #[test]
    fn two_neighbours_become_one_at_each_step() {
        // 4 and 5, 6 and 7 share an index; 3 is beside them.
        assert_eq!(
            written(3, &[1, 2, 3, 4, 5], 1),
            (vec![(2, 3)], vec![1, 4, 4])
        );
        assert_eq!(written(-3, &[1, 1, 1, 1], 40), (vec![(0, 2)], vec![3, -2]));
    }

    #[test]
    fn a_finer_scale_is_made_coarser_and_a_coarser_one_cannot_be_had() {
        assert_eq!(schema(8), Some((8, 0)));
        assert_eq!(schema(20), Some((8, 12)));
        assert_eq!(schema(-4), Some((-4, 0)));
        assert_eq!(schema(-5), None);
        assert_eq!(schema(i32::MIN), None);
    }

    proptest! {
        #[test]
        fn a_receiver_reads_what_was_counted(
            offset in any::<i32>(),
            counts in prop::collection::vec(0..5_u64, 0..40),
            steps in 0..70_u32,
        ) {
            if let Some((spans, deltas)) = spans(offset, &counts, steps) {
                let filled: Vec<_> = read(&spans, &deltas)
                    .into_iter()
                    .filter(|(_, count)| *count != 0)
                    .collect();
                prop_assert_eq!(filled, merged(offset, &counts, steps));
            } else {
                prop_assert!(offset > i32::MAX - 40);
            }
        }
    }
}
