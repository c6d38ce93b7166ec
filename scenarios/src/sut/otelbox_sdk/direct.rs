//! The exporter itself, past reader and processor.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    metrics::v1::{
        Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, metric, number_data_point,
    },
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use otelbox_sdk::{
    Deadline, ExportOutcome, Exporter, MetricBatch, PushMetricExporter, Window, logs::LogBatch,
    traces::SpanBatch,
};

use super::provider::Called;
use crate::scenario::{CallResult, ITEM};

/// The exporter of a provider.
pub(super) enum Direct {
    Metrics(Arc<dyn PushMetricExporter>),
    Spans(Arc<dyn Exporter<SpanBatch>>),
    Records(Arc<dyn Exporter<LogBatch>>),
}

/// The time of the item: it says nothing, but has to be there.
const AT_UNIX_NANO: u64 = 1_767_225_600_000_000_000;

impl Direct {
    /// Exports one item.
    pub(super) async fn export(&self, limit: Duration) -> Called {
        let deadline = Deadline::within(limit);
        let outcome = match self {
            Self::Metrics(exporter) => exporter.export(&point(), deadline).await,
            Self::Spans(exporter) => exporter.export(&span(), deadline).await,
            Self::Records(exporter) => exporter.export(&record(), deadline).await,
        };
        match outcome {
            ExportOutcome::Failed(failure) => Err((CallResult::Failed, failure.to_string())),
            ExportOutcome::Delivered { .. } | ExportOutcome::PartialSuccess { .. } => Ok(()),
        }
    }
}

fn point() -> MetricBatch {
    let point = NumberDataPoint {
        time_unix_nano: AT_UNIX_NANO,
        value: Some(number_data_point::Value::AsInt(1)),
        ..NumberDataPoint::default()
    };
    let metric = Metric {
        name: ITEM.to_owned(),
        data: Some(metric::Data::Gauge(Gauge {
            data_points: vec![point],
        })),
        ..Metric::default()
    };
    let scope = ScopeMetrics {
        metrics: vec![metric],
        ..ScopeMetrics::default()
    };
    let resource = ResourceMetrics {
        scope_metrics: vec![scope],
        ..ResourceMetrics::default()
    };
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![resource],
    };
    let at = SystemTime::UNIX_EPOCH + Duration::from_nanos(AT_UNIX_NANO);
    MetricBatch::new(request, Window { start: at, end: at })
}

fn span() -> SpanBatch {
    let span = Span {
        trace_id: vec![1; 16],
        span_id: vec![1; 8],
        name: ITEM.to_owned(),
        kind: 1,
        start_time_unix_nano: AT_UNIX_NANO,
        end_time_unix_nano: AT_UNIX_NANO,
        ..Span::default()
    };
    let scope = ScopeSpans {
        spans: vec![span],
        ..ScopeSpans::default()
    };
    SpanBatch::new(ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            scope_spans: vec![scope],
            ..ResourceSpans::default()
        }],
    })
}

fn record() -> LogBatch {
    let record = LogRecord {
        time_unix_nano: AT_UNIX_NANO,
        observed_time_unix_nano: AT_UNIX_NANO,
        ..LogRecord::default()
    };
    let scope = ScopeLogs {
        log_records: vec![record],
        ..ScopeLogs::default()
    };
    LogBatch::new(ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            scope_logs: vec![scope],
            ..ResourceLogs::default()
        }],
    })
}
