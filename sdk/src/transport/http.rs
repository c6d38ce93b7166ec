//! Attempts of OTLP over HTTP/1.1.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, StatusCode};
use prost::Message;

use super::connect::Dialer;
use super::partial_success;
use super::post::{Answer, Poster};
use super::sent::Sent;
use crate::clock::Clock;
use crate::compression::Compression;
use crate::config_error::ConfigError;
use crate::endpoint::Endpoint;
use crate::export::{Accepted, AnswerError, AttemptError, AttemptResult};
use crate::protocol::Protocol;

/// Requests to one URL, and how their answers are read.
pub(crate) struct HttpTransport {
    poster: Poster,
    encoding: BodyEncoding,
}

/// How messages are written in bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BodyEncoding {
    Protobuf,
    Json,
}

impl BodyEncoding {
    const fn content_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }

    /// The encoding that an answer says it has; the request's, where it says nothing.
    fn of_answer(self, headers: &HeaderMap) -> Option<Self> {
        let Some(value) = headers.get(CONTENT_TYPE) else {
            return Some(self);
        };
        let text = value.to_str().ok()?;
        let media_type = text.split(';').next().unwrap_or_default().trim();
        [Self::Protobuf, Self::Json]
            .into_iter()
            .find(|encoding| encoding.content_type().eq_ignore_ascii_case(media_type))
    }
}

impl HttpTransport {
    pub(crate) fn new(
        dialer: Dialer,
        endpoint: &Endpoint,
        protocol: Protocol,
        mut headers: HeaderMap,
        compression: Compression,
        clock: Arc<dyn Clock>,
        max_response_bytes: usize,
    ) -> Result<Self, ConfigError> {
        let encoding = match protocol {
            Protocol::HttpJson => BodyEncoding::Json,
            Protocol::HttpProtobuf | Protocol::Grpc => BodyEncoding::Protobuf,
        };
        let content_type = HeaderValue::from_static(encoding.content_type());
        headers.insert(CONTENT_TYPE, content_type);
        match compression {
            Compression::None => {}
            Compression::Gzip => {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
        }
        Ok(Self {
            poster: Poster::new(dialer, endpoint, headers, clock, max_response_bytes)?,
            encoding,
        })
    }

    /// One request with `body`.
    pub(crate) async fn attempt(&self, body: Bytes, sent: &Sent) -> AttemptResult {
        let answer = self.poster.post(body, &HeaderMap::new(), sent).await?;
        if !answer.status.is_success() {
            let encoding = self.encoding.of_answer(&answer.headers);
            return Err(self.poster.refusal(&answer, |body| match encoding {
                Some(BodyEncoding::Protobuf) => status_message_from_protobuf(body),
                Some(BodyEncoding::Json) => status_message_from_json(body),
                None => None,
            }));
        }
        self.accepted(&answer).map_err(AttemptError::Answer)
    }

    /// Ends the connections that no request uses.
    pub(crate) fn disconnect(&self) {
        self.poster.disconnect();
    }

    fn accepted(&self, answer: &Answer) -> Result<Accepted, AnswerError> {
        // Only 200 has the answer of OTLP in its body; other successes are read as HTTP defines them.
        if answer.status != StatusCode::OK || answer.body.is_empty() {
            return Ok(Accepted::default());
        }
        let body = answer.decompressed()?;
        match self.encoding.of_answer(&answer.headers) {
            Some(BodyEncoding::Protobuf) => partial_success::from_protobuf(&body),
            Some(BodyEncoding::Json) => partial_success::from_json(&body),
            None => Err(AnswerError::Undecodable(
                "its content type is neither protobuf nor JSON".to_owned(),
            )),
        }
    }
}

/// `google.rpc.Status`, as far as it is read here.
#[derive(Clone, PartialEq, prost::Message)]
struct Status {
    #[prost(string, tag = "2")]
    message: String,
}

fn status_message_from_protobuf(body: &[u8]) -> Option<String> {
    Status::decode(body).ok().map(|status| status.message)
}

fn status_message_from_json(body: &[u8]) -> Option<String> {
    let status: serde_json::Value = serde_json::from_slice(body).ok()?;
    status.get("message")?.as_str().map(str::to_owned)
}
