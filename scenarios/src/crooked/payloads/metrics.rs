//! What clients do to their metrics. `before` is how many batches came before.

use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Metric, NumberDataPoint, Sum, metric::Data,
    number_data_point::Value,
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
    if before.is_multiple_of(2) {
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

fn sums_mut(batch: &mut MetricBatch) -> impl Iterator<Item = &mut Sum> {
    metrics_mut(batch).filter_map(|metric| match &mut metric.data {
        Some(Data::Sum(sum)) => Some(sum),
        _ => None,
    })
}

/// The attributes of every point of a sum, gauge or histogram.
fn attributes_mut(batch: &mut MetricBatch) -> impl Iterator<Item = &mut Vec<KeyValue>> {
    metrics_mut(batch).flat_map(|metric| match &mut metric.data {
        Some(Data::Sum(it)) => it
            .data_points
            .iter_mut()
            .map(|it| &mut it.attributes)
            .collect(),
        Some(Data::Gauge(it)) => it
            .data_points
            .iter_mut()
            .map(|it| &mut it.attributes)
            .collect(),
        Some(Data::Histogram(it)) => it
            .data_points
            .iter_mut()
            .map(|it| &mut it.attributes)
            .collect(),
        _ => Vec::new(),
    })
}

/// Sends gauges as sums.
pub(super) fn gauges_as_sums(batch: &mut MetricBatch, _before: u64) {
    for metric in metrics_mut(batch) {
        if let Some(Data::Gauge(gauge)) = &mut metric.data {
            metric.data = Some(Data::Sum(Sum {
                data_points: std::mem::take(&mut gauge.data_points),
                aggregation_temporality: CUMULATIVE,
                is_monotonic: false,
            }));
        }
    }
}

/// Has a last bound of 12500 in the place of 10000.
pub(super) fn other_bounds(batch: &mut MetricBatch, _before: u64) {
    for metric in metrics_mut(batch) {
        if let Some(Data::Histogram(histogram)) = &mut metric.data {
            let bounds = histogram
                .data_points
                .iter_mut()
                .map(|it| &mut it.explicit_bounds);
            for bound in bounds.flatten().filter(|bound| **bound >= 10_000.0) {
                *bound = 12_500.0;
            }
        }
    }
}

const OVERFLOW: &str = "otel.metric.overflow";

fn is_overflow(point: &NumberDataPoint) -> bool {
    point
        .attributes
        .iter()
        .any(|attribute| attribute.key == OVERFLOW)
}

/// Calls the attribute of the overflow point otherwise.
pub(super) fn nameless_overflow(batch: &mut MetricBatch, _before: u64) {
    for attribute in attributes_mut(batch)
        .flatten()
        .filter(|it| it.key == OVERFLOW)
    {
        "overflow".clone_into(&mut attribute.key);
    }
}

/// Leaves the overflow point out.
pub(super) fn lost_overflow(batch: &mut MetricBatch, _before: u64) {
    for sum in sums_mut(batch) {
        sum.data_points.retain(|point| !is_overflow(point));
    }
}

/// Keeps a thousand points at most; the others are overflow.
pub(super) fn early_overflow(batch: &mut MetricBatch, _before: u64) {
    sums_mut(batch).for_each(|sum| overflow_above(sum, 1000));
}

/// Keeps 1999 points at most beside the overflow point, which counts for the limit of 2000 too.
pub(super) fn limit_with_overflow(batch: &mut MetricBatch, _before: u64) {
    sums_mut(batch).for_each(|sum| overflow_above(sum, 1999));
}

/// Adds all points beyond the first `kept` to the overflow point, which is made where there is none.
fn overflow_above(sum: &mut Sum, kept: usize) {
    if sum.data_points.len() <= kept {
        return;
    }
    let (mut over, mut points): (Vec<_>, Vec<_>) = std::mem::take(&mut sum.data_points)
        .into_iter()
        .partition(is_overflow);
    over.extend(points.split_off(kept.min(points.len())));
    let total = over.iter().filter_map(|point| match point.value {
        Some(Value::AsInt(value)) => Some(value),
        _ => None,
    });
    let total = total.sum();
    if let Some(mut overflow) = over.into_iter().next() {
        overflow.value = Some(Value::AsInt(total));
        overflow.attributes = vec![KeyValue {
            key: OVERFLOW.to_owned(),
            value: Some(AnyValue {
                value: Some(any_value::Value::BoolValue(true)),
            }),
            ..KeyValue::default()
        }];
        points.push(overflow);
    }
    sum.data_points = points;
}

/// Cuts the texts of attributes after ten characters.
pub(super) fn cut_attributes(batch: &mut MetricBatch, _before: u64) {
    for attribute in attributes_mut(batch).flatten() {
        if let Some(AnyValue {
            value: Some(any_value::Value::StringValue(text)),
        }) = &mut attribute.value
        {
            *text = text.chars().take(10).collect();
        }
    }
}

/// Adds an attribute to every point.
pub(super) fn more_attributes(batch: &mut MetricBatch, _before: u64) {
    for attributes in attributes_mut(batch) {
        attributes.push(KeyValue {
            key: "thread.id".to_owned(),
            value: Some(AnyValue {
                value: Some(any_value::Value::IntValue(1)),
            }),
            ..KeyValue::default()
        });
    }
}

/// Lets each delta window begin a millisecond after the one before has ended.
pub(super) fn late_starts(batch: &mut MetricBatch, before: u64) {
    if before == 0 {
        return;
    }
    for sum in sums_mut(batch).filter(|sum| sum.aggregation_temporality == DELTA) {
        for point in &mut sum.data_points {
            point.start_time_unix_nano += 1_000_000;
        }
    }
}

/// Does not say what SDK it is.
pub(super) fn anonymous_resource(batch: &mut MetricBatch, _before: u64) {
    let resources = batch.request.resource_metrics.iter_mut();
    for resource in resources.filter_map(|it| it.resource.as_mut()) {
        resource
            .attributes
            .retain(|attribute| !attribute.key.starts_with("telemetry.sdk."));
    }
}

/// Counts one value more than the buckets of an exponential histogram hold.
pub(super) fn miscounted_exponential(batch: &mut MetricBatch, _before: u64) {
    for metric in metrics_mut(batch) {
        if let Some(Data::ExponentialHistogram(histogram)) = &mut metric.data {
            for point in &mut histogram.data_points {
                point.count += 1;
            }
        }
    }
}

/// Keeps the last points where there are more than the limit, not the first.
pub(super) fn evicted_series(batch: &mut MetricBatch, _before: u64) {
    for sum in sums_mut(batch).filter(|sum| sum.data_points.iter().any(is_overflow)) {
        sum.data_points.sort_by_key(|point| !is_first(point));
        sum.data_points.reverse();
        overflow_above(sum, 1999);
    }
}

/// Whether this is the point of the first user.
fn is_first(point: &NumberDataPoint) -> bool {
    point.attributes.iter().any(|attribute| {
        attribute.key == "user.id"
            && attribute.value
                == Some(AnyValue {
                    value: Some(any_value::Value::IntValue(0)),
                })
    })
}

/// Writes keys in lower case.
pub(super) fn lower_case_keys(batch: &mut MetricBatch, _before: u64) {
    for attribute in attributes_mut(batch).flatten() {
        attribute.key.make_ascii_lowercase();
    }
}
