//! Attempts over gRPC: HTTP/2 with prior knowledge, or after ALPN.
//!
//! The message is framed, and compressed, once for all attempts of its export; the frame goes out as it is.

use std::time::Duration;

use bytes::{Buf, Bytes};
use http::header::{CONTENT_TYPE, TE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http2::{self, SendRequest};
use hyper::rt::Executor;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::runtime;
use tonic::Code;

use super::answer::{BodyError, read_body};
use super::background::Background;
use super::connect::Dialer;
use super::failure::{exchange_failed, handshake_failed};
use super::insight::Insight;
use super::overheard::{Heard, Overheard};
use super::sent::Sent;
use super::{grpc_status, gzip, http_as_grpc, partial_success};
use crate::compression::Compression;
use crate::config_error::ConfigError;
use crate::endpoint::Endpoint;
use crate::export::{
    Accepted, AnswerError, AttemptError, AttemptResult, Deadline, GrpcStatus, Spoken,
};
use crate::signal::Signal;

/// The size of the prefix of a gRPC message: a flag and a length.
pub(crate) const FRAME_PREFIX_BYTES: usize = 5;

const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// Unary calls of one method over one connection, which is made anew when it has ended.
pub(crate) struct GrpcTransport {
    dialer: Dialer,
    uri: Uri,
    headers: HeaderMap,
    max_response_bytes: usize,
    connection: Mutex<Option<Connection>>,
}

/// A connection, and the runtime that its task lives on. On another runtime it may be that nobody drives it.
#[derive(Clone)]
struct Connection {
    runtime: runtime::Id,
    sender: SendRequest<Full<Bytes>>,
    heard: Heard,
    insight: Insight,
}

impl GrpcTransport {
    pub(crate) fn new(
        dialer: Dialer,
        endpoint: &Endpoint,
        signal: Signal,
        mut headers: HeaderMap,
        compression: Compression,
        max_response_bytes: usize,
    ) -> Result<Self, ConfigError> {
        let uri = Uri::builder()
            .scheme(if endpoint.is_tls() { "https" } else { "http" })
            .authority(endpoint.authority())
            .path_and_query(signal.grpc_path())
            .build()
            .map_err(|error| ConfigError::Endpoint {
                endpoint: endpoint.to_string(),
                reason: error.to_string(),
            })?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(TE, HeaderValue::from_static("trailers"));
        if let Some(accepted) = gzip::ACCEPTED {
            headers.insert(GRPC_ACCEPT_ENCODING, HeaderValue::from_static(accepted));
        }
        match compression {
            Compression::None => {}
            Compression::Gzip => {
                headers.insert(GRPC_ENCODING, HeaderValue::from_static("gzip"));
            }
        }
        Ok(Self {
            dialer,
            uri,
            headers,
            max_response_bytes,
            connection: Mutex::new(None),
        })
    }

    /// One call with `frame` as its message. `deadline` is announced to the receiver; to keep it is the caller's part.
    pub(crate) async fn attempt(
        &self,
        frame: Bytes,
        deadline: Deadline,
        sent: &Sent,
    ) -> AttemptResult {
        // A connection that gave no answer may be dead without saying so: the next attempt gets a new one.
        let unanswered = ForgetOnDrop {
            transport: self,
            armed: true,
        };
        let response = self.call(frame, deadline, sent).await;
        let result = match response {
            Ok((response, heard)) => self.read(response, &heard).await,
            Err(error) => Err(error),
        };
        let mut answered = unanswered;
        answered.armed = false;
        result
    }

    /// Ends the connection as soon as no call uses it.
    pub(crate) fn disconnect(&self) {
        self.connection.lock().take();
    }

    async fn call(
        &self,
        frame: Bytes,
        deadline: Deadline,
        sent: &Sent,
    ) -> Result<(Response<Incoming>, Heard), AttemptError> {
        let mut request = self.request(frame);
        if let Some(mut connection) = self.living_connection().await {
            announce(deadline, &mut request);
            sent.note();
            match connection.sender.try_send_request(request).await {
                Ok(response) => return Ok((response, connection.heard)),
                // Where nothing of it was sent, the connection had ended before: it goes over a new one.
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
        announce(deadline, &mut request);
        sent.note();
        match connection.sender.send_request(request).await {
            Ok(response) => Ok((response, connection.heard)),
            Err(error) => Err(connection.insight.or(failed(&error, &connection.heard))),
        }
    }

    fn request(&self, frame: Bytes) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(frame));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.version_mut() = Version::HTTP_2;
        *request.headers_mut() = self.headers.clone();
        request
    }

    async fn living_connection(&self) -> Option<Connection> {
        let mut connection = self.connection.lock().clone()?;
        let usable = connection.runtime == runtime::Handle::current().id()
            && connection.sender.ready().await.is_ok();
        usable.then_some(connection)
    }

    async fn connect(&self) -> Result<Connection, AttemptError> {
        let (stream, insight) = self.dialer.dial().await.map_err(AttemptError::Connection)?;
        let (stream, heard) = Overheard::new(stream);
        let (sender, connection) = http2::Builder::new(Background)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| insight.or(handshake_failed(&error, &heard, Spoken::Http2)))?;
        // Its end shows on the calls that it carries.
        Background.execute(connection);
        let connection = Connection {
            runtime: runtime::Handle::current().id(),
            sender,
            heard,
            insight,
        };
        *self.connection.lock() = Some(connection.clone());
        Ok(connection)
    }

    async fn read(&self, response: Response<Incoming>, first_words: &Heard) -> AttemptResult {
        let (head, body) = response.into_parts();
        if let Some(status) = grpc_status::from_headers(&head.headers)
            && status.code != Code::Ok
        {
            return Err(AttemptError::Grpc(status));
        }
        let limit = self.max_response_bytes + FRAME_PREFIX_BYTES;
        let body = match read_body(body, limit).await {
            Ok(body) => body,
            Err(BodyError::TooLarge) => {
                return Err(AttemptError::Answer(AnswerError::TooLarge {
                    limit_bytes: self.max_response_bytes,
                }));
            }
            Err(BodyError::Lost(error)) => return Err(failed(&error, first_words)),
        };
        let status = body
            .trailers
            .as_ref()
            .and_then(grpc_status::from_headers)
            .or_else(|| grpc_status::from_headers(&head.headers))
            .unwrap_or_else(|| http_as_grpc::status(head.status));
        match status {
            GrpcStatus { code: Code::Ok, .. } => self
                .read_message(&head.headers, body.bytes)
                .map_err(AttemptError::Answer),
            status => Err(AttemptError::Grpc(status)),
        }
    }

    /// Reads the one message of a successful answer. None at all is taken as an empty one (our choice).
    fn read_message(&self, headers: &HeaderMap, mut frame: Bytes) -> Result<Accepted, AnswerError> {
        if frame.is_empty() {
            return Ok(Accepted::default());
        }
        let undecodable = |reason: &str| AnswerError::Undecodable(reason.to_owned());
        if frame.len() < FRAME_PREFIX_BYTES {
            return Err(undecodable("the message has no gRPC prefix"));
        }
        let compressed = match frame.get_u8() {
            0 => false,
            1 => true,
            _ => return Err(undecodable("the flag of the message is neither 0 nor 1")),
        };
        let length = usize::try_from(frame.get_u32()).unwrap_or(usize::MAX);
        if length > self.max_response_bytes {
            return Err(AnswerError::TooLarge {
                limit_bytes: self.max_response_bytes,
            });
        }
        if length != frame.len() {
            return Err(undecodable("the message is not as long as its prefix says"));
        }
        if compressed {
            if headers.get(GRPC_ENCODING).is_none_or(|name| name != "gzip") {
                return Err(undecodable("the message is compressed in an unknown way"));
            }
            frame = gzip::decompress(&frame, self.max_response_bytes)?;
        }
        partial_success::from_protobuf(&frame)
    }
}

