//! The same data in another order.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric::Data};
use otelbox_sdk::{LogBatch, MetricBatch, SpanBatch};

use super::metrics_mut;

/// Reverses metrics, points and attributes.
pub(super) fn metrics(batch: &mut MetricBatch, _before: u64) {
    metrics_mut(batch).for_each(points);
    for resource in &mut batch.request.resource_metrics {
        if let Some(resource) = &mut resource.resource {
            resource.attributes.reverse();
        }
        resource.scope_metrics.reverse();
        for scope in &mut resource.scope_metrics {
            scope.metrics.reverse();
        }
    }
    batch.request.resource_metrics.reverse();
}

fn points(metric: &mut Metric) {
    fn reversed<P>(points: &mut [P], attributes: impl Fn(&mut P) -> &mut Vec<KeyValue>) {
        points.reverse();
        for point in points {
            attributes(point).reverse();
        }
    }
    match &mut metric.data {
        Some(Data::Gauge(gauge)) => reversed(&mut gauge.data_points, |it| &mut it.attributes),
        Some(Data::Sum(sum)) => reversed(&mut sum.data_points, |it| &mut it.attributes),
        Some(Data::Histogram(it)) => reversed(&mut it.data_points, |it| &mut it.attributes),
        Some(Data::ExponentialHistogram(it)) => {
            reversed(&mut it.data_points, |it| &mut it.attributes);
        }
        Some(Data::Summary(it)) => reversed(&mut it.data_points, |it| &mut it.attributes),
        None => {}
    }
}

/// Reverses spans and attributes.
pub(super) fn spans(batch: &mut SpanBatch, _before: u64) {
    for resource in &mut batch.request.resource_spans {
        if let Some(resource) = &mut resource.resource {
            resource.attributes.reverse();
        }
        resource.scope_spans.reverse();
        for scope in &mut resource.scope_spans {
            scope.spans.reverse();
            for span in &mut scope.spans {
                span.attributes.reverse();
            }
        }
    }
    batch.request.resource_spans.reverse();
}

/// Reverses log records and attributes.
pub(super) fn records(batch: &mut LogBatch, _before: u64) {
    for resource in &mut batch.request.resource_logs {
        if let Some(resource) = &mut resource.resource {
            resource.attributes.reverse();
        }
        resource.scope_logs.reverse();
        for scope in &mut resource.scope_logs {
            scope.log_records.reverse();
            for record in &mut scope.log_records {
                record.attributes.reverse();
            }
        }
    }
    batch.request.resource_logs.reverse();
}
