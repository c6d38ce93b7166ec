//! Streams with more series than their limit.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use prost::Message;

use crate::environment::LOG_TARGET;

/// The attribute of the one series that takes what is beyond the limit.
///
/// Spec: Metrics SDK, "Overflow attribute" (MUST).
const OVERFLOW: &str = "otel.metric.overflow";

/// How many attributes are named.
const NAMED: usize = 3;

/// Warns once for each stream that has reached its limit of series.
///
/// There is no warning before that (our choice): a limit is known only once it is reached, and many series are no mistake.
#[derive(Debug, Default)]
pub(crate) struct SeriesWatch(BTreeSet<(String, String)>);

impl SeriesWatch {
    /// Looks at one collection.
    pub(crate) fn look(&mut self, request: &ExportMetricsServiceRequest) {
        let scopes = request
            .resource_metrics
            .iter()
            .flat_map(|resource| &resource.scope_metrics);
        for scope in scopes {
            let meter = scope.scope.as_ref().map_or("", |scope| scope.name.as_str());
            for metric in &scope.metrics {
                let Some(warning) = overflow(metric) else {
                    continue;
                };
                if self.0.insert((meter.to_owned(), metric.name.clone())) {
                    tracing::warn!(target: LOG_TARGET, stream = metric.name, meter, "{warning}");
                }
            }
        }
    }
}

/// What to say of a stream that has reached its limit.
fn overflow(metric: &Metric) -> Option<String> {
    let points = attributes(metric);
    if !points.iter().any(|attributes| is_overflow(attributes)) {
        return None;
    }
    // The series without attributes does not count against the limit.
    let limit = points
        .iter()
        .filter(|attributes| !attributes.is_empty() && !is_overflow(attributes))
        .count();
    let mut values: BTreeMap<&str, HashSet<Vec<u8>>> = BTreeMap::new();
    for attribute in points
        .iter()
        .filter(|attributes| !is_overflow(attributes))
        .flat_map(|attributes| attributes.iter())
    {
        let value = attribute.value.as_ref().map(Message::encode_to_vec);
        values
            .entry(&attribute.key)
            .or_default()
            .insert(value.unwrap_or_default());
    }
    let mut counted: Vec<(usize, &str)> = values
        .into_iter()
        .map(|(key, values)| (values.len(), key))
        .collect();
    counted.sort_by_key(|(count, key)| (std::cmp::Reverse(*count), *key));
    let most: Vec<String> = counted
        .iter()
        .take(NAMED)
        .map(|(count, key)| format!("{key} ({count})"))
        .collect();
    let name = &metric.name;
    Some(format!(
        "{name:?} has reached the limit of {limit} series: all further combinations of attributes go to one series with \
         {OVERFLOW}=true, without their attributes; the attributes with the most values are {}: keep those that you need \
         with a view, as in View::new().name({name:?}).allow_attributes([..]), or raise the limit with its \
         cardinality_limit(..)",
        most.join(", ")
    ))
}

fn is_overflow(attributes: &[KeyValue]) -> bool {
    matches!(attributes, [only] if only.key == OVERFLOW)
}

/// The attributes of each point.
fn attributes(metric: &Metric) -> Vec<&[KeyValue]> {
    match &metric.data {
        Some(Data::Gauge(gauge)) => all(&gauge.data_points, |point| &point.attributes),
        Some(Data::Sum(sum)) => all(&sum.data_points, |point| &point.attributes),
        Some(Data::Histogram(histogram)) => all(&histogram.data_points, |point| &point.attributes),
        Some(Data::ExponentialHistogram(histogram)) => {
            all(&histogram.data_points, |point| &point.attributes)
        }
        Some(Data::Summary(summary)) => all(&summary.data_points, |point| &point.attributes),
        None => Vec::new(),
    }
}

fn all<T>(points: &[T], attributes: impl Fn(&T) -> &Vec<KeyValue>) -> Vec<&[KeyValue]> {
    points
        .iter()
        .map(|point| attributes(point).as_slice())
        .collect()
}
