//! Remote write, as an exporter over HTTP sees it.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::header::HeaderName;
use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;

use super::encode::Holds;
use super::environment;
use super::protocol::RemoteWriteProtocol;
use super::state::{Encoded, State};
use super::written::Written;
use crate::config_error::ConfigError;
use crate::endpoint::Endpoint;
use crate::environment::Environment;
use crate::export::{
    Accepted, AnswerError, AttemptError, Batch as _, FailureReason, HttpStatus, PartialSuccess,
};
use crate::headers::Headers;
use crate::http_format::{FormatWords, HttpAnswer, HttpFormat, HttpMessage, sealed};
use crate::metrics::MetricBatch;
use crate::transport::TlsVariables;

const VERSION: HeaderName = HeaderName::from_static("x-prometheus-remote-write-version");

/// Prometheus remote write: what a [`PrometheusRemoteWriteExporter`](crate::PrometheusRemoteWriteExporter) sends.
pub struct RemoteWrite(Mutex<State>);

/// The options that a [`PrometheusRemoteWriteExporter`](crate::PrometheusRemoteWriteExporter) has beside those of all formats.
#[derive(Debug, Default)]
pub struct RemoteWriteOptions {
    pub(super) protocol: Option<RemoteWriteProtocol>,
}

/// What is remembered of a message in order to read its answer.
#[derive(Debug)]
pub struct RemoteWriteNote {
    protocol: RemoteWriteProtocol,
    holds: Holds,
    /// How many data points are in it.
    items: u64,
    /// Whether the receiver said success and not what it has written.
    is_unconfirmed: AtomicBool,
}

impl sealed::Sealed for RemoteWrite {}

impl HttpFormat for RemoteWrite {
    type Batch = MetricBatch;
    type Options = RemoteWriteOptions;
    type Note = RemoteWriteNote;

    const WORDS: FormatWords = FormatWords {
        name: "Prometheus",
        receiver: "a receiver of Prometheus remote write",
        user_agent: concat!(
            "OTel-Prometheus-Remote-Write-Exporter-Rust/",
            env!("CARGO_PKG_VERSION")
        ),
        component_type: "prometheus_remote_write_metric_exporter",
        endpoint_option: environment::ENDPOINT,
        headers_option: environment::HEADERS,
        encoding_option: "speak the other version of remote write, by OTELBOX_PROMETHEUS_REMOTE_WRITE_PROTOCOL",
        usual_path: "/api/v1/write",
        usual_port: 9090,
        too_large: "record fewer attributes, or let the receiver take more and raise with_max_request_bytes()",
    };

