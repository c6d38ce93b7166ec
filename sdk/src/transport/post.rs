//! POST requests to one URL over HTTP/1.1, with connections that are kept between requests.

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
use tokio::runtime;

use super::answer::{BodyError, read_body};
use super::background::Background;
use super::connect::Dialer;
use super::failure::{exchange_failed, handshake_failed};
use super::gzip;
use super::insight::Insight;
use super::overheard::{Heard, Overheard};
use super::sent::Sent;
use crate::clock::Clock;
use crate::config_error::ConfigError;
use crate::endpoint::Endpoint;
use crate::export::{AnswerError, AttemptError, HttpStatus, Spoken};
use crate::retry::retry_after;

/// How many connections are kept while no request uses them.
const MAX_IDLE: usize = 4;

/// POST requests to one URL.
pub(crate) struct Poster {
    dialer: Dialer,
    uri: Uri,
    headers: HeaderMap,
    clock: Arc<dyn Clock>,
    max_response_bytes: usize,
    idle: Mutex<Vec<Connection>>,
}

/// A connection, and the runtime that its task lives on. On another runtime it may be that nobody drives it.
struct Connection {
    runtime: runtime::Id,
    sender: SendRequest<Full<Bytes>>,
    heard: Heard,
    insight: Insight,
}

/// What the other side answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// As it came. It is whole where the status is a success, and else as much as could be read: all of it, or nothing.
    pub(crate) body: Bytes,
    max_bytes: usize,
}

impl Poster {
    /// Requests to `endpoint`, each with `headers`.
    pub(crate) fn new(
        dialer: Dialer,
        endpoint: &Endpoint,
        mut headers: HeaderMap,
        clock: Arc<dyn Clock>,
        max_response_bytes: usize,
    ) -> Result<Self, ConfigError> {
        let host =
            HeaderValue::try_from(endpoint.authority()).map_err(|error| ConfigError::Endpoint {
                endpoint: endpoint.to_string(),
                reason: error.to_string(),
            })?;
        headers.insert(HOST, host);
        if let Some(accepted) = gzip::ACCEPTED {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(accepted));
        }
        Ok(Self {
            dialer,
            uri: Uri::from(endpoint.target().clone()),
            headers,
            clock,
            max_response_bytes,
            idle: Mutex::default(),
        })
    }

    /// One request with `body`, and with `own` headers beside those of all requests. An answer of success is an error
    /// where it cannot be read in whole.
    pub(crate) async fn post(
        &self,
        body: Bytes,
        own: &HeaderMap,
        sent: &Sent,
    ) -> Result<Answer, AttemptError> {
        let (connection, response) = self.send(body, own, sent).await?;
        let (head, body) = response.into_parts();
        let read = read_body(body, self.max_response_bytes).await;
        let first_words = connection.heard.clone();
        if read.is_ok() {
            self.keep(connection);
        }
        let body = match read {
            Ok(body) => body.bytes,
            Err(_) if !head.status.is_success() => Bytes::new(),
            Err(BodyError::TooLarge) => {
                return Err(AttemptError::Answer(AnswerError::TooLarge {
                    limit_bytes: self.max_response_bytes,
                }));
            }
            Err(BodyError::Lost(error)) => return Err(failed(&error, &first_words)),
        };
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body,
            max_bytes: self.max_response_bytes,
        })
    }

    /// What an answer means that is no success. `typed` reads the body of one that is no text.
    pub(crate) fn refusal(
        &self,
        answer: &Answer,
        typed: impl FnOnce(&Bytes) -> Option<String>,
    ) -> AttemptError {
        AttemptError::Http(HttpStatus {
            status: answer.status,
            message: answer.message(typed),
            retry_after: retry_after(&answer.headers, self.clock.now()),
        })
    }

    /// Ends the connections that no request uses.
    pub(crate) fn disconnect(&self) {
        self.idle.lock().clear();
    }

    async fn send(
        &self,
        body: Bytes,
        own: &HeaderMap,
        sent: &Sent,
    ) -> Result<(Connection, Response<Incoming>), AttemptError> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        let mut headers = self.headers.clone();
        headers.extend(
            own.iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
        *request.headers_mut() = headers;
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
}

impl Answer {
    /// The body without its compression.
    pub(crate) fn decompressed(&self) -> Result<Bytes, AnswerError> {
        let body = &self.body;
        match self.headers.get(CONTENT_ENCODING) {
            // Nothing at all is nothing, whatever is said about it.
            _ if body.is_empty() => Ok(Bytes::new()),
            None => Ok(body.clone()),
            Some(name) if name.as_bytes().eq_ignore_ascii_case(b"identity") => Ok(body.clone()),
            Some(name) if name.as_bytes().eq_ignore_ascii_case(b"gzip") => {
                gzip::decompress(body, self.max_bytes)
            }
            Some(_) => Err(AnswerError::Undecodable(
                "it is compressed in an unknown way".to_owned(),
            )),
        }
    }

    /// What the body of an error says, for people, in one line: the beginning of a text, or what `typed` makes of it.
    fn message(&self, typed: impl FnOnce(&Bytes) -> Option<String>) -> String {
        let Ok(body) = self.decompressed() else {
            return String::new();
        };
        let is_text = self
            .headers
            .get(CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().starts_with(b"text/"));
        let text = if is_text {
            Some(String::from_utf8_lossy(&body).into_owned())
        } else {
            typed(&body)
        };
        let untyped = || {
            let text = std::str::from_utf8(&body).ok()?;
            let readable = !text.contains(|letter: char| letter.is_control() && letter != '\n');
            (readable && !self.headers.contains_key(CONTENT_TYPE)).then(|| text.to_owned())
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
