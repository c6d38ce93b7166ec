//! Batches for tests.

use std::time::{Duration, UNIX_EPOCH};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
};
use opentelemetry_proto::tonic::resource::v1::Resource;

use crate::metrics::{MetricBatch, Window};

pub(crate) const CUMULATIVE: i32 = AggregationTemporality::Cumulative as i32;
pub(crate) const DELTA: i32 = AggregationTemporality::Delta as i32;

/// Ten seconds, and twenty, after the beginning of 1970.
pub(crate) const START: u64 = 10_000_000_000;
pub(crate) const TIME: u64 = 20_000_000_000;

pub(crate) fn any(value: impl Into<String>) -> AnyValue {
    let value = Some(Value::StringValue(value.into()));
    AnyValue { value }
}

pub(crate) fn attributes(pairs: &[(&str, &str)]) -> Vec<KeyValue> {
    let attribute = |(key, value): &(&str, &str)| KeyValue {
        key: (*key).to_owned(),
        value: Some(any(*value)),
        ..KeyValue::default()
    };
    pairs.iter().map(attribute).collect()
}

pub(crate) fn point(pairs: &[(&str, &str)], value: Number) -> NumberDataPoint {
    NumberDataPoint {
        attributes: attributes(pairs),
        start_time_unix_nano: START,
        time_unix_nano: TIME,
        value: Some(value),
        ..NumberDataPoint::default()
    }
}

pub(crate) fn integer(pairs: &[(&str, &str)], value: i64) -> NumberDataPoint {
    point(pairs, Number::AsInt(value))
}

pub(crate) fn metric(name: &str, unit: &str, data: Data) -> Metric {
    Metric {
        name: name.to_owned(),
        description: format!("About {name}"),
        unit: unit.to_owned(),
        metadata: Vec::new(),
        data: Some(data),
    }
}

pub(crate) fn gauge(name: &str, unit: &str, data_points: Vec<NumberDataPoint>) -> Metric {
    metric(name, unit, Data::Gauge(Gauge { data_points }))
}

pub(crate) fn sum(
    name: &str,
    unit: &str,
    is_monotonic: bool,
    data_points: Vec<NumberDataPoint>,
) -> Metric {
    let sum = Sum {
        data_points,
        aggregation_temporality: CUMULATIVE,
        is_monotonic,
    };
    metric(name, unit, Data::Sum(sum))
}

pub(crate) fn counter(name: &str, unit: &str, data_points: Vec<NumberDataPoint>) -> Metric {
    sum(name, unit, true, data_points)
}

pub(crate) fn scope(name: &str, metrics: Vec<Metric>) -> ScopeMetrics {
    ScopeMetrics {
        scope: Some(InstrumentationScope {
            name: name.to_owned(),
            ..InstrumentationScope::default()
        }),
        metrics,
        schema_url: String::new(),
    }
}

pub(crate) fn resource(
    pairs: &[(&str, &str)],
    scope_metrics: Vec<ScopeMetrics>,
) -> ResourceMetrics {
    ResourceMetrics {
        resource: Some(Resource {
            attributes: attributes(pairs),
            ..Resource::default()
        }),
        scope_metrics,
        schema_url: String::new(),
    }
}

pub(crate) fn batch(resource_metrics: Vec<ResourceMetrics>) -> MetricBatch {
    let window = Window {
        start: UNIX_EPOCH + Duration::from_nanos(START),
        end: UNIX_EPOCH + Duration::from_nanos(TIME),
    };
    MetricBatch::new(ExportMetricsServiceRequest { resource_metrics }, window)
}

/// The metrics of one scope without a name, of a resource without attributes.
pub(crate) fn batch_of(metrics: Vec<Metric>) -> MetricBatch {
    batch(vec![resource(&[], vec![scope("", metrics)])])
}
