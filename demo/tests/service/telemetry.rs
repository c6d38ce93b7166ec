//! What has arrived, as far as it was accepted.

use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::Span;
use otelbox_mock_collector::{Journal, Payload};

/// Payloads that were accepted.
pub(crate) struct Telemetry(Vec<Payload>);

impl Telemetry {
    pub(crate) fn of(journal: &Journal) -> Self {
        let exchanges = journal.exchanges();
        let accepted = exchanges
            .iter()
            .filter(|exchange| exchange.is_acknowledged());
        Self(
            accepted
                .map(|exchange| exchange.payload().expect("decodable").clone())
                .collect(),
        )
    }

    pub(crate) fn spans_called(&self, name: &str) -> Vec<&Span> {
        let traces = self.0.iter().filter_map(|payload| match payload {
            Payload::Traces(traces) => Some(&traces.resource_spans),
            _ => None,
        });
        traces
            .flatten()
            .flat_map(|resource| &resource.scope_spans)
            .flat_map(|scope| &scope.spans)
            .filter(|span| span.name == name)
            .collect()
    }

    pub(crate) fn records(&self) -> Vec<&LogRecord> {
        let logs = self.0.iter().filter_map(|payload| match payload {
            Payload::Logs(logs) => Some(&logs.resource_logs),
            _ => None,
        });
        logs.flatten()
            .flat_map(|resource| &resource.scope_logs)
            .flat_map(|scope| &scope.log_records)
            .collect()
    }

    /// How many data points the gauge has in the last export that has it.
    pub(crate) fn gauges_of(&self, name: &str) -> usize {
        let metrics = self.0.iter().filter_map(|payload| match payload {
            Payload::Metrics(metrics) => Some(&metrics.resource_metrics),
            _ => None,
        });
        metrics
            .flatten()
            .flat_map(|resource| &resource.scope_metrics)
            .flat_map(|scope| &scope.metrics)
            .filter(|metric| metric.name == name)
            .filter_map(|metric| match &metric.data {
                Some(Data::Gauge(gauge)) => Some(gauge.data_points.len()),
                _ => None,
            })
            .next_back()
            .unwrap_or_default()
    }
}
