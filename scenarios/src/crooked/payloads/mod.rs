//! Alterations of payloads, by name: each is done to every batch on its way to the exporter.

mod items;
mod metrics;
mod order;
mod split;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use futures_util::future::BoxFuture;
use otelbox_sdk::{Batch, Deadline, ExportOutcome, Exporter, LogBatch, MetricBatch, SpanBatch};

use super::delivery::{Delivery, items_by, metrics_by};
use crate::sut::OtelboxSdk;

pub(super) use metrics::metrics_mut;

/// Changes a batch; it is told how many came before.
type Alter<B> = fn(&mut B, u64);

/// `sdk` with its payloads altered in the way of this name; none where there is no such way.
pub(super) fn altered(sdk: OtelboxSdk, name: &str) -> Option<OtelboxSdk> {
    Some(match name {
        "overlapping-windows" => of_metrics(sdk, metrics::overlapping_windows),
        "moving-start" => of_metrics(sdk, metrics::moving_start),
        "decreasing-sum" => of_metrics(sdk, metrics::decreasing_sum),
        "unspecified-temporality" => of_metrics(sdk, metrics::unspecified_temporality),
        "contrary-monotonicity" => of_metrics(sdk, metrics::contrary_monotonicity),
        "no-time" => of_metrics(sdk, metrics::no_time),
        "miscounted-histogram" => of_metrics(sdk, metrics::miscounted_histogram),
        "doubled-points" => of_metrics(sdk, metrics::doubled_points),
        "gauges-as-sums" => of_metrics(sdk, metrics::gauges_as_sums),
        "other-bounds" => of_metrics(sdk, metrics::other_bounds),
        "nameless-overflow" => of_metrics(sdk, metrics::nameless_overflow),
        "lost-overflow" => of_metrics(sdk, metrics::lost_overflow),
        "early-overflow" => of_metrics(sdk, metrics::early_overflow),
        "cut-attributes" => of_metrics(sdk, metrics::cut_attributes),
        "more-attributes" => of_metrics(sdk, metrics::more_attributes),
        "late-starts" => of_metrics(sdk, metrics::late_starts),
        "anonymous-resource" => of_metrics(sdk, metrics::anonymous_resource),
        "limit-with-overflow" => of_metrics(sdk, metrics::limit_with_overflow),
        "miscounted-exponential" => of_metrics(sdk, metrics::miscounted_exponential),
        "evicted-series" => of_metrics(sdk, metrics::evicted_series),
        "lower-case-keys" => of_metrics(sdk, metrics::lower_case_keys),
        "zero-ids" => of_items(sdk, items::zero_ids, unaltered),
        "negative-durations" => of_items(sdk, items::negative_durations, unaltered),
        "reserved-flags" => of_items(
            sdk,
            items::reserved_flags_of_spans,
            items::reserved_flags_of_records,
        ),
        "no-observed-time" => of_items(sdk, unaltered, items::no_observed_time),
        "lonely-span-ids" => of_items(sdk, unaltered, items::lonely_span_ids),
        "unknown-status" => of_items(sdk, items::unknown_status, items::unknown_severity),
        "scattered-groups" => of_items(sdk, items::scattered_groups, unaltered),
        "reversed" => of_all(sdk, order::metrics, order::spans, order::records),
        "split" => of_all(sdk, split::metrics, split::spans, split::records),
        _ => return None,
    })
}

/// Leaves a batch as it is.
fn unaltered<B>(_batch: &mut B, _before: u64) {}

fn of_metrics(sdk: OtelboxSdk, alter: Alter<MetricBatch>) -> OtelboxSdk {
    metrics_by(sdk, move || Altering::by(alter))
}

fn of_items(sdk: OtelboxSdk, spans: Alter<SpanBatch>, records: Alter<LogBatch>) -> OtelboxSdk {
    items_by(
        sdk,
        move || Altering::by(spans),
        move || Altering::by(records),
    )
}

fn of_all(
    sdk: OtelboxSdk,
    metrics: Alter<MetricBatch>,
    spans: Alter<SpanBatch>,
    records: Alter<LogBatch>,
) -> OtelboxSdk {
    of_items(of_metrics(sdk, metrics), spans, records)
}

/// Hands every batch on after it has been altered.
struct Altering<B> {
    before: AtomicU64,
    alter: Alter<B>,
}

impl<B> Altering<B> {
    fn by(alter: Alter<B>) -> Self {
        Self {
            before: AtomicU64::new(0),
            alter,
        }
    }
}

impl<B: Batch + Clone> Delivery<B> for Altering<B> {
    fn deliver<'a>(
        &'a self,
        exporter: &'a Arc<dyn Exporter<B>>,
        batch: &'a B,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        let mut altered = batch.clone();
        (self.alter)(&mut altered, self.before.fetch_add(1, Ordering::Relaxed));
        Box::pin(async move { exporter.export(&altered, deadline).await })
    }
}
