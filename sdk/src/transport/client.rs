//! A client of one receiver, for one signal.

use std::fmt;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use http::header::USER_AGENT;
use prost::Message;

use super::connect::{Connector, Dialer};
use super::grpc::{FRAME_PREFIX_BYTES, GrpcTransport};
use super::gzip;
use super::http::HttpTransport;
use super::secrets::Secrets;
use super::sent::Sent;
use super::tls::Credentials;
use crate::clock::Clock;
use crate::compression::Compression;
use crate::config_error::ConfigError;
use crate::diagnosis::Circumstances;
use crate::endpoint::Endpoint;
use crate::export::{AttemptResult, Batch, Deadline, FailureReason};
use crate::headers::Headers;
use crate::protocol::Protocol;
use crate::signal::Signal;

/// Who asks, as every request says it.
///
/// Spec: OTLP exporter, "User Agent" (SHOULD).
const USER_AGENT_PRODUCT: &str = concat!("OTel-OTLP-Exporter-Rust/", env!("CARGO_PKG_VERSION"));

/// A request, encoded and compressed once for all attempts of its export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedRequest {
    body: Bytes,
    message_bytes: usize,
}

impl EncodedRequest {
    /// What goes on the wire as the body: for gRPC with its prefix, and compressed where that is configured.
    pub const fn body(&self) -> &Bytes {
        &self.body
    }

    /// The size of the message before compression and without prefix.
    pub const fn message_bytes(&self) -> usize {
        self.message_bytes
    }
}

/// A client of one receiver, for one signal. It encodes, and makes single attempts; it does not retry, and it keeps no
/// deadline: that is the part of its caller. Made by
/// [`OtlpExporterBuilder`](crate::OtlpExporterBuilder), and of use by itself for exporters with a
/// loop of their own.
pub struct OtlpClient {
    protocol: Protocol,
    endpoint: Endpoint,
    compression: Compression,
    max_request_bytes: usize,
    transport: Transport,
    circumstances: Circumstances,
    secrets: Secrets,
}

enum Transport {
    Grpc(Box<GrpcTransport>),
    Http(Box<HttpTransport>),
}

