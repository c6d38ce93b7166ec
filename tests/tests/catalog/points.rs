//! The data points of a payload, one line for each.

use std::fmt::Write as _;
use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Metric, metric::Data, number_data_point::Value,
};
use otelbox::run::{Exchange, Recording};

/// What the table and the list need of a point.
pub(super) struct Point {
    pub(super) metric: String,
    pub(super) attributes: String,
    /// `delta sum`, `cumulative histogram`, `gauge`.
    kind: String,
    pub(super) is_delta: bool,
    /// The value of a sum or gauge, or count, sum and buckets of a histogram.
    value: String,
    /// A whole value, or the count of a histogram.
    pub(super) amount: i64,
    start_unix_nano: u64,
    time_unix_nano: u64,
}

/// Every point of every export, with its window as offsets from the start.
pub(super) fn list(recording: &Recording) -> String {
    let mut text = String::new();
    for exchange in recording.payloads() {
        for point in of(exchange) {
            let offset = |time: u64| {
                let offset = time.saturating_sub(recording.epoch_unix_nano);
                format!("{:.3}s", Duration::from_nanos(offset).as_secs_f64())
            };
            let _ = writeln!(
                text,
                "  export {}  {}{}  {}  {}  {}..{}",
                exchange.export.unwrap_or_default(),
                point.metric,
                point.attributes,
                point.kind,
                point.value,
                offset(point.start_unix_nano),
                offset(point.time_unix_nano)
            );
        }
    }
    text
}

/// The points of one payload, in its order.
pub(super) fn of(exchange: &Exchange) -> Vec<Point> {
    exchange
        .metrics()
        .into_iter()
        .flat_map(|request| &request.resource_metrics)
        .flat_map(|resource| &resource.scope_metrics)
        .flat_map(|scope| &scope.metrics)
        .flat_map(of_metric)
        .collect()
}

fn of_metric(metric: &Metric) -> Vec<Point> {
    let name = &metric.name;
    match &metric.data {
        Some(Data::Gauge(gauge)) => {
            let points = gauge.data_points.iter().map(|point| Point {
                metric: name.clone(),
                attributes: attributes(&point.attributes),
                kind: "gauge".to_owned(),
                is_delta: false,
                value: number(point.value.as_ref()),
                amount: whole(point.value.as_ref()),
                start_unix_nano: point.start_time_unix_nano,
                time_unix_nano: point.time_unix_nano,
            });
            points.collect()
        }
        Some(Data::Sum(sum)) => {
            let (is_delta, temporality) = temporality(sum.aggregation_temporality);
            let monotonic = if sum.is_monotonic { "monotonic " } else { "" };
            let points = sum.data_points.iter().map(|point| Point {
                metric: name.clone(),
                attributes: attributes(&point.attributes),
                kind: format!("{temporality} {monotonic}sum"),
                is_delta,
                value: number(point.value.as_ref()),
                amount: whole(point.value.as_ref()),
                start_unix_nano: point.start_time_unix_nano,
                time_unix_nano: point.time_unix_nano,
            });
            points.collect()
        }
        Some(Data::Histogram(histogram)) => {
            let (is_delta, temporality) = temporality(histogram.aggregation_temporality);
            let points = histogram.data_points.iter().map(|point| Point {
                metric: name.clone(),
                attributes: attributes(&point.attributes),
                kind: format!("{temporality} histogram"),
                is_delta,
                value: format!(
                    "count {} sum {} buckets {:?}",
                    point.count,
                    point
                        .sum
                        .map_or_else(|| "none".to_owned(), |sum| sum.to_string()),
                    point.bucket_counts
                ),
                amount: i64::try_from(point.count).expect("a small count"),
                start_unix_nano: point.start_time_unix_nano,
                time_unix_nano: point.time_unix_nano,
            });
            points.collect()
        }
        Some(Data::ExponentialHistogram(_) | Data::Summary(_)) | None => Vec::new(),
    }
}

fn temporality(temporality: i32) -> (bool, &'static str) {
    match AggregationTemporality::try_from(temporality) {
        Ok(AggregationTemporality::Delta) => (true, "delta"),
        Ok(AggregationTemporality::Cumulative) => (false, "cumulative"),
        Ok(AggregationTemporality::Unspecified) | Err(_) => (false, "unspecified"),
    }
}

fn number(value: Option<&Value>) -> String {
    match value {
        Some(Value::AsInt(value)) => value.to_string(),
        Some(Value::AsDouble(value)) => format!("{value:?}"),
        None => "no value".to_owned(),
    }
}

fn whole(value: Option<&Value>) -> i64 {
    match value {
        Some(Value::AsInt(value)) => *value,
        Some(Value::AsDouble(_)) | None => 0,
    }
}

fn attributes(attributes: &[KeyValue]) -> String {
    if attributes.is_empty() {
        return String::new();
    }
    let pairs: Vec<String> = attributes
        .iter()
        .map(|attribute| {
            let value = attribute
                .value
                .as_ref()
                .and_then(|value| value.value.as_ref());
            match value {
                Some(any_value::Value::StringValue(value)) => format!("{}={value}", attribute.key),
                other => format!("{}={other:?}", attribute.key),
            }
        })
        .collect();
    format!("{{{}}}", pairs.join(", "))
}
