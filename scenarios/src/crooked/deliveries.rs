//! Clients that deliver what they should not, when they should not: each stands between the reader and the exporter.

use std::collections::VecDeque;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use std::time::Duration;

use futures_util::future::BoxFuture;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Metric, metric::Data, number_data_point::Value,
};
use otelbox_sdk::{Batch, Deadline, ExportOutcome, Exporter, MetricBatch, TemporalityPreference};
use parking_lot::Mutex;

use super::delivery::{Delivery, delivering};
use super::payloads::metrics_mut;
use crate::sut::OtelboxSdk;

/// Hands every batch to a task of its own and says at once that it was delivered.
pub(super) struct Detached;

impl<B: Batch + Clone> Delivery<B> for Detached {
    fn deliver<'a>(
        &'a self,
        exporter: &'a Arc<dyn Exporter<B>>,
        batch: &'a B,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        let (exporter, batch) = (Arc::clone(exporter), batch.clone());
        drop(tokio::spawn(async move {
            exporter.export(&batch, deadline).await
        }));
        Box::pin(async { ExportOutcome::Delivered { attempts: 1 } })
    }
}

/// Starts an export while another is running.
pub(super) fn overlaps_exports() -> OtelboxSdk {
    delivering(|| Detached)
}

/// Goes on after the deadline, on a task that outlives the cycle.
pub(super) fn passes_the_deadline() -> OtelboxSdk {
    struct Endless;
    impl Delivery<MetricBatch> for Endless {
        fn deliver<'a>(
            &'a self,
            exporter: &'a Arc<dyn Exporter<MetricBatch>>,
            batch: &'a MetricBatch,
            _deadline: Deadline,
        ) -> BoxFuture<'a, ExportOutcome> {
            let (exporter, batch) = (Arc::clone(exporter), batch.clone());
            let running =
                tokio::spawn(async move { exporter.export(&batch, Deadline::none()).await });
            Box::pin(async move {
                running
                    .await
                    .unwrap_or(ExportOutcome::Delivered { attempts: 0 })
            })
        }
    }
    struct NoDeadline;
    impl otelbox_sdk::RetryPolicy for NoDeadline {
        fn keeps_deadline(&self) -> bool {
            false
        }
    }
    delivering(|| Endless)
        .with_exporter(|exporter| exporter.with_retry_policy(Arc::new(NoDeadline)))
}

/// Keeps a batch that failed and sends it before the next one.
pub(super) fn requeues_dropped_batches() -> OtelboxSdk {
    #[derive(Default)]
    struct Queue(Mutex<VecDeque<MetricBatch>>);
    impl Delivery<MetricBatch> for Queue {
        fn deliver<'a>(
            &'a self,
            exporter: &'a Arc<dyn Exporter<MetricBatch>>,
            batch: &'a MetricBatch,
            deadline: Deadline,
        ) -> BoxFuture<'a, ExportOutcome> {
            Box::pin(async move {
                self.0.lock().push_back(batch.clone());
                let mut last = ExportOutcome::Delivered { attempts: 0 };
                loop {
                    let Some(next) = self.0.lock().front().cloned() else {
                        return last;
                    };
                    last = exporter.export(&next, deadline).await;
                    if !last.is_delivered() {
                        return last;
                    }
                    self.0.lock().pop_front();
                }
            })
        }
    }
    delivering(Queue::default)
}

/// Adds the delta sums of a batch that failed to the next one.
pub(super) fn merges_dropped_windows() -> OtelboxSdk {
    #[derive(Default)]
    struct Merge(Mutex<Option<MetricBatch>>);
    impl Delivery<MetricBatch> for Merge {
        fn deliver<'a>(
            &'a self,
            exporter: &'a Arc<dyn Exporter<MetricBatch>>,
            batch: &'a MetricBatch,
            deadline: Deadline,
        ) -> BoxFuture<'a, ExportOutcome> {
            Box::pin(async move {
                let mut merged = batch.clone();
                if let Some(mut kept) = self.0.lock().take() {
                    for (into, from) in metrics_mut(&mut merged).zip(metrics_mut(&mut kept)) {
                        merge(into, from);
                    }
                }
                let outcome = exporter.export(&merged, deadline).await;
                if !outcome.is_delivered() {
                    *self.0.lock() = Some(merged);
                }
                outcome
            })
        }
    }
    fn merge(into: &mut Metric, from: &Metric) {
        let (Some(Data::Sum(into)), Some(Data::Sum(from))) = (&mut into.data, &from.data) else {
            return;
        };
        if into.aggregation_temporality != AggregationTemporality::Delta as i32 {
            return;
        }
        for (into, from) in into.data_points.iter_mut().zip(&from.data_points) {
            into.start_time_unix_nano = from.start_time_unix_nano;
            if let (Some(Value::AsInt(into)), Some(Value::AsInt(from))) =
                (&mut into.value, &from.value)
            {
                *into += from;
            }
        }
    }
    delivering(Merge::default)
}

