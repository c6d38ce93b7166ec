//! Histograms, attributes and streams: what has to add up inside one payload.

use std::collections::HashSet;

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, KeyValue, any_value},
    metrics::v1::{ExponentialHistogramDataPoint, HistogramDataPoint},
};

use super::{Item, Point, PointValue, groups_of, wire::name};
use crate::{
    judge::{Finding, Survey},
    run::{Exchange, Recording},
};

/// Spec: Metrics SDK 1.60.0, "Base2 Exponential Bucket Histogram Aggregation".
const MAX_SCALE: i32 = 20;
const MAX_BUCKETS: usize = 160;

pub(super) fn judge(recording: &Recording, points: &[Point<'_>]) -> Vec<Finding> {
    let mut histograms = Survey::new(
        "OTLP-MDT-003",
        "one bucket more than bounds, ascending bounds, buckets that add up to the count",
        "histogram points",
    );
    let mut exponential = Survey::new(
        "OTLP-MDT-007",
        "count = zero + positive + negative, scale up to 20, at most 160 buckets a side",
        "exponential histogram points",
    );
    let mut extremes = Survey::new(
        "OBX-PAY-002",
        "min <= max, and a sum between count x min and count x max",
        "histogram points with min and max",
    );
    for point in points {
        match point.value {
            PointValue::Histogram(histogram) => {
                histograms.look(
                    wrong_histogram(histogram).map(|wrong| format!("{}: {wrong}", point.label())),
                );
                if let (Some(min), Some(max)) = (histogram.min, histogram.max) {
                    extremes.look(
                        wrong_extremes(histogram.count, histogram.sum, min, max)
                            .map(|wrong| format!("{}: {wrong}", point.label())),
                    );
                }
            }
            PointValue::Exponential(histogram) => {
                exponential.look(
                    wrong_exponential(histogram).map(|wrong| format!("{}: {wrong}", point.label())),
                );
            }
            PointValue::Number(_) | PointValue::Summary => {}
        }
    }
    [
        histograms,
        exponential,
        extremes,
        keys(recording),
        one_point(points),
        one_metric(recording, points),
    ]
    .into_iter()
    .filter_map(Survey::finding)
    .collect()
}

fn wrong_histogram(point: &HistogramDataPoint) -> Option<String> {
    let (bounds, buckets) = (&point.explicit_bounds, &point.bucket_counts);
    let total: u64 = buckets
        .iter()
        .fold(0, |total, count| total.saturating_add(*count));
    if !(buckets.is_empty() && bounds.is_empty()) && buckets.len() != bounds.len() + 1 {
        Some(format!(
            "{} buckets for {} bounds",
            buckets.len(),
            bounds.len()
        ))
    } else if !bounds.windows(2).all(|pair| pair[0] < pair[1]) {
        Some(format!("bounds {bounds:?}"))
    } else if !buckets.is_empty() && total != point.count {
        Some(format!(
            "buckets add up to {total}, count is {}",
            point.count
        ))
    } else if point.count == 0 && point.sum.is_some_and(|sum| sum != 0.0) {
        Some(format!(
            "no values and a sum of {:?}",
            point.sum.unwrap_or_default()
        ))
    } else {
        None
    }
}

fn wrong_exponential(point: &ExponentialHistogramDataPoint) -> Option<String> {
    let side = |buckets: Option<
        &opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets,
    >| {
        buckets.map_or((0, 0), |buckets| {
            (
                buckets.bucket_counts.len(),
                buckets
                    .bucket_counts
                    .iter()
                    .fold(0_u64, |total, count| total.saturating_add(*count)),
            )
        })
    };
    let (positive, negative) = (side(point.positive.as_ref()), side(point.negative.as_ref()));
    let total = point
        .zero_count
        .saturating_add(positive.1)
        .saturating_add(negative.1);
    if total != point.count {
        Some(format!(
            "buckets add up to {total}, count is {}",
            point.count
        ))
    } else if point.scale > MAX_SCALE {
        Some(format!("scale {}", point.scale))
    } else if positive.0.max(negative.0) > MAX_BUCKETS {
        Some(format!(
            "{} buckets on one side",
            positive.0.max(negative.0)
        ))
    } else {
        None
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a scenario stay far below 2^53"
)]
fn wrong_extremes(count: u64, sum: Option<f64>, min: f64, max: f64) -> Option<String> {
    if count == 0 {
        return None;
    }
    if min > max {
        return Some(format!("min {min:?} > max {max:?}"));
    }
    let sum = sum?;
    let slack = 1e-9 * (count as f64) * min.abs().max(max.abs());
    let range = (count as f64 * min - slack)..=(count as f64 * max + slack);
    (!range.contains(&sum))
        .then(|| format!("{count} values from {min:?} to {max:?} and a sum of {sum:?}"))
}

/// Spec: Common 1.60.0, "Attribute Collections" (MUST); an empty key is no attribute either.
fn keys(recording: &Recording) -> Survey {
    let mut survey = Survey::new(
        "OTLP-MDT-020",
        "unique, non-empty attribute keys everywhere",
        "payloads",
    );
    for exchange in recording.payloads() {
        survey.look(wrong_keys(exchange).map(|wrong| format!("{} has {wrong}", name(exchange))));
    }
    survey
}

fn wrong_keys(exchange: &Exchange) -> Option<String> {
    let mut lists: Vec<&[KeyValue]> = Vec::new();
    if let Some(request) = exchange.metrics() {
        for outer in &request.resource_metrics {
            lists.extend(
                outer
                    .resource
                    .iter()
                    .map(|resource| resource.attributes.as_slice()),
            );
            let scopes = outer.scope_metrics.iter();
            lists.extend(
                scopes
                    .filter_map(|inner| inner.scope.as_ref())
                    .map(|scope| scope.attributes.as_slice()),
            );
        }
    }
    for group in groups_of(exchange) {
        lists.extend(
            group
                .resource
                .map(|resource| resource.attributes.as_slice()),
        );
        lists.extend(group.scope.map(|scope| scope.attributes.as_slice()));
        lists.extend(group.items.into_iter().map(Item::attributes));
    }
    let points = super::points_of(exchange);
    lists
        .into_iter()
        .chain(points.iter().map(|point| point.attributes))
        .find_map(wrong_list)
}

fn wrong_list(attributes: &[KeyValue]) -> Option<String> {
    let mut seen = HashSet::new();
    attributes.iter().find_map(|attribute| {
        if attribute.key.is_empty() {
            Some("an empty attribute key".to_owned())
        } else if !seen.insert(attribute.key.as_str()) {
            Some(format!("the attribute key `{}` twice", attribute.key))
        } else {
            attribute.value.as_ref().and_then(wrong_value)
        }
    })
}

fn wrong_value(value: &AnyValue) -> Option<String> {
    match value.value.as_ref()? {
        any_value::Value::KvlistValue(list) => wrong_list(&list.values),
        any_value::Value::ArrayValue(array) => array.values.iter().find_map(wrong_value),
        _ => None,
    }
}

fn one_point(points: &[Point<'_>]) -> Survey {
    let mut survey = Survey::new(
        "OBX-PAY-001",
        "one point for each series in a payload",
        "points",
    );
    let mut seen = HashSet::new();
    for point in points {
        let again = !seen.insert((point.exchange.ordinal, point.series()));
        survey.look(again.then(|| format!("{} has {} twice", name(point.exchange), point.label())));
    }
    survey
}

/// Spec: Metrics SDK 1.60.0, "Duplicate instrument registration" (MUST).
fn one_metric(recording: &Recording, points: &[Point<'_>]) -> Survey {
    let mut survey = Survey::new(
        "OTLP-MDT-019",
        "one metric for identical instruments",
        "metrics",
    );
    let configuration = &recording.cell.configuration;
    if configuration.views.is_some() || configuration.views_in_order.is_some() {
        // Views may make two streams of one instrument on purpose.
        return survey;
    }
    let mut seen = HashSet::new();
    let mut metrics = HashSet::new();
    for point in points {
        if metrics.insert(std::ptr::from_ref(point.metric)) {
            let identity = (
                point.exchange.ordinal,
                point.resource.as_str(),
                point.scope.as_str(),
                point.metric.name.to_ascii_lowercase(),
                point.metric.unit.as_str(),
                format!("{:?}", point.data),
            );
            let again = !seen.insert(identity);
            survey.look(
                again.then(|| format!("{} has {} twice", name(point.exchange), point.metric.name)),
            );
        }
    }
    survey
}
