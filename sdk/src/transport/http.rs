//! Attempts over HTTP/1.1, with connections that are kept between requests.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderValue};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::rt::Executor;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use prost::Message;
use tokio::runtime;

use super::answer::{BodyError, read_body};
use super::background::Background;
use super::connect::Dialer;
use super::failure::{exchange_failed, handshake_failed};
use super::insight::Insight;
use super::overheard::{Heard, Overheard};
use super::sent::Sent;
use super::{gzip, partial_success};
use crate::clock::Clock;
use crate::compression::Compression;
use crate::config_error::ConfigError;
use crate::endpoint::Endpoint;
use crate::export::{Accepted, AnswerError, AttemptError, AttemptResult, HttpStatus, Spoken};
use crate::protocol::Protocol;
use crate::retry::retry_after;

/// How many connections are kept while no request uses them.
const MAX_IDLE: usize = 4;

/// POST requests to one URL.
pub(crate) struct HttpTransport {
    dialer: Dialer,
    uri: Uri,
    headers: HeaderMap,
    encoding: BodyEncoding,
    clock: Arc<dyn Clock>,
    max_response_bytes: usize,
    idle: Mutex<Vec<Connection>>,
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

/// A connection, and the runtime that its task lives on. On another runtime it may be that nobody drives it.
struct Connection {
    runtime: runtime::Id,
    sender: SendRequest<Full<Bytes>>,
    heard: Heard,
    insight: Insight,
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
        let host =
            HeaderValue::try_from(endpoint.authority()).map_err(|error| ConfigError::Endpoint {
                endpoint: endpoint.to_string(),
                reason: error.to_string(),
            })?;
        let encoding = match protocol {
            Protocol::HttpJson => BodyEncoding::Json,
            Protocol::HttpProtobuf | Protocol::Grpc => BodyEncoding::Protobuf,
        };
        headers.insert(HOST, host);
        let content_type = HeaderValue::from_static(encoding.content_type());
        headers.insert(CONTENT_TYPE, content_type);
        if let Some(accepted) = gzip::ACCEPTED {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(accepted));
        }
        match compression {
            Compression::None => {}
            Compression::Gzip => {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
        }
        Ok(Self {
            dialer,
            uri: Uri::from(endpoint.target().clone()),
            headers,
            encoding,
            clock,
            max_response_bytes,
            idle: Mutex::default(),
        })
    }

    /// One request with `body`.
    pub(crate) async fn attempt(&self, body: Bytes, sent: &Sent) -> AttemptResult {
        let (connection, response) = self.send(body, sent).await?;
        let (head, body) = response.into_parts();
        let read = read_body(body, self.max_response_bytes).await;
        let first_words = connection.heard.clone();
        if read.is_ok() {
            self.keep(connection);
        }
        if !head.status.is_success() {
            let bytes = read.map_or_else(|_| Bytes::new(), |body| body.bytes);
            return Err(AttemptError::Http(HttpStatus {
                status: head.status,
                message: self.message(&head.headers, &bytes),
                retry_after: retry_after(&head.headers, self.clock.now()),
            }));
        }
        match read {
            Ok(body) => self
                .accepted(head.status, &head.headers, body.bytes)
                .map_err(AttemptError::Answer),
            Err(BodyError::TooLarge) => Err(AttemptError::Answer(AnswerError::TooLarge {
                limit_bytes: self.max_response_bytes,
            })),
            Err(BodyError::Lost(error)) => Err(failed(&error, &first_words)),
        }
    }

    /// Ends the connections that no request uses.
    pub(crate) fn disconnect(&self) {
        self.idle.lock().clear();
    }

