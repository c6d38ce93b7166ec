//! Sends batches in a format other than OTLP.

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::client::HttpClient;
use super::{HttpExporterBuilder, HttpFormat};
use crate::delivery::{Client as _, Delivery, Undelivered};
use crate::endpoint::Endpoint;
use crate::export::{Batch, Deadline, ExportError, ExportOutcome, Exporter};
use crate::statistics::Statistics;

/// Sends batches in the format `F`, one POST each.
///
/// A batch is encoded once. Attempts, deadline, counts and events are those of [`OtlpExporter`](crate::OtlpExporter);
/// which answers are worth another attempt is said where the format is described.
pub struct HttpExporter<F: HttpFormat> {
    pub(super) delivery: Delivery<F::Batch, HttpClient<F>>,
}

impl<F: HttpFormat> HttpExporter<F> {
    /// An exporter to be configured.
    pub fn builder() -> HttpExporterBuilder<F> {
        HttpExporterBuilder::new()
    }

    /// The receiver.
    pub fn endpoint(&self) -> &Endpoint {
        self.delivery.client.endpoint()
    }

    /// The limit of one export over all attempts and waits; `None` is no limit.
    pub const fn timeout(&self) -> Option<Duration> {
        self.delivery.timeout
    }
}

impl<F: HttpFormat> Exporter<F::Batch> for HttpExporter<F> {
    fn export<'a>(
        &'a self,
        batch: &'a F::Batch,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        Box::pin(self.delivery.export(batch, deadline, Undelivered::Lost))
    }

    fn offer<'a>(
        &'a self,
        batch: &'a F::Batch,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
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
        format!(
            "endpoint={} {} tls={} export_timeout={}",
            self.endpoint(),
            self.delivery.client.format.description(),
            self.endpoint().tls_words(),
            self.delivery.timeout_words(),
        )
    }
}

/// Shows no headers: they hold secrets.
impl<F: HttpFormat> fmt::Debug for HttpExporter<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpExporter")
            .field("format", &F::WORDS.name)
            .field("signal", &F::Batch::SIGNAL)
            .field("endpoint", &self.endpoint().to_string())
            .field("timeout", &self.timeout())
            .finish_non_exhaustive()
    }
}
