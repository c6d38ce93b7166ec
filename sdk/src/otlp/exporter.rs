//! Sends batches to an OTLP receiver.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::OtlpExporterBuilder;
use super::events::{ExportEvents, Undelivered};
use super::failures::Failures;
use crate::export::{
    AttemptResult, Batch, Deadline, ExportError, ExportFailure, ExportOutcome, Exporter,
    FailureReason, Hurry, InFlight, Lifecycle,
};
use crate::own_telemetry::ExporterTelemetry;
use crate::retry::{Attempts, Engine, RetryEvent};
use crate::statistics::{Counters, Statistics};
use crate::transport::{EncodedRequest, OtlpClient, Sent};

/// Sends batches over gRPC, HTTP/protobuf or HTTP/JSON.
///
/// A batch is encoded once. Attempts are made as its [`RetryPolicy`](crate::RetryPolicy) says, all within one deadline:
/// the earlier of the caller's and the exporter's own timeout. The attempt in flight ends there, and a wait that would
/// cross it is not begun. What was not delivered by then is dropped, counted and logged; it is never kept for later.
///
/// Events (target `otelbox_sdk`): WARN for each retry and for what a partial success says, ERROR for each drop. The first
/// drop says what is most likely wrong and what to do; those after it say how many there were in a row, ten of a kind at
/// once and then one a second at most (DEBUG has them all), and INFO tells when exports succeed again.
pub struct OtlpExporter<B: Batch> {
    pub(super) client: OtlpClient,
    pub(super) engine: Engine,
    /// The limit of one export; `None` is no limit.
    pub(super) timeout: Option<Duration>,
    pub(super) preference: B::Preference,
    pub(super) counters: Counters,
    pub(super) failures: Failures,
    pub(super) lifecycle: Lifecycle,
    pub(super) hurry: Hurry,
    pub(super) own_telemetry: Option<ExporterTelemetry>,
    pub(super) batch: PhantomData<fn(B)>,
}

impl<B: Batch> OtlpExporter<B> {
    /// An exporter to be configured.
    pub fn builder() -> OtlpExporterBuilder<B> {
        OtlpExporterBuilder::new()
    }

    /// The client below the retries, for those who have a loop of their own.
    pub const fn client(&self) -> &OtlpClient {
        &self.client
    }

    /// The limit of one export over all attempts and waits; `None` is no limit.
    pub const fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    async fn export_batch(
        &self,
        batch: &B,
        deadline: Deadline,
        undelivered: Undelivered,
    ) -> ExportOutcome {
        if batch.is_empty() {
            return ExportOutcome::Delivered { attempts: 0 };
        }
        self.counters.count(|counts| counts.exports += 1);
        self.hurry.forget();
        let events = ExportEvents::new(
            &self.client,
            &self.counters,
            &self.failures,
            self.own_telemetry.as_ref(),
            batch,
            undelivered,
        );
        let mut outcome = match self.lifecycle.begin() {
            Some(in_flight) => self.deliver(batch, deadline, &events, in_flight).await,
            None => not_begun(FailureReason::ShutDown),
        };
        if let ExportOutcome::Failed(failure) = &mut outcome {
            failure.advice = self.client.circumstances().advice(failure);
        }
        events.ended(&outcome);
        outcome
    }

    async fn deliver(
        &self,
        batch: &B,
        deadline: Deadline,
        events: &ExportEvents<'_, B>,
        _in_flight: InFlight<'_>,
    ) -> ExportOutcome {
        let request = match self.client.encode(batch) {
            Ok(request) => request,
            Err(reason) => return not_begun(reason),
        };
        self.counters
            .count(|counts| counts.encoded_bytes += request.message_bytes() as u64);
        let own = self.timeout.map_or(Deadline::none(), Deadline::within);
        let attempts = BatchAttempts {
            exporter: self,
            request,
            events,
            sent: Sent::default(),
        };
        self.engine.run(&attempts, deadline.min(own)).await
    }
}

fn not_begun(reason: FailureReason) -> ExportOutcome {
    ExportOutcome::Failed(ExportFailure::before_any_attempt(reason))
}

impl<B: Batch> Exporter<B> for OtlpExporter<B> {
    fn export<'a>(&'a self, batch: &'a B, deadline: Deadline) -> BoxFuture<'a, ExportOutcome> {
        Box::pin(self.export_batch(batch, deadline, Undelivered::Lost))
    }

    fn offer<'a>(&'a self, batch: &'a B, deadline: Deadline) -> BoxFuture<'a, ExportOutcome> {
        Box::pin(self.export_batch(batch, deadline, Undelivered::Returned))
    }

    fn hurry(&self, deadline: Deadline) {
        self.hurry.tell(deadline);
    }

    fn force_flush(&self, deadline: Deadline) -> BoxFuture<'_, Result<(), ExportError>> {
        Box::pin(self.lifecycle.flush(deadline))
    }

    fn shutdown(&self, deadline: Deadline) -> BoxFuture<'_, Result<(), ExportError>> {
        Box::pin(async move {
            let ended = self.lifecycle.shut_down(deadline).await;
            self.client.disconnect();
            ended
        })
    }

    fn logs_losses(&self) -> bool {
        true
    }

    fn statistics(&self) -> Statistics {
        self.counters.snapshot()
    }

    fn description(&self) -> String {
        let client = &self.client;
        let tls = if client.endpoint().is_tls() {
            "enabled"
        } else {
            "disabled"
        };
        let timeout = self
            .timeout
            .map_or_else(|| "none".to_owned(), |limit| format!("{limit:?}"));
        format!(
            "endpoint={} protocol={} tls={tls} compression={} export_timeout={timeout}",
            client.endpoint(),
            client.protocol(),
            client.compression(),
        )
    }
}

impl<B: Batch> fmt::Debug for OtlpExporter<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpExporter")
            .field("signal", &B::SIGNAL)
            .field("client", &self.client)
            .field("timeout", &self.timeout)
            .field("preference", &self.preference)
            .finish_non_exhaustive()
    }
}

/// The attempts of one batch.
struct BatchAttempts<'a, B: Batch> {
    exporter: &'a OtlpExporter<B>,
    request: EncodedRequest,
    events: &'a ExportEvents<'a, B>,
    /// Whether the request of the attempt in flight has left.
    sent: Sent,
}

impl<B: Batch> Attempts for BatchAttempts<'_, B> {
    async fn attempt(&self, deadline: Deadline) -> AttemptResult {
        let client = &self.exporter.client;
        client
            .attempt_noting(&self.request, deadline, &self.sent)
            .await
    }

    fn is_sent(&self) -> bool {
        self.sent.is_noted()
    }

    fn begins(&self, number: u32) {
        self.sent.forget();
        self.events.attempt_begins(number, &self.request);
    }

    fn retries(&self, event: &RetryEvent<'_>) {
        self.events.retries(event);
    }

    async fn hurried(&self) -> Deadline {
        self.exporter.hurry.told().await
    }

    async fn closing(&self) {
        self.exporter.lifecycle.closing().await;
    }

    async fn closed(&self) {
        self.exporter.lifecycle.closed().await;
    }
}
