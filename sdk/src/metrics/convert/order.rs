//! The fixed order of scopes, metrics and data points.

use std::cmp::Ordering;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Metric, ScopeMetrics};
use prost::Message;

/// Scopes: by name, version, schema URL, then attributes.
pub(crate) fn scopes(one: &ScopeMetrics, two: &ScopeMetrics) -> Ordering {
    let key = |scope: &ScopeMetrics| {
        let inner = scope.scope.clone().unwrap_or_default();
        (
            inner.name,
            inner.version,
            scope.schema_url.clone(),
            attributes(&inner.attributes),
        )
    };
    key(one).cmp(&key(two))
}

/// Metrics: by name, unit, description, then kind of data, number of the OTLP field first.
pub(crate) fn metrics(one: &Metric, two: &Metric) -> Ordering {
    let key = |metric: &'_ Metric| {
        (
            metric.name.clone(),
            metric.unit.clone(),
            metric.description.clone(),
            kind(metric.data.as_ref()),
        )
    };
    key(one).cmp(&key(two))
}

/// Something to sort data points by: their encoded attributes, shorter first where one begins with the other.
pub(crate) fn attributes(attributes: &[KeyValue]) -> Vec<(String, Vec<u8>)> {
    attributes
        .iter()
        .map(|attribute| {
            let value = attribute.value.as_ref().map(Message::encode_to_vec);
            (attribute.key.clone(), value.unwrap_or_default())
        })
        .collect()
}

/// How many data points a metric has.
pub(crate) fn points(metric: &Metric) -> usize {
    match &metric.data {
        Some(Data::Gauge(gauge)) => gauge.data_points.len(),
        Some(Data::Sum(sum)) => sum.data_points.len(),
        Some(Data::Histogram(histogram)) => histogram.data_points.len(),
        Some(Data::ExponentialHistogram(histogram)) => histogram.data_points.len(),
        Some(Data::Summary(summary)) => summary.data_points.len(),
        None => 0,
    }
}

fn kind(data: Option<&Data>) -> u8 {
    match data {
        None => 0,
        Some(Data::Gauge(_)) => 5,
        Some(Data::Sum(_)) => 7,
        Some(Data::Histogram(_)) => 9,
        Some(Data::ExponentialHistogram(_)) => 10,
        Some(Data::Summary(_)) => 11,
    }
}
