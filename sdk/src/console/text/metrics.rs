//! Metrics as text.

use std::fmt::{self, Write};

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, ExponentialHistogramDataPoint, HistogramDataPoint, Metric,
    NumberDataPoint,
};

use super::value::{Attributes, one_line};
use super::{write_resource, write_scope};
use crate::export::Batch;
use crate::metrics::MetricBatch;

/// The batch, a line for each data point.
pub(crate) fn metrics(batch: &MetricBatch) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_batch(&mut text, batch);
    text
}

fn write_batch(out: &mut String, batch: &MetricBatch) -> fmt::Result {
    writeln!(
        out,
        "{} metrics with {} data points, {}",
        batch.streams(),
        batch.items(),
        batch.window
    )?;
    for resource in &batch.request.resource_metrics {
        write_resource(out, resource.resource.as_ref())?;
        for scope_metrics in &resource.scope_metrics {
            write_scope(out, scope_metrics.scope.as_ref())?;
            for metric in &scope_metrics.metrics {
                write_metric(out, metric)?;
            }
        }
    }
    Ok(())
}

fn write_metric(out: &mut String, metric: &Metric) -> fmt::Result {
    let temporality = |number: i32| match AggregationTemporality::try_from(number) {
        Ok(AggregationTemporality::Delta) => "delta",
        Ok(AggregationTemporality::Cumulative) => "cumulative",
        _ => "without temporality",
    };
    write!(out, "    {}", one_line(&metric.name))?;
    if !metric.unit.is_empty() {
        write!(out, " [{}]", one_line(&metric.unit))?;
    }
    match &metric.data {
        Some(Data::Gauge(gauge)) => {
            writeln!(out, " gauge")?;
            write_points(out, &gauge.data_points, number)
        }
        Some(Data::Sum(sum)) => {
            let monotonic = if sum.is_monotonic { " monotonic" } else { "" };
            writeln!(
                out,
                " sum {}{monotonic}",
                temporality(sum.aggregation_temporality)
            )?;
            write_points(out, &sum.data_points, number)
        }
        Some(Data::Histogram(histogram)) => {
            writeln!(
                out,
                " histogram {}",
                temporality(histogram.aggregation_temporality)
            )?;
            write_points(out, &histogram.data_points, histogram_point)
        }
        Some(Data::ExponentialHistogram(histogram)) => {
            writeln!(
                out,
                " exponential histogram {}",
                temporality(histogram.aggregation_temporality)
            )?;
            write_points(out, &histogram.data_points, exponential_point)
        }
        Some(Data::Summary(_)) | None => writeln!(out, " (nothing that this SDK makes)"),
    }
}

fn write_points<P>(
    out: &mut String,
    points: &[P],
    show: impl Fn(&P) -> (&[KeyValue], String),
) -> fmt::Result {
    for point in points {
        let (attributes, value) = show(point);
        if attributes.is_empty() {
            writeln!(out, "      {value}")?;
        } else {
            writeln!(out, "      {}: {value}", Attributes(attributes))?;
        }
    }
    Ok(())
}

fn number(point: &NumberDataPoint) -> (&[KeyValue], String) {
    let value = match point.value {
        Some(Value::AsInt(value)) => value.to_string(),
        Some(Value::AsDouble(value)) => value.to_string(),
        None => "no value".to_owned(),
    };
    (&point.attributes, value)
}

fn histogram_point(point: &HistogramDataPoint) -> (&[KeyValue], String) {
    let mut text = summary(point.count, point.sum, point.min, point.max);
    for (index, count) in point
        .bucket_counts
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
    {
        let bound = |index: usize| point.explicit_bounds.get(index);
        let lower = index
            .checked_sub(1)
            .and_then(bound)
            .map_or_else(|| "-inf".to_owned(), ToString::to_string);
        let upper = match bound(index) {
            Some(upper) => format!("{upper}]"),
            None => "+inf)".to_owned(),
        };
        let _ = write!(text, ", ({lower}, {upper}: {count}");
    }
    (&point.attributes, text)
}

fn exponential_point(point: &ExponentialHistogramDataPoint) -> (&[KeyValue], String) {
    let summary = summary(point.count, point.sum, point.min, point.max);
    (
        &point.attributes,
        format!("{summary}, scale {}", point.scale),
    )
}

fn summary(count: u64, sum: Option<f64>, min: Option<f64>, max: Option<f64>) -> String {
    let mut text = format!("count {count}");
    for (name, value) in [("sum", sum), ("min", min), ("max", max)] {
        if let Some(value) = value {
            let _ = write!(text, ", {name} {value}");
        }
    }
    text
}
