//! From what the SDK aggregated to OTLP messages.
//!
//! The messages are owned and in a fixed order, so that equal data give equal bytes. Metrics without data points and
//! scopes without metrics are left out (Spec: OTLP 1.11.0, "Empty Telemetry Envelopes").

pub(crate) mod order;
mod points;

use opentelemetry::InstrumentationScope;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::{
    Metric as OtlpMetric, ResourceMetrics as OtlpResourceMetrics, ScopeMetrics as OtlpScopeMetrics,
};
use opentelemetry_sdk::metrics::data::{Metric, ResourceMetrics};

pub(crate) use points::StreamTimes;

use super::views::exported_name;
use crate::convert::{resource, scope, text};

/// The request that carries `collected`, with times given by `times`, without the metrics that `keep` empties.
pub(crate) fn request(
    collected: &ResourceMetrics,
    times: &dyn StreamTimes,
    mut keep: impl FnMut(&InstrumentationScope, &mut OtlpMetric),
) -> ExportMetricsServiceRequest {
    let mut scopes: Vec<OtlpScopeMetrics> = Vec::new();
    for scope_metrics in collected.scope_metrics() {
        let mut metrics: Vec<OtlpMetric> = scope_metrics
            .metrics()
            .map(|metric| {
                let mut converted = convert(metric, times);
                keep(scope_metrics.scope(), &mut converted);
                converted
            })
            .filter(|metric| order::points(metric) > 0)
            .collect();
        if metrics.is_empty() {
            continue;
        }
        metrics.sort_by(order::metrics);
        scopes.push(OtlpScopeMetrics {
            scope: Some(scope(scope_metrics.scope())),
            metrics,
            schema_url: text(scope_metrics.scope().schema_url()),
        });
    }
    scopes.sort_by(order::scopes);
    let resource_metrics = if scopes.is_empty() {
        Vec::new()
    } else {
        vec![OtlpResourceMetrics {
            resource: Some(resource(collected.resource())),
            scope_metrics: scopes,
            schema_url: text(collected.resource().schema_url()),
        }]
    };
    ExportMetricsServiceRequest { resource_metrics }
}

fn convert(metric: &Metric, times: &dyn StreamTimes) -> OtlpMetric {
    OtlpMetric {
        name: exported_name(metric.name()).to_owned(),
        description: metric.description().to_owned(),
        unit: metric.unit().to_owned(),
        metadata: Vec::new(),
        data: Some(points::data(metric.data(), times)),
    }
}
