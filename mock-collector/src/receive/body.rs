//! Reading a request's body.

use std::future::poll_fn;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::limits::RESERVED_BYTES;
use super::segments::Segments;

/// The body of a request as it comes over either version of HTTP.
#[derive(Debug)]
pub(crate) enum BodyStream {
    Http1(Incoming),
    Http2(h2::RecvStream),
}

/// The body broke off: the client reset the stream or ended the connection, or broke the protocol.
#[derive(Debug)]
pub(crate) struct BrokenOff;

impl BodyStream {
    /// The next bytes, or none at the end of the body; trailers are put aside.
    pub(crate) async fn chunk(
        &mut self,
        trailers: &mut Option<HeaderMap>,
    ) -> Option<Result<Bytes, BrokenOff>> {
        match self {
            Self::Http1(body) => loop {
                match body.frame().await? {
                    Ok(frame) => match frame.into_data() {
                        Ok(data) => return Some(Ok(data)),
                        Err(frame) => *trailers = frame.into_trailers().ok(),
                    },
                    Err(_) => return Some(Err(BrokenOff)),
                }
            },
            Self::Http2(body) => match poll_fn(|cx| body.poll_data(cx)).await {
                Some(Ok(data)) => {
                    // An error here means that the stream is gone, which the next read tells.
                    let _ = body.flow_control().release_capacity(data.len());
                    Some(Ok(data))
                }
                Some(Err(_)) => Some(Err(BrokenOff)),
                None => match poll_fn(|cx| body.poll_trailers(cx)).await {
                    Ok(fields) => {
                        *trailers = fields;
                        None
                    }
                    Err(_) => Some(Err(BrokenOff)),
                },
            },
        }
    }
}

/// How the reading of a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadEnd {
    /// With the end of the body.
    Complete,
    /// The client reset the stream, ended the connection or broke the protocol.
    BrokenOff,
    /// The body is longer than the limit: it said so, or it came.
    TooLarge {
        /// As far as is known, in bytes.
        length: usize,
    },
    /// The collector did not want to read more.
    Unfinished,
}

/// What has been read of a body so far.
///
/// The bytes are copied out of the connection's read buffers, which small messages would else keep alive as long as the
/// journal lives.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    bytes: BytesMut,
    trailers: Option<HeaderMap>,
}

impl Collected {
    /// Reads the next bytes, if any come.
    pub(crate) async fn read_some(&mut self, body: &mut BodyStream, segments: &Segments) {
        if let Some(Ok(chunk)) = body.chunk(&mut self.trailers).await {
            self.append(&chunk, None, segments);
        }
    }

    /// Reads to the end of the body, or until it is too large.
    ///
    /// `announced` tells from what has been read how long the body will be.
    pub(crate) async fn read(
        &mut self,
        body: &mut BodyStream,
        announced: impl Fn(&[u8]) -> Option<usize>,
        limit: usize,
        segments: &Segments,
    ) -> ReadEnd {
        loop {
            let length = announced(&self.bytes)
                .unwrap_or_default()
                .max(self.bytes.len());
            if length > limit {
                return ReadEnd::TooLarge { length };
            }
            match body.chunk(&mut self.trailers).await {
                None => return ReadEnd::Complete,
                Some(Ok(chunk)) => self.append(&chunk, announced(&chunk), segments),
                Some(Err(BrokenOff)) => return ReadEnd::BrokenOff,
            }
        }
    }

    /// Copies a chunk. The first one decides on the room: for all that it announces, so that nothing is copied twice.
    fn append(&mut self, chunk: &[u8], announced: Option<usize>, segments: &Segments) {
        if self.bytes.capacity() == 0 {
            let expected = announced.unwrap_or_default().min(RESERVED_BYTES);
            self.bytes = segments.buffer(expected.max(chunk.len()));
        }
        self.bytes.extend_from_slice(chunk);
    }

    pub(crate) fn take(&mut self) -> Bytes {
        std::mem::take(&mut self.bytes).freeze()
    }

    /// What followed the body.
    pub(crate) fn take_trailers(&mut self) -> Option<HeaderMap> {
        self.trailers.take()
    }
}
