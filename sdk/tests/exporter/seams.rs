//! Clients that misbehave in one way, built of the public seams.

use std::sync::Arc;
use std::time::Duration;

use otelbox_sdk::Protocol::Grpc;
use otelbox_sdk::{
    AttemptError, AttemptResult, BoxFuture, Deadline, ExportFailure, ExportOutcome, Exporter,
    FailureReason, MetricBatch, OtlpMetricExporter, PushMetricExporter, RandomSource, RetryPolicy,
    Verdict, classify,
};
use tonic::Code;

use crate::receiver::{Receiver, Reply, batch, export, grpc, secs};

struct RetriesInvalidArgument;

impl RetryPolicy for RetriesInvalidArgument {
    fn classify(&self, result: &AttemptResult) -> Verdict {
        match result {
            Err(AttemptError::Grpc(status)) if status.code == Code::InvalidArgument => {
                Verdict::Retry { not_before: None }
            }
            result => classify(result),
        }
    }
}

struct NeverRetries;

impl RetryPolicy for NeverRetries {
    fn classify(&self, result: &AttemptResult) -> Verdict {
        match classify(result) {
            Verdict::Retry { .. } => Verdict::Drop,
            verdict => verdict,
        }
    }
}

struct EveryHalfSecondForever;

impl RetryPolicy for EveryHalfSecondForever {
    fn wait(&self, _: u32, _: Option<Duration>, _: &dyn RandomSource) -> Duration {
        Duration::from_millis(500)
    }

    fn keeps_deadline(&self) -> bool {
        false
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_can_retry_what_must_not_be_retried() {
    let receiver = Receiver::new(Grpc, [grpc(Code::InvalidArgument)]);
    let exporter = receiver.exporter();
    let outcome = export(exporter.with_retry_policy(Arc::new(RetriesInvalidArgument))).await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 2 });
}

#[tokio::test(start_paused = true)]
async fn a_policy_can_give_up_what_should_be_retried() {
    let receiver = Receiver::new(Grpc, [grpc(Code::Unavailable)]);
    let exporter = receiver.exporter();
    let outcome = export(exporter.with_retry_policy(Arc::new(NeverRetries))).await;
    assert_eq!(outcome.attempts(), 1);
    assert!(!outcome.is_delivered());
}

#[tokio::test(start_paused = true)]
async fn a_policy_can_ignore_the_deadline_and_the_backoff() {
    let script = vec![grpc(Code::Unavailable); 40];
    let receiver = Receiver::new(Grpc, script);
    let exporter = receiver.exporter();
    let outcome = export(exporter.with_retry_policy(Arc::new(EveryHalfSecondForever))).await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 41 });
    assert_eq!(receiver.arrivals().last(), Some(&20_000));
}

/// Sends another payload with each attempt.
struct ChangesItsMind(OtlpMetricExporter);

impl ChangesItsMind {
    async fn deliver(&self, batch: &MetricBatch) -> ExportOutcome {
        let mut batch = batch.clone();
        for attempts in 1.. {
            let client = self.0.client();
            let Ok(request) = client.encode(&batch) else {
                break;
            };
            if client.attempt(&request, Deadline::none()).await.is_ok() {
                return ExportOutcome::Delivered { attempts };
            }
            batch.request.resource_metrics.extend_from_within(..1);
            tokio::time::sleep(secs(1)).await;
        }
        ExportOutcome::Failed(ExportFailure::before_any_attempt(FailureReason::Other(
            "it cannot be encoded".to_owned(),
        )))
    }
}

impl Exporter<MetricBatch> for ChangesItsMind {
    fn export<'a>(&'a self, batch: &'a MetricBatch, _: Deadline) -> BoxFuture<'a, ExportOutcome> {
        Box::pin(self.deliver(batch))
    }

    fn description(&self) -> String {
        self.0.description()
    }
}

impl PushMetricExporter for ChangesItsMind {}

#[tokio::test(start_paused = true)]
async fn a_wrapper_can_have_a_loop_of_its_own() {
    let receiver = Receiver::new(Grpc, [grpc(Code::Unavailable), Reply::Close]);
    let exporter = ChangesItsMind(receiver.exporter().build().expect("an exporter"));
    let outcome = exporter.export(&batch(1), Deadline::none()).await;
    assert_eq!(outcome, ExportOutcome::Delivered { attempts: 3 });
    let sizes: Vec<_> = receiver.seen().iter().map(|seen| seen.body.len()).collect();
    assert!(sizes[0] < sizes[1] && sizes[1] < sizes[2], "{sizes:?}");
}
