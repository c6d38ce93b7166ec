//! The processors as `opentelemetry_sdk` sees them.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};

use super::error::ProcessorError;
use super::handle::ProcessorHandle;
use super::item::Processed;
use super::pipeline::Pipeline;
use crate::environment::LOG_TARGET;

/// The time of a shutdown that nobody asked for.
const DROP_TIMEOUT: Duration = Duration::from_secs(5);

/// A handle that shuts down when it is dropped.
pub(super) struct Leaving {
    pub(super) handle: ProcessorHandle,
}

impl Leaving {
    pub(super) fn new<B: Processed>(pipeline: &Arc<Pipeline<B>>) -> Self {
        let pipeline = Arc::clone(pipeline);
        Self {
            handle: ProcessorHandle { pipeline },
        }
    }

    pub(super) fn force_flush(&self) -> OTelSdkResult {
        let timeout = self.handle.pipeline.settings().flush_timeout();
        let flushed = self.handle.blocking_force_flush(timeout);
        flushed.map(drop).map_err(sdk_error)
    }

    pub(super) fn shut_down(&self, timeout: Duration) -> OTelSdkResult {
        let ended = self.handle.blocking_shutdown(timeout);
        if let Err(error @ ProcessorError::WouldDeadlock { .. }) = &ended {
            tracing::warn!(
                target: LOG_TARGET,
                "{} not shut down; once it is dropped, what is queued is exported in the background: {error}",
                self.handle.pipeline.description(),
            );
        }
        ended.map(drop).map_err(sdk_error)
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        // Where it was shut down before, or its task is gone, there is nothing to do.
        let _ = self.handle.shut_down_in_background(DROP_TIMEOUT);
    }
}

fn sdk_error(error: ProcessorError) -> OTelSdkError {
    match error {
        ProcessorError::AlreadyShutDown => OTelSdkError::AlreadyShutdown,
        ProcessorError::Timeout { limit, .. } => OTelSdkError::Timeout(limit),
        other => OTelSdkError::InternalFailure(other.to_string()),
    }
}
