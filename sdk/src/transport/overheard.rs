//! What the other side of a connection says first: enough to tell which protocol it speaks.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connect::BoxedStream;
use crate::export::Spoken;

/// How many bytes tell protocols apart.
const TELLING_BYTES: usize = 9;

/// Which protocol the other side speaks, once it has said something.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard(Arc<OnceLock<Option<Spoken>>>);

impl Heard {
    /// Whether the other side has said anything at all.
    pub(crate) fn anything(&self) -> bool {
        self.0.get().is_some()
    }

    /// The protocol, where it is known.
    pub(crate) fn spoken(&self) -> Option<Spoken> {
        self.0.get().copied().flatten()
    }

    fn listen(&self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.0.get_or_init(|| protocol_of(bytes));
        }
    }
}

/// A stream whose first answer is listened to.
pub(crate) struct Overheard {
    stream: BoxedStream,
    heard: Heard,
}

impl Overheard {
    pub(crate) fn new(stream: BoxedStream) -> (Self, Heard) {
        let heard = Heard::default();
        let overheard = Self {
            stream,
            heard: heard.clone(),
        };
        (overheard, heard)
    }

    /// Where the other side refused to read on, what it said before that often tells why.
    fn last_words(&mut self, cx: &mut Context<'_>) {
        if self.heard.anything() {
            return;
        }
        let mut bytes = [0; TELLING_BYTES];
        let mut buffer = ReadBuf::new(&mut bytes);
        if let Poll::Ready(Ok(())) = Pin::new(&mut self.stream).poll_read(cx, &mut buffer) {
            self.heard.listen(buffer.filled());
        }
    }
}

/// The protocol whose first bytes these are. A server that speaks HTTP/2 begins with a SETTINGS frame.
fn protocol_of(bytes: &[u8]) -> Option<Spoken> {
    match bytes {
        [b'H', b'T', b'T', b'P', b'/', ..] => Some(Spoken::Http1),
        [0x15 | 0x16, 0x03, ..] => Some(Spoken::Tls),
        [_, _, _, 0x04, 0x00 | 0x01, 0, 0, 0, 0, ..] => Some(Spoken::Http2),
        _ => None,
    }
}

impl AsyncRead for Overheard {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if !self.heard.anything() {
            self.heard.listen(&buffer.filled()[before..]);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Overheard {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes));
        if written.is_err() {
            self.last_words(cx);
        }
        Poll::Ready(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, slices));
        if written.is_err() {
            self.last_words(cx);
        }
        Poll::Ready(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell_protocols_apart() {
        let table: [(&[u8], Option<Spoken>); 6] = [
            (b"HTTP/1.1 400 Bad Request", Some(Spoken::Http1)),
            (
                b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x05",
                Some(Spoken::Http2),
            ),
            (b"\x00\x00\x00\x04\x01\x00\x00\x00\x00", Some(Spoken::Http2)),
            (b"\x15\x03\x03\x00\x02\x02\x16", Some(Spoken::Tls)),
            (b"SSH-2.0-OpenSSH", None),
            (b"\x00", None),
        ];
        for (bytes, expected) in table {
            assert_eq!(protocol_of(bytes), expected, "{bytes:?}");
        }
    }
}
