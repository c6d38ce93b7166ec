//! Clients that carry over what they should not, or not as they should. Where nothing is carried over they are honest.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::future::BoxFuture;
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, metric::Data};
use otelbox_sdk::{Deadline, ExportFailure, ExportOutcome, Exporter, FailureReason, MetricBatch};
use parking_lot::Mutex;

use super::delivery::{Delivery, delivering};
use super::payloads::metrics_mut;
use crate::sut::OtelboxSdk;

/// Tells the reader something else about a failure than it was.
struct Retelling(fn(&mut ExportFailure));

impl Delivery<MetricBatch> for Retelling {
    fn deliver<'a>(
        &'a self,
        exporter: &'a Arc<dyn Exporter<MetricBatch>>,
        batch: &'a MetricBatch,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        Box::pin(async move {
            let mut outcome = exporter.export(batch, deadline).await;
            if let ExportOutcome::Failed(failure) = &mut outcome {
                (self.0)(failure);
            }
            outcome
        })
    }
}

/// Carries over what the receiver may have.
pub(super) fn carries_ambiguous_windows() -> OtelboxSdk {
    delivering(|| Retelling(|failure| failure.ambiguous = false))
}

/// Carries over what the receiver refused.
pub(super) fn carries_refused_data() -> OtelboxSdk {
    delivering(|| {
        Retelling(|failure| {
            if failure.reason == FailureReason::Refused {
                failure.reason = FailureReason::RetryWouldPassDeadline {
                    wait: Duration::from_secs(1),
                };
            }
        })
    })
}

/// Gives a window that carries others over the start of the newest.
pub(super) fn carries_with_the_newest_start() -> OtelboxSdk {
    #[derive(Default)]
    struct NewestStart(Mutex<Option<SystemTime>>);
    impl Delivery<MetricBatch> for NewestStart {
        fn deliver<'a>(
            &'a self,
            exporter: &'a Arc<dyn Exporter<MetricBatch>>,
            batch: &'a MetricBatch,
            deadline: Deadline,
        ) -> BoxFuture<'a, ExportOutcome> {
            let before = self.0.lock().replace(batch.window.end);
            let mut batch = batch.clone();
            if let Some(before) = before.filter(|before| *before > batch.window.start) {
                let since = before.duration_since(SystemTime::UNIX_EPOCH);
                let start = u64::try_from(since.unwrap_or_default().as_nanos()).unwrap_or(0);
                for metric in metrics_mut(&mut batch) {
                    if let Some(Data::Sum(sum)) = &mut metric.data
                        && sum.aggregation_temporality() == AggregationTemporality::Delta
                    {
                        for point in &mut sum.data_points {
                            point.start_time_unix_nano = point.start_time_unix_nano.max(start);
                        }
                    }
                }
            }
            Box::pin(async move { exporter.export(&batch, deadline).await })
        }
    }
    delivering(NewestStart::default)
}
