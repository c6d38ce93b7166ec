//! What the head of a request says, and what becomes of its body.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::request::Parts;
use http::uri::PathAndQuery;

use super::body::ReadEnd;
use super::grpc::{self, CallError};
use super::http::{self as otlp_http, RequestError};
use super::refusal::Refusal;
use super::remote_write::{self, WriteError};
use super::zipkin::{self, SpansError};
use crate::journal::{BodyError, Port, RequestBody};
use crate::payload::Encoding;
use crate::signal::{Api, Protocol, Signal};

/// What the head of a request says.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    /// The signal that the path stands for.
    pub(crate) signal: Option<Signal>,
    /// The protocol that port and content type stand for.
    pub(crate) protocol: Option<Protocol>,
    /// The client's own deadline.
    pub(crate) grpc_timeout: Option<Duration>,
    port: Port,
    /// What the path belongs to; OTLP where it belongs to nothing.
    api: Api,
    encoding: Result<Encoding, Refusal>,
    /// Why the request is no export, if it is none.
    refusal: Option<Refusal>,
    content_length: Option<usize>,
}

/// A body after framing and compression have been taken off.
#[derive(Debug)]
pub(crate) struct Unwrapped {
    /// As the journal keeps it.
    pub(crate) body: RequestBody,
    /// Decompressed, where it can be and the request is an export.
    pub(crate) plain: Option<Bytes>,
    /// Why the request cannot be accepted, as far as is known before anybody decodes the body.
    pub(crate) refusal: Option<Refusal>,
}

impl Head {
    /// `route` says what a path of HTTP belongs to, and the signal that it takes.
    pub(crate) fn of(
        port: Port,
        parts: &Parts,
        route: impl Fn(&str) -> Option<(Api, Signal)>,
    ) -> Self {
        match port {
            Port::Grpc => Self::of_call(parts),
            Port::Http => match route(parts.uri.path()) {
                Some((Api::RemoteWrite, signal)) => Self::of_write(parts, signal),
                Some((Api::Zipkin, signal)) => Self::of_spans(parts, signal),
                Some((Api::Otlp, signal)) => Self::of_http_request(parts, Some(signal)),
                None => Self::of_http_request(parts, None),
            },
        }
    }

    fn of_call(parts: &Parts) -> Self {
        // gRPC knows no query: what looks like one is a part of the method's name.
        let path = parts.uri.path_and_query().map_or("", PathAndQuery::as_str);
        let signal = Signal::from_grpc_path(path);
        let checked = grpc::check_head(&parts.method, &parts.headers);
        let refusal = match (&checked, signal) {
            (Err(error), _) => Some(error.clone()),
            (Ok(_), None) => Some(grpc::unknown_path(path, is_known_service)),
            (Ok(_), Some(_)) => None,
        };
        let protocol = match refusal {
            Some(CallError::ContentType(_)) => None,
            _ => Some(Protocol::Grpc),
        };
        Self {
            signal,
            protocol,
            grpc_timeout: checked.unwrap_or_default(),
            port: Port::Grpc,
            api: Api::Otlp,
            encoding: named_encoding(&parts.headers, "grpc-encoding")
                .map_err(|name| CallError::UnknownEncoding(name).into()),
            refusal: refusal.map(Refusal::from),
            content_length: None,
        }
    }

    fn of_http_request(parts: &Parts, signal: Option<Signal>) -> Self {
        let protocol = otlp_http::protocol(&parts.headers);
        let refusal = otlp_http::check_head(signal, &parts.method, protocol).err();
        Self {
            signal,
            protocol,
            grpc_timeout: None,
            port: Port::Http,
            api: Api::Otlp,
            encoding: named_encoding(&parts.headers, "content-encoding")
                .map_err(|name| RequestError::ContentEncoding(name).into()),
            refusal: refusal.map(Refusal::from),
            content_length: otlp_http::announced_length(&parts.headers),
        }
    }

