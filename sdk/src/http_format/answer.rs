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
    /// Whether it is a page for people, by its type, or by its beginning where it has none.
    pub(crate) fn is_html(&self) -> bool {
        let beginning = match self.headers.get(CONTENT_TYPE) {
            Some(value) => value.as_bytes(),
            None => self.body.trim_ascii_start(),
        };
        ["text/html", "application/xhtml", "<!doctype html", "<html"]
            .into_iter()
            .any(|html| {
                beginning
                    .get(..html.len())
                    .is_some_and(|bytes| bytes.eq_ignore_ascii_case(html.as_bytes()))
            })
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn pages_are_known_by_their_type_or_their_beginning() {
        let is_html = |content_type: Option<&'static str>, body: &'static str| {
            let mut headers = HeaderMap::new();
            if let Some(content_type) = content_type {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            }
            let answer = HttpAnswer {
                status: StatusCode::OK,
                headers,
                body: Bytes::from_static(body.as_bytes()),
            };
            answer.is_html()
        };
        assert!(is_html(Some("text/html; charset=utf-8"), ""));
        assert!(is_html(Some("Text/HTML"), "ok"));
        assert!(is_html(None, "\n <!DOCTYPE html><title>Sign in</title>"));
        assert!(!is_html(None, ""));
        assert!(!is_html(None, "ok"));
        assert!(!is_html(Some("text/plain"), "<html>"));
        assert!(!is_html(Some("application/json"), "{}"));
    }
}
