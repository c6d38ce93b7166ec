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
#[cfg(feature = "prometheus")]
pub(crate) use points::{Attributes, Number, exponential_histogram_point, histogram_point};

use super::views::exported_name;
use crate::convert::{resource, scope, text};

/// What `collected` is as OTLP.
pub(crate) struct Converted {
    pub(crate) request: ExportMetricsServiceRequest,
    /// Which point of `collected` each point of the request is, both numbered through from 0.
    #[cfg_attr(
        not(feature = "prometheus"),
        expect(dead_code, reason = "only scrapes ask where points came from")
    )]
    pub(crate) order: Vec<usize>,
}

/// The request that carries `collected`, with times given by `times`, without the metrics that `keep` empties. The order is of
/// use where it leaves all points.
pub(crate) fn converted(
    collected: &ResourceMetrics,
    times: &dyn StreamTimes,
    mut keep: impl FnMut(&InstrumentationScope, &mut OtlpMetric),
) -> Converted {
    let mut scopes: Vec<(OtlpScopeMetrics, Vec<usize>)> = Vec::new();
    let mut points = 0;
    for scope_metrics in collected.scope_metrics() {
        let mut metrics: Vec<(OtlpMetric, Vec<usize>)> = scope_metrics
            .metrics()
            .map(|metric| {
                let (mut converted, mut order) = convert(metric, times);
                keep(scope_metrics.scope(), &mut converted);
                for number in &mut order {
                    *number += points;
                }
                points += order.len();
                (converted, order)
            })
            .filter(|(metric, _)| order::points(metric) > 0)
            .collect();
        if metrics.is_empty() {
            continue;
        }
        metrics.sort_by(|(one, _), (two, _)| order::metrics(one, two));
        let (metrics, orders): (_, Vec<_>) = metrics.into_iter().unzip();
        let scope = OtlpScopeMetrics {
            scope: Some(scope(scope_metrics.scope())),
            metrics,
            schema_url: text(scope_metrics.scope().schema_url()),
        };
        scopes.push((scope, orders.concat()));
    }
    scopes.sort_by(|(one, _), (two, _)| order::scopes(one, two));
    let (scope_metrics, orders): (Vec<_>, Vec<_>) = scopes.into_iter().unzip();
    let resource_metrics = if scope_metrics.is_empty() {
        Vec::new()
    } else {
        vec![OtlpResourceMetrics {
            resource: Some(resource(collected.resource())),
            scope_metrics,
            schema_url: text(collected.resource().schema_url()),
        }]
    };
    Converted {
        request: ExportMetricsServiceRequest { resource_metrics },
        order: orders.concat(),
    }
}

fn convert(metric: &Metric, times: &dyn StreamTimes) -> (OtlpMetric, Vec<usize>) {
    let (data, order) = points::data(metric.data(), times);
    let metric = OtlpMetric {
        name: exported_name(metric.name()).to_owned(),
        description: metric.description().to_owned(),
        unit: metric.unit().to_owned(),
        metadata: Vec::new(),
        data: Some(data),
    };
    (metric, order)
}