    fn of_write(parts: &Parts, signal: Signal) -> Self {
        let protocol = remote_write::protocol(&parts.headers);
        let refusal = remote_write::check_head(&parts.method, &protocol).err();
        Self {
            signal: Some(signal),
            protocol: protocol.ok(),
            grpc_timeout: None,
            port: Port::Http,
            api: Api::RemoteWrite,
            encoding: remote_write::encoding(&parts.headers).map_err(Refusal::from),
            refusal: refusal.map(Refusal::from),
            content_length: otlp_http::announced_length(&parts.headers),
        }
    }

    fn of_spans(parts: &Parts, signal: Signal) -> Self {
        Self {
            signal: Some(signal),
            protocol: Some(zipkin::protocol(&parts.headers)),
            grpc_timeout: None,
            port: Port::Http,
            api: Api::Zipkin,
            encoding: Ok(zipkin::encoding(&parts.headers)),
            refusal: zipkin::check_head(&parts.method).err().map(Refusal::from),
            content_length: otlp_http::announced_length(&parts.headers),
        }
    }

    /// The signal, if the request is an export.
    pub(crate) fn exported_signal(&self) -> Option<Signal> {
        self.signal.filter(|_| self.refusal.is_none())
    }

    /// Whether the answer does not wait for the body: grpc-go refuses a call as soon as it has its head.
    pub(crate) fn is_answered_at_once(&self) -> bool {
        self.port == Port::Grpc && self.refusal.is_some()
    }

    /// How long the body will be, if that is known when this much of it has been read.
    pub(crate) fn announced_length(&self, read: &[u8]) -> Option<usize> {
        match self.port {
            // Only gRPC has frames.
            Port::Grpc if self.protocol.is_none() => None,
            Port::Grpc => grpc::announced_length(read).map(|length| length + grpc::PREFIX_BYTES),
            Port::Http => self.content_length,
        }
    }

    /// How long the body may be on the wire, if a message may have `limit` bytes.
    pub(crate) fn wire_limit(&self, limit: usize) -> usize {
        match self.port {
            Port::Grpc => limit.saturating_add(grpc::PREFIX_BYTES),
            Port::Http => limit,
        }
    }

    /// Takes framing and compression off a body.
    pub(crate) fn unwrap(&self, bytes: Bytes, end: ReadEnd, limit: usize) -> Unwrapped {
        let complete = end == ReadEnd::Complete;
        let (wire, message_count, framing) = match self.port {
            Port::Grpc => {
                let framed = grpc::deframe(&bytes);
                (
                    framed.message,
                    framed.count,
                    Some((framed.compressed, framed.error)),
                )
            }
            Port::Http => (bytes, 0, None),
        };
        let encoding = match (&self.encoding, &framing) {
            // A message that does not say it is compressed is not, whatever the headers say.
            (_, Some((false, _))) | (Err(_), _) => Encoding::Identity,
            (Ok(encoding), _) => *encoding,
        };
        let mut problem = self.problem(end, limit, framing);
        let mut plain = None;
        if complete && problem.is_none() {
            match encoding.decompress(&wire, u64::try_from(limit).unwrap_or(u64::MAX)) {
                Ok(bytes) => plain = Some(bytes),
                Err(error) => problem = Some((self.inflation_refusal(&error, limit), error)),
            }
        }
        let (refusal, error) = problem.unzip();
        Unwrapped {
            body: RequestBody {
                wire,
                encoding,
                complete,
                message_count,
                error,
            },
            // What is no export has no payload either.
            plain: plain.filter(|_| self.refusal.is_none()),
            refusal: self.refusal.clone().or(refusal),
        }
    }

