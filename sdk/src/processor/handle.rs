//! Flushing and shutting down a processor from anywhere.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::error::ProcessorError;
use super::pipeline::AnyPipeline;
use super::report::{ProcessorReport, Scope};
use crate::statistics::Statistics;
use crate::worker::Refusal;

/// Flushes and shuts down a processor. Clones are handles of the same processor.
///
/// The async forms need a `tokio` runtime with time. The blocking forms are for everywhere else; where they would wait
/// for themselves, as on the runtime that the processor runs on, they fail with
/// [`WouldDeadlock`](ProcessorError::WouldDeadlock) at once.
#[derive(Clone)]
pub struct ProcessorHandle {
    pub(super) pipeline: Arc<dyn AnyPipeline>,
}

impl ProcessorHandle {
    /// Exports everything queued before the call, in as many batches as it takes, then flushes the exporter. An export
    /// that is running is waited for first, so that there never are two at once.
    ///
    /// A flush whose `timeout` is over gives up waiting, not exporting: nothing is lost by it.
    ///
    /// # Errors
    ///
    /// [`Timeout`](ProcessorError::Timeout), [`Lost`](ProcessorError::Lost), [`Exporter`](ProcessorError::Exporter),
    /// [`AlreadyShutDown`](ProcessorError::AlreadyShutDown), [`Forked`](ProcessorError::Forked),
    /// [`Gone`](ProcessorError::Gone). The first two list what was lost.
    ///
    /// Spec: Trace SDK and Logs SDK, "`ForceFlush`" (MUST export everything received before; MUST prefer the timeout).
    pub async fn force_flush(&self, timeout: Duration) -> Result<ProcessorReport, ProcessorError> {
        let scope = self.pipeline.scope();
        let flushed = self.pipeline.control().flush(timeout, scope).await;
        self.with_pending(flushed, scope)
    }

    /// Exports what is left, in as many batches as it takes, then ends exporter and processor. What comes after the call
    /// is dropped and counted.
    ///
    /// An export with others to follow gets half of the time that is left at most, the last one all of it; a wait between
    /// two attempts ends at once, unless the receiver asked for it. So nothing is lost where the receiver answers in time,
    /// one batch that it does not answer is not all, and the call returns in time in any case.
    ///
    /// # Errors
    ///
    /// As [`force_flush`](Self::force_flush); [`AlreadyShutDown`](ProcessorError::AlreadyShutDown) also while another
    /// shutdown is under way. A shutdown that fails has ended the processor all the same.
    ///
    /// Spec: Trace SDK and Logs SDK, "`Shutdown`" (MUST include the effects of `ForceFlush`; SHOULD return in time).
    pub async fn shutdown(&self, timeout: Duration) -> Result<ProcessorReport, ProcessorError> {
        let scope = self.pipeline.scope();
        let control = self.pipeline.control();
        let ended = control.shut_down(timeout, || self.pipeline.close()).await;
        self.with_pending(ended, scope)
    }

    /// As [`force_flush`](Self::force_flush), from outside of any runtime.
    ///
    /// # Errors
    ///
    /// As the async form, and [`WouldDeadlock`](ProcessorError::WouldDeadlock).
    pub fn blocking_force_flush(
        &self,
        timeout: Duration,
    ) -> Result<ProcessorReport, ProcessorError> {
        let scope = self.pipeline.scope();
        let flushed = self.pipeline.control().blocking_flush(timeout, scope);
        self.with_pending(flushed, scope)
    }

    /// As [`shutdown`](Self::shutdown), from outside of any runtime.
    ///
    /// # Errors
    ///
    /// As the async form, and [`WouldDeadlock`](ProcessorError::WouldDeadlock).
    pub fn blocking_shutdown(&self, timeout: Duration) -> Result<ProcessorReport, ProcessorError> {
        let scope = self.pipeline.scope();
        let control = self.pipeline.control();
        let ended = control.blocking_shut_down(timeout, || self.pipeline.close());
        self.with_pending(ended, scope)
    }

    /// Whether a blocking call would wait for itself, were it made here and now.
    #[cfg(feature = "setup")]
    pub(crate) fn would_deadlock(&self) -> bool {
        matches!(
            self.pipeline.control().check_blocking(),
            Err(Refusal::WouldDeadlock { .. })
        )
    }

    /// Shuts down without waiting for it.
    pub(super) fn shut_down_in_background(&self, timeout: Duration) -> Result<(), Refusal> {
        let control = self.pipeline.control();
        control.shut_down_unheard(timeout, || self.pipeline.close())
    }

    /// What the processor and its exporter have done so far.
    pub fn statistics(&self) -> Statistics {
        self.pipeline.statistics()
    }

    fn with_pending(
        &self,
        mut result: Result<ProcessorReport, ProcessorError>,
        scope: Scope,
    ) -> Result<ProcessorReport, ProcessorError> {
        if let Err(ProcessorError::Timeout { pending, .. }) = &mut result {
            let settled = self.pipeline.scope().settled.max(scope.settled);
            *pending = scope.end.saturating_sub(settled);
        }
        result
    }
}

/// Processor, exporter and settings.
impl fmt::Debug for ProcessorHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessorHandle")
            .field("description", &self.pipeline.description())
            .field("settings", &self.pipeline.settings())
            .field("phase", &self.pipeline.control().phase())
            .finish()
    }
}
