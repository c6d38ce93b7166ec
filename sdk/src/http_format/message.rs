//! An encoded batch.

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};

use bytes::Bytes;

use crate::delivery::{LeftOut, Request};

/// A batch in the format of a receiver, with what is said about it in headers.
#[derive(Debug)]
pub struct HttpMessage<N> {
    pub(super) body: Bytes,
    pub(super) headers: HeaderMap,
    /// What is remembered of it until the answer is there.
    pub(super) note: N,
    message_bytes: usize,
    left_out: Vec<LeftOut>,
}

impl<N> HttpMessage<N> {
    /// A message of this type, not compressed.
    pub(crate) fn new(content_type: &'static str, message: Vec<u8>, note: N) -> Self {
        let content_type = HeaderValue::from_static(content_type);
        Self {
            message_bytes: message.len(),
            body: message.into(),
            headers: HeaderMap::from_iter([(CONTENT_TYPE, content_type)]),
            note,
            left_out: Vec::new(),
        }
    }

    /// A message of `message_bytes`, which is `body` in this `coding`.
    #[cfg(feature = "prometheus-remote-write")]
    pub(crate) fn encoded(
        content_type: &'static str,
        coding: &'static str,
        body: Vec<u8>,
        message_bytes: usize,
        note: N,
    ) -> Self {
        let whole = Self {
            message_bytes,
            ..Self::new(content_type, body, note)
        };
        whole.with_header(CONTENT_ENCODING, coding)
    }

    /// The same message with `body`, which is what `coding` made of it. Limits are those of the message before that.
    #[cfg(feature = "zipkin")]
    pub(crate) fn compressed(mut self, coding: &'static str, body: Vec<u8>) -> Self {
        self.body = body.into();
        self.with_header(CONTENT_ENCODING, coding)
    }

    /// A header of this message.
    pub(crate) fn with_header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.insert(name, HeaderValue::from_static(value));
        self
    }

    /// So many items of the batch are not in it, for this reason, in words that follow a colon.
    pub(crate) fn without(mut self, items: u64, reason: impl Into<String>) -> Self {
        if items > 0 {
            self.left_out.push(LeftOut {
                items,
                reason: reason.into(),
            });
        }
        self
    }
}

impl<N: Send + Sync> Request for HttpMessage<N> {
    fn body_bytes(&self) -> usize {
        self.body.len()
    }

    fn message_bytes(&self) -> usize {
        self.message_bytes
    }

    fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }
}
