//! Answers of success.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};

/// An answer that says success, to be read by the format.
#[derive(Clone, Debug)]
pub struct HttpAnswer {
    /// The status, in 200..=299.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body, without its compression.
    pub body: Bytes,
}

impl HttpAnswer {
    /// The media type of the body, without its parameters; `None` where the answer says none.
    pub(crate) fn media_type(&self) -> Option<&str> {
        let text = self.headers.get(CONTENT_TYPE)?.to_str().ok()?;
        Some(text.split(';').next().unwrap_or_default().trim())
    }
}
