//! What one format is.

use std::fmt::Debug;
use std::time::Duration;

use http::HeaderMap;

use super::{HttpAnswer, HttpMessage};
use crate::config_error::ConfigError;
use crate::endpoint::Endpoint;
use crate::environment::Environment;
use crate::export::{Accepted, AnswerError, AttemptError, Batch, FailureReason, HttpStatus};
use crate::headers::Headers;
use crate::transport::TlsVariables;

/// A format other than OTLP, in which batches are posted to one URL.
///
/// Implemented by the formats of this crate, and by nothing else.
pub trait HttpFormat: sealed::Sealed + Send + Sync + Sized + 'static {
    /// What is exported.
    type Batch: Batch;

    /// What its builder has beside the options of all formats.
    type Options: Debug + Default + Send + Sync;

    /// What is remembered of a message in order to read its answer.
    type Note: Send + Sync;

    /// What the format is called, and how it is set up.
    const WORDS: FormatWords;

    /// Headers, in lower case, that users cannot set, beside those of HTTP. Default: none.
    const RESERVED_HEADERS: &'static [&'static str] = &[];

    /// The receiver where none is given in code: what the environment says, or the default.
    fn endpoint_from(environment: &Environment) -> Endpoint;

    /// The limit of one export where none is given in code; zero is no limit.
    fn timeout_from(environment: &Environment) -> Duration;

    /// The headers of the environment. Default: none.
    fn headers_from(environment: &Environment) -> Headers {
        let _ = environment;
        Headers::new()
    }

    /// The files for TLS that the environment names. Default: none.
    fn tls_from(environment: &Environment) -> TlsVariables {
        let _ = environment;
        TlsVariables::default()
    }

    /// The format as the options say, and else the environment.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the option that cannot be used.
    fn new(options: Self::Options, environment: &Environment) -> Result<Self, ConfigError>;

    /// Whether an HTTP status is worth another attempt, before or after which `Retry-After` is kept. It has to be one
    /// outside of 200..=299.
    fn is_retryable_status(status: u16) -> bool;

    /// Encodes a batch, once for all attempts but after a [fall-back](Self::falls_back).
    ///
    /// # Errors
    ///
    /// [`FailureReason::NotEncodable`] where nothing of it can be sent.
    fn encode(&self, batch: &Self::Batch) -> Result<HttpMessage<Self::Note>, FailureReason>;

    /// What an answer of success means for the message with this note.
    ///
    /// # Errors
    ///
    /// [`AnswerError`] where it does not say that the data was taken. Then it is unknown whether it was: it is not sent
    /// again, and counts as lost.
    fn accepted(&self, note: &Self::Note, answer: &HttpAnswer) -> Result<Accepted, AnswerError>;

    /// What a refusal for good means of which the headers say that a part was taken all the same. Default: it is one.
    fn partly_accepted(
        &self,
        note: &Self::Note,
        refusal: &HttpStatus,
        headers: &HeaderMap,
    ) -> Option<Accepted> {
        let _ = (note, refusal, headers);
        None
    }

    /// Whether the receiver, who refused the message with this note for good, in this attempt of the export (from 1), may take
    /// the batch in another form: then the format changes to that for good, and gives words for the log (`it does not take A,
    /// so B is spoken`). The batch is encoded again and sent at once. It must come to an end. Default: no.
    fn falls_back(&self, note: &Self::Note, error: &AttemptError, attempt: u32) -> Option<String> {
        let _ = (note, error, attempt);
        None
    }

    /// The last batch of all, sent before the exporter shuts down. Where it cannot be delivered nothing is lost. It is
    /// asked for in each shutdown, and to be given once. Default: none.
    fn farewell(&self) -> Option<Self::Batch> {
        None
    }

    /// How it is set up, for descriptions: `encoding=json compression=none`.
    fn description(&self) -> String;
}

/// What a format is called, and how it is set up: for requests, logs and advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatWords {
    /// The format, as it is written in sentences: `Zipkin`.
    pub name: &'static str,
    /// What takes it, with its article: `a Zipkin server`.
    pub receiver: &'static str,
    /// Who asks, as `User-Agent` says it.
    pub user_agent: &'static str,
    /// `otel.component.type` of the exporter.
    pub component_type: &'static str,
    /// How the URL is set: a variable, or the method of the builder.
    pub endpoint_option: &'static str,
    /// How headers are set: a variable, or the method of the builder.
    pub headers_option: &'static str,
    /// What changes what is sent, and to what: for receivers that do not take its type or compression.
    pub encoding_option: &'static str,
    /// The path that receivers usually have.
    pub usual_path: &'static str,
    /// The port that receivers usually have.
    pub usual_port: u16,
    /// What can be done about a request that is too large.
    pub too_large: &'static str,
}

/// What keeps [`HttpFormat`] to this crate.
pub(crate) mod sealed {
    /// Implemented for the formats of this crate.
    pub trait Sealed {}
}