    /// What is wrong with a body before anybody decompresses it.
    fn problem(
        &self,
        end: ReadEnd,
        limit: usize,
        framing: Option<(bool, Option<CallError>)>,
    ) -> Option<(Refusal, BodyError)> {
        let limit_bytes = u64::try_from(limit).unwrap_or(u64::MAX);
        match (end, self.port) {
            (ReadEnd::Unfinished, _) => None,
            (ReadEnd::TooLarge { length }, Port::Grpc) => {
                let length = length.saturating_sub(grpc::PREFIX_BYTES);
                Some((
                    CallError::TooLarge { length, limit }.into(),
                    BodyError::TooLarge { limit_bytes },
                ))
            }
            (ReadEnd::TooLarge { .. }, Port::Http) => {
                Some((self.too_large(limit), BodyError::TooLarge { limit_bytes }))
            }
            (ReadEnd::BrokenOff, Port::Grpc) => Some(incomplete(CallError::Truncated.into())),
            (ReadEnd::BrokenOff, Port::Http) => Some(incomplete(match self.api {
                Api::Otlp => RequestError::BrokenOff.into(),
                Api::RemoteWrite => WriteError::BrokenOff.into(),
                Api::Zipkin => SpansError::BrokenOff.into(),
            })),
            (ReadEnd::Complete, _) => match (framing, &self.encoding) {
                (Some((_, Some(error))), _) => {
                    let text = error.to_string();
                    Some((error.into(), BodyError::Framing(text)))
                }
                (_, Err(refusal)) => Some((
                    refusal.clone(),
                    BodyError::UnsupportedEncoding(refusal.to_string()),
                )),
                (Some((true, None)), Ok(Encoding::Identity)) => {
                    let error = CallError::CompressedFlag;
                    let text = error.to_string();
                    Some((error.into(), BodyError::Framing(text)))
                }
                (_, Ok(_)) => None,
            },
        }
    }

    fn inflation_refusal(&self, error: &BodyError, limit: usize) -> Refusal {
        match (self.port, error) {
            (Port::Grpc, BodyError::TooLarge { .. }) => {
                CallError::TooLargeInflated { limit }.into()
            }
            (Port::Grpc, error) => CallError::Inflate(error.to_string()).into(),
            (Port::Http, BodyError::TooLarge { .. }) => self.too_large(limit),
            (Port::Http, error) => match self.api {
                Api::Otlp => RequestError::Inflate(error.to_string()).into(),
                Api::RemoteWrite => WriteError::Inflate(error.to_string()).into(),
                Api::Zipkin => SpansError::Inflate.into(),
            },
        }
    }

    /// The refusal of a body over HTTP that is, or would become, too large.
    fn too_large(&self, limit: usize) -> Refusal {
        match self.api {
            Api::Otlp => RequestError::TooLarge { limit }.into(),
            Api::RemoteWrite => WriteError::TooLarge { limit }.into(),
            Api::Zipkin => SpansError::TooLarge { limit }.into(),
        }
    }

    /// The refusal of a body that is no message of its protocol.
    pub(crate) fn undecodable(&self, error: &BodyError) -> Refusal {
        match self.port {
            Port::Grpc => CallError::Undecodable(error.to_string()).into(),
            Port::Http => match self.api {
                Api::Otlp => RequestError::Undecodable(error.to_string()).into(),
                Api::RemoteWrite => WriteError::Undecodable(error.to_string()).into(),
                Api::Zipkin => SpansError::Undecodable(error.to_string()).into(),
            },
        }
    }
}

fn incomplete(refusal: Refusal) -> (Refusal, BodyError) {
    let text = refusal.to_string();
    (refusal, BodyError::Incomplete(text))
}

fn named_encoding(headers: &HeaderMap, header: &str) -> Result<Encoding, String> {
    let Some(value) = headers.get(header) else {
        return Ok(Encoding::Identity);
    };
    let name = String::from_utf8_lossy(value.as_bytes());
    Encoding::from_name(&name).ok_or_else(|| name.into_owned())
}

fn is_known_service(service: &str) -> bool {
    Signal::ALL.into_iter().any(|signal| {
        signal
            .grpc_path()
            .strip_prefix('/')
            .and_then(|path| path.strip_suffix("/Export"))
            == Some(service)
    })
}
