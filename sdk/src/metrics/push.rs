//! The seam between the reader and what sends its batches.

use futures_util::future::BoxFuture;

use super::{MetricBatch, TemporalityPreference};
use crate::export::{Deadline, ExportError, ExportOutcome};
use crate::statistics::Statistics;

/// Takes batches away. The reader holds it as `Arc<dyn PushMetricExporter>` and never calls `export` twice at once.
pub trait PushMetricExporter: Send + Sync + 'static {
    /// Sends `batch`, and is ready by `deadline` at the latest. What was not delivered by then is lost: nobody sends
    /// it again. Dropping the future ends the export at once.
    fn export<'a>(
        &'a self,
        batch: &'a MetricBatch,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome>;

    /// Shortens the export that is running, if there is one: it has until `deadline` now. A wait between two attempts ends
    /// at once and the next attempt is made, but for a wait that the receiver asked for: that is kept where it fits, and
    /// else the export is given up. The reader calls it when a shutdown finds an export running, and drops the export at
    /// `deadline` in any case. Default: nothing.
    fn hurry(&self, deadline: Deadline) {
        let _ = deadline;
    }

    /// Waits until everything handed over before is sent. An exporter that keeps nothing back has nothing to do.
    fn force_flush(&self, deadline: Deadline) -> BoxFuture<'_, Result<(), ExportError>> {
        let _ = deadline;
        Box::pin(async { Ok(()) })
    }

    /// Ends the exporter: exports after it fail with [`FailureReason::ShutDown`](crate::FailureReason::ShutDown).
    fn shutdown(&self, deadline: Deadline) -> BoxFuture<'_, Result<(), ExportError>> {
        let _ = deadline;
        Box::pin(async { Ok(()) })
    }

    /// The temporality that it wants for each kind of instrument. Default: cumulative for all.
    fn temporality(&self) -> TemporalityPreference {
        TemporalityPreference::cumulative()
    }

    /// Whether it logs what it could not deliver. Default: no; then the reader does, so that no loss is silent.
    fn logs_losses(&self) -> bool {
        false
    }

    /// What it has done so far. Default: all zero, for exporters that do not count.
    fn statistics(&self) -> Statistics {
        Statistics::default()
    }

    /// A line for the log: what it is and where it sends, as `endpoint=localhost:4317 protocol=grpc tls=disabled`.
    fn description(&self) -> String;
}
