//! Batches of metrics, as the SDK or somebody else makes them.

use std::time::{Duration, SystemTime};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, DataPointFlags, Exemplar, ExponentialHistogram,
    ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint,
    ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint, exemplar,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use otelbox_sdk::{MetricBatch, Window};

pub(crate) const CUMULATIVE: i32 = AggregationTemporality::Cumulative as i32;
pub(crate) const DELTA: i32 = AggregationTemporality::Delta as i32;

const SECOND: u64 = 1_000_000_000;

/// When the instruments began, in seconds.
const START: u64 = 2;

pub(crate) fn text(key: &str, value: &str) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue {
            value: Some(Any::StringValue(value.to_owned())),
        }),
        ..KeyValue::default()
    }
}

pub(crate) fn point(seconds: u64, value: Value, attributes: &[(&str, &str)]) -> NumberDataPoint {
    NumberDataPoint {
        attributes: attributes
            .iter()
            .map(|(key, value)| text(key, value))
            .collect(),
        start_time_unix_nano: START * SECOND,
        time_unix_nano: seconds * SECOND,
        value: Some(value),
        ..NumberDataPoint::default()
    }
}

/// A point that says that nothing was recorded.
pub(crate) fn nothing(seconds: u64) -> NumberDataPoint {
    NumberDataPoint {
        value: None,
        flags: DataPointFlags::NoRecordedValueMask as u32,
        ..point(seconds, Value::AsInt(0), &[])
    }
}

pub(crate) fn metric(name: &str, data: Data) -> Metric {
    Metric {
        name: name.to_owned(),
        data: Some(data),
        ..Metric::default()
    }
}

pub(crate) fn sum(name: &str, temporality: i32, points: Vec<NumberDataPoint>) -> Metric {
    metric(
        name,
        Data::Sum(Sum {
            data_points: points,
            aggregation_temporality: temporality,
            is_monotonic: true,
        }),
    )
}

pub(crate) fn counter(name: &str, seconds: u64, value: i64, attributes: &[(&str, &str)]) -> Metric {
    let point = point(seconds, Value::AsInt(value), attributes);
    sum(name, CUMULATIVE, vec![point])
}

pub(crate) fn gauge(name: &str, points: Vec<NumberDataPoint>) -> Metric {
    metric(
        name,
        Data::Gauge(Gauge {
            data_points: points,
        }),
    )
}

pub(crate) fn histogram(name: &str, seconds: u64, bounds: &[f64], counts: &[u64]) -> Metric {
    metric(
        name,
        Data::Histogram(Histogram {
            data_points: vec![HistogramDataPoint {
                start_time_unix_nano: START * SECOND,
                time_unix_nano: seconds * SECOND,
                count: counts.iter().sum(),
                sum: Some(1.5),
                bucket_counts: counts.to_vec(),
                explicit_bounds: bounds.to_vec(),
                exemplars: vec![exemplar(0.25, seconds)],
                ..HistogramDataPoint::default()
            }],
            aggregation_temporality: CUMULATIVE,
        }),
    )
}

pub(crate) fn exponential(name: &str, seconds: u64, scale: i32, sum: Option<f64>) -> Metric {
    metric(
        name,
        Data::ExponentialHistogram(ExponentialHistogram {
            data_points: vec![ExponentialHistogramDataPoint {
                start_time_unix_nano: START * SECOND,
                time_unix_nano: seconds * SECOND,
                count: 8,
                sum,
                scale,
                zero_count: 1,
                positive: Some(Buckets {
                    offset: -1,
                    bucket_counts: vec![1, 0, 0, 0, 2, 3],
                }),
                negative: Some(Buckets {
                    offset: 2,
                    bucket_counts: vec![1],
                }),
                exemplars: vec![exemplar(4.5, seconds)],
                ..ExponentialHistogramDataPoint::default()
            }],
            aggregation_temporality: CUMULATIVE,
        }),
    )
}

pub(crate) fn summary(name: &str, seconds: u64) -> Metric {
    let quantile = |quantile, value| ValueAtQuantile { quantile, value };
    metric(
        name,
        Data::Summary(Summary {
            data_points: vec![SummaryDataPoint {
                start_time_unix_nano: START * SECOND,
                time_unix_nano: seconds * SECOND,
                count: 9,
                sum: 4.5,
                quantile_values: vec![quantile(0.5, 0.4), quantile(0.99, 1.0)],
                ..SummaryDataPoint::default()
            }],
        }),
    )
}

pub(crate) fn exemplar(value: f64, seconds: u64) -> Exemplar {
    Exemplar {
        filtered_attributes: vec![text("user", "ada")],
        time_unix_nano: seconds * SECOND - 500_000_000,
        span_id: vec![0xab; 8],
        trace_id: vec![0xcd; 16],
        value: Some(exemplar::Value::AsDouble(value)),
    }
}

/// What one collection at `seconds` gave.
pub(crate) fn batch(seconds: u64, metrics: Vec<Metric>) -> MetricBatch {
    let resource = Resource {
        attributes: vec![
            text("deployment.environment.name", "test"),
            text("service.instance.id", "one"),
            text("service.name", "checkout"),
            text("service.namespace", "shop"),
        ],
        ..Resource::default()
    };
    batch_of(seconds, Some(resource), metrics)
}

/// The same, of a resource that nothing is known of.
pub(crate) fn anonymous(seconds: u64, metrics: Vec<Metric>) -> MetricBatch {
    batch_of(seconds, None, metrics)
}

/// One counter.
pub(crate) fn requests(seconds: u64, value: i64) -> MetricBatch {
    anonymous(seconds, vec![counter("requests", seconds, value, &[])])
}

fn batch_of(seconds: u64, resource: Option<Resource>, metrics: Vec<Metric>) -> MetricBatch {
    let scope = resource.is_some().then(|| InstrumentationScope {
        name: "checkout-library".to_owned(),
        version: "1.2.0".to_owned(),
        ..InstrumentationScope::default()
    });
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource,
            scope_metrics: vec![ScopeMetrics {
                scope,
                metrics,
                ..ScopeMetrics::default()
            }],
            ..ResourceMetrics::default()
        }],
    };
    let time = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let window = Window {
        start: time(seconds.saturating_sub(15)),
        end: time(seconds),
    };
    MetricBatch::new(request, window)
}
