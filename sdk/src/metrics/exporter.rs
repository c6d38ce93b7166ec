//! Sends batches to an OTLP receiver.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::exporter_events::ExportEvents;
use super::{MetricBatch, OtlpMetricExporterBuilder, PushMetricExporter, TemporalityPreference};
use crate::export::{
    AttemptResult, Deadline, ExportError, ExportFailure, ExportOutcome, FailureReason, Hurry,
    InFlight, Lifecycle,
};
use crate::retry::{Attempts, Engine, RetryEvent};
use crate::statistics::{Counters, Statistics};
use crate::transport::{EncodedRequest, OtlpClient};

/// Sends batches over gRPC, HTTP/protobuf or HTTP/JSON.
///
/// A batch is encoded once. Attempts are made as its [`RetryPolicy`](crate::RetryPolicy) says, all within one deadline:
/// the earlier of the caller's and the exporter's own timeout. The attempt in flight ends there, and a wait that would
/// cross it is not begun. What was not delivered by then is dropped, counted and logged; it is never kept for later.
///
/// Events (target `otelbox_sdk`): WARN for each retry and for what a partial success says, ERROR for each drop.
pub struct OtlpMetricExporter {
    pub(super) client: OtlpClient,
    pub(super) engine: Engine,
    /// The limit of one export; `None` is no limit.
    pub(super) timeout: Option<Duration>,
    pub(super) temporality: TemporalityPreference,
    pub(super) counters: Counters,
    pub(super) lifecycle: Lifecycle,
    pub(super) hurry: Hurry,
}

impl OtlpMetricExporter {
    /// An exporter to be configured.
    pub fn builder() -> OtlpMetricExporterBuilder {
        OtlpMetricExporterBuilder::new()
    }

    /// The client below the retries, for those who have a loop of their own.
    pub const fn client(&self) -> &OtlpClient {
        &self.client
    }

    /// The limit of one export over all attempts and waits; `None` is no limit.
    pub const fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    async fn export_batch(&self, batch: &MetricBatch, deadline: Deadline) -> ExportOutcome {
        if batch.is_empty() {
            return ExportOutcome::Delivered { attempts: 0 };
        }
        self.counters.count(|counts| counts.exports += 1);
        self.hurry.forget();
        let events = ExportEvents::new(&self.client, &self.counters, batch);
        let outcome = match self.lifecycle.begin() {
            Some(in_flight) => self.deliver(batch, deadline, &events, in_flight).await,
            None => not_begun(FailureReason::ShutDown),
        };
        events.ended(&outcome);
        outcome
    }

    async fn deliver(
        &self,
        batch: &MetricBatch,
        deadline: Deadline,
        events: &ExportEvents<'_>,
        _in_flight: InFlight<'_>,
    ) -> ExportOutcome {
        let request = match self.client.encode_metrics(&batch.request) {
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
        };
        self.engine.run(&attempts, deadline.min(own)).await
    }
}

fn not_begun(reason: FailureReason) -> ExportOutcome {
    ExportOutcome::Failed(ExportFailure::before_any_attempt(reason))
}

impl PushMetricExporter for OtlpMetricExporter {
    fn export<'a>(
        &'a self,
        batch: &'a MetricBatch,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        Box::pin(self.export_batch(batch, deadline))
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

    fn temporality(&self) -> TemporalityPreference {
        self.temporality
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

impl fmt::Debug for OtlpMetricExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpMetricExporter")
            .field("client", &self.client)
            .field("timeout", &self.timeout)
            .field("temporality", &self.temporality)
            .finish_non_exhaustive()
    }
}

/// An exporter that is shared is an exporter.
impl<E: PushMetricExporter + ?Sized> PushMetricExporter for Arc<E> {
    fn export<'a>(
        &'a self,
        batch: &'a MetricBatch,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        (**self).export(batch, deadline)
    }

    fn hurry(&self, deadline: Deadline) {
        (**self).hurry(deadline);
    }

    fn force_flush(&self, deadline: Deadline) -> BoxFuture<'_, Result<(), ExportError>> {
        (**self).force_flush(deadline)
    }

    fn shutdown(&self, deadline: Deadline) -> BoxFuture<'_, Result<(), ExportError>> {
        (**self).shutdown(deadline)
    }

    fn temporality(&self) -> TemporalityPreference {
        (**self).temporality()
    }

    fn logs_losses(&self) -> bool {
        (**self).logs_losses()
    }

    fn statistics(&self) -> Statistics {
        (**self).statistics()
    }

    fn description(&self) -> String {
        (**self).description()
    }
}

/// The attempts of one batch.
struct BatchAttempts<'a> {
    exporter: &'a OtlpMetricExporter,
    request: EncodedRequest,
    events: &'a ExportEvents<'a>,
}

impl Attempts for BatchAttempts<'_> {
    async fn attempt(&self, deadline: Deadline) -> AttemptResult {
        self.exporter.client.attempt(&self.request, deadline).await
    }

    fn begins(&self, number: u32) {
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
