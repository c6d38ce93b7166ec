//! Failures of exporters of other formats than OTLP.

use std::fmt::Write as _;

use super::{Advice, Problem, connection};
use crate::endpoint::Endpoint;
use crate::export::{
    AnswerError, AttemptError, ConnectionErrorKind, ExportFailure, FailureReason, HttpStatus,
    Spoken,
};
use crate::http_format::FormatWords;

/// How such an exporter is set up, as far as its failures are explained by it.
#[derive(Clone, Debug)]
pub(crate) struct FormatCircumstances {
    pub(crate) words: FormatWords,
    pub(crate) endpoint: Endpoint,
    /// The names of the headers that the user set, without their values.
    pub(crate) headers: Vec<String>,
}

impl FormatCircumstances {
    /// What to do about `failure`; `None` where nothing more is known than the failure itself says.
    pub(crate) fn advice(&self, failure: &ExportFailure) -> Option<Advice> {
        if let FailureReason::TooLarge { .. } = failure.reason {
            return Some(self.too_large());
        }
        match failure.last_status.as_ref()? {
            AttemptError::Http(status) => self.refusal(status),
            AttemptError::Connection(error) => self.connection(error.kind),
            AttemptError::Answer(AnswerError::Undecodable(_)) => Some(self.no_receiver(
                "does not answer as one: a proxy, a login page or another server may stand there",
            )),
            AttemptError::Grpc(_) | AttemptError::TimedOut(_) | AttemptError::Answer(_) => None,
        }
    }

    fn connection(&self, kind: ConnectionErrorKind) -> Option<Advice> {
        match kind {
            ConnectionErrorKind::Refused => Some(self.refused()),
            ConnectionErrorKind::UnknownName => {
                Some(connection::unknown_name(self.endpoint.host()))
            }
            ConnectionErrorKind::Speaks(Spoken::Tls) => Some(self.tls_expected()),
            ConnectionErrorKind::Speaks(Spoken::Http2) => Some(self.no_receiver(
                "speaks HTTP/2 alone, as ports for gRPC do, and this exporter speaks HTTP/1.1",
            )),
            ConnectionErrorKind::Speaks(Spoken::Http1)
            | ConnectionErrorKind::Silent
            | ConnectionErrorKind::NotConnected
            | ConnectionErrorKind::Tls
            | ConnectionErrorKind::Lost
            | ConnectionErrorKind::Protocol => None,
        }
    }

    fn refusal(&self, status: &HttpStatus) -> Option<Advice> {
        match status.status.as_u16() {
            // What Go's HTTP server and nginx say to plain text on a port for TLS.
            400 if !self.endpoint.is_tls()
                && (status.message.contains("to an HTTPS server")
                    || status.message.contains("sent to HTTPS port")) =>
            {
                Some(self.tls_expected())
            }
            401 => Some(self.credentials(
                Problem::Unauthenticated,
                "wants to know who asks",
                "does not accept the credentials",
            )),
            403 => Some(self.credentials(
                Problem::PermissionDenied,
                "does not let everybody write",
                "does not allow it",
            )),
            404 => Some(self.not_found()),
            405 | 501 => Some(self.no_receiver(&format!(
                "takes no POST at {}",
                self.endpoint.target().path()
            ))),
            413 => Some(self.too_large()),
            415 => Some(self.media_type()),
            301 | 302 | 303 | 307 | 308 => Some(Advice::new(
                Problem::Redirected,
                format!(
                    "{} says that the receiver is elsewhere, and redirects are not followed, so that no header goes \
                     where it should not: give its own URL by {}, often https:// in place of http://",
                    self.endpoint, self.words.endpoint_option
                ),
            )),
            _ => None,
        }
    }

    fn refused(&self) -> Advice {
        let FormatWords {
            receiver,
            endpoint_option,
            name,
            usual_port,
            ..
        } = self.words;
        let address = self.endpoint.host_and_port();
        let mut text = if connection::is_loopback(self.endpoint.host()) {
            format!(
                "nothing listens on {address}: start {receiver}, or give its URL by {endpoint_option}; if this program \
                 runs in a container, localhost may be that container: use the name of the receiver's host"
            )
        } else {
            format!(
                "nothing listens on {address} for connections from here: start {receiver}, let it listen on all \
                 addresses, or give its URL by {endpoint_option}"
            )
        };
        if self.endpoint.port() != usual_port {
            let _ = write!(text, "; the usual port of {name} is {usual_port}");
        }
        Advice::new(Problem::NothingListens, text)
    }

    fn tls_expected(&self) -> Advice {
        Advice::new(
            Problem::PlainTextToTls,
            format!(
                "{} expects TLS, and this exporter speaks plain text: give https:// by {}, and if its authority is your \
                 own, name it by with_ca_certificate()",
                self.endpoint.host_and_port(),
                self.words.endpoint_option
            ),
        )
    }

    fn credentials(&self, problem: Problem, nobody: &str, somebody: &str) -> Advice {
        let receiver = self.endpoint.host_and_port();
        let option = self.words.headers_option;
        let text = match self.headers.as_slice() {
            [] => format!(
                "{receiver} {nobody}, and no header is set: set what it asks for, as in authorization, by {option}"
            ),
            [name] => format!(
                "{receiver} {somebody} that it got in the header {name}: check the value given by {option}, and whether \
                 it has expired"
            ),
            several => format!(
                "{receiver} {somebody} that it got in the headers {}: check the values given by {option}, and whether \
                 they have expired",
                several.join(", ")
            ),
        };
        Advice::new(problem, text)
    }

    fn not_found(&self) -> Advice {
        let FormatWords {
            receiver,
            endpoint_option,
            usual_path,
            ..
        } = self.words;
        let path = self.endpoint.target().path();
        let address = self.endpoint.host_and_port();
        if path == usual_path {
            return self.no_receiver(&format!("answers, and knows no {path}"));
        }
        Advice::new(
            Problem::MissingPath,
            format!(
                "{address} knows no {path}, and the URL is used as it is: {receiver} usually takes {usual_path}, so give \
                 the whole URL with it by {endpoint_option}"
            ),
        )
    }

    fn no_receiver(&self, what: &str) -> Advice {
        Advice::new(
            Problem::NoReceiver,
            format!(
                "{} {what}: check by {} that the URL is that of {}, usually port {} and path {}",
                self.endpoint.host_and_port(),
                self.words.endpoint_option,
                self.words.receiver,
                self.words.usual_port,
                self.words.usual_path
            ),
        )
    }

    fn media_type(&self) -> Advice {
        Advice::new(
            Problem::MediaType,
            format!(
                "{} does not take bodies of this type or compression: {}",
                self.endpoint.host_and_port(),
                self.words.encoding_option
            ),
        )
    }

    fn too_large(&self) -> Advice {
        Advice::new(
            Problem::TooLarge,
            format!("one export is too large: {}", self.words.too_large),
        )
    }
}
