//! Sends batches to an OTLP receiver.

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::OtlpExporterBuilder;
use crate::delivery::{Delivery, Undelivered};
use crate::export::{Batch, Deadline, ExportError, ExportOutcome, Exporter};
use crate::statistics::Statistics;
use crate::transport::OtlpClient;

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
    pub(super) delivery: Delivery<B, OtlpClient>,
    pub(super) preference: B::Preference,
}

impl<B: Batch> OtlpExporter<B> {
    /// An exporter to be configured.
    pub fn builder() -> OtlpExporterBuilder<B> {
        OtlpExporterBuilder::new()
    }

    /// The client below the retries, for those who have a loop of their own.
    pub const fn client(&self) -> &OtlpClient {
        &self.delivery.client
    }

    /// The limit of one export over all attempts and waits; `None` is no limit.
    pub const fn timeout(&self) -> Option<Duration> {
        self.delivery.timeout
    }
}

impl<B: Batch> Exporter<B> for OtlpExporter<B> {
    fn export<'a>(&'a self, batch: &'a B, deadline: Deadline) -> BoxFuture<'a, ExportOutcome> {
        Box::pin(self.delivery.export(batch, deadline, Undelivered::Lost))
    }

    fn offer<'a>(&'a self, batch: &'a B, deadline: Deadline) -> BoxFuture<'a, ExportOutcome> {
        Box::pin(self.delivery.export(batch, deadline, Undelivered::Returned))
    }

    fn hurry(&self, deadline: Deadline) {
        self.delivery.hurry.tell(deadline);
    }

    fn force_flush(&self, deadline: Deadline) -> BoxFuture<'_, Result<(), ExportError>> {
        Box::pin(self.delivery.flush(deadline))
    }

    fn shutdown(&self, deadline: Deadline) -> BoxFuture<'_, Result<(), ExportError>> {
        Box::pin(self.delivery.shut_down(deadline))
    }

    fn logs_losses(&self) -> bool {
        true
    }

    fn statistics(&self) -> Statistics {
        self.delivery.counters.snapshot()
    }

    fn description(&self) -> String {
        let client = self.client();
        format!(
            "endpoint={} protocol={} tls={} compression={} export_timeout={}",
            client.endpoint(),
            client.protocol(),
            client.endpoint().tls_words(),
            client.compression(),
            self.delivery.timeout_words(),
        )
    }
}

impl<B: Batch> fmt::Debug for OtlpExporter<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpExporter")
            .field("signal", &B::SIGNAL)
            .field("client", self.client())
            .field("timeout", &self.timeout())
            .field("preference", &self.preference)
            .finish_non_exhaustive()
    }
}
