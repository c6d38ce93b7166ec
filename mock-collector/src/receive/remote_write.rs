//! What remote write asks of the head of a request, and what Prometheus answers where it is not met.
//!
//! Source: Prometheus, `storage/remote/write_handler.go` and `client_golang`, `exp/api/remote`; the texts are theirs.

use http::{HeaderMap, Method, StatusCode, header};

use crate::payload::Encoding;
use crate::signal::Protocol;

const MEDIA_TYPE: &str = "application/x-protobuf";
const WRITE_REQUEST: &str = "prometheus.WriteRequest";
const REQUEST: &str = "io.prometheus.write.v2.Request";

/// Why a write is refused, whatever the fault plan says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WriteError {
    #[error("Method Not Allowed")]
    Method,
    #[error("expected {MEDIA_TYPE} as the first (media) part, got {0} content-type")]
    MediaType(String),
    #[error(
        "as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be key-values, got {parameter} in \
         {content_type} content-type"
    )]
    Parameter {
        parameter: String,
        content_type: String,
    },
    #[error(
        "got {content_type} content type; unknown type for remote write protobuf message {message}, supported: \
         {WRITE_REQUEST}, {REQUEST}"
    )]
    Message {
        message: String,
        content_type: String,
    },
    #[error("{0} encoding (compression) is not accepted by this server; only snappy is acceptable")]
    ContentEncoding(String),
    #[error("http: request body too large, the limit is {limit} bytes")]
    TooLarge { limit: usize },
    #[error("{0}")]
    Inflate(String),
    #[error("unexpected EOF")]
    BrokenOff,
    #[error("{0}")]
    Undecodable(String),
}

impl WriteError {
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::MediaType(_)
            | Self::Parameter { .. }
            | Self::Message { .. }
            | Self::ContentEncoding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Inflate(_) | Self::BrokenOff | Self::Undecodable(_) => StatusCode::BAD_REQUEST,
        }
    }
}

/// The message that a `Content-Type` names; that of 1.0 where it names none.
///
/// Spec: Prometheus Remote-Write 2.0, "Content-Type".
pub(crate) fn protocol(headers: &HeaderMap) -> Result<Protocol, WriteError> {
    let content_type = match headers.get(header::CONTENT_TYPE) {
        Some(value) if !value.is_empty() => String::from_utf8_lossy(value.as_bytes()),
        _ => MEDIA_TYPE.into(),
    };
    let content_type = content_type.trim();
    let mut parts = content_type.split(';');
    if parts.next() != Some(MEDIA_TYPE) {
        return Err(WriteError::MediaType(content_type.to_owned()));
    }
    for parameter in parts {
        let pair: Vec<&str> = parameter.split('=').collect();
        match pair.as_slice() {
            // Compared as it stands, with the blanks around it.
            ["proto", WRITE_REQUEST] => return Ok(Protocol::RemoteWrite1),
            ["proto", REQUEST] => return Ok(Protocol::RemoteWrite2),
            ["proto", message] => {
                return Err(WriteError::Message {
                    message: (*message).to_owned(),
                    content_type: content_type.to_owned(),
                });
            }
            [_, _] => {}
            _ => {
                return Err(WriteError::Parameter {
                    parameter: parameter.to_owned(),
                    content_type: content_type.to_owned(),
                });
            }
        }
    }
    Ok(Protocol::RemoteWrite1)
}

/// How the body is compressed: a request that does not say so is. Prometheus takes the name in lower case alone.
pub(crate) fn encoding(headers: &HeaderMap) -> Result<Encoding, WriteError> {
    match headers.get(header::CONTENT_ENCODING) {
        Some(value) if !value.is_empty() && value.as_bytes() != b"snappy" => {
            let name = String::from_utf8_lossy(value.as_bytes());
            Err(WriteError::ContentEncoding(name.into_owned()))
        }
        _ => Ok(Encoding::Snappy),
    }
}

/// Checks the head of a request whose protocol has been looked up.
pub(crate) fn check_head(
    method: &Method,
    protocol: &Result<Protocol, WriteError>,
) -> Result<(), WriteError> {
    if method == Method::POST {
        protocol.as_ref().map(drop).map_err(Clone::clone)
    } else {
        Err(WriteError::Method)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn with(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_content_type_names_the_message() {
        for (value, expected) in [
            ("application/x-protobuf", Protocol::RemoteWrite1),
            ("", Protocol::RemoteWrite1),
            (
                "application/x-protobuf;proto=prometheus.WriteRequest",
                Protocol::RemoteWrite1,
            ),
            (
                "application/x-protobuf;a=b;proto=io.prometheus.write.v2.Request",
                Protocol::RemoteWrite2,
            ),
            // The blank belongs to the name: it is no `proto`.
            (
                "application/x-protobuf; proto=io.prometheus.write.v2.Request",
                Protocol::RemoteWrite1,
            ),
        ] {
            let headers = with(header::CONTENT_TYPE, value);
            assert_eq!(protocol(&headers), Ok(expected), "{value}");
        }
        assert_eq!(protocol(&HeaderMap::new()), Ok(Protocol::RemoteWrite1));
    }

    #[test]
    fn what_names_no_message_is_refused_in_prometheus_words() {
        for (value, expected) in [
            (
                "application/json",
                "expected application/x-protobuf as the first (media) part, got application/json content-type",
            ),
            (
                "application/x-protobuf;proto",
                "as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be key-values, got proto in \
                 application/x-protobuf;proto content-type",
            ),
            (
                "application/x-protobuf;proto=x",
                "got application/x-protobuf;proto=x content type; unknown type for remote write protobuf message x, supported: \
                 prometheus.WriteRequest, io.prometheus.write.v2.Request",
            ),
        ] {
            let error = protocol(&with(header::CONTENT_TYPE, value)).expect_err(value);
            assert_eq!(error.to_string(), expected);
            assert_eq!(error.status(), 415);
        }
    }

    #[test]
    fn only_snappy_is_taken_and_nothing_stands_for_it() {
        assert_eq!(encoding(&HeaderMap::new()), Ok(Encoding::Snappy));
        let lower = with(header::CONTENT_ENCODING, "snappy");
        assert_eq!(encoding(&lower), Ok(Encoding::Snappy));
        for other in ["gzip", "Snappy"] {
            let refused = encoding(&with(header::CONTENT_ENCODING, other));
            assert_eq!(refused, Err(WriteError::ContentEncoding(other.to_owned())));
        }
    }
}
