//! What is known about an exporter when it fails.

use super::{Advice, answer, connection};
use crate::compression::Compression;
use crate::endpoint::Endpoint;
use crate::export::{AttemptError, ExportFailure, FailureReason};
use crate::protocol::Protocol;
use crate::signal::Signal;

/// How an exporter is set up, as far as its failures are explained by it.
#[derive(Clone, Debug)]
pub struct Circumstances {
    /// What is exported.
    pub signal: Signal,
    /// How.
    pub protocol: Protocol,
    /// Where to.
    pub endpoint: Endpoint,
    /// The compression of requests.
    pub compression: Compression,
    /// The names of the headers that the user set, without their values.
    pub headers: Vec<String>,
}

impl Circumstances {
    /// What to do about `failure`; `None` where nothing more is known than the failure itself says.
    pub fn advice(&self, failure: &ExportFailure) -> Option<Advice> {
        if let FailureReason::TooLarge { .. } = failure.reason {
            return Some(answer::larger_than_the_limit(self));
        }
        match failure.last_status.as_ref()? {
            AttemptError::Grpc(status) => answer::grpc(self, status),
            AttemptError::Http(status) => answer::http(self, status),
            AttemptError::Connection(error) => connection::failed(self, error.kind),
            AttemptError::TimedOut(_) | AttemptError::Answer(_) => None,
        }
    }

    /// `host:port`.
    pub(super) fn receiver(&self) -> String {
        self.endpoint.host_and_port()
    }

    /// The endpoint with another scheme and port, without a path.
    pub(super) fn url(&self, scheme: &str, port: u16) -> String {
        let authority = self.receiver();
        let host = authority
            .rsplit_once(':')
            .map_or(authority.as_str(), |(host, _)| host);
        format!("{scheme}://{host}:{port}")
    }

    /// The scheme of the endpoint.
    pub(super) const fn scheme(&self) -> &'static str {
        if self.endpoint.is_tls() {
            "https"
        } else {
            "http"
        }
    }

    /// A variable of the signal, such as `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`.
    pub(super) fn variable_of_signal(&self, option: &str) -> String {
        format!(
            "OTEL_EXPORTER_OTLP_{}_{option}",
            self.signal.variable_part()
        )
    }
}
