//! What OTLP/HTTP asks of the head of a request, and what the Collector answers where it is not met.
//!
//! Spec: OTLP 1.11.0, "OTLP/HTTP Request". The texts are those of the Collector's `otlpreceiver`.

use http::{HeaderMap, Method, StatusCode, header};

use crate::signal::{Protocol, Signal};

/// Why a request is refused, whatever the fault plan says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RequestError {
    #[error("404 page not found\n")]
    Path,
    #[error("405 method not allowed, supported: [POST]")]
    Method,
    #[error("415 unsupported media type, supported: [application/json, application/x-protobuf]")]
    ContentType,
    #[error("unsupported Content-Encoding: {0}")]
    ContentEncoding(String),
    #[error("http: request body too large, the limit is {limit} bytes")]
    TooLarge { limit: usize },
    #[error("gzip: {0}")]
    Inflate(String),
    #[error("unexpected EOF")]
    BrokenOff,
    #[error("{0}")]
    Undecodable(String),
}

impl RequestError {
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::Path => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::ContentEncoding(_)
            | Self::Inflate(_)
            | Self::BrokenOff
            | Self::Undecodable(_) => StatusCode::BAD_REQUEST,
        }
    }

    /// Whether the answer is plain text, because the request is none that OTLP knows.
    pub(crate) const fn is_plain_text(&self) -> bool {
        matches!(self, Self::Path | Self::Method | Self::ContentType)
    }
}

/// The encoding that a `Content-Type` stands for. Parameters do not count, where they can be parsed: with others, the
/// Collector takes the whole for no media type.
pub(crate) fn protocol(headers: &HeaderMap) -> Option<Protocol> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let (media_type, parameters) = value.split_once(';').unwrap_or((value, ""));
    if !are_parameters(parameters) {
        return None;
    }
    let media_type = media_type.trim();
    if media_type.eq_ignore_ascii_case("application/x-protobuf") {
        Some(Protocol::HttpProtobuf)
    } else if media_type.eq_ignore_ascii_case("application/json") {
        Some(Protocol::HttpJson)
    } else {
        None
    }
}

/// Whether these are parameters of a media type, each with a name of its own.
///
/// Spec: RFC 9110, "Parameters".
fn are_parameters(text: &str) -> bool {
    let mut names = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let Some((name, value)) = rest.split_once('=') else {
            return false;
        };
        let name = name.trim().to_ascii_lowercase();
        let value = value.trim_start();
        let end = match value.strip_prefix('"') {
            Some(quoted) => quoted.find('"').map(|end| end + 2),
            None => Some(value.find(';').unwrap_or(value.len())),
        };
        let Some((value, after)) = end.map(|end| value.split_at(end)) else {
            return false;
        };
        if name.is_empty() || value.trim().is_empty() || names.contains(&name) {
            return false;
        }
        names.push(name);
        let after = after.trim_start();
        match after.strip_prefix(';') {
            Some(next) => rest = next.trim_start(),
            None if after.is_empty() => return true,
            None => return false,
        }
    }
    true
}

/// Checks the head of a request whose signal and protocol have been looked up.
pub(crate) fn check_head(
    signal: Option<Signal>,
    method: &Method,
    protocol: Option<Protocol>,
) -> Result<(), RequestError> {
    if signal.is_none() {
        Err(RequestError::Path)
    } else if method != Method::POST {
        Err(RequestError::Method)
    } else if protocol.is_none() {
        Err(RequestError::ContentType)
    } else {
        Ok(())
    }
}

/// The length that the head announces.
pub(crate) fn announced_length(headers: &HeaderMap) -> Option<usize> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn content_type(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(value))])
    }

    #[test]
    fn parameters_and_case_of_a_content_type_do_not_count() {
        assert_eq!(
            protocol(&content_type("application/x-protobuf")),
            Some(Protocol::HttpProtobuf)
        );
        assert_eq!(
            protocol(&content_type("Application/JSON; charset=utf-8")),
            Some(Protocol::HttpJson)
        );
        assert_eq!(
            protocol(&content_type("application/json; charset=\"utf;8\" ; a=1;")),
            Some(Protocol::HttpJson)
        );
        assert_eq!(protocol(&content_type("text/plain")), None);
        assert_eq!(protocol(&HeaderMap::new()), None);
    }

    #[test]
    fn a_content_type_with_parameters_that_are_none_is_no_media_type() {
        for parameters in ["=", "a", "a=", "a=1; a=2", "a=1; A=2", "a=\"1", "a=\"1\" b"] {
            let value = format!("application/json; {parameters}");
            let value = HeaderValue::from_str(&value).expect("a value");
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, value)]);
            assert_eq!(protocol(&headers), None, "{parameters}");
        }
    }

    #[test]
    fn the_first_thing_that_is_wrong_is_answered() {
        let json = Some(Protocol::HttpJson);
        assert_eq!(
            check_head(None, &Method::GET, None),
            Err(RequestError::Path)
        );
        assert_eq!(
            check_head(Some(Signal::Logs), &Method::GET, None),
            Err(RequestError::Method)
        );
        assert_eq!(
            check_head(Some(Signal::Logs), &Method::POST, None),
            Err(RequestError::ContentType)
        );
        assert_eq!(check_head(Some(Signal::Logs), &Method::POST, json), Ok(()));
    }
}