    /// Spec: Remote-Write 2.0, "Protocol" (MUST NOT be configurable).
    const RESERVED_HEADERS: &'static [&'static str] =
        &["user-agent", "x-prometheus-remote-write-version"];

    fn endpoint_from(environment: &Environment) -> Endpoint {
        environment::endpoint(environment)
    }

    fn timeout_from(environment: &Environment) -> Duration {
        environment::timeout(environment)
    }

    fn headers_from(environment: &Environment) -> Headers {
        environment::headers(environment)
    }

    fn tls_from(environment: &Environment) -> TlsVariables {
        environment::tls(environment)
    }

    fn new(options: RemoteWriteOptions, environment: &Environment) -> Result<Self, ConfigError> {
        let protocol = options
            .protocol
            .unwrap_or_else(|| environment::protocol(environment));
        Ok(Self(Mutex::new(State::new(protocol))))
    }

    /// Spec: Remote-Write 2.0, "Retries & Backoff" (MUST for 5xx, MAY for 429; MUST NOT for any other 4xx).
    fn is_retryable_status(status: u16) -> bool {
        matches!(status, 429 | 500..=599)
    }

    fn encode(&self, batch: &MetricBatch) -> Result<HttpMessage<RemoteWriteNote>, FailureReason> {
        let Encoded {
            protocol,
            body,
            message_bytes,
            holds,
            left_out,
        } = self.0.lock().encode(batch)?;
        let missing: u64 = left_out.iter().map(|(items, _)| items).sum();
        let note = RemoteWriteNote {
            protocol,
            holds,
            items: batch.items().saturating_sub(missing),
            is_unconfirmed: AtomicBool::new(false),
        };
        let message =
            HttpMessage::encoded(protocol.content_type(), "snappy", body, message_bytes, note)
                .with_header(VERSION, protocol.version());
        Ok(left_out
            .into_iter()
            .fold(message, |message, (items, reason)| {
                message.without(items, reason)
            }))
    }

    fn accepted(
        &self,
        note: &RemoteWriteNote,
        answer: &HttpAnswer,
    ) -> Result<Accepted, AnswerError> {
        let written = Written::of(&answer.headers);
        if written.is_none() && answer.is_html() {
            return Err(AnswerError::Undecodable(format!(
                "it is a page of HTML with status {}, where receivers of remote write answer 204",
                answer.status.as_u16()
            )));
        }
        let accepted = match (note.protocol, written) {
            // A receiver of 1.0 says nothing (MUST NOT be assumed to have written nothing).
            (RemoteWriteProtocol::V1, _) => Accepted::default(),
            (RemoteWriteProtocol::V2, Some(written)) => note.compared(written, None),
            (RemoteWriteProtocol::V2, None) => {
                note.is_unconfirmed.store(true, Ordering::Relaxed);
                return Err(AnswerError::Undecodable(
                    "it does not say what was written, as receivers of remote write 2.0 do"
                        .to_owned(),
                ));
            }
        };
        let mut state = self.0.lock();
        state.arrived();
        if let Some(written) = written
            && written.exemplars < note.holds.exemplars
        {
            state.warn_once("the receiver does not keep all exemplars".to_owned());
        }
        Ok(accepted)
    }

    fn partly_accepted(
        &self,
        note: &RemoteWriteNote,
        refusal: &HttpStatus,
        headers: &HeaderMap,
    ) -> Option<Accepted> {
        let written = Written::of(headers)?;
        let is_partial = note.protocol == RemoteWriteProtocol::V2
            && !Self::is_retryable_status(refusal.status.as_u16())
            && written.samples.saturating_add(written.histograms) > 0;
        is_partial.then(|| note.compared(written, Some(refusal)))
    }

    fn falls_back(
        &self,
        note: &RemoteWriteNote,
        error: &AttemptError,
        attempt: u32,
    ) -> Option<String> {
        let mut state = self.0.lock();
        let is_unconfirmed = note.is_unconfirmed.load(Ordering::Relaxed);
        let is_unknown = match error {
            AttemptError::Http(answer) if answer.status == StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                true
            }
            // Who answers so may have taken some.
            AttemptError::Http(answer) if answer.status == StatusCode::BAD_REQUEST => return None,
            // What was sent before may have been taken, and the answer lost.
            AttemptError::Http(_) if attempt > 1 => return None,
            AttemptError::Http(_) => false,
            AttemptError::Answer(_) if is_unconfirmed => true,
            AttemptError::Answer(_)
            | AttemptError::Grpc(_)
            | AttemptError::Connection(_)
            | AttemptError::TimedOut(_) => return None,
        };
        state.did_not_arrive();
        if !is_unknown {
            return None;
        }
        match note.protocol {
            RemoteWriteProtocol::V2 => {
                state.speak(RemoteWriteProtocol::V1);
                let why = if is_unconfirmed {
                    "does not say what it has written, as a receiver of Prometheus remote write 2.0 has to"
                } else {
                    "does not take Prometheus remote write 2.0"
                };
                Some(format!(
                    "it {why}; 1.0 is spoken from now on, without types, help, units, start times, exemplars and native \
                     histograms"
                ))
            }
            // Who takes neither may take the first again.
            RemoteWriteProtocol::V1 => {
                state.speak_as_wanted();
                None
            }
        }
    }

    /// Marks all series as ended.
    ///
    /// Spec: Remote-Write 1.0, "Stale Markers" (MUST).
    fn farewell(&self) -> Option<MetricBatch> {
        self.0.lock().leave()
    }

    fn description(&self) -> String {
        format!("protocol={}", self.0.lock().protocol())
    }
}

impl RemoteWriteNote {
    /// What it means that the receiver has `written` so much, and `said` what it did not like.
    fn compared(&self, written: Written, said: Option<&HttpStatus>) -> Accepted {
        let Holds {
            samples,
            histograms,
            ..
        } = self.holds;
        let missing =
            samples.saturating_sub(written.samples) + histograms.saturating_sub(written.histograms);
        if missing == 0 && said.is_none() {
            return Accepted::default();
        }
        let mut message = format!("it wrote {} of {samples} samples", written.samples);
        if histograms > 0 {
            let _ = write!(
                message,
                " and {} of {histograms} histograms",
                written.histograms
            );
        }
        if let Some(said) = said {
            let _ = write!(message, ": {said}");
        }
        // A point may be many samples, so that what is missing is of as many points at most.
        let rejected = i64::try_from(missing.min(self.items)).unwrap_or(i64::MAX);
        Accepted {
            partial_success: Some(PartialSuccess { rejected, message }),
        }
    }
}