/// Tells the receiver how much time is left now that the request leaves: to connect, too, has taken some of it.
fn announce(deadline: Deadline, request: &mut Request<Full<Bytes>>) {
    if let Some(remaining) = deadline.remaining() {
        request
            .headers_mut()
            .insert(GRPC_TIMEOUT, grpc_timeout(remaining));
    }
}

fn failed(error: &hyper::Error, heard: &Heard) -> AttemptError {
    exchange_failed(error, heard, Spoken::Http2)
}

/// Forgets the connection of a call that was dropped before its answer.
struct ForgetOnDrop<'a> {
    transport: &'a GrpcTransport,
    armed: bool,
}

impl Drop for ForgetOnDrop<'_> {
    fn drop(&mut self) {
        if self.armed {
            self.transport.disconnect();
        }
    }
}

/// The header `grpc-timeout`: at most eight digits and a unit, rounded up, so that the receiver does not give up first.
fn grpc_timeout(remaining: Duration) -> HeaderValue {
    const MOST: u128 = 99_999_999;
    let micros = remaining.as_nanos().div_ceil(1_000);
    let millis = micros.div_ceil(1_000);
    let seconds = millis.div_ceil(1_000);
    let text = if micros.is_multiple_of(1_000) && millis <= MOST {
        format!("{millis}m")
    } else if micros <= MOST {
        format!("{micros}u")
    } else if millis <= MOST {
        format!("{millis}m")
    } else {
        format!("{}S", seconds.min(MOST))
    };
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("99999999S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_have_at_most_eight_digits_and_are_rounded_up() {
        let table = [
            (Duration::ZERO, "0m"),
            (Duration::from_nanos(1), "1u"),
            (Duration::from_secs(10), "10000m"),
            (Duration::from_micros(8_500_250), "8500250u"),
            (Duration::from_micros(200_000_001), "200001m"),
            (Duration::from_secs(99_999), "99999000m"),
            (Duration::from_secs(1_000_000), "1000000S"),
            (Duration::MAX, "99999999S"),
        ];
        for (remaining, expected) in table {
            assert_eq!(grpc_timeout(remaining), expected, "{remaining:?}");
        }
    }
}