/// What a client is made of.
pub(crate) struct ClientParts {
    pub(crate) signal: Signal,
    pub(crate) protocol: Protocol,
    pub(crate) endpoint: Endpoint,
    pub(crate) headers: Headers,
    pub(crate) compression: Compression,
    pub(crate) max_request_bytes: usize,
    pub(crate) max_response_bytes: usize,
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) tls: Option<Credentials>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl OtlpClient {
    pub(crate) fn new(parts: ClientParts) -> Result<Self, ConfigError> {
        let endpoint = parts.endpoint;
        let user_agent = user_agent(&parts.headers, USER_AGENT_PRODUCT);
        let secrets = Secrets::of(&parts.headers);
        let mut headers = parts.headers.as_map().clone();
        let circumstances = Circumstances {
            signal: parts.signal,
            protocol: parts.protocol,
            endpoint: endpoint.clone(),
            compression: parts.compression,
            headers: names_of(&parts.headers),
        };
        headers.insert(USER_AGENT, user_agent);
        let dialer = Dialer::new(parts.connector, &endpoint, parts.tls);
        let transport = match parts.protocol {
            Protocol::Grpc => Transport::Grpc(Box::new(GrpcTransport::new(
                dialer,
                &endpoint,
                parts.signal,
                headers,
                parts.compression,
                parts.max_response_bytes,
            )?)),
            Protocol::HttpProtobuf | Protocol::HttpJson => {
                Transport::Http(Box::new(HttpTransport::new(
                    dialer,
                    &endpoint,
                    parts.protocol,
                    headers,
                    parts.compression,
                    parts.clock,
                    parts.max_response_bytes,
                )?))
            }
        };
        Ok(Self {
            protocol: parts.protocol,
            endpoint,
            compression: parts.compression,
            max_request_bytes: parts.max_request_bytes,
            transport,
            circumstances,
            secrets,
        })
    }

    /// The protocol that is spoken.
    pub const fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The receiver.
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The compression of requests.
    pub const fn compression(&self) -> Compression {
        self.compression
    }

    /// What explains the failures of its attempts.
    pub const fn circumstances(&self) -> &Circumstances {
        &self.circumstances
    }

    /// Encodes a batch.
    ///
    /// # Errors
    ///
    /// [`FailureReason::TooLarge`] where the message is larger than the limit before compression.
    pub fn encode<B: Batch>(&self, batch: &B) -> Result<EncodedRequest, FailureReason> {
        let request = batch.request();
        match self.protocol {
            Protocol::Grpc => {
                let bytes = self.checked(request.encoded_len())?;
                let mut frame = Vec::with_capacity(bytes + FRAME_PREFIX_BYTES);
                frame.resize(FRAME_PREFIX_BYTES, 0);
                request
                    .encode(&mut frame)
                    .map_err(|error| FailureReason::Other(error.to_string()))?;
                self.framed(frame).map_err(|error| not_compressed(&error))
            }
            Protocol::HttpProtobuf => {
                self.checked(request.encoded_len())?;
                self.compressed(request.encode_to_vec())
                    .map_err(|error| not_compressed(&error))
            }
            Protocol::HttpJson => {
                let message = json(batch);
                self.checked(message.len())?;
                self.compressed(message)
                    .map_err(|error| not_compressed(&error))
            }
        }
    }

    /// Sends `request` once, and says what came of it. Over gRPC `deadline` is announced to the receiver; to end the
    /// attempt there, by dropping the future, is the caller's part.
    pub async fn attempt(&self, request: &EncodedRequest, deadline: Deadline) -> AttemptResult {
        self.attempt_noting(request, deadline, &Sent::default())
            .await
    }

    /// As [`attempt`](Self::attempt), and notes in `sent` that the request leaves.
    pub(crate) async fn attempt_noting(
        &self,
        request: &EncodedRequest,
        deadline: Deadline,
        sent: &Sent,
    ) -> AttemptResult {
        let body = request.body.clone();
        let result = match &self.transport {
            Transport::Grpc(grpc) => grpc.attempt(body, deadline, sent).await,
            Transport::Http(http) => http.attempt(body, sent).await,
        };
        self.secrets.hidden_in(result)
    }

    /// Ends the connections that no attempt uses.
    pub fn disconnect(&self) {
        match &self.transport {
            Transport::Grpc(grpc) => grpc.disconnect(),
            Transport::Http(http) => http.disconnect(),
        }
    }

    fn checked(&self, bytes: usize) -> Result<usize, FailureReason> {
        if bytes > self.max_request_bytes {
            return Err(FailureReason::TooLarge {
                bytes,
                limit_bytes: self.max_request_bytes,
            });
        }
        Ok(bytes)
    }

    fn compressed(&self, message: Vec<u8>) -> io::Result<EncodedRequest> {
        let message_bytes = message.len();
        let body = match self.compression {
            Compression::None => message,
            Compression::Gzip => gzip::compress(Vec::new(), &message)?,
        };
        Ok(EncodedRequest {
            body: body.into(),
            message_bytes,
        })
    }

    /// Completes a frame whose prefix is still empty.
    fn framed(&self, frame: Vec<u8>) -> io::Result<EncodedRequest> {
        let message_bytes = frame.len() - FRAME_PREFIX_BYTES;
        let mut frame = match self.compression {
            Compression::None => frame,
            Compression::Gzip => {
                gzip::compress(vec![0; FRAME_PREFIX_BYTES], &frame[FRAME_PREFIX_BYTES..])?
            }
        };
        let length = u32::try_from(frame.len() - FRAME_PREFIX_BYTES).unwrap_or(u32::MAX);
        frame[0] = u8::from(self.compression == Compression::Gzip);
        frame[1..FRAME_PREFIX_BYTES].copy_from_slice(&length.to_be_bytes());
        Ok(EncodedRequest {
            body: frame.into(),
            message_bytes,
        })
    }
}

/// Shows no headers: they hold secrets.
impl fmt::Debug for OtlpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpClient")
            .field("protocol", &self.protocol)
            .field("endpoint", &self.endpoint.to_string())
            .field("compression", &self.compression)
            .finish_non_exhaustive()
    }
}

fn not_compressed(error: &io::Error) -> FailureReason {
    FailureReason::Other(format!("cannot compress: {error}"))
}

#[cfg(feature = "http")]
fn json<B: Batch>(batch: &B) -> Vec<u8> {
    batch.to_json()
}

/// No client of HTTP can be built.
#[cfg(not(feature = "http"))]
const fn json<B: Batch>(_batch: &B) -> Vec<u8> {
    Vec::new()
}

/// Who asks: the exporter, `ours`. A product of the user's own is put before it, and does not replace it.
pub(crate) fn user_agent(headers: &Headers, ours: &'static str) -> HeaderValue {
    let alone = HeaderValue::from_static(ours);
    let Some(product) = headers.as_map().get(USER_AGENT) else {
        return alone;
    };
    let both = [product.as_bytes(), b" ", ours.as_bytes()].concat();
    HeaderValue::from_bytes(&both).unwrap_or(alone)
}

/// The names of the headers that the user set, without that which says who asks.
pub(crate) fn names_of(headers: &Headers) -> Vec<String> {
    headers
        .as_map()
        .keys()
        .filter(|name| *name != USER_AGENT)
        .map(ToString::to_string)
        .collect()
}
