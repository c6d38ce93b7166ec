//! The seam between those who make batches and what sends them.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{Batch, Deadline, ExportError, ExportOutcome};
use crate::statistics::Statistics;

/// Takes batches away. A reader or processor holds it as `Arc<dyn Exporter<B>>` and never calls `export` twice at once.
pub trait Exporter<B: Batch>: Send + Sync + 'static {
    /// Sends `batch`, and is ready by `deadline` at the latest. What was not delivered by then is lost: nobody sends
    /// it again. Dropping the future ends the export at once.
    fn export<'a>(&'a self, batch: &'a B, deadline: Deadline) -> BoxFuture<'a, ExportOutcome>;

    /// As [`export`](Self::export), for a caller that keeps what is not delivered, or counts and logs it as lost itself:
    /// the exporter says why it gave up, and neither counts the items as dropped nor logs a loss. Default: `export`, which
    /// is right for an exporter that does not log losses.
    fn offer<'a>(&'a self, batch: &'a B, deadline: Deadline) -> BoxFuture<'a, ExportOutcome> {
        self.export(batch, deadline)
    }

    /// Shortens the export that is running, if there is one: it has until `deadline` now. A wait between two attempts ends
    /// at once and the next attempt is made, but for a wait that the receiver asked for: that is kept where it fits, and
    /// else the export is given up. It is called when a shutdown finds an export running, which is dropped at `deadline`
    /// in any case. Default: nothing.
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

    /// Whether it logs what it could not deliver. Default: no; then its caller does, so that no loss is silent.
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

/// An exporter that is shared is an exporter.
impl<B: Batch, E: Exporter<B> + ?Sized> Exporter<B> for Arc<E> {
    fn export<'a>(&'a self, batch: &'a B, deadline: Deadline) -> BoxFuture<'a, ExportOutcome> {
        (**self).export(batch, deadline)
    }

    fn offer<'a>(&'a self, batch: &'a B, deadline: Deadline) -> BoxFuture<'a, ExportOutcome> {
        (**self).offer(batch, deadline)
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
