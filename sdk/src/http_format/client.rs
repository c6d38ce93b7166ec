//! A client of one receiver, for one format.

use std::sync::Arc;

use http::header::USER_AGENT;

use super::{HttpAnswer, HttpFormat, HttpMessage};
use crate::clock::Clock;
use crate::config_error::ConfigError;
use crate::delivery::{Client, Request as _};
use crate::diagnosis::{Advice, FormatCircumstances};
use crate::endpoint::Endpoint;
use crate::export::{AttemptError, AttemptResult, Deadline, ExportFailure, FailureReason};
use crate::headers::Headers;
use crate::transport::{
    Connector, Credentials, Dialer, Poster, Secrets, Sent, names_of, user_agent,
};

/// A client of one receiver, for one format.
pub(super) struct HttpClient<F> {
    pub(super) format: F,
    endpoint: Endpoint,
    max_request_bytes: usize,
    poster: Poster,
    circumstances: FormatCircumstances,
    secrets: Secrets,
}

/// What a client is made of.
pub(super) struct HttpClientParts<F> {
    pub(super) format: F,
    pub(super) endpoint: Endpoint,
    pub(super) headers: Headers,
    pub(super) max_request_bytes: usize,
    pub(super) max_response_bytes: usize,
    pub(super) connector: Arc<dyn Connector>,
    pub(super) tls: Option<Credentials>,
    pub(super) clock: Arc<dyn Clock>,
}

impl<F: HttpFormat> HttpClient<F> {
    pub(super) fn new(parts: HttpClientParts<F>) -> Result<Self, ConfigError> {
        let endpoint = parts.endpoint;
        let mut headers = parts.headers.as_map().clone();
        headers.insert(USER_AGENT, user_agent(&parts.headers, F::WORDS.user_agent));
        let dialer = Dialer::new(parts.connector, &endpoint, parts.tls);
        Ok(Self {
            format: parts.format,
            max_request_bytes: parts.max_request_bytes,
            poster: Poster::new(
                dialer,
                &endpoint,
                headers,
                parts.clock,
                parts.max_response_bytes,
            )?,
            circumstances: FormatCircumstances {
                words: F::WORDS,
                endpoint: endpoint.clone(),
                headers: names_of(&parts.headers),
            },
            secrets: Secrets::of(&parts.headers),
            endpoint,
        })
    }

    async fn post(&self, message: &HttpMessage<F::Note>, sent: &Sent) -> AttemptResult {
        let answer = self
            .poster
            .post(message.body.clone(), &message.headers, sent)
            .await?;
        if !answer.status.is_success() {
            let is_json = answer
                .headers
                .get(http::header::CONTENT_TYPE)
                .is_some_and(|value| value.as_bytes().starts_with(b"application/"));
            let refusal = self.poster.refusal(&answer, |body| {
                let text = std::str::from_utf8(body).ok().filter(|_| is_json)?;
                Some(text.to_owned())
            });
            return match &refusal {
                AttemptError::Http(status) => self
                    .format
                    .partly_accepted(&message.note, status, &answer.headers)
                    .ok_or(refusal),
                _ => Err(refusal),
            };
        }
        let body = answer.decompressed().map_err(AttemptError::Answer)?;
        let answer = HttpAnswer {
            status: answer.status,
            headers: answer.headers,
            body,
        };
        self.format
            .accepted(&message.note, &answer)
            .map_err(AttemptError::Answer)
    }
}

impl<F: HttpFormat> Client<F::Batch> for HttpClient<F> {
    type Request = HttpMessage<F::Note>;

    fn encode(&self, batch: &F::Batch) -> Result<Self::Request, FailureReason> {
        let message = self.format.encode(batch)?;
        let bytes = message.message_bytes();
        if bytes > self.max_request_bytes {
            return Err(FailureReason::TooLarge {
                bytes,
                limit_bytes: self.max_request_bytes,
            });
        }
        Ok(message)
    }

    async fn attempt(
        &self,
        message: &Self::Request,
        _deadline: Deadline,
        sent: &Sent,
    ) -> AttemptResult {
        self.secrets.hidden_in(self.post(message, sent).await)
    }

    fn falls_back(
        &self,
        message: &Self::Request,
        error: &AttemptError,
        attempt: u32,
    ) -> Option<String> {
        self.format.falls_back(&message.note, error, attempt)
    }

    fn farewell(&self) -> Option<F::Batch> {
        self.format.farewell()
    }

    fn disconnect(&self) {
        self.poster.disconnect();
    }

    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn advice(&self, failure: &ExportFailure) -> Option<Advice> {
        self.circumstances.advice(failure)
    }
}
