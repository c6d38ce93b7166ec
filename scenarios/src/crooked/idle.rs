//! A client that sends streams in which nothing happened.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use futures_util::future::BoxFuture;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Metric, metric::Data, number_data_point::Value,
};
use otelbox_sdk::{Deadline, ExportOutcome, Exporter, MetricBatch};
use parking_lot::Mutex;

use super::delivery::{Delivery, delivering};
use super::payloads::metrics_mut;
use crate::sut::OtelboxSdk;

/// Sends delta streams that were not measured again, as zeros.
pub(super) fn repeats_idle_deltas() -> OtelboxSdk {
    #[derive(Default)]
    struct Known(Mutex<BTreeMap<String, Metric>>);
    impl Delivery<MetricBatch> for Known {
        fn deliver<'a>(
            &'a self,
            exporter: &'a Arc<dyn Exporter<MetricBatch>>,
            batch: &'a MetricBatch,
            deadline: Deadline,
        ) -> BoxFuture<'a, ExportOutcome> {
            let mut batch = batch.clone();
            let window = [batch.window.start, batch.window.end].map(|time| {
                let since = time.duration_since(SystemTime::UNIX_EPOCH);
                u64::try_from(since.unwrap_or_default().as_nanos()).unwrap_or(0)
            });
            let mut known = self.0.lock();
            let mut missing = known.clone();
            for metric in metrics_mut(&mut batch) {
                missing.remove(&metric.name);
                if let Some(idle) = idle(metric) {
                    known.insert(metric.name.clone(), idle);
                }
            }
            let scope = batch
                .request
                .resource_metrics
                .first_mut()
                .and_then(|resource| resource.scope_metrics.first_mut());
            if let Some(scope) = scope {
                scope
                    .metrics
                    .extend(missing.into_values().map(|mut metric| {
                        if let Some(Data::Sum(sum)) = &mut metric.data {
                            for point in &mut sum.data_points {
                                [point.start_time_unix_nano, point.time_unix_nano] = window;
                            }
                        }
                        metric
                    }));
            }
            Box::pin(async move { exporter.export(&batch, deadline).await })
        }
    }
    /// A delta sum with zeros in the place of its values.
    fn idle(metric: &Metric) -> Option<Metric> {
        let mut metric = metric.clone();
        let Some(Data::Sum(sum)) = &mut metric.data else {
            return None;
        };
        if sum.aggregation_temporality != AggregationTemporality::Delta as i32 {
            return None;
        }
        for point in &mut sum.data_points {
            point.value = Some(Value::AsInt(0));
        }
        Some(metric)
    }
    delivering(Known::default)
}
