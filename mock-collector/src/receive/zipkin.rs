//! What Zipkin asks of the head of a request, and what its server answers where it is not met.
//!
//! Source: openzipkin/zipkin, `ZipkinHttpCollector`; the texts are its.

use http::{HeaderMap, Method, StatusCode, header};

use crate::payload::Encoding;
use crate::signal::Protocol;

/// Why spans are refused, whatever the fault plan says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SpansError {
    #[error("404 Not Found")]
    Method,
    #[error("413 Request Entity Too Large: the limit is {limit} bytes")]
    TooLarge { limit: usize },
    #[error("Cannot gunzip spans")]
    Inflate,
    #[error("400 Bad Request: the body ended early")]
    BrokenOff,
    #[error("{0}")]
    Undecodable(String),
}

impl SpansError {
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            // To its server another method is another service: a GET asks for names of spans.
            Self::Method => StatusCode::NOT_FOUND,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Inflate | Self::BrokenOff | Self::Undecodable(_) => StatusCode::BAD_REQUEST,
        }
    }
}

/// The encoding that a `Content-Type` stands for: everything that is not protobuf is taken for JSON.
pub(crate) fn protocol(headers: &HeaderMap) -> Protocol {
    let value = headers.get(header::CONTENT_TYPE);
    let text = value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media_type = text.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/x-protobuf") {
        Protocol::ZipkinProtobuf
    } else {
        Protocol::ZipkinJson
    }
}

/// How the body is compressed: with gzip where that is named, else not at all.
pub(crate) fn encoding(headers: &HeaderMap) -> Encoding {
    let value = headers.get(header::CONTENT_ENCODING);
    let named = value.is_some_and(|value| {
        let text = value.to_str().unwrap_or_default();
        text.contains("gzip")
    });
    if named {
        Encoding::Gzip
    } else {
        Encoding::Identity
    }
}

/// Checks the head of a request.
pub(crate) fn check_head(method: &Method) -> Result<(), SpansError> {
    if method == Method::POST {
        Ok(())
    } else {
        Err(SpansError::Method)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn what_is_not_protobuf_is_json() {
        for (value, expected) in [
            ("application/x-protobuf", Protocol::ZipkinProtobuf),
            ("Application/X-Protobuf; a=b", Protocol::ZipkinProtobuf),
            ("application/json", Protocol::ZipkinJson),
            ("text/plain", Protocol::ZipkinJson),
        ] {
            let headers =
                HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(value))]);
            assert_eq!(protocol(&headers), expected, "{value}");
        }
        assert_eq!(protocol(&HeaderMap::new()), Protocol::ZipkinJson);
    }
}
