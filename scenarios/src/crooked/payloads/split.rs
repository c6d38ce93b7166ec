//! The same data in more groups: resources and scopes may come more than once in a request.

use otelbox_sdk::{LogBatch, MetricBatch, SpanBatch};

/// Gives each metric a resource of its own.
pub(super) fn metrics(batch: &mut MetricBatch, _before: u64) {
    let mut split = Vec::new();
    for resource in &mut batch.request.resource_metrics {
        for mut scope in std::mem::take(&mut resource.scope_metrics) {
            for metric in std::mem::take(&mut scope.metrics) {
                let mut one = resource.clone();
                one.scope_metrics = vec![scope.clone()];
                one.scope_metrics[0].metrics = vec![metric];
                split.push(one);
            }
        }
    }
    batch.request.resource_metrics = split;
}

/// Gives each span a resource of its own.
pub(super) fn spans(batch: &mut SpanBatch, _before: u64) {
    let mut split = Vec::new();
    for resource in &mut batch.request.resource_spans {
        for mut scope in std::mem::take(&mut resource.scope_spans) {
            for span in std::mem::take(&mut scope.spans) {
                let mut one = resource.clone();
                one.scope_spans = vec![scope.clone()];
                one.scope_spans[0].spans = vec![span];
                split.push(one);
            }
        }
    }
    batch.request.resource_spans = split;
}

/// Gives each log record a resource of its own.
pub(super) fn records(batch: &mut LogBatch, _before: u64) {
    let mut split = Vec::new();
    for resource in &mut batch.request.resource_logs {
        for mut scope in std::mem::take(&mut resource.scope_logs) {
            for record in std::mem::take(&mut scope.log_records) {
                let mut one = resource.clone();
                one.scope_logs = vec![scope.clone()];
                one.scope_logs[0].log_records = vec![record];
                split.push(one);
            }
        }
    }
    batch.request.resource_logs = split;
}