    async fn send(
        &self,
        body: Bytes,
        sent: &Sent,
    ) -> Result<(Connection, Response<Incoming>), AttemptError> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        while let Some(mut connection) = self.idle_connection().await {
            sent.note();
            match connection.sender.try_send_request(request).await {
                Ok(response) => return Ok((connection, response)),
                // Where nothing of it was sent, the connection had ended before: it goes over another one.
                Err(mut error) => match error.take_message() {
                    Some(unsent) => {
                        sent.forget();
                        request = unsent;
                    }
                    None => {
                        return Err(connection
                            .insight
                            .or(failed(error.error(), &connection.heard)));
                    }
                },
            }
        }
        let mut connection = self.connect().await?;
        sent.note();
        let response = connection
            .sender
            .send_request(request)
            .await
            .map_err(|error| connection.insight.or(failed(&error, &connection.heard)))?;
        Ok((connection, response))
    }

    async fn idle_connection(&self) -> Option<Connection> {
        loop {
            let mut connection = self.idle.lock().pop()?;
            if connection.runtime == runtime::Handle::current().id()
                && connection.sender.ready().await.is_ok()
            {
                return Some(connection);
            }
        }
    }

    fn keep(&self, connection: Connection) {
        let mut idle = self.idle.lock();
        if idle.len() < MAX_IDLE && !connection.sender.is_closed() {
            idle.push(connection);
        }
    }

    async fn connect(&self) -> Result<Connection, AttemptError> {
        let (stream, insight) = self.dialer.dial().await.map_err(AttemptError::Connection)?;
        let (stream, heard) = Overheard::new(stream);
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| insight.or(handshake_failed(&error, &heard, Spoken::Http1)))?;
        // Its end shows on the requests that it carries.
        Background.execute(connection);
        Ok(Connection {
            runtime: runtime::Handle::current().id(),
            sender,
            heard,
            insight,
        })
    }

    fn accepted(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Accepted, AnswerError> {
        // Only 200 has the answer of OTLP in its body; other successes are read as HTTP defines them.
        if status != StatusCode::OK || body.is_empty() {
            return Ok(Accepted::default());
        }
        let body = self.decompressed(headers, body)?;
        match self.encoding.of_answer(headers) {
            Some(BodyEncoding::Protobuf) => partial_success::from_protobuf(&body),
            Some(BodyEncoding::Json) => partial_success::from_json(&body),
            None => Err(AnswerError::Undecodable(
                "its content type is neither protobuf nor JSON".to_owned(),
            )),
        }
    }

    fn decompressed(&self, headers: &HeaderMap, body: Bytes) -> Result<Bytes, AnswerError> {
        match headers.get(CONTENT_ENCODING) {
            None => Ok(body),
            Some(name) if name.as_bytes().eq_ignore_ascii_case(b"identity") => Ok(body),
            Some(name) if name.as_bytes().eq_ignore_ascii_case(b"gzip") => {
                gzip::decompress(&body, self.max_response_bytes)
            }
            Some(_) => Err(AnswerError::Undecodable(
                "it is compressed in an unknown way".to_owned(),
            )),
        }
    }

    /// What the body of an error says, for people: the message of a `Status`, or the beginning of a text.
    fn message(&self, headers: &HeaderMap, body: &Bytes) -> String {
        let Ok(body) = self.decompressed(headers, body.clone()) else {
            return String::new();
        };
        let is_text = headers
            .get(CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().starts_with(b"text/"));
        let text = if is_text {
            Some(String::from_utf8_lossy(&body).into_owned())
        } else {
            match self.encoding.of_answer(headers) {
                Some(BodyEncoding::Protobuf) => status_message_from_protobuf(&body),
                Some(BodyEncoding::Json) => status_message_from_json(&body),
                None => None,
            }
        };
        let untyped = || {
            let text = std::str::from_utf8(&body).ok()?;
            let readable = !text.contains(|letter: char| letter.is_control() && letter != '\n');
            (readable && !headers.contains_key(CONTENT_TYPE)).then(|| text.to_owned())
        };
        let text = text.filter(|text| !text.is_empty()).or_else(untyped);
        // In one line, as it becomes a part of one.
        let words: Vec<&str> = text
            .as_deref()
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        words.join(" ")
    }
}

fn failed(error: &hyper::Error, heard: &Heard) -> AttemptError {
    exchange_failed(error, heard, Spoken::Http1)
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
