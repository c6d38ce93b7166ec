//! What clients do to their metrics. `before` is how many batches came before.

use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Metric, metric::Data, number_data_point::Value,
};
use otelbox_sdk::MetricBatch;

/// Every metric of a batch.
pub(in super::super) fn metrics_mut(batch: &mut MetricBatch) -> impl Iterator<Item = &mut Metric> {
    batch
        .request
        .resource_metrics
        .iter_mut()
        .flat_map(|resource| &mut resource.scope_metrics)
        .flat_map(|scope| &mut scope.metrics)
}

fn gauge_mut(metric: &mut Metric) -> Option<&mut Gauge> {
    match &mut metric.data {
        Some(Data::Gauge(gauge)) => Some(gauge),
        _ => None,
    }
}

const DELTA: i32 = AggregationTemporality::Delta as i32;
const CUMULATIVE: i32 = AggregationTemporality::Cumulative as i32;

/// Lets every delta window begin one second early, inside the window before it.
pub(super) fn overlapping_windows(batch: &mut MetricBatch, _: u64) {
    for metric in metrics_mut(batch) {
        if let Some(Data::Sum(sum)) = &mut metric.data
            && sum.aggregation_temporality == DELTA
        {
            for point in &mut sum.data_points {
                point.start_time_unix_nano =
                    point.start_time_unix_nano.saturating_sub(1_000_000_000);
            }
        }
    }
}

/// Moves the start of cumulative sums to the collection before.
pub(super) fn moving_start(batch: &mut MetricBatch, before: u64) {
    let moved = before * 1_000_000;
    for metric in metrics_mut(batch) {
        if let Some(Data::Sum(sum)) = &mut metric.data
            && sum.aggregation_temporality == CUMULATIVE
        {
            for point in &mut sum.data_points {
                point.start_time_unix_nano += moved;
            }
        }
    }
}

/// Takes a thousand off every second total of a cumulative, monotonic sum.
pub(super) fn decreasing_sum(batch: &mut MetricBatch, before: u64) {
    if before % 2 == 0 {
        return;
    }
    for metric in metrics_mut(batch) {
        if let Some(Data::Sum(sum)) = &mut metric.data
            && sum.is_monotonic
            && sum.aggregation_temporality == CUMULATIVE
        {
            for point in &mut sum.data_points {
                if let Some(Value::AsInt(value)) = &mut point.value {
                    *value -= 1000;
                }
            }
        }
    }
}

/// Says of no sum and no histogram what temporality it has.
pub(super) fn unspecified_temporality(batch: &mut MetricBatch, _: u64) {
    for metric in metrics_mut(batch) {
        match &mut metric.data {
            Some(Data::Sum(sum)) => sum.aggregation_temporality = 0,
            Some(Data::Histogram(histogram)) => histogram.aggregation_temporality = 0,
            _ => {}
        }
    }
}

/// Says the contrary of every sum's monotonicity.
pub(super) fn contrary_monotonicity(batch: &mut MetricBatch, _: u64) {
    for metric in metrics_mut(batch) {
        if let Some(Data::Sum(sum)) = &mut metric.data {
            sum.is_monotonic = !sum.is_monotonic;
        }
    }
}

/// Gives gauges no time.
pub(super) fn no_time(batch: &mut MetricBatch, _: u64) {
    for gauge in metrics_mut(batch).filter_map(gauge_mut) {
        for point in &mut gauge.data_points {
            point.time_unix_nano = 0;
        }
    }
}

/// Forgets to count one value in the buckets of every histogram.
pub(super) fn miscounted_histogram(batch: &mut MetricBatch, _: u64) {
    for metric in metrics_mut(batch) {
        if let Some(Data::Histogram(histogram)) = &mut metric.data {
            for point in &mut histogram.data_points {
                if let Some(bucket) = point.bucket_counts.iter_mut().find(|count| **count > 0) {
                    *bucket -= 1;
                }
            }
        }
    }
}

/// Sends every point of a gauge twice.
pub(super) fn doubled_points(batch: &mut MetricBatch, _: u64) {
    for gauge in metrics_mut(batch).filter_map(gauge_mut) {
        gauge.data_points.extend_from_within(..);
    }
}
