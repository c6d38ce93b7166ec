//! The seam between one export and what makes its attempts.

use super::LeftOut;
use crate::diagnosis::Advice;
use crate::endpoint::Endpoint;
use crate::export::{AttemptError, AttemptResult, Batch, Deadline, ExportFailure, FailureReason};
use crate::transport::Sent;

/// A batch, encoded for all attempts of its export.
pub(crate) trait Request: Send + Sync {
    /// The size of what goes on the wire as the body.
    fn body_bytes(&self) -> usize;

    /// The size of the message before compression.
    fn message_bytes(&self) -> usize;

    /// What of the batch is not in it.
    fn left_out(&self) -> &[LeftOut] {
        &[]
    }
}

/// A client of one receiver. It encodes, and makes single attempts; it does not retry, and it keeps no deadline.
pub(crate) trait Client<B: Batch>: Send + Sync + 'static {
    /// A batch, encoded.
    type Request: Request;

    /// Encodes a batch, or says why it cannot be sent at all.
    fn encode(&self, batch: &B) -> Result<Self::Request, FailureReason>;

    /// Sends `request` once, and notes in `sent` that it leaves. Its caller drops it at `deadline`.
    fn attempt(
        &self,
        request: &Self::Request,
        deadline: Deadline,
        sent: &Sent,
    ) -> impl Future<Output = AttemptResult> + Send;

    /// Whether the receiver, who refused `request` with `error` in this attempt of the export, may take the batch in another
    /// form: `Some` with words for the log where it is to be encoded again, and sent at once. That is for good, so that it
    /// comes to an end.
    fn falls_back(
        &self,
        request: &Self::Request,
        error: &AttemptError,
        attempt: u32,
    ) -> Option<String> {
        let _ = (request, error, attempt);
        None
    }

    /// The last batch of all, which is sent before the exporter ends. It is tried like any other, and is no loss where it
    /// fails. Called once or more; nothing is sent after the first time.
    fn farewell(&self) -> Option<B> {
        None
    }

    /// Ends the connections that no attempt uses.
    fn disconnect(&self);

    /// The receiver.
    fn endpoint(&self) -> &Endpoint;

    /// What to do about a failure; `None` where nothing more is known than it says itself.
    fn advice(&self, failure: &ExportFailure) -> Option<Advice>;

    /// An error in a word or two.
    fn label(&self, error: &AttemptError) -> String {
        match error {
            AttemptError::Grpc(status) => status.code_name().to_owned(),
            AttemptError::Http(answer) => format!("HTTP {}", answer.status),
            other => other.to_string(),
        }
    }
}