/// Makes its own retries, and counts them in an attribute of the resource.
pub(super) fn retries_with_another_payload() -> OtelboxSdk {
    struct Restamping;
    impl Delivery<MetricBatch> for Restamping {
        fn deliver<'a>(
            &'a self,
            exporter: &'a Arc<dyn Exporter<MetricBatch>>,
            batch: &'a MetricBatch,
            deadline: Deadline,
        ) -> BoxFuture<'a, ExportOutcome> {
            Box::pin(async move {
                let mut batch = batch.clone();
                let mut wait = Duration::from_secs(1);
                loop {
                    let outcome = exporter.export(&batch, deadline).await;
                    let retryable = matches!(&outcome, ExportOutcome::Failed(failure)
                    if failure.last_status.clone().is_some_and(|status| matches!(
                        otelbox_sdk::classify(&Err(status)),
                        otelbox_sdk::Verdict::Retry { .. }
                    )));
                    if !retryable || !deadline.allows(wait) {
                        return outcome;
                    }
                    tokio::time::sleep(wait).await;
                    wait *= 2;
                    for resource in &mut batch.request.resource_metrics {
                        let attributes = &mut resource.resource.get_or_insert_default().attributes;
                        attributes.push(KeyValue {
                            key: format!("retried.after.{}s", wait.as_secs() / 2),
                            value: Some(AnyValue {
                                value: Some(any_value::Value::BoolValue(true)),
                            }),
                            ..KeyValue::default()
                        });
                    }
                }
            })
        }
    }
    struct OneAttempt;
    impl otelbox_sdk::RetryPolicy for OneAttempt {
        fn classify(&self, result: &otelbox_sdk::AttemptResult) -> otelbox_sdk::Verdict {
            match otelbox_sdk::classify(result) {
                otelbox_sdk::Verdict::Retry { .. } => otelbox_sdk::Verdict::Drop,
                other => other,
            }
        }
    }
    delivering(|| Restamping)
        .with_exporter(|exporter| exporter.with_retry_policy(Arc::new(OneAttempt)))
}

/// Sends the last batch again after it was shut down.
pub(super) struct Ghost<B> {
    last: Mutex<Option<B>>,
    gone: AtomicBool,
    after: Duration,
}

impl<B> Ghost<B> {
    pub(super) fn after(time: Duration) -> Self {
        Self {
            last: Mutex::new(None),
            gone: AtomicBool::new(false),
            after: time,
        }
    }
}

impl<B: Batch + Clone> Delivery<B> for Ghost<B> {
    fn deliver<'a>(
        &'a self,
        exporter: &'a Arc<dyn Exporter<B>>,
        batch: &'a B,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        *self.last.lock() = Some(batch.clone());
        exporter.export(batch, deadline)
    }

    fn after_shutdown(&self, exporter: &Arc<dyn Exporter<B>>) {
        if self.gone.swap(true, Ordering::Relaxed) {
            return;
        }
        let (exporter, last, after) = (Arc::clone(exporter), self.last.lock().take(), self.after);
        drop(tokio::spawn(async move {
            tokio::time::sleep(after).await;
            if let Some(batch) = last {
                let limit = Deadline::within(Duration::from_secs(5));
                drop(exporter.export(&batch, limit).await);
            }
        }));
    }

    fn shuts_down(&self) -> bool {
        false
    }
}

/// Sends the last batch again a second after it was shut down.
pub(super) fn sends_after_shutdown() -> OtelboxSdk {
    delivering(|| Ghost::after(Duration::from_secs(1)))
}

/// Sends what the preset `lowmemory` says where `delta` is asked for.
pub(super) fn wrong_preset() -> OtelboxSdk {
    struct WrongPreset;
    impl Delivery<MetricBatch> for WrongPreset {
        fn deliver<'a>(
            &'a self,
            exporter: &'a Arc<dyn Exporter<MetricBatch>>,
            batch: &'a MetricBatch,
            deadline: Deadline,
        ) -> BoxFuture<'a, ExportOutcome> {
            exporter.export(batch, deadline)
        }

        fn prefers(&self, asked: TemporalityPreference) -> TemporalityPreference {
            if asked == TemporalityPreference::delta() {
                TemporalityPreference::low_memory()
            } else {
                asked
            }
        }
    }
    delivering(|| WrongPreset)
}
