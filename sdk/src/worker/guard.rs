//! An export that can do no harm.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use super::Limit;
use crate::export::{ExportError, ExportFailure, ExportOutcome, FailureReason};

/// Runs `export` until `limit`. One that is not over by then, or that panics, has lost its batch and nothing else.
pub(crate) async fn guard(
    limit: &Limit,
    export: impl Future<Output = ExportOutcome>,
) -> ExportOutcome {
    let reason = match limit.bound(AssertUnwindSafe(export).catch_unwind()).await {
        Ok(Ok(outcome)) => return outcome,
        Ok(Err(payload)) => FailureReason::Other(format!(
            "the exporter panicked: {}",
            panic_message(payload.as_ref())
        )),
        Err(_) => FailureReason::DeadlineExceeded,
    };
    ExportOutcome::Failed(ExportFailure {
        ambiguous: true,
        ..ExportFailure::before_any_attempt(reason)
    })
}

/// Runs the flush or the end of an exporter until `limit`.
pub(crate) async fn guard_end(
    limit: &Limit,
    end: impl Future<Output = Result<(), ExportError>>,
) -> Result<(), ExportError> {
    match limit.bound(AssertUnwindSafe(end).catch_unwind()).await {
        Ok(Ok(result)) => result,
        Ok(Err(payload)) => Err(ExportError::Other(format!(
            "the exporter panicked: {}",
            panic_message(payload.as_ref())
        ))),
        Err(_) => Err(ExportError::DeadlineExceeded),
    }
}

/// What somebody said who panicked.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "(no message)".to_owned())
}
