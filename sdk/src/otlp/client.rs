//! The client of OTLP, as a delivery sees it.

use crate::delivery::{Client, Request};
use crate::diagnosis::Advice;
use crate::endpoint::Endpoint;
use crate::export::{AttemptError, AttemptResult, Batch, Deadline, ExportFailure, FailureReason};
use crate::protocol::Protocol;
use crate::transport::{EncodedRequest, OtlpClient, Sent};

impl Request for EncodedRequest {
    fn body_bytes(&self) -> usize {
        self.body().len()
    }

    fn message_bytes(&self) -> usize {
        self.message_bytes()
    }
}

impl<B: Batch> Client<B> for OtlpClient {
    type Request = EncodedRequest;

    fn encode(&self, batch: &B) -> Result<EncodedRequest, FailureReason> {
        self.encode(batch)
    }

    async fn attempt(
        &self,
        request: &EncodedRequest,
        deadline: Deadline,
        sent: &Sent,
    ) -> AttemptResult {
        self.attempt_noting(request, deadline, sent).await
    }

    fn disconnect(&self) {
        self.disconnect();
    }

    fn endpoint(&self) -> &Endpoint {
        self.endpoint()
    }

    fn advice(&self, failure: &ExportFailure) -> Option<Advice> {
        self.circumstances().advice(failure)
    }

    /// Over gRPC a failed connection shows up as UNAVAILABLE.
    fn label(&self, error: &AttemptError) -> String {
        match error {
            AttemptError::Grpc(status) => status.code_name().to_owned(),
            AttemptError::Http(answer) => format!("HTTP {}", answer.status),
            AttemptError::Connection(_) if self.protocol() == Protocol::Grpc => {
                format!("UNAVAILABLE ({error})")
            }
            other => other.to_string(),
        }
    }
}
