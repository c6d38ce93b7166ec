//! Flushing and shutting down a reader from anywhere.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::error::ReaderError;
use super::report::{FlushReport, ShutdownReport};
use super::shared::Shared;
use crate::statistics::Statistics;

/// Flushes and shuts down a reader. Clones are handles of the same reader.
///
/// The async forms need a `tokio` runtime with time. The blocking forms are for everywhere else; where they would wait
/// for themselves, as on the runtime that the reader runs on, they fail with
/// [`WouldDeadlock`](ReaderError::WouldDeadlock) at once.
#[derive(Clone)]
pub struct ReaderHandle {
    pub(super) shared: Arc<Shared>,
}

impl ReaderHandle {
    /// Collects and exports everything recorded before the call, then flushes the exporter. A cycle that is running is
    /// waited for first, so that there never are two exports at once; the flush answers for that one too, and fails where it
    /// lost what no later export restates.
    ///
    /// `timeout` covers all of it; the reader's own timeout holds besides. When time is over the export is dropped.
    ///
    /// # Errors
    ///
    /// [`Timeout`](ReaderError::Timeout), [`ExportFailed`](ReaderError::ExportFailed),
    /// [`Exporter`](ReaderError::Exporter), [`Collect`](ReaderError::Collect),
    /// [`AlreadyShutDown`](ReaderError::AlreadyShutDown), [`NotRegistered`](ReaderError::NotRegistered),
    /// [`Forked`](ReaderError::Forked), [`Gone`](ReaderError::Gone). The first two list what was lost.
    ///
    /// Spec: Metrics SDK, "`ForceFlush`" (MUST be there; SHOULD tell success, failure and timeout apart).
    pub async fn force_flush(&self, timeout: Duration) -> Result<FlushReport, ReaderError> {
        self.shared
            .control
            .flush(timeout, self.shared.scope())
            .await
    }

    /// Collects and exports what is left, then ends exporter and reader.
    ///
    /// A cycle that is running gets half of `timeout` at most: a wait between two attempts ends at once, unless the
    /// receiver asked for it, and what is not delivered by then is given up. The final cycle has the rest. So nothing is
    /// lost where the receiver answers again, and the call returns in time where it does not. What the running cycle lost
    /// and the final one does not restate makes the shutdown fail.
    ///
    /// After it, instruments record into nothing, and nothing is sent.
    ///
    /// # Errors
    ///
    /// As [`force_flush`](Self::force_flush); [`AlreadyShutDown`](ReaderError::AlreadyShutDown) also while another
    /// shutdown is under way. A shutdown that fails has ended the reader all the same.
    ///
    /// Spec: Metrics SDK, "`Shutdown`" (MUST be called once; SHOULD return in time).
    pub async fn shutdown(&self, timeout: Duration) -> Result<ShutdownReport, ReaderError> {
        self.shared
            .control
            .shut_down(timeout, || self.shared.scope())
            .await
    }

    /// As [`force_flush`](Self::force_flush), from outside of any runtime.
    ///
    /// # Errors
    ///
    /// As the async form, and [`WouldDeadlock`](ReaderError::WouldDeadlock).
    pub fn blocking_force_flush(&self, timeout: Duration) -> Result<FlushReport, ReaderError> {
        self.check_blocking()?;
        self.shared
            .control
            .blocking_flush(timeout, self.shared.scope())
    }

    /// As [`shutdown`](Self::shutdown), from outside of any runtime.
    ///
    /// # Errors
    ///
    /// As the async form, and [`WouldDeadlock`](ReaderError::WouldDeadlock).
    pub fn blocking_shutdown(&self, timeout: Duration) -> Result<ShutdownReport, ReaderError> {
        self.check_blocking()?;
        self.shared
            .control
            .blocking_shut_down(timeout, || self.shared.scope())
    }

    /// Whether a blocking call could be answered, were it made here and now.
    pub(crate) fn check_blocking(&self) -> Result<(), ReaderError> {
        self.shared.check_blocking()
    }

    /// Ends the reader without a final cycle, and without waiting.
    pub(crate) fn abandon(&self) {
        self.shared.control.abandon();
    }

    /// What the reader and its exporter have done so far.
    pub fn statistics(&self) -> Statistics {
        self.shared
            .counters
            .snapshot()
            .merged(self.shared.destination.statistics())
    }

    /// The time between the starts of two cycles; [`Duration::MAX`] where they start when somebody asks.
    pub fn interval(&self) -> Duration {
        self.shared.timing.interval
    }

    /// The time that a cycle has.
    pub fn timeout(&self) -> Duration {
        self.shared.timing.timeout
    }
}

impl fmt::Debug for ReaderHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReaderHandle")
            .field("destination", &self.shared.destination.description())
            .field("phase", &self.shared.control.phase())
            .finish()
    }
}
